package org.novation.governance;

/**
 * One figure of a parameter: what it may be, which way is tighter, and how fast it moves.
 *
 * @param name as the record names it, {@code scaling.multiplierMaxPpm}; the qualifier is its unit
 * @param least of a number its hard bound, of names how many there must be
 * @param most likewise
 * @param zeroIsNone whether 0 stands for no limit at all, above every other value
 */
public record Figure(
    String name,
    Kind kind,
    long least,
    long most,
    boolean zeroIsNone,
    Tightens tightens,
    Pace pace) {
  /** How the text of a figure is read. */
  public enum Kind {
    /** A whole number in the unit that the name says; a flag is 0 or 1. */
    NUMBER,
    /** A word. */
    TEXT,
    /** Words without blanks, separated by commas. */
    NAMES,
    /** Brackets of {@code lowerBoundMicros:ratePpm}, separated by commas. */
    LADDER
  }

  /** What a change between two texts of this figure does. */
  public Effect effect(String before, String after) {
    if (before.equals(after)) return Effect.NONE;
    if (tightens == Tightens.BY_VOTE_ONLY || tightens == Tightens.FIXED) return Effect.UNCLEAR;
    int change =
        switch (kind) {
          case NUMBER -> Long.compare(number(after), number(before));
          case LADDER -> Ladders.compare(Ladders.parse(after), Ladders.parse(before));
          case TEXT, NAMES -> 0;
        };
    if (change == 0) return Effect.UNCLEAR;
    return change > 0 == (tightens == Tightens.BY_RISING) ? Effect.TIGHTENS : Effect.LOOSENS;
  }

  /** How long a number takes from one value to another; between a limit and none, no time. */
  long lastsMs(long from, long to) {
    return zeroIsNone && (from == 0 || to == 0) ? 0 : pace.lastsMs(from, to);
  }

  /** A number's value, where no limit is above every other. */
  private long number(String text) {
    long value = Long.parseLong(text);
    return zeroIsNone && value == 0 ? Long.MAX_VALUE : value;
  }
}

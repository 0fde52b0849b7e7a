package org.novation.governance;

import java.util.Arrays;
import java.util.StringJoiner;
import java.util.TreeSet;
import org.novation.instrument.Ladder;

/** Margin ladders as text, compared size by size, and on their way from one to another. */
final class Ladders {
  private Ladders() {}

  /** {@code lowerBoundMicros:ratePpm} of each bracket, separated by commas. */
  static String text(Ladder ladder) {
    StringJoiner text = new StringJoiner(",");
    for (int n = 0; n < ladder.tiers(); n++)
      text.add(ladder.lowerBoundMicros(n) + ":" + ladder.ratePpm(n));
    return text.toString();
  }

  /**
   * The ladder of a text.
   *
   * @throws IllegalArgumentException when it is none, or breaks a bound of ladders
   */
  static Ladder parse(String text) {
    String[] brackets = text.split(",", Ladder.TIERS_MAX + 1);
    long[] from = new long[brackets.length];
    long[] rate = new long[brackets.length];
    for (int n = 0; n < brackets.length; n++) {
      String[] bracket = brackets[n].split(":", 3);
      if (bracket.length != 2)
        throw new IllegalArgumentException("a bracket is lowerBoundMicros:ratePpm");
      from[n] = Long.parseLong(bracket[0]);
      rate[n] = Long.parseLong(bracket[1]);
    }
    return new Ladder(from, rate);
  }

  /**
   * More than 0 when the first asks at least as much at every size, less when it asks at most as
   * much, 0 when neither holds or they are equal. Marginal rates are constant between brackets, so
   * every size is between two that are looked at, or beyond the last.
   */
  static int compare(Ladder a, Ladder b) {
    boolean more = false;
    boolean less = false;
    for (long bound : bounds(a, b)) {
      int change = Long.compare(a.requirementMicros(bound), b.requirementMicros(bound));
      more |= change > 0;
      less |= change < 0;
    }
    int beyond = Long.compare(a.ratePpm(a.tiers() - 1), b.ratePpm(b.tiers() - 1));
    more |= beyond > 0;
    less |= beyond < 0;
    return more == less ? 0 : more ? 1 : -1;
  }

  /** Every lower bound of either, rising. */
  static long[] bounds(Ladder a, Ladder b) {
    TreeSet<Long> bounds = new TreeSet<>();
    for (int n = 0; n < a.tiers(); n++) bounds.add(a.lowerBoundMicros(n));
    for (int n = 0; n < b.tiers(); n++) bounds.add(b.lowerBoundMicros(n));
    return bounds.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * A ladder on its way: each bracket's rate at the pace, which is {@link Pace#GRACE} or {@link
   * Pace#EASE}. All brackets move at one pace, so rates still never fall with size; and since what
   * falls moves alike in both ladders of a contract, maintenance stays below initial margin.
   */
  static Ladder between(Ladder from, Ladder to, Pace pace, long elapsedMs) {
    long[] bounds = bounds(from, to);
    long[] rates = new long[bounds.length];
    Arrays.setAll(
        rates,
        n ->
            pace.at(from.ratePpm(from.tier(bounds[n])), to.ratePpm(to.tier(bounds[n])), elapsedMs));
    return new Ladder(bounds, rates);
  }
}

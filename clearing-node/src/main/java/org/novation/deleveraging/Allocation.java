package org.novation.deleveraging;

import java.util.List;

/**
 * What a wave is to do.
 *
 * @param closings by instrument, in the order in which they were chosen
 * @param takings by account and instrument; each above 0
 * @param unfilled contracts for which nobody was left; each above 0
 * @param haircutMicros H: what everybody together gives up against the mark. Pro rata it is the sum
 *     of the takings; in the queue it follows from the price, and may miss the deficit either way
 * @param uncoveredMicros of the deficit, what nobody's profit covers
 * @param hedgesBroken closings that raise the maintenance margin of whom they close
 */
public record Allocation(
    List<Closing> closings,
    List<Taking> takings,
    List<Unfilled> unfilled,
    long haircutMicros,
    long uncoveredMicros,
    int hedgesBroken) {
  public Allocation {
    closings = List.copyOf(closings);
    takings = List.copyOf(takings);
    unfilled = List.copyOf(unfilled);
  }

  /**
   * A part of a position that closes against the defaulter's.
   *
   * @param version of the account that this was decided on
   * @param lots as they change the candidate's position: positive where it buys
   */
  public record Closing(
      String instrument, String account, long version, long lots, long priceTicks) {}

  /**
   * Money that an account gives up.
   *
   * @param baseMicros most that could be asked
   * @param micros for the defaulter's loss in this instrument
   * @param poolMicros for what the winners of its instruments did not cover
   */
  public record Taking(
      String instrument, String account, long baseMicros, long micros, long poolMicros) {
    /** Both together. */
    public long totalMicros() {
      return micros + poolMicros;
    }
  }

  /** Lots, without sign, that stay open. */
  public record Unfilled(String instrument, long lots) {}
}

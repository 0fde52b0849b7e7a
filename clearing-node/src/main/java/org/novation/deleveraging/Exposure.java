package org.novation.deleveraging;

/**
 * What the defaulter had in one instrument.
 *
 * @param side 1 when it was long, −1 when it was short; who stands against it is asked
 * @param closeLots lots, without sign, that nobody bought and that must close; may be 0
 * @param lossMicros what it lost there, unrealised and within the look-back, at least 0: its weight
 *     in the deficit
 * @param markTicks at which contracts close under the default policy
 * @param bankruptcyTicks at which they close in the classic queue; 0 when there is no such price
 * @param tickValueMicros of one tick times one lot
 */
public record Exposure(
    String instrument,
    int side,
    long closeLots,
    long lossMicros,
    long markTicks,
    long bankruptcyTicks,
    long tickValueMicros) {
  /**
   * @throws IllegalArgumentException when a figure is out of its range
   */
  public Exposure {
    if (instrument.isEmpty()) throw new IllegalArgumentException("an exposure has an instrument");
    if (side != 1 && side != -1) throw new IllegalArgumentException("a side is 1 or -1");
    if (closeLots < 0 || lossMicros < 0 || bankruptcyTicks < 0) {
      throw new IllegalArgumentException("lots, loss and prices are not negative: " + instrument);
    }
    if (markTicks <= 0 || tickValueMicros <= 0) {
      throw new IllegalArgumentException("mark and tick value are positive: " + instrument);
    }
  }

  /** Whether a position stands against the defaulter's. */
  boolean against(Candidate candidate) {
    return candidate.instrument().equals(instrument) && Long.signum(candidate.lots()) == -side;
  }

  Exposure withCloseLots(long lots) {
    return new Exposure(
        instrument, side, lots, lossMicros, markTicks, bankruptcyTicks, tickValueMicros);
  }

  /** What closing so many lots at this price rather than at the mark gives the defaulter. */
  long gainMicros(long lots, long priceTicks) {
    long perLot =
        Math.multiplyExact(Math.subtractExact(priceTicks, markTicks), side * tickValueMicros);
    return Math.multiplyExact(perLot, lots);
  }
}

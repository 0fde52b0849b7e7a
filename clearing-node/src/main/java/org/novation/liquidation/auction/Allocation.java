package org.novation.liquidation.auction;

import java.util.List;

/**
 * What one bid takes: positions at the marks, coins at their prices, and cash. The taker's
 * positions and balances change by the legs, the seller's by their opposite; for coins the taker
 * pays their worth.
 *
 * @param legs in the order of the slice, only those with lots
 * @param weightMicros the part's weight in margin
 * @param discountMicros cash for the taker, at least 0
 * @param penaltyMicros the part's share of the penalty, at least 0
 * @param fundMicrosMax the part's share of the fund's cap, at least 0
 */
public record Allocation(
    List<Leg> legs,
    long weightMicros,
    long discountMicros,
    long penaltyMicros,
    long fundMicrosMax) {
  /**
   * Lots of one instrument, or units of one asset: see {@link org.novation.instrument.Coins}.
   *
   * @param lots signed as the taker's position changes, not 0
   * @param priceTicks the mark at which they change hands, the same for both sides
   */
  public record Leg(String instrument, long lots, long priceTicks) {}

  public Allocation {
    legs = List.copyOf(legs);
  }
}

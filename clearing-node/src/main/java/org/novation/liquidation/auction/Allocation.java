package org.novation.liquidation.auction;

import java.util.List;

/**
 * What one bid takes: positions at the marks, and cash. The taker's positions change by the legs,
 * the seller's by their opposite.
 *
 * @param legs in the order of the slice, only those with lots
 * @param weightMicros the part's weight in maintenance margin
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
   * Lots of one instrument.
   *
   * @param lots signed as the taker's position changes, not 0
   * @param priceTicks the mark at which they change hands, the same for both sides
   */
  public record Leg(String instrument, long lots, long priceTicks) {}

  public Allocation {
    legs = List.copyOf(legs);
  }
}

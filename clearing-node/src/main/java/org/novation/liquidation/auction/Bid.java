package org.novation.liquidation.auction;

import org.novation.money.Fixed;

/**
 * A liquidator's wish to take a part of a slice. It executes at the discount of the moment at which
 * it is decided, never at a smaller one than asked for, and takes at most the fraction: less when
 * less is left.
 *
 * @param bidId chosen by the bidder, unique within the auction: a repeated bid gets the earlier
 *     answer
 * @param bidder the account that takes the positions
 * @param fractionPpm of the original slice, whole lots of it rounded down
 * @param discountPpmMin the smallest discount that the bidder accepts, as a share of the slice's
 *     notional at its start
 * @param accountVersion the version of the seller's account, as the auction publishes it, that the
 *     bidder saw
 */
public record Bid(
    String bidId, String bidder, long fractionPpm, long discountPpmMin, long accountVersion) {
  /** No id is longer: room for the bidder's account and what the bidder calls its bid. */
  public static final int ID_LENGTH_MAX = 129;

  /** No discount that is asked for is larger: ten times the notional. */
  public static final long DISCOUNT_PPM_MAX = 10 * Fixed.PPM;

  /**
   * @throws IllegalArgumentException when a field is out of its range: callers validate first
   */
  public Bid {
    if (bidId.isEmpty() || bidId.length() > ID_LENGTH_MAX)
      throw new IllegalArgumentException("a bid id has 1 to " + ID_LENGTH_MAX + " characters");
    if (fractionPpm <= 0 || fractionPpm > Fixed.PPM)
      throw new IllegalArgumentException("a fraction lies above 0 and at most at 1");
    if (discountPpmMin < 0 || discountPpmMin > DISCOUNT_PPM_MAX)
      throw new IllegalArgumentException("a discount lies in 0..10");
  }
}

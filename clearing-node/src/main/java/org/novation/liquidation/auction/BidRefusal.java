package org.novation.liquidation.auction;

import org.jspecify.annotations.Nullable;
import org.novation.risk.Stop;

/**
 * Why a bid was refused: an ordinary answer with its numbers, that changed nothing. A refused bid
 * is not remembered: its id may be used again, and a late copy of it is judged as it comes.
 */
public sealed interface BidRefusal {
  /** The account is not registered to take slices, or it is the seller itself. */
  record NotALiquidator(String bidder) implements BidRefusal {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String bidId) implements BidRefusal {}

  /** Nothing can be bid for any more since then. */
  record AuctionClosed(long closedAtMs) implements BidRefusal {}

  /** The seller's account has moved since the bidder looked. */
  record StaleVersion(long seen, long current) implements BidRefusal {}

  /**
   * Too many reservations failed in this auction that were for accounts of the bidder's member, by
   * their own making.
   */
  record Suspended(String bidder, int lapsed) implements BidRefusal {}

  /** Too many bids wait for their settlement: try again shortly. */
  record TooManyReservations(int reserved) implements BidRefusal {}

  /**
   * Everything is sold or reserved.
   *
   * @param retryAtMs when to ask again: in as long as the newest reservation has waited by now, for
   *     most are settled or void at once, and when the first lapses at the latest; 0 when none is
   *     open
   */
  record NothingLeft(long retryAtMs) implements BidRefusal {}

  /**
   * A bid must take at least this share of the slice, and at least one lot of it, or all that is
   * left.
   */
  record BelowMinimumBid(long fractionPpm, long minimumPpm) implements BidRefusal {}

  /**
   * The discount is still smaller than asked for.
   *
   * @param reachedAtMs when it will be large enough on these terms; 0 when never
   */
  record PriceNotReached(long currentPpm, long askedPpm, long reachedAtMs) implements BidRefusal {}

  /**
   * Nothing can change hands without a price that allows liquidation, nor against a brake.
   *
   * @param instrument the leg
   * @param stop what forbids it; null where an auction of another version did not say
   */
  record MarketStale(String instrument, @Nullable Stop stop) implements BidRefusal {}
}

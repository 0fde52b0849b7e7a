package org.novation.liquidation.auction;

import java.util.List;
import org.novation.liquidation.Slice;

/**
 * What happened to one auction. History is append-only: add a record, never change a released one.
 * Every event carries its own number, which is its sequence number in the journal.
 */
public sealed interface AuctionEvent {
  /** 1 for the first event of an auction, then one more each. */
  long number();

  /** House time of the decision. */
  long atMs();

  /**
   * A slice is for sale.
   *
   * @param account whose slice it is
   * @param accountVersion of that account, see {@link Bid#accountVersion}
   */
  record AuctionOpened(
      long number,
      long atMs,
      String auctionId,
      String liquidationId,
      String account,
      long accountVersion,
      long parameterVersion,
      long minimumBidPpm,
      long reservationMs,
      AuctionTerms terms,
      List<Slice.Leg> legs)
      implements AuctionEvent {
    public AuctionOpened {
      legs = List.copyOf(legs);
    }
  }

  /**
   * A bid was accepted: its part is kept for it until its settlement, or until it lapses.
   *
   * @param member whose account bids, and who answers for it; empty where only the account is known
   */
  record BidReserved(
      long number,
      long atMs,
      Bid bid,
      Allocation allocation,
      long discountPpm,
      long expiresAtMs,
      String member)
      implements AuctionEvent {}

  /** A part changed hands, for ever. */
  record BidSettled(
      long number, long atMs, String bidId, String bidder, Allocation allocation, Charge charge)
      implements AuctionEvent {}

  /** A reservation is void; its part is for sale again. */
  record ReservationLapsed(long number, long atMs, String bidId, LapseCause cause)
      implements AuctionEvent {}

  /**
   * The seller's account moved: less is for sale, or on other terms.
   *
   * @param withdrawnLots per leg, unsigned, what has been taken off the sale so far
   */
  record SliceReduced(
      long number, long atMs, long accountVersion, List<Long> withdrawnLots, AuctionTerms terms)
      implements AuctionEvent {
    public SliceReduced {
      withdrawnLots = List.copyOf(withdrawnLots);
    }
  }

  /**
   * Nothing can be bid for any more.
   *
   * @param remainder what was still for sale: to be handed on when nobody bought it
   */
  record AuctionEnded(long number, long atMs, EndCause cause, List<Lots> remainder)
      implements AuctionEvent {
    public AuctionEnded {
      remainder = List.copyOf(remainder);
    }
  }

  /**
   * The account can bear no more, and something is left: the fund is asked for money, once in an
   * auction.
   *
   * @param micros see {@link Auction#fundNeedMicros}
   * @param weightMicros what was left then, as its weight in maintenance margin
   */
  record FundAsked(long number, long atMs, long micros, long weightMicros)
      implements AuctionEvent {}

  /**
   * The fund's answer.
   *
   * @param micros that settlements may take of it, 0 when it gives nothing
   * @param terms on which the sale goes on
   */
  record FundPledged(long number, long atMs, long micros, AuctionTerms terms)
      implements AuctionEvent {}

  /**
   * The fund knows what was taken of its pledge, and has the rest back.
   *
   * @param micros the sum over settlements
   */
  record FundSettled(long number, long atMs, long micros) implements AuctionEvent {}

  /**
   * Nobody may bid: the auction's clock stands still.
   *
   * @param market the name of a leg that is for sale, whose price or brake forbids it; empty where
   *     none does any more, and the auction itself was away
   * @param sinceMs house time at which the clock stands: before {@code atMs} where the auction was
   *     away meanwhile
   * @param untilMs {@link #OPEN_ENDED}: the clock goes on once somebody may bid. Auctions that did
   *     not wait for that wrote when it would at the latest
   */
  record BiddingStopped(long number, long atMs, String market, long sinceMs, long untilMs)
      implements AuctionEvent {
    /** No time at which the clock goes on by itself. */
    public static final long OPEN_ENDED = Long.MAX_VALUE;
  }

  /**
   * The auction's clock goes on.
   *
   * @param stoodMs how long it stood
   * @param terms later by as much
   */
  record BiddingResumed(long number, long atMs, long stoodMs, AuctionTerms terms)
      implements AuctionEvent {}

  /** Lots of one instrument, signed as the seller's position. */
  record Lots(String instrument, long lots) {}

  /** Why a reservation was not settled. */
  enum LapseCause {
    /**
     * Its time ran out without an answer: not of the bidder's making, the house asks both sides.
     * Nothing final: the seller may have settled it in time, and is asked until it has said so or
     * not.
     */
    EXPIRED(false),
    /** The bidder does not hold the margin for it. */
    BIDDER_MARGIN(true),
    /** The bidder's account is not known, or may not trade. */
    BIDDER_UNFIT(true),
    /** The seller's account does not sell it any more. */
    WITHDRAWN(false),
    /** A brake, a stale price or a missing answer of the house kept it from settling. */
    HOUSE(false);

    private final boolean countsAgainstBidder;

    LapseCause(boolean countsAgainstBidder) {
      this.countsAgainstBidder = countsAgainstBidder;
    }

    /** Whether the bidder could have avoided it. */
    public boolean countsAgainstBidder() {
      return countsAgainstBidder;
    }
  }

  /** Why an auction ended. */
  enum EndCause {
    /** All that was for sale is sold. */
    SOLD(false),
    /** The account does not need it any more. */
    RECOVERED(false),
    /** Time ran out; the remainder goes to the fund and deleveraging. */
    NOBODY_BOUGHT(true),
    /**
     * Nobody could bid for {@link Auction#PLEDGE_STANDS_CALLS} last calls, with the fund's money
     * kept for it: that goes back, and what is left is offered anew once somebody can bid.
     */
    STOOD_STILL(true);

    private final boolean sellerActs;

    EndCause(boolean sellerActs) {
      this.sellerActs = sellerActs;
    }

    /** Whether the seller has to do something about what is left, and is told until it has. */
    public boolean sellerActs() {
      return sellerActs;
    }
  }
}

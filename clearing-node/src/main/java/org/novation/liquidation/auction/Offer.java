package org.novation.liquidation.auction;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.money.Fixed;

/**
 * What an account has on offer in an auction: the seller's side of the sale, a part of the
 * account's state. It has the last word: what it settles is sold, what it refuses is not, and once
 * the account drops it nothing of it can be sold any more, so that what is left is certain before
 * it is handed on. Immutable; the account records its changes in its own events.
 *
 * @param soldLots per leg, unsigned
 * @param withdrawnLots per leg, unsigned: what the account has taken off the sale, which only grows
 * @param settledBids ids of bids that are settled, in order
 */
public record Offer(
    String auctionId,
    List<Slice.Leg> legs,
    List<Long> soldLots,
    List<Long> withdrawnLots,
    List<String> settledBids) {
  /** Most settlements of one offer; more than the smallest bids that make up a slice. */
  public static final int SETTLED_MAX = 1_024;

  /** Whether a settlement may be booked. */
  public enum Verdict {
    /** It may: the account books it, and the write is the commit point. */
    SETTLE,
    /**
     * It has been: the answer is what was booked then, which need not be this allocation, for an
     * auction that forgot a lapsed bid may have accepted its id again.
     */
    SETTLED_BEFORE,
    /** So much is not for sale any more. */
    REFUSED
  }

  public Offer {
    legs = List.copyOf(legs);
    soldLots = List.copyOf(soldLots);
    withdrawnLots = List.copyOf(withdrawnLots);
    settledBids = List.copyOf(settledBids);
  }

  /** The offer of a slice. */
  public static Offer of(String auctionId, Slice slice) {
    List<Long> none = Collections.nCopies(slice.legs().size(), 0L);
    return new Offer(auctionId, slice.legs(), none, none, List.of());
  }

  /** Lots of a leg that are for sale, reserved ones among them. */
  public long remainingLots(int leg) {
    return Math.abs(legs.get(leg).lots()) - soldLots.get(leg) - withdrawnLots.get(leg);
  }

  /** Whether nothing is for sale any more. */
  public boolean nothingRemains() {
    for (int leg = 0; leg < legs.size(); leg++) if (remainingLots(leg) > 0) return false;
    return true;
  }

  /** Judges a settlement; {@link LapseCause#WITHDRAWN} is what the auction is told of a refusal. */
  public Verdict judge(String bidId, Allocation allocation) {
    if (settledBids.contains(bidId)) return Verdict.SETTLED_BEFORE;
    if (settledBids.size() >= SETTLED_MAX) return Verdict.REFUSED;
    for (Allocation.Leg leg : allocation.legs()) {
      int at = at(legs, leg.instrument());
      if (at < 0
          || Long.signum(leg.lots()) != Long.signum(legs.get(at).lots())
          || Math.abs(leg.lots()) > remainingLots(at)) return Verdict.REFUSED;
    }
    return Verdict.SETTLE;
  }

  /** With a bid settled that was judged so. */
  public Offer settle(String bidId, Allocation allocation) {
    List<Long> sold = new ArrayList<>(soldLots);
    add(legs, sold, allocation);
    List<String> settled = new ArrayList<>(settledBids);
    settled.add(bidId);
    return new Offer(auctionId, legs, sold, withdrawnLots, settled);
  }

  /**
   * The account moved: no more is for sale than it needs to sell now. What it needs beyond goes
   * with the next slice.
   *
   * @param needed the slice that would be cut now; null when none is needed
   */
  public Offer reassess(@Nullable Slice needed) {
    List<Long> withdrawn = new ArrayList<>(legs.size());
    for (int leg = 0; leg < legs.size(); leg++) {
      int at = needed == null ? -1 : at(needed.legs(), legs.get(leg).instrument());
      long lots = 0;
      if (needed != null && at >= 0) {
        long signed = needed.legs().get(at).lots();
        if (Long.signum(signed) == Long.signum(legs.get(leg).lots())) lots = Math.abs(signed);
      }
      withdrawn.add(withdrawnLots.get(leg) + Math.max(0, remainingLots(leg) - lots));
    }
    return new Offer(auctionId, legs, soldLots, withdrawn, settledBids);
  }

  /** With so much taken off the sale so far, as was decided by {@link #reassess}. */
  public Offer withdrawn(List<Long> lots) {
    return new Offer(auctionId, legs, soldLots, lots, settledBids);
  }

  /**
   * The bankruptcy discount of the whole original slice on the account as it is now: its share of
   * what there is by margin, rounded down.
   */
  public long bankruptcyMicros(Saleable now) {
    long weight = 0;
    for (Slice.Leg leg : legs) weight = Math.addExact(weight, leg.weightMicros());
    return Fixed.mulDivFloor(now.equityMicros(), weight, Math.max(1, now.maintenanceMicros()));
  }

  /** Adds an allocation's lots, which must be of these legs. */
  static void add(List<Slice.Leg> legs, List<Long> lots, Allocation allocation) {
    for (Allocation.Leg leg : allocation.legs()) {
      int at = at(legs, leg.instrument());
      if (at < 0) throw new IllegalStateException(leg.instrument() + " is not on offer");
      lots.set(at, Math.addExact(lots.get(at), Math.abs(leg.lots())));
    }
  }

  private static int at(List<Slice.Leg> legs, String instrument) {
    for (int at = 0; at < legs.size(); at++)
      if (legs.get(at).instrument().equals(instrument)) return at;
    return -1;
  }
}

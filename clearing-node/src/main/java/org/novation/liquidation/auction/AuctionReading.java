package org.novation.liquidation.auction;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.EndCause;

/**
 * An auction as liquidators may see it: enough to reckon the discount of any moment, and what is
 * left.
 *
 * @param number of the last event: grows with every change
 * @param freeLots per leg of the opening, unsigned, that can be bid for now
 * @param remainingLots likewise, reserved ones among them
 * @param soldLots likewise
 * @param bids accepted and remembered
 * @param standstill null while its clock runs
 * @param ended null while it can be bid for
 */
public record AuctionReading(
    AuctionOpened opened,
    long number,
    AuctionTerms terms,
    long accountVersion,
    List<Long> freeLots,
    List<Long> remainingLots,
    List<Long> soldLots,
    int bids,
    long sellerMicros,
    long fundMicros,
    long feeMicros,
    Auction.@Nullable Standstill standstill,
    @Nullable EndCause ended,
    long endedAtMs) {
  public AuctionReading {
    freeLots = List.copyOf(freeLots);
    remainingLots = List.copyOf(remainingLots);
    soldLots = List.copyOf(soldLots);
  }

  /** The terms on which the sale goes on if anybody may bid from now on. */
  public AuctionTerms terms(long nowMs) {
    return standstill == null ? terms : terms.delayedBy(standstill.stoodMs(nowMs));
  }

  /** What others may see of an auction. */
  public static AuctionReading of(Auction auction) {
    List<Long> free = new ArrayList<>();
    List<Long> remaining = new ArrayList<>();
    for (int leg = 0; leg < auction.legs(); leg++) {
      free.add(auction.freeLots(leg));
      remaining.add(auction.remainingLots(leg));
    }
    return new AuctionReading(
        auction.opened(),
        auction.number(),
        auction.terms(),
        auction.accountVersion(),
        free,
        remaining,
        auction.soldLots(),
        auction.bids().size(),
        auction.sellerMicros(),
        auction.fundMicros(),
        auction.feeMicros(),
        auction.standstill(),
        auction.ended(),
        auction.endedAtMs());
  }
}

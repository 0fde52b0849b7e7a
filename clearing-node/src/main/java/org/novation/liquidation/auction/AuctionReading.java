package org.novation.liquidation.auction;

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
    @Nullable EndCause ended,
    long endedAtMs) {
  public AuctionReading {
    freeLots = List.copyOf(freeLots);
    remainingLots = List.copyOf(remainingLots);
    soldLots = List.copyOf(soldLots);
  }
}

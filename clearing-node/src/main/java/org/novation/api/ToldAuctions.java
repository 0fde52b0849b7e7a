package org.novation.api;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.risk.MarketView;

/**
 * What watchers are told of auctions, written once for all who are told at about the same time: in
 * a crash there are tens of thousands of auctions, and everybody watches them all. Holds the newest
 * message of so many auctions at most. Any thread.
 */
final class ToldAuctions {
  private static final int SLOTS = 4_096;

  /** For so long a message is as good as a new one, which would show a discount as of then. */
  private static final long GOOD_MS = 100;

  private record Told(
      AuctionReading reading, MarketView view, long asOfMs, WatchAuctionsResponse message) {
    boolean is(AuctionReading wanted, MarketView now, long nowMs) {
      return reading.number() == wanted.number()
          && reading.opened().auctionId().equals(wanted.opened().auctionId())
          && view == now
          && Math.abs(nowMs - asOfMs) < GOOD_MS;
    }
  }

  private final AtomicReferenceArray<@Nullable Told> slots = new AtomicReferenceArray<>(SLOTS);

  WatchAuctionsResponse of(AuctionReading reading, MarketView view, long nowMs) {
    int slot = Math.floorMod(reading.opened().auctionId().hashCode(), SLOTS);
    Told before = slots.get(slot);
    if (before != null && before.is(reading, view, nowMs)) return before.message();
    WatchAuctionsResponse message =
        WatchAuctionsResponse.newBuilder().setAuction(Auctions.write(reading, view, nowMs)).build();
    slots.set(slot, new Told(reading, view, nowMs, message));
    return message;
  }
}

package org.novation.node.bench;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.AuctionStream;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.AuctionState;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.PlaceBidResponse;

/**
 * A liquidator as a client of the node: watches auctions over its own connection and takes whole
 * slices at whatever discount there is. Of the auctions it bids for its share alone, those whose id
 * falls to it; else all would do the same work, and all but one in vain. As many bids as a
 * connection may have are on their way; the rest waits, newest state of each.
 */
final class BenchLiquidator implements AuctionStream.Listener, AutoCloseable {
  /** Fewer than a connection may have calls, for one is the watch. */
  private static final int IN_FLIGHT = 200;

  private final NovationClient client;
  private final AuctionStream auctions;
  private final String account;
  private final int number;
  private final int of;
  private final Map<String, Auction> wanted = new HashMap<>(); // Guarded by this.
  private final Queue<String> order = new ArrayDeque<>(); // Ids in wanted; guarded by this.
  private final Set<String> bidding = new HashSet<>(); // Guarded by this.
  private long bids; // Guarded by this.
  private volatile boolean closed;
  private final LongAdder settled = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder unknown = new LongAdder();

  /**
   * Begins to watch.
   *
   * @param account whose margin it bids with
   * @param number which of so many it is
   */
  BenchLiquidator(BenchNode node, String name, String account, int number, int of)
      throws IOException {
    this.client = node.liquidator(name);
    this.account = account;
    this.number = number;
    this.of = of;
    this.auctions = client.auctions(this);
  }

  @Override
  public void auction(Auction auction) {
    String id = auction.getAuctionId();
    if (Math.floorMod(id.hashCode(), of) != number) return;
    PlaceBidRequest bid;
    synchronized (this) {
      if (!open(auction)) {
        wanted.remove(id);
        return;
      }
      if (wanted.put(id, auction) == null) order.add(id);
      bid = next();
    }
    if (bid != null) place(bid);
  }

  private static boolean open(Auction auction) {
    if (auction.getState() != AuctionState.AUCTION_STATE_OPEN) return false;
    for (AuctionLeg leg : auction.getLegsList()) if (!leg.getFree().equals("0")) return true;
    return false;
  }

  /** The next bid, unless too many are on their way; null then. */
  private @Nullable PlaceBidRequest next() {
    for (int left = order.size(); left > 0 && bidding.size() < IN_FLIGHT; left--) {
      String id = order.remove();
      Auction auction = wanted.get(id);
      if (auction == null) continue;
      if (bidding.contains(id)) {
        order.add(id);
        continue;
      }
      wanted.remove(id);
      bidding.add(id);
      return PlaceBidRequest.newBuilder()
          .setAuctionId(id)
          .setBidId("b-" + bids++)
          .setAccountId(account)
          .setFraction("1")
          .setAccountVersion(auction.getAccountVersion())
          .build();
    }
    return null;
  }

  private void place(PlaceBidRequest bid) {
    var _ = client.place(bid).whenComplete((response, failure) -> answered(bid, response, failure));
  }

  private void answered(
      PlaceBidRequest bid, @Nullable PlaceBidResponse response, @Nullable Throwable failure) {
    if (response != null) settled.increment();
    else if (failure instanceof CallFailed why && why.kind() == CallFailed.Kind.REFUSED)
      refused.increment();
    else if (!closed) {
      unknown.increment();
      place(bid); // The id makes it the same bid.
      return;
    }
    PlaceBidRequest next;
    synchronized (this) {
      bidding.remove(bid.getAuctionId());
      next = next();
    }
    if (next != null) place(next);
  }

  @Override
  public void refused(CallFailed why) {
    throw new IllegalStateException("a liquidator may not watch auctions", why);
  }

  /** Bids that took their part. */
  long settled() {
    return settled.sum();
  }

  /** Bids that did not, for good. */
  long refused() {
    return refused.sum();
  }

  /** How often the outcome of a bid was not told, so that it was asked for again. */
  long unknown() {
    return unknown.sum();
  }

  @Override
  public void close() {
    closed = true;
    auctions.close();
    client.close();
  }
}

package org.novation.node.bench;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.novation.node.bench.AuctionWay.Offer;
import org.novation.node.bench.AuctionWay.Outcome;

/**
 * A liquidator: watches auctions and takes whole slices at whatever discount there is. Of the
 * auctions it bids for its share alone, those whose id falls to it; else all would do the same
 * work, and all but one in vain. As many bids as a connection may have are on their way; the rest
 * waits, newest state of each.
 */
final class BenchLiquidator implements AutoCloseable {
  /** Fewer than a connection may have calls, for one is the watch. */
  private static final int IN_FLIGHT = 200;

  private record Bid(Offer offer, String id) {}

  private final AuctionWay way;
  private final int number;
  private final int of;
  private final Map<String, Offer> wanted = new HashMap<>(); // Guarded by this.
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
   * @param way closed with it
   * @param number which of so many it is
   */
  BenchLiquidator(AuctionWay way, int number, int of) {
    this.way = way;
    this.number = number;
    this.of = of;
    way.watch(this::hear);
  }

  private void hear(Offer offer) {
    String id = offer.auctionId();
    if (Math.floorMod(id.hashCode(), of) != number) return;
    Bid bid;
    synchronized (this) {
      if (!offer.free()) {
        wanted.remove(id);
        return;
      }
      if (wanted.put(id, offer) == null) order.add(id);
      bid = next();
    }
    if (bid != null) place(bid);
  }

  /** The next bid, unless too many are on their way; null then. */
  private @Nullable Bid next() {
    for (int left = order.size(); left > 0 && bidding.size() < IN_FLIGHT; left--) {
      String id = order.remove();
      Offer offer = wanted.get(id);
      if (offer == null) continue;
      if (bidding.contains(id)) {
        order.add(id);
        continue;
      }
      wanted.remove(id);
      bidding.add(id);
      return new Bid(offer, "b-" + bids++);
    }
    return null;
  }

  private void place(Bid bid) {
    var _ = way.take(bid.offer(), bid.id()).thenAccept(outcome -> answered(bid, outcome));
  }

  private void answered(Bid bid, Outcome outcome) {
    switch (outcome) {
      case SETTLED -> settled.increment();
      case REFUSED -> refused.increment();
      case UNKNOWN -> {
        if (!closed) {
          unknown.increment();
          place(bid); // The id makes it the same bid.
          return;
        }
      }
    }
    Bid next;
    synchronized (this) {
      bidding.remove(bid.offer().auctionId());
      next = next();
    }
    if (next != null) place(next);
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
    way.close();
  }
}

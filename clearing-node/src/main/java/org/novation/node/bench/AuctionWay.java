package org.novation.node.bench;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** How a liquidator comes to hear of auctions and to bid. */
interface AuctionWay extends AutoCloseable {
  /**
   * What a liquidator must know of an auction.
   *
   * @param free whether any of it can be bid for now
   * @param accountVersion what a bid must name
   */
  record Offer(String auctionId, boolean free, long accountVersion) {}

  /** What became of a bid. */
  enum Outcome {
    SETTLED,
    /** It took nothing, and will not. */
    REFUSED,
    /** Nobody said in time: to be asked again under the same id. */
    UNKNOWN
  }

  /** Tells of every auction as it is and after each change; by any thread, until closed. */
  void watch(Consumer<Offer> listener);

  /** Bids for all that is left, at any discount. */
  CompletionStage<Outcome> take(Offer offer, String bidId);

  @Override
  void close();
}

package org.novation.api;

import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.account.PhaseReading;
import org.novation.clearing.Rejection;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.BidRefusal;

/** What the edge asks of auctions. No method waits. Who may ask is decided before. */
public interface LiquidationPort {
  /** The house's time, by which auctions run. */
  long houseMs();

  /**
   * The auctions of the cluster that are open, as far as this node has heard, by id.
   *
   * @param after only those that come after this id; empty for all
   */
  Collection<AuctionReading> openAfter(String after);

  /** An auction, open or ended; empty when there is none of this id. */
  CompletionStage<Optional<AuctionReading>> auction(String auctionId);

  /**
   * Places a bid of a registered liquidator, and waits for what becomes of it.
   *
   * @param member whose account bids, and who answers for its bids; empty where only the account is
   *     known
   */
  CompletionStage<BidOutcome> place(String auctionId, Bid bid, String member);

  /** What became of an accepted bid, as far as it is known now. */
  CompletionStage<BidOutcome> bid(String auctionId, String bidId);

  /**
   * Tells of each auction after it changed, its end included, by any thread, until closed. The
   * listener does not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch watch(Consumer<AuctionReading> listener);

  /**
   * The accounts of the cluster that do not stand in health, as far as this node has heard, by id;
   * each as it is when it is come to.
   *
   * @param member whose accounts; null for everybody's
   */
  Stream<PhaseReading> phases(@Nullable String member);

  /**
   * Tells of each account after it came to stand elsewhere, by any thread, until closed. The
   * listener does not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch watchPhases(@Nullable String member, Consumer<PhaseReading> listener);

  /** What is known of a bid. */
  sealed interface BidOutcome {
    /**
     * It was accepted.
     *
     * @param why it lapsed, where that is remembered: why its account could not take it, or what
     *     kept the seller's from selling it
     */
    record Accepted(Placed placed, @Nullable Rejection why) implements BidOutcome {}

    /** It was refused. */
    record Refused(BidRefusal why) implements BidOutcome {}

    /** There is no such auction, or no such bid. */
    record Unknown() implements BidOutcome {}

    /** So many bids for this auction wait for their answers on this node. */
    record TooMany(int waiting) implements BidOutcome {}
  }
}

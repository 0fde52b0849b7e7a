package org.novation.liquidation.auction;

import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;

/** The shell around one auction, sharded by its id. */
public final class AuctionActor {
  /** The entity type of auctions, and the first part of their persistence ids. */
  public static final String TYPE = "auction";

  private AuctionActor() {}

  /** What an auction understands. */
  public sealed interface Command extends PartyMessage {}

  // ---- from the seller's account

  /**
   * Sell this. Sent until {@link Opened} is answered, and again while the offer stands; known again
   * by the auction's id.
   *
   * @param accountVersion see {@link Bid#accountVersion}
   */
  public record Open(
      String account,
      String liquidationId,
      long accountVersion,
      long parameterVersion,
      Slice slice,
      ActorRef<PartyMessage> seller)
      implements Command {}

  /** The seller moved; see {@link Auction#reduce}. Sent again while the offer stands. */
  public record Reduce(long accountVersion, List<Long> withdrawnLots, long bankruptcyMicros)
      implements Command {
    public Reduce {
      withdrawnLots = List.copyOf(withdrawnLots);
    }
  }

  /** The seller sells nothing more here. Sent once: whatever is bid afterwards, it refuses. */
  public record Withdraw() implements Command {}

  /**
   * A bid is settled: on the seller's books, for ever. The answer to {@link SettleSlice}, and sent
   * again until {@link SettlementNoted} is answered.
   *
   * @param outboxNumber of the seller; 0 when no answer is needed
   * @param seller where that goes
   */
  public record Settled(
      String bidId,
      String bidder,
      Allocation allocation,
      Charge charge,
      long outboxNumber,
      ActorRef<PartyMessage> seller)
      implements Command {}

  /** The seller does not settle this bid, and never will. */
  public record NotSettled(String bidId, LapseCause cause) implements Command {}

  // ---- from the bidder's account

  /** The bidder has the margin for it, and keeps it for a while. */
  public record Held(String bidId) implements Command {}

  /** The bidder cannot take it. */
  public record NotHeld(String bidId, LapseCause cause, Rejection why) implements Command {}

  // ---- from liquidators

  /**
   * Take a part of the slice. Answered when it is settled, or will not be; or with a refusal.
   *
   * @param registered whether the bidder may take slices
   */
  public record PlaceBid(Bid bid, boolean registered, ActorRef<BidAnswer> replyTo)
      implements Command {}

  /** What became of a bid. */
  public record ReadBid(String bidId, ActorRef<BidAnswer> replyTo) implements Command {}

  /** The auction as it is. */
  public record Read(ActorRef<AuctionRead> replyTo) implements Command {}

  /**
   * The answer to a bid.
   *
   * @param placed what is known of it; null when it was refused or is not known
   * @param refused why it was refused; null when it was not
   * @param why the bidder's account could not take it, where that is why it lapsed
   */
  public record BidAnswer(
      Auction.@Nullable Placed placed, @Nullable BidRefusal refused, @Nullable Rejection why)
      implements PartyMessage {}

  /** An auction as others may see it; null when there is none of this id. */
  public record AuctionRead(@Nullable AuctionReading auction) implements PartyMessage {}

  // ---- to accounts

  /** What an auction says to accounts. */
  public sealed interface ToAccount extends PartyMessage {}

  /** To the seller: the slice is for sale. */
  public record Opened(String auctionId) implements ToAccount {}

  /** To the bidder: keep the margin for this, if it is there. */
  public record HoldSlice(
      String auctionId, String bidId, Allocation allocation, ActorRef<Command> replyTo)
      implements ToAccount {}

  /** To the bidder: it came to nothing. */
  public record ReleaseSlice(String auctionId, String bidId) implements ToAccount {}

  /**
   * To the seller: sell this part to this bidder, whose margin is held. Answered by {@link Settled}
   * or {@link NotSettled}; sent again until then.
   *
   * @param deadlineMs house time: not to be settled later, for the hold may be gone
   */
  public record SettleSlice(
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      long deadlineMs,
      ActorRef<Command> replyTo)
      implements ToAccount {}

  /** To the seller: the auction knows of this settlement. */
  public record SettlementNoted(long outboxNumber) implements ToAccount {}

  /**
   * To the seller: nobody bought what is left. Sent until {@link Withdraw} is answered.
   *
   * @param cause why nothing can be bid for any more
   */
  public record AuctionOver(String auctionId, EndCause cause, ActorRef<Command> replyTo)
      implements ToAccount {}
}

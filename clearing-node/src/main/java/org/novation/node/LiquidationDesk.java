package org.novation.node;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.account.PhaseReading;
import org.novation.api.AccountPort;
import org.novation.api.LiquidationPort;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionActor.AuctionRead;
import org.novation.liquidation.auction.AuctionActor.BidAnswer;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.BidRefusal;

/** Leads the edge's questions about auctions to the auctions. */
final class LiquidationDesk implements LiquidationPort {
  /**
   * Most bids for one auction that wait for their answers. What an auction cannot take while it
   * writes must fit in its stash, from all nodes together.
   */
  static final int WAITING_MAX = 512;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Longer than a reservation that its seller or bidder left without a word. */
  private static final Duration BID_PATIENCE = Duration.ofSeconds(25);

  private final Auctions auctions;
  private final AuctionBoard board;
  private final PhaseBoard phases;
  private final LongSupplier houseMs;
  private final ConcurrentHashMap<String, Integer> waiting = new ConcurrentHashMap<>();

  LiquidationDesk(Auctions auctions, PhaseBoard phases, LongSupplier houseMs) {
    this.phases = phases;
    this.auctions = auctions;
    this.board = auctions.board();
    this.houseMs = houseMs;
  }

  @Override
  public long houseMs() {
    return houseMs.getAsLong();
  }

  @Override
  public Collection<AuctionReading> openAfter(String after) {
    return board.openAfter(after);
  }

  @Override
  public CompletionStage<Optional<AuctionReading>> auction(String auctionId) {
    AuctionReading open = board.open(auctionId);
    if (open != null) return CompletableFuture.completedFuture(Optional.of(open));
    CompletionStage<AuctionRead> read =
        auctions.ref(auctionId).ask(AuctionActor.Read::new, PATIENCE);
    return InPlace.of(read).thenApply(answer -> Optional.ofNullable(answer.auction()));
  }

  @Override
  public CompletionStage<BidOutcome> place(String auctionId, Bid bid, String member) {
    int now = waiting.merge(auctionId, 1, Integer::sum);
    if (now > WAITING_MAX) {
      leave(auctionId);
      return CompletableFuture.completedFuture(new BidOutcome.TooMany(now - 1));
    }
    CompletionStage<BidAnswer> answer =
        auctions
            .ref(auctionId)
            .ask(replyTo -> new AuctionActor.PlaceBid(bid, true, member, replyTo), BID_PATIENCE);
    return InPlace.of(answer)
        .whenComplete((_, _) -> leave(auctionId))
        .thenApply(LiquidationDesk::outcome);
  }

  private void leave(String auctionId) {
    waiting.computeIfPresent(auctionId, (_, count) -> count == 1 ? null : count - 1);
  }

  @Override
  public CompletionStage<BidOutcome> bid(String auctionId, String bidId) {
    CompletionStage<BidAnswer> answer =
        auctions.ref(auctionId).ask(replyTo -> new AuctionActor.ReadBid(bidId, replyTo), PATIENCE);
    return InPlace.of(answer).thenApply(LiquidationDesk::outcome);
  }

  private static BidOutcome outcome(BidAnswer answer) {
    Placed placed = answer.placed();
    if (placed != null) return new BidOutcome.Accepted(placed, answer.why());
    BidRefusal refused = answer.refused();
    return refused != null ? new BidOutcome.Refused(refused) : new BidOutcome.Unknown();
  }

  @Override
  public AccountPort.Watch watch(Consumer<AuctionReading> listener) {
    return board.listen(listener);
  }

  @Override
  public Stream<PhaseReading> phases(@Nullable String member) {
    return phases.standing().filter(reading -> isOf(reading, member));
  }

  private static boolean isOf(PhaseReading reading, @Nullable String member) {
    return member == null || reading.member().equals(member);
  }

  @Override
  public AccountPort.Watch watchPhases(@Nullable String member, Consumer<PhaseReading> listener) {
    return phases.listen(
        reading -> {
          if (isOf(reading, member)) listener.accept(reading);
        });
  }
}

package org.novation.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.account.PhaseReading;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Auction.Answer;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.Charge;

/**
 * Two auctions as the edge sees them, by the real rules, whose seller settles at once: {@code l.1}
 * of 2 BTC-PERP long and 10 ETH-PERP short, worth 200,000 of which 4,000 are the penalty; {@code
 * l.2} of 2 BTC-PERP alone.
 */
public final class FakeAuctions implements LiquidationPort {
  static final long OPENED_MS = 1_000_000;

  private final Queue<String> forwarded;
  private final Map<String, Auction> auctions = new TreeMap<>();
  final List<Consumer<AuctionReading>> watchers = new CopyOnWriteArrayList<>();
  private final Map<String, PhaseReading> phases = new ConcurrentSkipListMap<>();
  final List<Consumer<PhaseReading>> phaseWatchers = new CopyOnWriteArrayList<>();
  volatile long nowMs = OPENED_MS + 15_000;

  /** What every bid comes to; null: what the rules say. */
  volatile @Nullable BidOutcome outcome;

  FakeAuctions(Queue<String> forwarded) {
    this.forwarded = forwarded;
    Slice.Leg btc = new Slice.Leg("BTC-PERP", 2_000, 500_000, 5_000_000_000L);
    Slice.Leg eth = new Slice.Leg("ETH-PERP", -10_000, 100_000, 5_000_000_000L);
    open("l.1", List.of(btc, eth));
    open("l.2", List.of(btc));
  }

  /** Opens one of 2 BTC, the coins. */
  void openCoins(String id) {
    open(id, List.of(new Slice.Leg("$BTC", 200_000_000, 50_000_000_000L, 5_000_000_000L)));
  }

  private void open(String id, List<Slice.Leg> legs) {
    Slice slice =
        new Slice(
            legs,
            8_000_000_000L,
            10_000_000_000L,
            10_000_000_000L,
            200_000_000_000L,
            4_000_000_000L,
            true);
    auctions.put(
        id,
        Auction.of(
            Auction.open(id, "l", "s-1", 7, 3, slice, LiquidationPolicy.DEFAULTS, OPENED_MS)));
  }

  /** Records what happened to an auction and tells whoever watches. */
  synchronized void happen(String auctionId, List<AuctionEvent> events) {
    Auction now = auction(auctions.get(auctionId)).after(events);
    auctions.put(auctionId, now);
    AuctionReading reading = AuctionReading.of(now);
    watchers.forEach(watcher -> watcher.accept(reading));
  }

  synchronized Auction of(String auctionId) {
    return auction(auctions.get(auctionId));
  }

  private static Auction auction(@Nullable Auction known) {
    if (known == null) throw new AssertionError("no such auction");
    return known;
  }

  @Override
  public long houseMs() {
    return nowMs;
  }

  @Override
  public synchronized List<AuctionReading> openAfter(String after) {
    List<AuctionReading> open = new ArrayList<>();
    for (Auction auction : auctions.values())
      if (auction.ended() == null && auction.opened().auctionId().compareTo(after) > 0)
        open.add(AuctionReading.of(auction));
    return open;
  }

  @Override
  public synchronized CompletionStage<Optional<AuctionReading>> auction(String auctionId) {
    return CompletableFuture.completedFuture(
        Optional.ofNullable(auctions.get(auctionId)).map(AuctionReading::of));
  }

  @Override
  public synchronized CompletionStage<BidOutcome> place(String auctionId, Bid bid, String member) {
    forwarded.add("bid " + bid + " of " + member + " for " + auctionId);
    BidOutcome told = outcome;
    if (told != null) return CompletableFuture.completedFuture(told);
    Auction auction = auctions.get(auctionId);
    if (auction == null) return CompletableFuture.completedFuture(new BidOutcome.Unknown());
    Auction.Decision decision =
        auction.decide(
            bid,
            true,
            "",
            symbol -> symbol.startsWith("BTC") ? 500_000 : 100_000,
            List.of(),
            nowMs);
    happen(auctionId, decision.events());
    return CompletableFuture.completedFuture(
        switch (decision.answer()) {
          case Answer.Refused(var why) -> new BidOutcome.Refused(why);
          case Answer.Accepted(var placed) -> {
            long discount = placed.allocation().discountMicros();
            Charge charge = new Charge(discount - 1_000_000, 1_000_000, 0);
            happen(
                auctionId,
                of(auctionId)
                    .settle(bid.bidId(), bid.bidder(), placed.allocation(), charge, nowMs));
            yield known(auctionId, bid.bidId());
          }
        });
  }

  @Override
  public synchronized CompletionStage<BidOutcome> bid(String auctionId, String bidId) {
    forwarded.add("read bid " + bidId + " for " + auctionId);
    BidOutcome told = outcome;
    return CompletableFuture.completedFuture(told == null ? known(auctionId, bidId) : told);
  }

  private BidOutcome known(String auctionId, String bidId) {
    Auction auction = auctions.get(auctionId);
    Auction.Placed placed = auction == null ? null : auction.bids().get(bidId);
    return placed == null ? new BidOutcome.Unknown() : new BidOutcome.Accepted(placed, null);
  }

  @Override
  public Stream<PhaseReading> phases(@Nullable String member) {
    forwarded.add("phases of " + member);
    return phases.values().stream()
        .filter(reading -> member == null || reading.member().equals(member));
  }

  @Override
  public AccountPort.Watch watchPhases(@Nullable String member, Consumer<PhaseReading> listener) {
    Consumer<PhaseReading> own =
        reading -> {
          if (member == null || reading.member().equals(member)) listener.accept(reading);
        };
    phaseWatchers.add(own);
    return () -> phaseWatchers.remove(own);
  }

  /** An account stands elsewhere, and whoever watches is told. */
  void stands(PhaseReading reading) {
    phases.put(reading.accountId(), reading);
    phaseWatchers.forEach(watcher -> watcher.accept(reading));
  }

  @Override
  public AccountPort.Watch watch(Consumer<AuctionReading> listener) {
    watchers.add(listener);
    return () -> watchers.remove(listener);
  }
}

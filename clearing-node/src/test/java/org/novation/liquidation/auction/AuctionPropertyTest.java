package org.novation.liquidation.auction;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction.Answer;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Decision;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundSettled;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;

/**
 * An auction and the account that it sells for, which talk by messages that are late, repeated,
 * reordered or lost, while bidders bid at random and the account deposits, trades and recovers.
 */
final class AuctionPropertyTest {
  private static final LiquidationPolicy POLICY = LiquidationPolicy.DEFAULTS;
  private static final int STEPS = 120;
  private static final long STANDSTILL_MS = 12_000;

  @Test
  void sumsOfLotsAndCashHoldAtEveryStepWhateverBecomesOfMessages() {
    Map<EndCause, Integer> ends = new HashMap<>();
    long[] settled = {0};
    long[] late = {0};
    long[] fund = {0};
    long[] forgotten = {0};
    int[] stood = {0};
    Seeds.each(
        600,
        seed -> {
          World world = new World(seed);
          for (int step = 0; step < STEPS; step++) {
            world.step();
            world.check();
          }
          world.deliverEverything();
          assertThat(world.auction.soldLots()).isEqualTo(world.offer.soldLots());
          ends.merge(world.auction.ended(), 1, Integer::sum);
          settled[0] += world.offer.settledBids().size();
          late[0] += world.late;
          fund[0] += world.auction.fundMicros() > 0 ? 1 : 0;
          forgotten[0] += world.auction.settledLate().size();
          if (world.auction.stoodMs() > STANDSTILL_MS) stood[0]++;
        });
    assertThat(ends.keySet()).contains(EndCause.SOLD, EndCause.RECOVERED, EndCause.NOBODY_BOUGHT);
    assertThat(settled[0]).isGreaterThan(1_000);
    assertThat(late[0]).as("settlements heard of after their reservation lapsed").isPositive();
    assertThat(stood[0]).as("auctions that stood for long").isPositive();
    assertThat(forgotten[0]).as("and after it was forgotten").isGreaterThan(20);
  }

  /** One sale. */
  private static final class World {
    final SplittableRandom random;
    final int bidsMax;
    final List<AuctionEvent> journal = new ArrayList<>();
    final List<Runnable> toAuction = new ArrayList<>();
    final List<BidReserved> toSettle = new ArrayList<>();
    final Map<String, Allocation> sold = new HashMap<>();
    final Map<String, Charge> charged = new HashMap<>();
    final Set<String> booked = new HashSet<>();
    Auction auction;
    Offer offer;
    long now;
    long version = 1;
    int bids;
    int late;
    long pledgedMicros;
    long againMs; // Of its last call: it has that again, beside what a closed market gives.
    long closedMs; // In total, of times that are over.
    long closedSinceMs;
    boolean closed;

    World(long seed) {
      random = new SplittableRandom(seed);
      bidsMax = 1 + random.nextInt(8);
      List<Slice.Leg> legs = new ArrayList<>();
      long notional = 0;
      long weight = 0;
      int count = 1 + random.nextInt(4);
      for (int n = 0; n < count; n++) {
        long lots = 1 + (long) Math.exp(random.nextDouble() * 16);
        long mark = 1 + random.nextLong(10_000);
        long released = 1 + lots * mark / 20;
        notional += lots * mark;
        weight += released;
        legs.add(
            new Slice.Leg("P" + n + "-PERP", random.nextBoolean() ? lots : -lots, mark, released));
      }
      long equity = random.nextLong(2 * weight) - weight / 2;
      Slice slice =
          new Slice(
              legs, equity, weight, weight, notional, POLICY.penaltyMicros(weight, equity), true);
      offer = Offer.of("auction", slice);
      AuctionOpened opened =
          new AuctionOpened(
              1,
              0,
              "auction",
              "liquidation",
              "seller",
              version,
              1,
              POLICY.minimumBidPpm(),
              POLICY.reservationMs(),
              AuctionTerms.of(slice, POLICY, 0, 0),
              slice.legs());
      journal.add(opened);
      auction = Auction.of(opened, bidsMax);
    }

    void step() {
      now += random.nextInt(5) == 0 ? random.nextLong(4_000) : random.nextLong(400);
      if (random.nextInt(closed ? 4 : 15) == 0) {
        toggle(random.nextInt(8) == 0);
      }
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> bid();
        case 4, 5, 6 -> settleOne();
        case 7, 8, 9 -> deliverOne();
        case 10 -> {
          record(auction.due(now));
          if (random.nextBoolean()) fundAnswers();
        }
        default -> {
          if (random.nextInt(6) == 0) accountMoves();
        }
      }
    }

    void toggle(boolean away) {
      closed = !closed;
      if (closed) closedSinceMs = now;
      else closedMs += now - closedSinceMs;
      record(auction.look(_ -> closed ? 0 : 1, List.of(), STANDSTILL_MS, away, now));
    }

    void bid() {
      long fraction = 1 + random.nextLong(random.nextInt(3) == 0 ? 1_000_000 : 300_000);
      Bid bid =
          new Bid(
              "b-" + (random.nextInt(8) == 0 ? random.nextInt(bids + 1) : bids++),
              "taker-" + random.nextInt(5),
              fraction,
              random.nextLong(20_000),
              random.nextInt(9) == 0 ? version - 1 : auction.accountVersion());
      Decision decision =
          auction.decide(bid, true, "", _ -> 1 + random.nextLong(20_000), List.of(), now);
      record(decision.events());
      if (decision.answer() instanceof Answer.Accepted accepted) {
        assertThat(auction.bids()).containsEntry(bid.bidId(), accepted.placed());
        Decision again = auction.decide(bid, true, "", _ -> 1, List.of(), now);
        assertThat(again.events()).isEmpty();
        assertThat(again.answer()).isEqualTo(accepted);
      } else {
        assertThat(auction.due(now)).isEmpty();
      }
      for (AuctionEvent event : decision.events())
        if (event instanceof BidReserved reserved) toSettle.add(reserved);
    }

    /** The account judges a settlement that waits, or that comes again. */
    void settleOne() {
      if (toSettle.isEmpty()) return;
      int at = random.nextInt(toSettle.size());
      BidReserved reserved = toSettle.get(at);
      if (random.nextInt(5) != 0) toSettle.remove(at);
      Bid bid = reserved.bid();
      if (random.nextInt(6) == 0 && !sold.containsKey(bid.bidId())) {
        // Who says no may not know that it was settled, or will be.
        toSettle.remove(reserved);
        if (random.nextBoolean()) toSettle.add(reserved);
        LapseCause cause = LapseCause.values()[random.nextInt(LapseCause.values().length)];
        tell(() -> record(auction.lapse(bid.bidId(), cause, now)));
        return;
      }
      switch (offer.judge(bid.bidId(), reserved.allocation())) {
        case REFUSED -> tell(() -> record(auction.lapse(bid.bidId(), LapseCause.WITHDRAWN, now)));
        case SETTLED_BEFORE -> tellSettled(bid, requireNonNull(sold.get(bid.bidId())));
        case SETTLE -> {
          offer = offer.settle(bid.bidId(), reserved.allocation());
          sold.put(bid.bidId(), reserved.allocation());
          long share = random.nextLong(-100, 1_000);
          charged.put(bid.bidId(), Charge.of(reserved.allocation(), share, POLICY));
          tellSettled(bid, reserved.allocation());
        }
      }
    }

    /** At least once: the message stays until the end. */
    void tellSettled(Bid bid, Allocation allocation) {
      Charge charge = requireNonNull(charged.get(bid.bidId()));
      tell(
          () -> {
            Auction.Placed placed = auction.bids().get(bid.bidId());
            if (placed == null || placed.status() instanceof BidStatus.Lapsed) late++;
            record(auction.settle(bid.bidId(), bid.bidder(), allocation, charge, now));
            booked.add(bid.bidId());
          });
    }

    void tell(Runnable message) {
      toAuction.add(message);
    }

    void deliverOne() {
      if (toAuction.isEmpty()) return;
      int at = random.nextInt(toAuction.size());
      toAuction.get(at).run();
      if (random.nextInt(4) != 0) toAuction.remove(at);
    }

    /** A deposit, a trade of its own or a price: it needs to sell less, or nothing. */
    void accountMoves() {
      long seen = ++version;
      @Nullable Slice needed = needed();
      offer = offer.reassess(needed);
      List<Long> withdrawn = offer.withdrawnLots();
      long bankruptcy = random.nextLong(-1_000, 100_000);
      tell(() -> record(auction.reduce(seen, withdrawn, bankruptcy, now)));
      if (needed == null) tell(() -> record(auction.recover(now)));
    }

    private @Nullable Slice needed() {
      if (random.nextInt(3) == 0) return null;
      List<Slice.Leg> legs = new ArrayList<>();
      for (int leg = 0; leg < offer.legs().size(); leg++) {
        Slice.Leg of = offer.legs().get(leg);
        long lots = random.nextLong(Math.abs(of.lots()) + 1);
        if (lots == 0) continue;
        long sign = random.nextInt(20) == 0 ? -1 : 1;
        legs.add(new Slice.Leg(of.instrument(), sign * Long.signum(of.lots()) * lots, 1, 1));
      }
      return new Slice(legs, 1, 1, 1, 1, 0, false);
    }

    void record(List<AuctionEvent> events) {
      AuctionReading before = AuctionReading.of(auction);
      journal.addAll(events);
      auction = auction.after(events);
      stands(before, events);
    }

    /** Nobody loses time to bid in which nobody could, and no more than that is gained. */
    void stands(AuctionReading before, List<AuctionEvent> events) {
      for (AuctionEvent event : events)
        if (event instanceof AuctionEvent.BiddingStopped stopped)
          againMs += stopped.atMs() - stopped.sinceMs();
      if (!closed) assertThat(auction.stoodMs()).isBetween(0L, closedMs + againMs);
      else if (auction.ended() == null) assertThat(auction.standstill()).isNotNull();
      assertThat(auction.terms().endsAtMs())
          .isLessThanOrEqualTo(2 * auction.opened().terms().lastsMsMax() + auction.stoodMs());
      Auction.Standstill standstill = before.standstill();
      if (standstill == null) return;
      for (AuctionEvent event : events) {
        assertThat(event).isNotInstanceOf(BidReserved.class);
        if (event instanceof AuctionEvent.AuctionEnded ended)
          assertThat(ended.cause()).isNotEqualTo(EndCause.NOBODY_BOUGHT);
        if (event instanceof AuctionEvent.BiddingResumed) {
          // As it was said to be if anybody may bid from now on.
          assertThat(auction.terms()).isEqualTo(before.terms(now));
          assertThat(auction.terms().discountMicros(now))
              .isEqualTo(before.terms().discountMicros(standstill.sinceMs()));
          return;
        }
      }
    }

    void deliverEverything() {
      while (!toSettle.isEmpty()) settleOne();
      while (!toAuction.isEmpty()) {
        deliverOne();
        check();
      }
      if (closed) toggle(false);
      while (auction.nextDueMs() != Long.MAX_VALUE) {
        now = Math.max(now, auction.nextDueMs());
        record(auction.due(now));
        fundAnswers();
        check();
      }
      for (Auction.Placed placed : auction.undecided()) // As the seller says when it is asked.
      record(auction.lapse(placed.bid().bidId(), LapseCause.EXPIRED, now));
      assertThat(auction.undecided()).isEmpty();
      assertThat(auction.ended()).isNotNull();
      record(auction.fundSettled(now));
      assertThat(auction.owesFundItsRest()).isFalse();
      if (pledgedMicros > 0)
        assertThat(journal).contains(new FundSettled(auction.number(), now, auction.fundMicros()));
      check();
    }

    /** As much as it likes of what it was asked for, late, and perhaps again. */
    void fundAnswers() {
      Auction.Pledge pledge = auction.pledge();
      if (pledge == null) return;
      assertThat(pledge.askedMicros()).isPositive();
      if (!pledge.answered())
        pledgedMicros =
            random.nextBoolean() ? pledge.askedMicros() : random.nextLong(pledge.askedMicros() + 1);
      record(auction.pledged(pledgedMicros, now));
    }

    private boolean isBooked(String bidId) {
      Auction.Placed placed = auction.bids().get(bidId);
      return placed == null
          ? auction.settledLate().contains(bidId)
          : placed.status() instanceof BidStatus.Settled;
    }

    void check() {
      // Replay gives the live state.
      Auction replayed =
          Auction.of((AuctionOpened) journal.getFirst(), bidsMax)
              .after(journal.subList(1, journal.size()));
      assertThat(replayed).isEqualTo(auction);
      // What lapsed is forgotten where there is no room, and nothing else.
      long kept =
          auction.bids().values().stream()
              .filter(
                  placed -> placed.undecided() || !(placed.status() instanceof BidStatus.Lapsed))
              .count();
      assertThat((long) auction.bids().size()).isLessThanOrEqualTo(Math.max(bidsMax, kept));
      assertThat(booked).allMatch(id -> isBooked(id));
      // Lots: takers' parts and what is left are the slice, on either side.
      for (int leg = 0; leg < offer.legs().size(); leg++) {
        Slice.Leg of = offer.legs().get(leg);
        long taken = 0;
        for (Allocation allocation : sold.values()) {
          for (Allocation.Leg part : allocation.legs()) {
            if (!part.instrument().equals(of.instrument())) continue;
            assertThat(Long.signum(part.lots())).isEqualTo(Long.signum(of.lots()));
            taken += Math.abs(part.lots());
          }
        }
        assertThat(offer.soldLots().get(leg)).isEqualTo(taken);
        assertThat(taken + offer.withdrawnLots().get(leg) + offer.remainingLots(leg))
            .isEqualTo(Math.abs(of.lots()));
        assertThat(offer.remainingLots(leg)).isNotNegative();
        assertThat(auction.remainingLots(leg)).isNotNegative();
        assertThat(auction.soldLots().get(leg)).isLessThanOrEqualTo(taken);
        assertThat(auction.withdrawnLots().get(leg))
            .isLessThanOrEqualTo(offer.withdrawnLots().get(leg));
      }
      // Cash: what takers get is what the seller and the fund pay.
      long takers = 0;
      long sellers = 0;
      long fund = 0;
      for (var entry : sold.entrySet()) {
        Charge charge = requireNonNull(charged.get(entry.getKey()));
        assertThat(charge.takerMicros()).isEqualTo(entry.getValue().discountMicros());
        assertThat(charge.fundMicros()).isLessThanOrEqualTo(entry.getValue().fundMicrosMax());
        takers += entry.getValue().discountMicros();
        sellers += charge.sellerMicros();
        fund += charge.fundMicros();
      }
      assertThat(takers).isEqualTo(sellers + fund);
      assertThat(fund).as("taken of the pledge").isLessThanOrEqualTo(pledgedMicros);
      // An alarm at this time, and none before it, has something to do.
      if (auction.nextDueMs() != Long.MAX_VALUE) {
        assertThat(auction.due(auction.nextDueMs())).isNotEmpty();
        assertThat(auction.due(auction.nextDueMs() - 1)).isEmpty();
      }
      assertThat(auction.sellerMicros() + auction.fundMicros()).isLessThanOrEqualTo(takers);
    }
  }
}

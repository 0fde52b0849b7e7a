package org.novation.liquidation.auction;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.StorageFailure;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.ManualHouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.insurance.Cap;
import org.novation.insurance.Draw;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.AuctionActor.AuctionOver;
import org.novation.liquidation.auction.AuctionActor.BidAnswer;
import org.novation.liquidation.auction.AuctionActor.Command;
import org.novation.liquidation.auction.AuctionActor.Held;
import org.novation.liquidation.auction.AuctionActor.HoldSlice;
import org.novation.liquidation.auction.AuctionActor.NotHeld;
import org.novation.liquidation.auction.AuctionActor.NotSettled;
import org.novation.liquidation.auction.AuctionActor.Opened;
import org.novation.liquidation.auction.AuctionActor.PlaceBid;
import org.novation.liquidation.auction.AuctionActor.ReleaseSlice;
import org.novation.liquidation.auction.AuctionActor.SettleSlice;
import org.novation.liquidation.auction.AuctionActor.Settled;
import org.novation.liquidation.auction.AuctionActor.SettlementNoted;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BiddingStopped;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundSettled;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/**
 * One auction between a seller, bidders and a fund that keep the agreed manners, over a journal in
 * memory that stores bytes.
 */
final class AuctionActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long VERSION = 7;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final LiquidationPolicy POLICY = LiquidationPolicy.DEFAULTS;
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.actor.serializers.journal = "org.novation.ledger.JournalSerializer"
              pekko.actor.serialization-bindings {
                "org.novation.liquidation.auction.AuctionEvent" = journal
              }
              pekko.loglevel = ERROR
              pekko.persistence.typed.stash-overflow-strategy = fail
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ManualTime.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("auctions", CONFIG);
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final ManualTime TIMERS = ManualTime.get(KIT.system());
  private static final AtomicInteger AUCTIONS = new AtomicInteger();

  private World world = new World(2_000, 1_000);

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void emptyJournal() {
    JOURNAL.clearAll();
    JOURNAL.resetPolicy();
  }

  @AfterEach
  void stop() {
    KIT.stop(world.auction);
  }

  /** Stops the actor where it stands, as a kill would. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Killed() {
      super("killed by the test", null, false, false);
    }
  }

  private enum Manner {
    HOLDS,
    HAS_NO_MARGIN,
    IS_SILENT
  }

  /** Keeps what an actor is told until somebody looks. */
  private static final class Inbox<T> {
    private final LinkedBlockingQueue<T> received = new LinkedBlockingQueue<>();
    private final ActorRef<Object> actor;

    Inbox(Class<T> type) {
      actor =
          KIT.spawn(
              Behaviors.receive(Object.class)
                  .onMessage(type, this::keep)
                  .onMessage(CountDownLatch.class, Inbox::pass)
                  .build());
    }

    private Behavior<Object> keep(T message) {
      received.add(message);
      return Behaviors.same();
    }

    private static Behavior<Object> pass(CountDownLatch marker) {
      marker.countDown();
      return Behaviors.same();
    }

    ActorRef<T> ref() {
      return actor.narrow();
    }

    @Nullable T next(Duration atMost) {
      try {
        return received.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return null;
      }
    }

    List<T> all() {
      CountDownLatch marker = new CountDownLatch(1);
      actor.tell(marker);
      try {
        assertThat(marker.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      List<T> all = new ArrayList<>();
      received.drainTo(all);
      return all;
    }
  }

  /** Everybody around one auction. What they are told comes on the auction's thread. */
  private static final class World {
    final String id;
    final ManualHouseTime time = new ManualHouseTime(NOW);
    final Slice slice;
    final long equityMicros;
    final Map<String, Manner> manners = new HashMap<>();
    final List<PartyMessage> said = new ArrayList<>();
    final List<AuctionReading> published = new ArrayList<>();
    final List<FundCommand> askedOfFund = new ArrayList<>();
    final Map<String, Settled> settled = new LinkedHashMap<>();
    final Set<String> refusedForEver = new HashSet<>();
    final Map<Long, Settled> outbox = new LinkedHashMap<>();
    final Inbox<PartyMessage> seller = new Inbox<>(PartyMessage.class);
    final ActorRef<Command> auction;
    Function<FundCommand, InsuranceFundActor.Answer> fund = this::grants;
    Map<String, Draw> draws = new HashMap<>();
    Offer offer;
    boolean opened;
    boolean over;
    boolean sellerIsSilent;
    volatile boolean mayStand;
    volatile boolean closed;
    volatile @Nullable Stop brake; // Of a leg; its seller knows of it first.
    volatile String elsewhere = ""; // A market that is closed, and not of the slice.
    boolean passivated;
    int steps;
    int killAt = -1;

    World(long equityMicros, long maintenanceMicros) {
      this("a." + AUCTIONS.incrementAndGet(), equityMicros, maintenanceMicros);
    }

    World(String id, long equityMicros, long maintenanceMicros) {
      this(id, equityMicros, maintenanceMicros, Map.of());
    }

    /**
     * @param manners of bidders whom the auction may ask as soon as it is there
     */
    World(String id, long equityMicros, long maintenanceMicros, Map<String, Manner> manners) {
      this.id = id;
      this.manners.putAll(manners);
      this.equityMicros = equityMicros;
      this.slice =
          new Slice(
              List.of(
                  new Slice.Leg("BTC-PERP", 100, 60, maintenanceMicros / 2),
                  new Slice.Leg("ETH-PERP", -40, 3, maintenanceMicros / 2)),
              equityMicros,
              maintenanceMicros,
              maintenanceMicros,
              20_000,
              POLICY.penaltyMicros(maintenanceMicros, equityMicros),
              true);
      this.offer = Offer.of(id, slice);
      this.auction = KIT.spawn(Behaviors.<Command>setup(shard -> keepAlive(shard, start(shard))));
    }

    private ActorRef<Command> start(ActorContext<Command> shard) {
      ActorRef<Command> started =
          shard.spawnAnonymous(
              AuctionActor.create(
                  id,
                  time,
                  () -> POLICY,
                  marks(),
                  this::hear,
                  this::askFund,
                  this::take,
                  _ -> passivated = true));
      shard.watch(started);
      return started;
    }

    private Marks marks() {
      return new Marks() {
        @Override
        public long mark(String leg) {
          if (closed || leg.equals(elsewhere)) return 0;
          return leg.startsWith("BTC") ? 60 : 3;
        }

        @Override
        public @Nullable Stop stop(String leg) {
          Stop now = brake;
          return now != null && now.subject().equals(leg) ? now : Marks.super.stop(leg);
        }
      };
    }

    /** As a shard that remembers its entities does. */
    private Behavior<Command> keepAlive(ActorContext<Command> shard, ActorRef<Command> running) {
      return Behaviors.receive(Command.class)
          .onAnyMessage(
              command -> {
                running.tell(command);
                return Behaviors.same();
              })
          .onSignal(Terminated.class, _ -> keepAlive(shard, start(shard)))
          .build();
    }

    synchronized int steps() {
      return steps;
    }

    synchronized void step() {
      if (++steps == killAt) throw new Killed();
    }

    synchronized void take(AuctionReading reading) {
      step();
      published.add(reading);
    }

    synchronized void hear(String account, PartyMessage message) {
      step();
      said.add(message);
      switch (message) {
        case HoldSlice(var auctionId, var bidId, _, _, var replyTo) -> {
          assertThat(auctionId).isEqualTo(id);
          switch (manners.getOrDefault(account, Manner.HOLDS)) {
            case HOLDS -> replyTo.tell(new Held(bidId));
            case HAS_NO_MARGIN ->
                replyTo.tell(
                    new NotHeld(
                        bidId,
                        LapseCause.BIDDER_MARGIN,
                        new Rejection.InsufficientMargin(account, 500, 20)));
            case IS_SILENT -> {}
          }
        }
        case SettleSlice settle -> {
          assertThat(account).isEqualTo("seller");
          settle(settle);
        }
        case AuctionOver(_, var cause, var replyTo) -> {
          assertThat(cause).isEqualTo(mayStand ? EndCause.STOOD_STILL : EndCause.NOBODY_BOUGHT);
          over = true;
          if (!sellerIsSilent) replyTo.tell(new AuctionActor.Withdraw());
        }
        case ReleaseSlice _ -> {}
        default -> throw new AssertionError("unexpected " + message);
      }
    }

    /** As an account does: what it writes is for ever, and is said until it is noted. */
    private void settle(SettleSlice settle) {
      if (sellerIsSilent) return;
      Settled before = settled.get(settle.bidId());
      if (before != null) {
        settle.replyTo().tell(before);
      } else if (refusedForEver.contains(settle.bidId())
          || time.nowMs() > settle.deadlineMs()
          || offer.judge(settle.bidId(), settle.allocation()) != Offer.Verdict.SETTLE) {
        refusedForEver.add(settle.bidId());
        settle.replyTo().tell(new NotSettled(settle.bidId(), LapseCause.EXPIRED));
      } else {
        book(settle);
        settle.replyTo().tell(requireNonNull(settled.get(settle.bidId())));
      }
    }

    void book(SettleSlice settle) {
      offer = offer.settle(settle.bidId(), settle.allocation());
      long share = equityMicros * settle.allocation().weightMicros() / slice.maintenanceMicros();
      Settled booked =
          new Settled(
              settle.bidId(),
              settle.bidder(),
              settle.allocation(),
              Charge.of(settle.allocation(), share, POLICY),
              settled.size() + 1,
              seller.ref());
      settled.put(settle.bidId(), booked);
      outbox.put(booked.outboxNumber(), booked);
    }

    synchronized CompletionStage<InsuranceFundActor.Answer> askFund(FundCommand command) {
      step();
      askedOfFund.add(command);
      return CompletableFuture.completedFuture(fund.apply(command));
    }

    InsuranceFundActor.Answer grants(FundCommand command) {
      return switch (command) {
        case FundCommand.ReserveDraw(var draw, var of, var account, var amount, var issued) -> {
          Draw known = draws.get(draw);
          assertThat(known == null || known.requestedMicros() == amount)
              .as("the same question every time")
              .isTrue();
          if (known == null)
            draws.put(
                draw,
                new Draw(draw, of, account, amount, issued, 0, amount, Cap.NONE, 0, 0, false, 0));
          yield new InsuranceFundActor.Done(draws.get(draw));
        }
        case FundCommand.SettleDraw(var draw, var paid) -> {
          Draw known = requireNonNull(draws.get(draw));
          assertThat(paid).isLessThanOrEqualTo(known.grantedMicros());
          if (known.settled()) assertThat(paid).isEqualTo(known.paidMicros());
          Draw now =
              new Draw(
                  draw,
                  known.ofLiquidation(),
                  known.account(),
                  known.requestedMicros(),
                  known.issuedAtMs(),
                  0,
                  known.balanceMicros(),
                  Cap.NONE,
                  0,
                  0,
                  true,
                  paid);
          draws.put(draw, now);
          yield new InsuranceFundActor.Done(now);
        }
        default -> throw new AssertionError("unexpected " + command);
      };
    }

    // ---- what a test does

    World open() {
      auction.tell(new AuctionActor.Open("seller", "l", VERSION, 1, slice, seller.ref()));
      settleDown();
      return this;
    }

    /** Waits until all that was said so far has been heard, and what follows from it. */
    void settleDown() {
      int before = -1;
      for (int quiet = 0; quiet < 4; quiet++) {
        read();
        int now = steps() + journal().size();
        if (now != before) quiet = 0;
        before = now;
      }
      for (PartyMessage heard : seller.all()) {
        if (heard instanceof Opened) opened = true;
        if (heard instanceof SettlementNoted(var number)) outbox.remove(number);
      }
    }

    @Nullable AuctionReading read() {
      Inbox<AuctionActor.AuctionRead> inbox = new Inbox<>(AuctionActor.AuctionRead.class);
      for (int attempt = 0; attempt < 200; attempt++) { // One that dies of the next word is deaf.
        auction.tell(new AuctionActor.Read(inbox.ref()));
        AuctionActor.AuctionRead read = inbox.next(Duration.ofMillis(200));
        if (read != null) return read.auction();
      }
      throw new AssertionError("it does not answer");
    }

    TestProbe<BidAnswer> bid(String bidId, String bidder, long fractionPpm, long minimumPpm) {
      TestProbe<BidAnswer> probe = ask(bidId, bidder, fractionPpm, minimumPpm);
      settleDown();
      return probe;
    }

    TestProbe<BidAnswer> ask(String bidId, String bidder, long fractionPpm, long minimumPpm) {
      TestProbe<BidAnswer> probe = KIT.createTestProbe();
      auction.tell(
          new PlaceBid(
              new Bid(bidId, bidder, fractionPpm, minimumPpm, VERSION),
              true,
              null,
              probe.getRef()));
      return probe;
    }

    /** The fund's answers come by another thread. */
    void until(Predicate<Auction> condition) {
      for (int round = 0; round < 2_000; round++) {
        settleDown();
        if (condition.test(replayed())) return;
      }
      throw new AssertionError("it never comes to that: " + journal());
    }

    void pass(long ms) {
      time.advance(ms);
      settleDown();
    }

    /** A second of the wall's. */
    void tick() {
      TIMERS.timePasses(Duration.ofSeconds(1));
      settleDown();
    }

    List<AuctionEvent> journal() {
      List<AuctionEvent> events = new ArrayList<>();
      for (Object event : JOURNAL.persistedInStorage(AuctionActor.persistenceId(id).id()))
        events.add((AuctionEvent) event);
      return events;
    }

    Auction replayed() {
      List<AuctionEvent> events = journal();
      return Auction.of((AuctionEvent.AuctionOpened) events.getFirst())
          .after(events.subList(1, events.size()));
    }

    synchronized <T> List<T> said(Class<T> type) {
      return said.stream().filter(type::isInstance).map(type::cast).toList();
    }
  }

  private static BidStatus status(TestProbe<BidAnswer> probe) {
    BidAnswer answer = probe.receiveMessage(PATIENCE);
    assertThat(answer.refused()).isNull();
    return requireNonNull(answer.placed()).status();
  }

  private static @Nullable BidRefusal refusal(TestProbe<BidAnswer> probe) {
    return probe.receiveMessage(PATIENCE).refused();
  }

  // ---- the ordinary course

  @Test
  void sellsToWhoeverHoldsTheMarginOnceTheSellerHasBookedIt() {
    world.open();
    assertThat(world.opened).isTrue();
    TestProbe<BidAnswer> answer = world.bid("b-1", "taker", 500_000, 0);
    assertThat(status(answer)).isInstanceOf(BidStatus.Settled.class);
    assertThat(world.said).hasExactlyElementsOfTypes(HoldSlice.class, SettleSlice.class);
    SettleSlice settle = world.said(SettleSlice.class).getFirst();
    assertThat(settle.deadlineMs())
        .isGreaterThan(NOW)
        .isLessThan(NOW + POLICY.reservationMs() - POLICY.reservationMs() / 5);
    assertThat(world.outbox).as("settlements that the auction has not noted").isEmpty();
    assertThat(requireNonNull(world.read()).soldLots()).containsExactly(50L, 20L);
  }

  @Test
  void opensOnceHoweverOftenItIsAsked() {
    world.open();
    world.pass(1_000);
    world.opened = false;
    world.open();
    assertThat(world.opened).isTrue();
    assertThat(world.journal()).hasSize(1);
  }

  @Test
  void givesARepeatedBidItsFirstAnswerAndAsksItsBidderOnce() {
    world.open();
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
    assertThat(world.said(HoldSlice.class)).hasSize(1);
    assertThat(refusal(world.bid("b-1", "taker", 400_000, 0)))
        .isEqualTo(new BidRefusal.DuplicateWithOtherContent("b-1"));
  }

  @Test
  void givesTwoBidsOfTheSameInstantTheirTurn() {
    world.open();
    TestProbe<BidAnswer> first = KIT.createTestProbe();
    TestProbe<BidAnswer> second = KIT.createTestProbe();
    world.auction.tell(
        new PlaceBid(new Bid("b-1", "x", 1_000_000, 0, VERSION), true, null, first.getRef()));
    world.auction.tell(
        new PlaceBid(new Bid("b-2", "y", 1_000_000, 0, VERSION), true, null, second.getRef()));
    assertThat(status(first)).isInstanceOf(BidStatus.Settled.class);
    assertThat(refusal(second))
        .isInstanceOfAny(BidRefusal.NothingLeft.class, BidRefusal.AuctionClosed.class);
    assertThat(world.offer.nothingRemains()).isTrue();
  }

  @Test
  void refusesBidsThatCannotBeAndChangesNothing() {
    world.open();
    TestProbe<BidAnswer> probe = KIT.createTestProbe();
    world.auction.tell(
        new PlaceBid(new Bid("b", "x", 1_000_000, 0, VERSION - 1), true, null, probe.getRef()));
    assertThat(refusal(probe)).isEqualTo(new BidRefusal.StaleVersion(VERSION - 1, VERSION));
    world.auction.tell(
        new PlaceBid(new Bid("b", "x", 1_000_000, 0, VERSION), false, null, probe.getRef()));
    assertThat(refusal(probe)).isEqualTo(new BidRefusal.NotALiquidator("x"));
    assertThat(refusal(world.bid("b", "x", 100, 0))).isInstanceOf(BidRefusal.BelowMinimumBid.class);
    assertThat(refusal(world.bid("b", "x", 1_000_000, 10)))
        .isInstanceOf(BidRefusal.PriceNotReached.class);
    assertThat(world.journal()).hasSize(1);
    world.auction.tell(new AuctionActor.Withdraw());
    assertThat(refusal(world.bid("b", "x", 1_000_000, 0)))
        .isEqualTo(new BidRefusal.AuctionClosed(NOW));
  }

  @Test
  void knowsNoBidOfAnAuctionThatThereIsNot() {
    assertThat(world.bid("b-1", "x", 1_000_000, 0).receiveMessage(PATIENCE))
        .isEqualTo(new BidAnswer(null, null, null));
    assertThat(world.journal()).isEmpty();
    world.tick();
    world.tick();
    assertThat(world.passivated).isTrue();
  }

  @Test
  void tellsABidderWithoutMarginWhyAndSellsItsPartToTheNext() {
    world.manners.put("poor", Manner.HAS_NO_MARGIN);
    world.open();
    BidAnswer answer = world.bid("b-1", "poor", 1_000_000, 0).receiveMessage(PATIENCE);
    assertThat(requireNonNull(answer.placed()).status())
        .isEqualTo(new BidStatus.Lapsed(LapseCause.BIDDER_MARGIN));
    assertThat(answer.why()).isEqualTo(new Rejection.InsufficientMargin("poor", 500, 20));
    assertThat(world.said(ReleaseSlice.class)).containsExactly(new ReleaseSlice(world.id, "b-1"));
    assertThat(status(world.bid("b-2", "rich", 1_000_000, 0)))
        .isInstanceOf(BidStatus.Settled.class);
  }

  // ---- brakes

  @Test
  void saysWhatKeptTheSellerFromSettlingABidThatLapsed() {
    world.open();
    world.brake = new Stop(Brake.PAUSE, "BTC-PERP", 36_000_000);
    world.sellerIsSilent = true;
    TestProbe<BidAnswer> told = world.bid("b-1", "taker", 500_000, 0);
    world.settleDown();
    world.auction.tell(new AuctionActor.SellerNeeds("BTC-PERP"));
    world.settleDown();
    world.auction.tell(new NotSettled("b-1", LapseCause.HOUSE));
    BidAnswer answer = told.receiveMessage(PATIENCE);
    assertThat(requireNonNull(answer.placed()).status())
        .isEqualTo(new BidStatus.Lapsed(LapseCause.HOUSE));
    assertThat(answer.why()).isEqualTo(new Rejection.Braked(Brake.PAUSE, "BTC-PERP", 36_000_000));
  }

  @Test
  void standsStillWhileNobodyMayBidAlsoWhereItIsKilledMeanwhile() {
    world.open();
    world.pass(10_000);
    world.closed = true;
    world.pass(4_000);
    assertThat(requireNonNull(world.read()).standstill())
        .isEqualTo(
            new Auction.Standstill(
                "BTC-PERP", NOW + 14_000, NOW + 14_000, BiddingStopped.OPEN_ENDED));
    assertThat(world.published.getLast().standstill()).isNotNull();
    assertThat(refusal(world.bid("b-1", "taker", 500_000, 0)))
        .isEqualTo(
            new BidRefusal.MarketStale("BTC-PERP", new Stop(Brake.NO_FRESH_PRICE, "BTC-PERP", 0)));
    world.auction.tell(new AuctionActor.Stop()); // It comes back at once.
    world.pass(2_700_000);
    assertThat(world.over).isFalse();
    assertThat(world.journal()).hasSize(2);
    world.closed = false;
    world.pass(1_000);
    AuctionReading open = requireNonNull(world.read());
    assertThat(open.standstill()).isNull();
    AuctionTerms opened = open.opened().terms();
    assertThat(open.terms().discountMicros(world.time.nowMs()))
        .isEqualTo(opened.discountMicros(NOW + 14_000))
        .isPositive();
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
  }

  @Test
  void standsStillForAMarketThatOnlyItsSellerHas() {
    world.elsewhere = "SOL-PERP";
    world.open();
    world.pass(10_000);
    assertThat(requireNonNull(world.read()).standstill()).isNull();
    world.auction.tell(new AuctionActor.SellerNeeds("SOL-PERP"));
    world.settleDown();
    assertThat(requireNonNull(requireNonNull(world.read()).standstill()).market())
        .isEqualTo("SOL-PERP");
    for (int looks = 0; looks < 100; looks++) {
      world.auction.tell(new AuctionActor.SellerNeeds("SOL-PERP"));
      world.pass(4_000);
    }
    assertThat(world.over).isFalse();
    world.elsewhere = "";
    world.pass(1_000);
    assertThat(requireNonNull(world.read()).standstill()).isNull();
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
  }

  @Test
  void standsStillForAMarketThatOnlyItsSellerHasAlsoWhereItIsKilledMeanwhile() {
    world.elsewhere = "SOL-PERP";
    world.open();
    world.auction.tell(new AuctionActor.SellerNeeds("SOL-PERP"));
    world.settleDown();
    world.auction.tell(new AuctionActor.Stop()); // It comes back at once.
    world.pass(4_000);
    assertThat(requireNonNull(world.read()).standstill()).isNotNull();
  }

  @Test
  void goesOnWhereItsSellerSaysNoMoreThatItNeedsAMarket() {
    world.elsewhere = "SOL-PERP";
    world.open();
    world.auction.tell(new AuctionActor.SellerNeeds("SOL-PERP"));
    world.settleDown();
    world.pass(30_000);
    assertThat(requireNonNull(world.read()).standstill()).isNotNull();
    world.pass(4_000);
    assertThat(requireNonNull(world.read()).standstill()).isNull();
  }

  @Test
  void offersItsLastPriceOnceMoreWhereItsEndPassedWhileItWasAway() {
    world.fund = _ -> new InsuranceFundActor.Refused(new FundRefusal.TooLarge(1));
    world.open();
    world.closed = true; // As every market is once a node has started.
    world.time.leap(POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs() + 60_000);
    world.auction.tell(new AuctionActor.Stop());
    world.settleDown();
    assertThat(requireNonNull(world.read()).ended()).isNull();
    world.closed = false;
    world.pass(1_000);
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
  }

  // ---- silence

  @Test
  void sellsAgainWhatASilentBidderReservedOnceItsTimeIsUp() {
    world.manners.put("silent", Manner.IS_SILENT);
    world.open();
    TestProbe<BidAnswer> silent = world.bid("b-1", "silent", 1_000_000, 0);
    assertThat(refusal(world.bid("b-2", "taker", 1_000_000, 0)))
        .isEqualTo(new BidRefusal.NothingLeft(NOW + Auction.RETRY_MS));
    world.tick();
    assertThat(world.said(HoldSlice.class)).as("not at once").hasSize(1);
    world.tick();
    assertThat(world.said(HoldSlice.class)).as("asked again").hasSize(2);
    world.pass(POLICY.reservationMs());
    assertThat(world.said(SettleSlice.class).getLast().deadlineMs())
        .as("only asked whether it was settled")
        .isEqualTo(AuctionActor.NEVER_MS);
    assertThat(status(silent)).isEqualTo(new BidStatus.Lapsed(LapseCause.HOUSE));
    assertThat(status(world.bid("b-2", "taker", 1_000_000, 0)))
        .isInstanceOf(BidStatus.Settled.class);
  }

  @Test
  void answersNobodyWhileOnlyTheSellerKnows() {
    world.open();
    world.sellerIsSilent = true;
    TestProbe<BidAnswer> answer = world.bid("b-1", "taker", 500_000, 0);
    world.pass(POLICY.reservationMs());
    world.tick();
    answer.expectNoMessage(Duration.ZERO);
    assertThat(world.replayed().undecided()).hasSize(1);
    // It had settled it in time: nobody heard.
    world.book(world.said(SettleSlice.class).getFirst());
    world.sellerIsSilent = false;
    world.tick();
    assertThat(status(answer)).isInstanceOf(BidStatus.Settled.class);
    assertThat(world.replayed().soldLots()).containsExactly(50L, 20L);
    assertThat(world.outbox).isEmpty();
  }

  @Test
  void notesASettlementThatItHearsOfAfterItsEnd() {
    world.open();
    world.sellerIsSilent = true;
    TestProbe<BidAnswer> unused = world.bid("b-1", "taker", 500_000, 0);
    world.book(world.said(SettleSlice.class).getFirst());
    world.auction.tell(new AuctionActor.Withdraw());
    world.settleDown();
    assertThat(requireNonNull(world.read()).ended()).isEqualTo(EndCause.RECOVERED);
    for (int copies = 0; copies < 2; copies++) world.outbox.values().forEach(world.auction::tell);
    world.settleDown();
    assertThat(world.outbox).isEmpty();
    assertThat(world.replayed().soldLots()).containsExactly(50L, 20L);
    assertThat(status(unused)).isInstanceOf(BidStatus.Settled.class);
  }

  @Test
  void saysThatItIsOverUntilTheSellerKnows() {
    world.fund = _ -> new InsuranceFundActor.Refused(new FundRefusal.TooLarge(1));
    world.open();
    world.sellerIsSilent = true;
    untilEnded(world);
    for (int second = 0; second < 5; second++) world.tick();
    assertThat(world.said(AuctionOver.class)).as("at once, and twice again").hasSize(3);
    TIMERS.timePasses(Duration.ofSeconds(60));
    world.settleDown();
    assertThat(world.passivated).as("while its seller does not know").isFalse();
    world.sellerIsSilent = false;
    int said = world.said(AuctionOver.class).size();
    while (world.said(AuctionOver.class).size() == said) world.tick();
    TIMERS.timePasses(Duration.ofSeconds(31));
    world.settleDown();
    assertThat(world.said(AuctionOver.class)).hasSize(said + 1);
    assertThat(world.passivated).isFalse();
    world.tick();
    assertThat(world.passivated).isTrue();
  }

  @Test
  void isWokenInTimeAlsoWhereItsClockSteppedBackAfterItWasWoken() {
    world.open();
    assertThat(world.time.alarms()).isEqualTo(1);
    world.time.setOffEarly(POLICY.penaltyPhaseMs());
    world.settleDown();
    assertThat(world.time.alarms()).isEqualTo(1);
  }

  @Test
  void saysHowItIsEveryFourSecondsWhileItIsOpen() {
    world.open();
    for (int second = 0; second < 9; second++) world.tick();
    assertThat(world.published).hasSize(3).allMatch(reading -> reading.ended() == null);
    world.auction.tell(new AuctionActor.Withdraw());
    world.settleDown();
    world.tick();
    assertThat(world.published).hasSize(4);
    assertThat(world.published.getLast().ended()).isEqualTo(EndCause.RECOVERED);
  }

  @Test
  void tellsOfAReservationByWhatComesOfItOrWithinASecond() {
    world.open();
    assertThat(world.published).hasSize(1);
    world.bid("b-1", "taker", 250_000, 0);
    assertThat(world.published).as("settled at once, and told once").hasSize(2);
    world.sellerIsSilent = true;
    world.ask("b-2", "taker", 250_000, 0);
    world.settleDown();
    assertThat(world.published).hasSize(2);
    world.tick();
    assertThat(world.published).hasSize(3);
    assertThat(world.published.getLast().soldLots()).containsExactly(25L, 10L);
    assertThat(world.published.getLast().freeLots()).containsExactly(50L, 20L);
  }

  // ---- storms

  @Test
  void answersEveryBidOfAStorm() throws InterruptedException {
    world.open();
    Gate gate = new Gate();
    JOURNAL.withPolicy(gate);
    TestProbe<BidAnswer> probe = KIT.createTestProbe();
    gate.close();
    int bids = 3_000;
    for (int n = 0; n < bids; n++) {
      long fraction = n % 3 == 0 ? 1 : 10_000 + n;
      world.auction.tell(
          new PlaceBid(
              new Bid("b-" + n, "x-" + n % 50, fraction, 0, VERSION), true, null, probe.getRef()));
    }
    gate.open();
    int taken = 0;
    int tooMany = 0;
    for (int n = 0; n < bids; n++) {
      BidAnswer answer = probe.receiveMessage(PATIENCE);
      if (answer.refused() == null) taken++;
      if (answer.refused() instanceof BidRefusal.TooManyReservations) tooMany++;
    }
    assertThat(taken).isBetween(1, 100);
    assertThat(tooMany).as("beyond what is gathered").isPositive();
    assertThat(world.offer.settledBids()).hasSize(taken);
    assertThat(world.journal().stream().filter(BidReserved.class::isInstance)).hasSize(taken);
  }

  @Test
  void isNotStalledByDust() {
    world.open();
    for (int n = 0; n < 500; n++)
      assertThat(refusal(world.ask("dust-" + n, "x", 1, 0)))
          .isInstanceOf(BidRefusal.BelowMinimumBid.class);
    assertThat(status(world.bid("b", "taker", 1_000_000, 0))).isInstanceOf(BidStatus.Settled.class);
    assertThat(world.journal()).hasSize(4);
  }

  // ---- the fund's money

  private static void untilEnded(World world) {
    for (int n = 0; n < 1_000; n++) {
      AuctionReading reading = world.read();
      if (reading != null && reading.ended() != null) return;
      world.pass(500);
    }
    throw new AssertionError("it never ends");
  }

  @Test
  void asksTheFundOnceTheBankruptcyPriceIsReachedForTheMarginOfWhatIsLeft() {
    world.open();
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
    world.pass(POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs() - 1);
    assertThat(world.askedOfFund).isEmpty();
    world.pass(1);
    world.until(auction -> requireNonNull(auction.pledge()).answered());
    assertThat(world.askedOfFund)
        .containsExactly(new FundCommand.ReserveDraw(world.id, "l", "seller", 500, NOW));
    AuctionTerms terms = requireNonNull(world.read()).terms();
    assertThat(terms.fundCapMicros()).as("of the whole slice").isEqualTo(1_000);
    assertThat(terms.discountMicros(world.time.nowMs())).isEqualTo(2_000);
    assertThat(terms.endsAtMs())
        .isEqualTo(world.time.nowMs() + POLICY.fundPhaseMs() + POLICY.lastCallMs());
    world.pass(POLICY.fundPhaseMs());
    BidStatus settled = status(world.bid("b-2", "taker", 500_000, 100_000));
    assertThat(settled).isEqualTo(new BidStatus.Settled(new Charge(1_000, 500, 0)));
    world.until(auction -> requireNonNull(auction.pledge()).settled());
    assertThat(world.askedOfFund).last().isEqualTo(new FundCommand.SettleDraw(world.id, 500));
  }

  @Test
  void asksTheFundAtOnceWhenTheMarkIsBeyondBankruptcyForWhatIsMissingToo() {
    world = new World(-600, 1_000);
    world.open();
    world.until(auction -> requireNonNull(auction.pledge()).answered());
    assertThat(world.askedOfFund)
        .containsExactly(new FundCommand.ReserveDraw(world.id, "l", "seller", 1_600, NOW));
    untilEnded(world);
    assertThat(world.time.nowMs() - NOW)
        .isBetween(
            POLICY.fundPhaseMs() + POLICY.lastCallMs(),
            POLICY.fundPhaseMs() + POLICY.lastCallMs() + 500);
    assertThat(world.askedOfFund).last().isEqualTo(new FundCommand.SettleDraw(world.id, 0));
    assertThat(world.over).isTrue();
  }

  @Test
  void givesTheFundItsMoneyBackAndTellsTheSellerWhenNobodyCouldBidForTooLong() {
    world = new World(-600, 1_000);
    world.mayStand = true;
    world.open();
    world.until(auction -> requireNonNull(auction.pledge()).answered());
    world.pass(POLICY.fundPhaseMs());
    assertThat(status(world.bid("b-1", "taker", 500_000, 0))).isInstanceOf(BidStatus.Settled.class);
    long spent = world.replayed().fundMicros();
    assertThat(spent).isPositive();
    world.closed = true;
    world.sellerIsSilent = true;
    untilEnded(world);
    assertThat(world.time.nowMs() - NOW)
        .isGreaterThanOrEqualTo(Auction.PLEDGE_STANDS_CALLS * POLICY.lastCallMs());
    world.until(auction -> requireNonNull(auction.pledge()).settled());
    assertThat(world.replayed().ended()).isEqualTo(EndCause.STOOD_STILL);
    assertThat(world.askedOfFund).last().isEqualTo(new FundCommand.SettleDraw(world.id, spent));
    world.auction.tell(new AuctionActor.Stop());
    world.settleDown();
    world.over = false;
    world.sellerIsSilent = false;
    for (int ticks = 0; ticks < 2; ticks++) world.tick();
    world.settleDown();
    assertThat(world.over).as("told again").isTrue();
  }

  @Test
  void goesOnToItsLastCallWhenTheFundGivesNothing() {
    world.fund = _ -> new InsuranceFundActor.Refused(new FundRefusal.TooLarge(1));
    world.open();
    untilEnded(world);
    assertThat(world.time.nowMs() - NOW)
        .isBetween(
            POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs() + POLICY.lastCallMs(),
            POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs() + POLICY.lastCallMs() + 500);
    assertThat(world.askedOfFund).hasSize(1);
    assertThat(world.journal()).noneMatch(FundSettled.class::isInstance);
  }

  @Test
  void asksAFundThatIsBusyAgainWhileThatIsOfUse() {
    List<InsuranceFundActor.Answer> answers =
        new ArrayList<>(
            List.of(
                new InsuranceFundActor.TryAgain("later"),
                new InsuranceFundActor.Refused(new FundRefusal.Busy(1))));
    world.fund = command -> answers.isEmpty() ? world.grants(command) : answers.removeFirst();
    world.open();
    world.pass(POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs());
    // Less is left and less is it worth: the question stays what it was.
    world.auction.tell(new AuctionActor.Reduce(VERSION + 1, List.of(10L, 4L), 1_900));
    for (int tick = 0; tick < 6; tick++) {
      world.tick();
      world.settleDown();
    }
    world.until(auction -> requireNonNull(auction.pledge()).answered());
    assertThat(world.askedOfFund).hasSize(3).containsOnly(world.askedOfFund.getFirst());
  }

  @Test
  void tellsTheFundNothingWhileOnlyTheSellerKnowsWhatWasTakenOfItsPledge() {
    world.open();
    world.pass(POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs());
    world.until(auction -> requireNonNull(auction.pledge()).answered());
    world.pass(POLICY.fundPhaseMs());
    world.sellerIsSilent = true;
    TestProbe<BidAnswer> answer = world.bid("b-1", "taker", 500_000, 100_000);
    world.book(world.said(SettleSlice.class).getFirst());
    untilEnded(world);
    world.tick();
    assertThat(world.askedOfFund).hasSize(1);
    world.sellerIsSilent = false;
    world.tick();
    world.until(auction -> requireNonNull(auction.pledge()).settled());
    assertThat(world.askedOfFund).last().isEqualTo(new FundCommand.SettleDraw(world.id, 500));
    assertThat(status(answer)).isEqualTo(new BidStatus.Settled(new Charge(1_000, 500, 0)));
  }

  // ---- crashes

  /** Sells half at once and a part with the fund's money; the rest is nobody's. */
  private static final class Sale {
    final World world = new World(200, 1_000);
    final Map<String, Inbox<BidAnswer>> asked = new HashMap<>();
    final Map<String, BidStatus> answers = new HashMap<>();

    /** As clients do: with the same id until there is an answer, or it is too late for one. */
    private void want(String bidId, long fractionPpm, long minimumPpm) {
      Inbox<BidAnswer> inbox = asked.computeIfAbsent(bidId, _ -> new Inbox<>(BidAnswer.class));
      for (BidAnswer answer : inbox.all())
        if (answer.placed() != null) answers.put(bidId, answer.placed().status());
      if (answers.containsKey(bidId)) return;
      Bid bid = new Bid(bidId, "taker-" + bidId, fractionPpm, minimumPpm, VERSION);
      world.auction.tell(new PlaceBid(bid, true, null, inbox.ref()));
    }

    Sale run() {
      for (int round = 0; round < 400; round++) {
        if (!world.opened) world.open();
        long passed = world.time.nowMs() - NOW;
        if (world.opened) want("b-1", 500_000, 0);
        if (passed > POLICY.penaltyPhaseMs() + POLICY.bankruptcyPhaseMs() + 15_000)
          want("b-2", 250_000, 20_000);
        world.outbox.values().forEach(world.auction::tell);
        world.pass(1_500);
        if (round % 20 == 19) world.tick();
        if (isAtRest()) return this;
      }
      throw new AssertionError("it never comes to rest: " + world.journal());
    }

    private boolean isAtRest() {
      if (!world.over || !world.outbox.isEmpty() || answers.size() < 2) return false;
      Auction.Pledge pledge = world.replayed().pledge();
      return pledge != null && pledge.settled();
    }

    void check() {
      Auction auction = world.replayed();
      assertThat(auction.ended()).isEqualTo(EndCause.NOBODY_BOUGHT);
      assertThat(world.over).isTrue();
      assertThat(world.outbox).as("not noted").isEmpty();
      assertThat(auction.undecided()).isEmpty();
      assertThat(auction.soldLots()).isEqualTo(world.offer.soldLots());
      long paid = 0;
      for (Settled settled : world.settled.values()) {
        assertThat(answers.get(settled.bidId())).isEqualTo(new BidStatus.Settled(settled.charge()));
        paid += settled.charge().fundMicros();
      }
      answers.forEach(
          (bidId, status) ->
              assertThat(status instanceof BidStatus.Settled)
                  .isEqualTo(world.settled.containsKey(bidId)));
      Draw draw = requireNonNull(world.draws.get(world.id));
      assertThat(draw.settled()).isTrue();
      assertThat(draw.paidMicros()).isEqualTo(paid).isEqualTo(auction.fundMicros());
      assertThat(paid).isLessThanOrEqualTo(draw.grantedMicros());
    }
  }

  @Test
  void goesOnWhereItWasHoweverItIsKilledBetweenAWriteAndAnyWord() {
    Sale undisturbed = new Sale().run();
    undisturbed.check();
    assertThat(undisturbed.world.settled).hasSize(2);
    assertThat(undisturbed.world.replayed().fundMicros()).isPositive();
    KIT.stop(undisturbed.world.auction);
    for (int word = 1; word <= undisturbed.world.steps; word++) {
      Sale sale = new Sale();
      sale.world.killAt = word;
      sale.run().check();
      KIT.stop(sale.world.auction);
    }
  }

  @Test
  void goesOnWhereItWasWhicheverWriteFails() {
    for (int write = 1; write <= 9; write++) {
      Gate gate = new Gate();
      gate.failing = write;
      JOURNAL.withPolicy(gate);
      Sale sale = new Sale().run();
      sale.check();
      KIT.stop(sale.world.auction);
      JOURNAL.resetPolicy();
    }
  }

  @Test
  void asksTheBidderOfAnOpenReservationAgainAfterARecovery() {
    world.manners.put("silent", Manner.IS_SILENT);
    world.open();
    TestProbe<BidAnswer> unused = world.bid("b-1", "silent", 1_000_000, 0);
    KIT.stop(world.auction);
    World again = revived(world, Map.of());
    again.settleDown();
    assertThat(again.said(HoldSlice.class)).hasSize(1);
    assertThat(status(again.bid("b-1", "silent", 1_000_000, 0)))
        .as("the same answer, by another incarnation")
        .isInstanceOf(BidStatus.Settled.class);
    unused.expectNoMessage(Duration.ZERO);
  }

  @Test
  void takesNoBiddersWordForAReservationThatAnEarlierIncarnationMayHaveHadSettled() {
    world.open();
    world.sellerIsSilent = true;
    TestProbe<BidAnswer> unused = world.bid("b-1", "taker", 1_000_000, 0);
    assertThat(world.said(SettleSlice.class)).hasSize(1);
    KIT.stop(world.auction);
    World again = revived(world, Map.of("taker", Manner.HAS_NO_MARGIN));
    again.settleDown();
    again.tick();
    assertThat(again.journal()).noneMatch(ReservationLapsed.class::isInstance);
    again.pass(POLICY.reservationMs());
    assertThat(again.said(SettleSlice.class)).isNotEmpty();
    assertThat(again.journal())
        .last()
        .isEqualTo(new ReservationLapsed(4, again.time.nowMs(), "b-1", LapseCause.HOUSE));
    unused.expectNoMessage(Duration.ZERO);
  }

  /** The same auction on another node, among people who have forgotten. */
  private World revived(World before, Map<String, Manner> manners) {
    world = new World(before.id, before.equityMicros, before.slice.maintenanceMicros(), manners);
    return world;
  }

  /** Holds writes back, or fails one, as it is told. */
  private static final class Gate implements ProcessingPolicy<JournalOperation> {
    private volatile CountDownLatch closed = new CountDownLatch(0);
    private int failing;
    private int writes;

    void close() {
      closed = new CountDownLatch(1);
    }

    void open() {
      closed.countDown();
    }

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents)) return ProcessingSuccess.getInstance();
      try {
        assertThat(closed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      if (++writes != failing) return ProcessingSuccess.getInstance();
      return StorageFailure.create(
          new IllegalStateException("the journal fails, as the test asked"));
    }
  }
}

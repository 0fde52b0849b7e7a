package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.at;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
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
import org.novation.account.AccountEvent.AccountOpened;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.HandOverDeferred;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.clearing.GatewayActor;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.HouseTime;
import org.novation.clearing.Outcome;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.clearing.Timing;
import org.novation.clearing.Trade;
import org.novation.instrument.Coins;
import org.novation.insurance.Cap;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.Draw;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.risk.Brakes;
import org.novation.risk.Health;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/** The shells around accounts and gateway, over a journal in memory that stores bytes. */
final class AccountActorTest {
  private static final Duration IDLE = Duration.ofMinutes(2);
  private static final Duration TICK = Duration.ofMillis(250);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.actor.serializers.journal = "org.novation.ledger.JournalSerializer"
              pekko.actor.serialization-bindings {
                "org.novation.account.AccountEvent" = journal
                "org.novation.account.AccountSnapshot" = journal
              }
              pekko.actor.testkit.typed.single-expect-default = 20 s
              pekko.persistence.typed.stash-overflow-strategy = fail
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ManualTime.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("accounts", CONFIG);
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final ManualTime TIME = ManualTime.get(KIT.system());
  private static final AtomicInteger INCARNATIONS = new AtomicInteger();

  private final FakeHouse house = new FakeHouse();
  private final LinkedBlockingQueue<Answered> answers = new LinkedBlockingQueue<>();
  private final ActorRef<GatewayActor.Message> gateway =
      KIT.spawn(
          GatewayActor.create(
              house::send,
              trade -> null,
              Timing.DEFAULT,
              house::wallMs,
              INCARNATIONS.incrementAndGet()));

  private record Answered(int position, Outcome outcome) {}

  /** Holds writes back, or fails one, as it is told. */
  private static final class Gate implements ProcessingPolicy<JournalOperation> {
    private volatile @Nullable CountDownLatch closed;
    private volatile @Nullable String failing;
    private final AtomicInteger waiting = new AtomicInteger();

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents)) return ProcessingSuccess.getInstance();
      CountDownLatch latch = closed;
      if (latch != null) {
        waiting.incrementAndGet();
        try {
          assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      if (!persistenceId.equals(failing)) return ProcessingSuccess.getInstance();
      failing = null;
      return StorageFailure.create(
          new IllegalStateException("the journal fails, as the test asked"));
    }
  }

  private record ToAuction(String auctionId, AuctionActor.Command message) {}

  /** What surrounds an account, under the test's control; starts accounts as sharding does. */
  private static final class FakeHouse implements House {
    final Map<String, ActorRef<PartyMessage>> accounts = new ConcurrentHashMap<>();
    final List<PartyMessage> sent = new CopyOnWriteArrayList<>();
    final List<Query> searches = new CopyOnWriteArrayList<>();
    final List<String> passivated = new CopyOnWriteArrayList<>();
    final Map<String, MarginState> watched = new ConcurrentHashMap<>();
    final List<MarginState> states = new CopyOnWriteArrayList<>();
    final AtomicLong openLots = new AtomicLong();
    final AtomicLong wall = new AtomicLong(NOW_MS);
    final List<Leg> novated = new CopyOnWriteArrayList<>();
    volatile MarketView view = Markets.at(100);
    volatile Duration legsWait = Duration.ZERO;
    final List<PhaseReading> phases = new CopyOnWriteArrayList<>();
    final AtomicLongArray granted = new AtomicLongArray(new long[] {1_000, 1_000}); // Lots.
    volatile boolean noMarketAnswers;
    final List<LotGrants.Grant> givenBack = new CopyOnWriteArrayList<>();
    final List<Runnable> alarms = new CopyOnWriteArrayList<>();
    final List<Long> dueMs = new CopyOnWriteArrayList<>();
    volatile long moreAtMs;
    volatile @Nullable ClosedGate closedGate;
    final List<ToAuction> toAuctions = new CopyOnWriteArrayList<>();
    final List<FundCommand> toFund = new CopyOnWriteArrayList<>();
    final AtomicInteger looks = new AtomicInteger();
    volatile Function<FundCommand, InsuranceFundActor.Answer> fundAnswer =
        command -> new InsuranceFundActor.TryAgain("no fund here");
    volatile BiPredicate<String, PartyMessage> lost = (account, message) -> false;

    @Override
    public MarketView view() {
      return view;
    }

    @Override
    public long houseMs() {
      return NOW_MS;
    }

    @Override
    public long wallMs() {
      return wall.get();
    }

    @Override
    public Timing timing() {
      return Timing.DEFAULT;
    }

    @Override
    public Duration legsWait() {
      return legsWait;
    }

    @Override
    public void send(String account, PartyMessage message) {
      sent.add(message);
      if (lost.test(account, message)) return;
      ActorRef<PartyMessage> running = accounts.get(account);
      if (running != null) running.tell(message);
    }

    @Override
    public void watch(String account, Portfolio portfolio, MarginState state) {
      watched.put(account, state);
    }

    @Override
    public void unwatch(String account) {
      watched.remove(account);
    }

    @Override
    public void positionChanged(int instrument, long lotsBefore, long lotsNow) {
      openLots.addAndGet(lotsNow - lotsBefore);
    }

    @Override
    public void balanceChanged(int asset, long before, long now) {}

    @Override
    public void novated(Leg leg) {
      novated.add(leg);
    }

    @Override
    public void stateChanged(String account, MarginState from, MarginState to) {
      states.add(to);
    }

    @Override
    public void stands(PhaseReading reading) {
      phases.add(reading);
    }

    @Override
    public void standsNoMore(String account) {
      phases.removeIf(reading -> reading.accountId().equals(account));
    }

    @Override
    public CompletionStage<JournalAnswer> search(String account, Query query) {
      searches.add(query);
      List<Leg> legs =
          legs(account).stream().filter(leg -> leg.tradeId().equals(query.id())).toList();
      return CompletableFuture.completedFuture(
          new JournalAnswer(legs, 0, List.of(), List.of(), List.of()));
    }

    @Override
    public LiquidationPolicy liquidation(MarketView by) {
      return LiquidationPolicy.DEFAULTS;
    }

    @Override
    public HouseTime.Alarm at(long due, String account, Runnable wake) {
      alarms.add(wake);
      dueMs.add(due);
      return () -> alarms.remove(wake);
    }

    @Override
    public CompletionStage<LotGrants> pace(Slice wanted) {
      if (noMarketAnswers)
        return CompletableFuture.failedFuture(new IllegalStateException("as the test asked"));
      LotGrants grants = LotGrants.NONE;
      for (Slice.Leg leg : wanted.legs()) {
        boolean coins = Coins.are(leg.instrument());
        int instrument =
            coins
                ? ~Coins.listed(CATALOGUE, leg.instrument())
                : CATALOGUE.instrumentListed(leg.instrument());
        long most = coins ? Long.MAX_VALUE : granted.get(instrument);
        long lots = Math.min(most, Math.abs(leg.lots()));
        long more = lots < Math.abs(leg.lots()) ? moreAtMs : 0;
        grants =
            grants.plus(
                new LotGrants.Grant(leg.instrument(), instrument, lots, 1, UNIT, 0, more, 0));
      }
      return CompletableFuture.completedFuture(grants);
    }

    @Override
    public void giveBack(List<LotGrants.Grant> unused) {
      givenBack.addAll(unused);
    }

    @Override
    public void auction(String auctionId, AuctionActor.Command message) {
      toAuctions.add(new ToAuction(auctionId, message));
    }

    @Override
    public CompletionStage<InsuranceFundActor.Answer> fund(FundCommand command) {
      toFund.add(command);
      return CompletableFuture.completedFuture(fundAnswer.apply(command));
    }

    @Override
    public @Nullable ClosedGate closedGate() {
      return closedGate;
    }

    @Override
    public void defaultTaken() {
      looks.incrementAndGet();
    }

    ActorRef<PartyMessage> start(String account) {
      ActorRef<PartyMessage> running =
          KIT.spawn(AccountActor.create(account, () -> CATALOGUE, this, shardOf(account)));
      accounts.put(account, running);
      return running;
    }

    /** Notes that the account asked to leave. */
    private ActorRef<ClusterSharding.ShardCommand> shardOf(String account) {
      return KIT.spawn(
          Behaviors.receiveMessage(
              _ -> {
                passivated.add(account);
                return Behaviors.same();
              }));
    }

    void stop(String account) {
      ActorRef<PartyMessage> running = accounts.remove(account);
      if (running != null) KIT.stop(running);
    }
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  private final Gate gate = new Gate();

  @BeforeEach
  void emptyJournal() {
    JOURNAL.clearAll();
    JOURNAL.withPolicy(gate);
  }

  @AfterEach
  void stop() {
    KIT.stop(gateway);
    List.copyOf(house.accounts.keySet()).forEach(house::stop);
  }

  @Test
  void anAccountWithoutPositionsIsWatchedWhileItOwesAgainstCoinsAndLooksAfterARestart() {
    open("alice", 0);
    ask("alice", to -> new AccountActor.Deposit("coins", "BTC", 1_000_000_000L, to));
    assertThat(house.watched).doesNotContainKey("alice");
    TestProbe<PartyMessage> from = KIT.createTestProbe();
    Transfer loss =
        new Transfer("loss", "x", "alice", NOW_MS, List.of(), -790 * UNIT, List.of(), 0);
    house.send("alice", new AccountActor.ApplyTransfer(1, loss, from.getRef()));
    eventually(() -> assertThat(house.watched).containsEntry("alice", MarginState.HEALTHY));
    house.stop("alice");
    house.view = Markets.withBtc(at(100), 98, PriceValidity.FRESH); // They count for 784.
    house.start("alice");
    eventually(() -> assertThat(read("alice").phase()).isEqualTo(AccountEvent.Phase.LIQUIDATING));
  }

  // ---- helpers

  private ActorRef<PartyMessage> open(String account, long cashMicros) {
    ActorRef<PartyMessage> running = house.start(account);
    ask(account, replyTo -> new AccountActor.Open("member", replyTo));
    if (cashMicros > 0)
      ask(account, replyTo -> new AccountActor.Deposit("first", "USDC", cashMicros, replyTo));
    house.wall.addAndGet(Timing.DEFAULT.skewMs() + 1); // Attempts begin after its recovery.
    return running;
  }

  private AccountActor.Reply ask(
      String account, Function<ActorRef<AccountActor.Reply>, PartyMessage> ask) {
    TestProbe<AccountActor.Reply> probe = KIT.createTestProbe();
    house.send(account, ask.apply(probe.getRef()));
    return probe.receiveMessage(PATIENCE);
  }

  private AccountReading read(String account) {
    return ((AccountActor.Done) ask(account, AccountActor.Get::new)).account();
  }

  private long lots(String account) {
    return read(account).positions().stream().mapToLong(AccountSnapshot.Position::lots).sum();
  }

  private void submit(Trade... trades) {
    gateway.tell(
        new GatewayActor.Submit(
            List.of(trades), (position, outcome) -> answers.add(new Answered(position, outcome))));
  }

  private Outcome answer() {
    try {
      Answered answered = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(answered).as("an answer").isNotNull();
      return answered == null ? new Outcome.Unavailable("none") : answered.outcome();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /** Lets deadlines pass and retries begin until the client is told. */
  private Outcome answerInTheEnd() {
    for (int round = 0; round < 2_000; round++) {
      try {
        Answered answered = answers.poll(10, TimeUnit.MILLISECONDS);
        if (answered != null) return answered.outcome();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      house.wall.addAndGet(1_000);
      TIME.timePasses(TICK);
    }
    throw new AssertionError("no answer");
  }

  private static void eventually(Runnable condition) {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            Duration.ofMillis(20),
            () -> {
              condition.run();
              return null;
            });
  }

  private static List<AccountEvent> journal(String account) {
    List<AccountEvent> events = new ArrayList<>();
    for (Object event : JOURNAL.persistedInStorage(AccountActor.persistenceId(account).id()))
      events.add((AccountEvent) event);
    return events;
  }

  private static List<Leg> legs(String account) {
    List<Leg> legs = new ArrayList<>();
    for (AccountEvent event : journal(account)) {
      if (!(event instanceof TradesCleared cleared)) continue;
      legs.addAll(cleared.novated());
      legs.addAll(cleared.applied());
    }
    return legs;
  }

  private static long writes(String account) {
    return journal(account).stream().filter(TradesCleared.class::isInstance).count();
  }

  private static Trade trade(String id, long lots, String buyer, String seller) {
    return Markets.trade(id, "BTC-PERP", lots, 100, buyer, seller);
  }

  private static boolean isLegs(PartyMessage message) {
    return message instanceof AccountActor.ApplyLegs;
  }

  // ---- the protocol, end to end

  @Test
  void aTradeCostsTwoJournalWritesAndIsOnBothAccounts() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 3, "alice", "bob"));
    assertThat(answer()).isEqualTo(new Outcome.Novated(NOW_MS));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    eventually(() -> assertThat(legs("bob")).hasSize(1));
    assertThat(lots("alice")).isEqualTo(3);
    assertThat(lots("bob")).isEqualTo(-3);
    assertThat(journal("alice")).hasSize(3); // Opened, deposited, and one write for the trade.
    assertThat(journal("bob")).hasSize(3);
    assertThat(house.novated).hasSize(1);
    assertThat(house.openLots).hasValue(0);
    assertThat(house.watched).containsOnlyKeys("alice", "bob");
    assertThat(read(trade("t", 3, "alice", "bob").first()).holds()).isEmpty();
  }

  @Test
  void theClientIsAnsweredAtTheCommitPointBeforeTheOtherLegIsWritten() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade trade = trade("t", 3, "alice", "bob");
    house.lost = (account, message) -> isLegs(message);
    submit(trade);
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    assertThat(legs(trade.last())).hasSize(1);
    assertThat(legs(trade.first())).isEmpty();
    assertThat(read(trade.first()).holds()).hasSize(1);
    house.lost = (account, message) -> false;
    TIME.timePasses(Duration.ofSeconds(2)); // It is sent again until it is acknowledged.
    eventually(() -> assertThat(legs(trade.first())).hasSize(1));
    assertThat(read(trade.first()).holds()).isEmpty();
  }

  @Test
  void anUnacknowledgedLegIsSentAgainAfterARecovery() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade trade = trade("t", 3, "alice", "bob");
    house.lost = (account, message) -> isLegs(message);
    submit(trade);
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    house.stop(trade.last());
    house.lost = (account, message) -> false;
    house.start(trade.last());
    eventually(() -> assertThat(legs(trade.first())).hasSize(1));
    // And once more: it was applied, but the acknowledgement was only in memory.
    house.stop(trade.last());
    long before = house.sent.stream().filter(AccountActorTest::isLegs).count();
    house.start(trade.last());
    eventually(
        () ->
            assertThat(house.sent.stream().filter(AccountActorTest::isLegs).count())
                .isGreaterThan(before));
    read(trade.first());
    assertThat(legs(trade.first())).hasSize(1);
  }

  @Test
  void aDuplicateGetsTheFirstAnswerAndWritesNothing() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade trade = trade("t", 3, "alice", "bob");
    submit(trade, trade);
    assertThat(answer()).isEqualTo(new Outcome.Novated(NOW_MS));
    assertThat(answer()).isEqualTo(new Outcome.Novated(NOW_MS));
    eventually(() -> assertThat(legs(trade.first())).hasSize(1));
    submit(trade);
    assertThat(answer()).isEqualTo(new Outcome.Novated(NOW_MS));
    submit(trade("t", 4, "alice", "bob"));
    assertThat(answer())
        .isEqualTo(new Outcome.Refused(new Rejection.DuplicateWithOtherContent("t")));
    assertThat(legs("alice")).hasSize(1);
    assertThat(legs("bob")).hasSize(1);
  }

  @Test
  void eitherSideWithoutMarginRefusesAndNothingStaysHeld() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    open("carol", 10 * UNIT);
    for (String rich : List.of("alice", "bob")) {
      Trade trade = trade("with-" + rich, 2, rich, "carol");
      submit(trade);
      assertThat(answer())
          .isEqualTo(
              new Outcome.Refused(new Rejection.InsufficientMargin("carol", 20 * UNIT, 10 * UNIT)));
      eventually(() -> assertThat(read(trade.first()).holds()).isEmpty());
      assertThat(legs(rich)).isEmpty();
    }
    assertThat(legs("carol")).isEmpty();
  }

  @Test
  void whatArrivesDuringAWriteIsWrittenTogether() {
    open("alice", 100_000 * UNIT);
    open("bob", 100_000 * UNIT);
    Trade opening = trade("opening", 1, "alice", "bob");
    CountDownLatch closed = new CountDownLatch(1);
    gate.closed = closed;
    submit(opening);
    eventually(() -> assertThat(gate.waiting).hasValue(1));
    for (int i = 0; i < 50; i++) submit(trade("t-" + i, 1, "alice", "bob"));
    eventually(
        () ->
            assertThat(
                    house.sent.stream()
                        .filter(GatewayActor.NovateTrades.class::isInstance)
                        .mapToLong(m -> ((GatewayActor.NovateTrades) m).requests().size())
                        .sum())
                .isEqualTo(51));
    gate.closed = null;
    closed.countDown();
    for (int i = 0; i < 51; i++) assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(legs(opening.first())).hasSize(51));
    assertThat(writes(opening.last())).isEqualTo(2);
    assertThat(writes(opening.first())).isLessThanOrEqualTo(2);
  }

  @Test
  void legsWaitALittleSoThatSeveralAreOneWrite() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    house.legsWait = Duration.ofMillis(100);
    Trade trade = trade("t-0", 1, "alice", "bob");
    for (int i = 0; i < 3; i++) {
      submit(trade("t-" + i, 1, "alice", "bob"));
      assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    }
    eventually(
        () ->
            assertThat(house.sent.stream().filter(AccountActor.ApplyLegs.class::isInstance))
                .hasSize(3));
    assertThat(legs(trade.first())).isEmpty();
    eventually(
        () -> {
          TIME.timePasses(Duration.ofMillis(50));
          assertThat(legs(trade.first())).hasSize(3);
        });
    assertThat(writes(trade.first())).isEqualTo(1);
  }

  @Test
  void tradesOfOnePairInBothDirectionsAtOnceAllComplete() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Map<String, Trade> trades = new LinkedHashMap<>();
    for (int i = 0; i < 100; i++) {
      boolean there = i % 2 == 0;
      String id = "t-" + i;
      trades.put(id, trade(id, 1 + i % 7, there ? "alice" : "bob", there ? "bob" : "alice"));
    }
    trades.values().forEach(this::submit);
    int novated = 0;
    for (int i = 0; i < trades.size(); i++) {
      Outcome outcome = answerInTheEnd();
      assertThat(outcome).isInstanceOfAny(Outcome.Novated.class, Outcome.Refused.class);
      if (outcome instanceof Outcome.Novated) novated++;
    }
    assertThat(novated).isPositive();
    int all = novated;
    eventually(() -> assertThat(legs("alice")).hasSize(all));
    eventually(() -> assertThat(legs("bob")).hasSize(all));
    assertThat(lots("alice") + lots("bob")).isZero();
  }

  @Test
  void aJournalThatFailsStopsTheAccountAndTheTradeGetsThroughOnceByARetry() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade trade = trade("t", 3, "alice", "bob");
    ActorRef<PartyMessage> last = house.accounts.get(trade.last());
    gate.failing = AccountActor.persistenceId(trade.last()).id();
    submit(trade);
    KIT.createTestProbe().expectTerminated(last, PATIENCE);
    assertThat(answerInTheEnd()).isInstanceOf(Outcome.Unavailable.class);
    assertThat(legs(trade.last())).isEmpty();
    house.start(trade.last());
    read(trade.last());
    submit(trade);
    assertThat(answerInTheEnd()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(legs(trade.first())).hasSize(1));
    assertThat(legs(trade.last())).hasSize(1);
  }

  @Test
  void anAccountThatHasJustRecoveredTakesANewAttemptAndNotAnOldOne() {
    house.start("alice");
    house.start("bob");
    for (String account : List.of("alice", "bob")) {
      ask(account, replyTo -> new AccountActor.Open("member", replyTo));
      ask(account, replyTo -> new AccountActor.Deposit("d", "USDC", 1_000 * UNIT, replyTo));
    }
    submit(trade("t", 3, "alice", "bob")); // Begun in the very millisecond of the recovery.
    eventually(
        () -> assertThat(house.sent).hasAtLeastOneElementOfType(GatewayActor.NovateTrades.class));
    read("alice");
    read("bob");
    assertThat(answers).isEmpty();
    assertThat(answerInTheEnd()).isInstanceOf(Outcome.Novated.class); // By the gateway's own retry.
  }

  // ---- memory

  @Test
  void anIdleFlatAccountLeavesMemoryAndOneWithAPositionStays() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    open("carol", 1_000 * UNIT);
    submit(trade("t", 3, "alice", "bob"));
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    eventually(() -> assertThat(legs("bob")).hasSize(1));
    for (int i = 0; i < 5; i++) {
      TIME.timePasses(IDLE);
      for (String account : List.of("alice", "bob", "carol")) read(account);
    }
    assertThat(house.passivated).contains("carol").doesNotContain("alice", "bob");
  }

  @Test
  void anAccountThatWasNeverOpenedLeavesMemoryAtOnceWhoeverAsksForIt() {
    open("alice", 1_000 * UNIT);
    house.start("nobody");
    assertThat(ask("nobody", AccountActor.Get::new)).isInstanceOf(AccountActor.Refused.class);
    TIME.timePasses(Duration.ofSeconds(5));
    eventually(() -> assertThat(house.passivated).containsExactly("nobody"));
  }

  @Test
  void anAccountAtRestLeavesMemoryOnceItsPositionIsClosed() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 3, "alice", "bob"));
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    rest("alice", "bob");
    submit(trade("back", 3, "bob", "alice"));
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(lots("alice") + lots("bob")).isZero());
    assertThat(house.passivated).isEmpty();
    rest("alice", "bob");
    assertThat(house.passivated).contains("alice", "bob");
  }

  /** Long enough that nothing is left to look at. */
  private void rest(String... accounts) {
    for (int i = 0; i < 6; i++) {
      TIME.timePasses(IDLE);
      for (String account : accounts) read(account);
    }
  }

  @Test
  void anAccountToldToStopTakesItsPositionsOutOfTheHouse() {
    ActorRef<PartyMessage> alice = open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 3, "alice", "bob"));
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(lots("alice")).isEqualTo(3));
    eventually(() -> assertThat(lots("bob")).isEqualTo(-3));
    assertThat(house.openLots).hasValue(0);
    TestProbe<PartyMessage> probe = KIT.createTestProbe();
    alice.tell(new AccountActor.Stop());
    probe.expectTerminated(alice, PATIENCE);
    assertThat(house.openLots).hasValue(-3);
    assertThat(house.watched).doesNotContainKey("alice");
  }

  @Test
  void anAccountWhoseWriteFailsTakesOutOfTheHouseWhatItHadToldAndNoMore() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade first = trade("t", 3, "alice", "bob");
    submit(first);
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(Math.abs(lots(first.first()))).isEqualTo(3));
    ActorRef<PartyMessage> last = house.accounts.get(first.last());
    assertThat(last).isNotNull();
    if (last == null) return;
    long others = lots(first.first());
    gate.failing = AccountActor.persistenceId(first.last()).id();
    submit(trade("u", 5, "alice", "bob"));
    KIT.<PartyMessage>createTestProbe().expectTerminated(last, PATIENCE);
    assertThat(house.openLots).hasValue(others);
  }

  @Test
  void anIdleAccountWritesDownWhatWasAcknowledged() {
    open("alice", 1_000 * UNIT);
    open("bob", 1_000 * UNIT);
    Trade trade = trade("t", 3, "alice", "bob");
    submit(trade);
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(legs(trade.first())).hasSize(1));
    read(trade.first());
    for (int i = 0; i < 3; i++) {
      TIME.timePasses(IDLE);
      read(trade.last());
    }
    eventually(
        () ->
            assertThat(journal(trade.last()))
                .hasAtLeastOneElementOfType(AccountEvent.OutboxAcknowledged.class));
  }

  @Test
  void aLegThatMayBeForgottenIsLookedUpInTheJournal() {
    Account bob = Markets.account("bob", 1_000 * UNIT);
    Markets.book(bob, trade("booked", 2, "alice", "bob"), at(100));
    Leg booked = Markets.oldestCommitted(bob);
    Markets.book(bob, trade("lost", 1, "alice", "bob"), at(100));
    Leg lost = List.copyOf(bob.outbox().values()).getLast();
    Account alice = Markets.account("alice", 0);
    Batch batch = Markets.batch(alice, at(100));
    batch.apply(booked, "bob");
    TradesCleared cleared = (TradesCleared) batch.finish().getFirst();
    TradesCleared forgetting =
        new TradesCleared(
            4, NOW_MS, 1, List.of(), List.of(), List.of(), NOW_MS, new Health(0, 0, 0, 0));
    JOURNAL.persistForRecovery(
        AccountActor.persistenceId("alice").id(),
        List.of(
            new AccountOpened(1, NOW_MS, "alice", "member"),
            // Healthy, so that nothing is written when she comes back.
            new CollateralDeposited(2, NOW_MS, "d", "USDC", 1_000 * UNIT),
            new TradesCleared(
                3,
                NOW_MS,
                1,
                List.of(),
                cleared.applied(),
                List.of(),
                Long.MIN_VALUE,
                new Health(0, 0, 0, 0)),
            forgetting));
    house.start("alice");
    assertThat(lots("alice")).isEqualTo(2);
    long events = journal("alice").size();
    TestProbe<PartyMessage> last = KIT.createTestProbe();
    AccountActor.Delivery again = new AccountActor.Delivery(1, booked);
    house.send("alice", new AccountActor.ApplyLegs("bob", List.of(again), last.getRef()));
    last.expectMessage(PATIENCE, new AccountActor.LegsAcknowledged(List.of(1L)));
    assertThat(house.searches).hasSize(1);
    assertThat(journal("alice")).hasSize((int) events);
    AccountActor.Delivery unseen = new AccountActor.Delivery(2, lost);
    house.send("alice", new AccountActor.ApplyLegs("bob", List.of(unseen), last.getRef()));
    last.expectMessage(PATIENCE, new AccountActor.LegsAcknowledged(List.of(2L)));
    assertThat(lots("alice")).isEqualTo(3);
    assertThat(legs("alice")).hasSize(2);
  }

  @Test
  void aMarkThatCrossesATriggerIsFoundWhenTheAccountIsWoken() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    assertThat(answer()).isInstanceOf(Outcome.Novated.class);
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.view = at(94);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(read("alice").state()).isEqualTo(MarginState.LIQUIDATION));
    assertThat(house.states).endsWith(MarginState.LIQUIDATION);
    assertThat(house.watched).containsEntry("alice", MarginState.LIQUIDATION);
    // A restart finds out by itself what happened while it was away.
    house.stop("alice");
    house.view = at(100);
    house.start("alice");
    eventually(() -> assertThat(read("alice").state()).isEqualTo(MarginState.EARLY_WARNING));
    assertThat(read("alice").positions().getFirst().instrument())
        .isEqualTo(CATALOGUE.perpetual(BTC_PERP).symbol());
  }

  @Test
  void theHouseHearsWhereAnAccountStandsAtEachChangeAfterARecoveryAndOnceItHasLeft() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    assertThat(house.phases).isEmpty();
    house.view = at(94);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(house.phases).hasSize(1));
    PhaseReading falls = house.phases.getFirst();
    assertThat(falls.from()).isEqualTo(Phase.HEALTHY);
    assertThat(falls.phase()).isEqualTo(Phase.LIQUIDATING);
    assertThat(falls.member()).isEqualTo("member");
    assertThat(falls.liquidationId()).startsWith("alice-");
    assertThat(Objects.requireNonNull(falls.health()).equityMicros()).isEqualTo(40 * UNIT);
    house.stop("alice");
    eventually(() -> assertThat(house.phases).isEmpty());
    house.start("alice");
    eventually(() -> assertThat(house.phases).hasSize(1));
    PhaseReading stands = house.phases.getFirst();
    assertThat(stands.from()).isNull();
    assertThat(stands.standsAs(falls)).isTrue();
    assertThat(stands.atMs()).isEqualTo(falls.atMs());
    assertThat(stands.number()).isGreaterThanOrEqualTo(falls.number());
  }

  /** Whether the house heard last that somebody owes more than it has. */
  private boolean saidToOwe() {
    return !house.phases.isEmpty() && house.phases.getLast().owes();
  }

  private void fallTo(long mark) {
    house.view = at(mark);
    house.send("alice", new AccountActor.Reassess());
  }

  @Test
  void theHouseHearsOfADebtWhateverBroughtItAboutAndOfItsEnd() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    fallTo(94);
    eventually(() -> assertThat(house.phases).hasSize(1));
    assertThat(saidToOwe()).as("40 are left").isFalse();
    fallTo(80);
    eventually(() -> assertThat(saidToOwe()).as("the price fell on").isTrue());
    assertThat(house.phases.getLast().phase()).isEqualTo(Phase.LIQUIDATING);
    house.stop("alice");
    eventually(() -> assertThat(house.phases).isEmpty());
    house.start("alice");
    eventually(() -> assertThat(saidToOwe()).as("after a recovery").isTrue());
    house.stop("alice");
    eventually(() -> assertThat(house.phases).isEmpty());
    house.view = MarketView.unpriced(CATALOGUE, NOW_MS);
    house.start("alice");
    eventually(() -> assertThat(saidToOwe()).as("nobody can say").isTrue());
    fallTo(94);
    eventually(() -> assertThat(saidToOwe()).isFalse());
  }

  @Test
  void theHouseHearsOfADebtUntilTheDefaultAccountHasIt() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.fundAnswer = AccountActorTest::grant;
    fallTo(80);
    String auctionId = auction(1);
    house.send(
        "alice",
        new AuctionActor.AuctionOver(
            auctionId,
            EndCause.NOBODY_BOUGHT,
            KIT.<AuctionActor.Command>createTestProbe().getRef()));
    eventually(() -> assertThat(journal("alice")).hasAtLeastOneElementOfType(HandedOver.class));
    HandedOver handed =
        (HandedOver) journal("alice").stream().filter(HandedOver.class::isInstance).findAny().get();
    assertThat(handed.cashMicros()).isEqualTo(-60 * UNIT);
    assertThat(house.toFund)
        .filteredOn(FundCommand.ReserveDraw.class::isInstance)
        .extracting(each -> ((FundCommand.ReserveDraw) each).ofLiquidation())
        .containsOnly(handed.liquidationId());
    assertThat(lots("alice")).isZero();
    assertThat(saidToOwe()).as("nobody has the debt yet").isTrue();
    house.stop("alice");
    eventually(() -> assertThat(house.phases).isEmpty());
    house.start("alice");
    eventually(() -> assertThat(saidToOwe()).as("after a recovery").isTrue());
    open(HouseAccount.DEFAULT, 0);
    eventually(
        () -> {
          TIME.timePasses(Duration.ofSeconds(2)); // It is sent again.
          assertThat(saidToOwe()).isFalse();
        });
    assertThat(journal(HouseAccount.DEFAULT))
        .hasAtLeastOneElementOfType(AccountEvent.TransferTaken.class);
  }

  /** A fund with 40. */
  private static InsuranceFundActor.Answer grant(FundCommand command) {
    return switch (command) {
      case FundCommand.ReserveDraw(var draw, var of, var account, var micros, var issued) ->
          new InsuranceFundActor.Done(
              new Draw(
                  draw, of, account, micros, issued, 0, 40 * UNIT, Cap.BALANCE, 0, 0, false, 0));
      default -> new InsuranceFundActor.Done(null);
    };
  }

  @Test
  void theHouseHearsOfADebtThoughLiquidationsArePaused() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    MarketView.Instrument market = at(80).instrument(BTC_PERP);
    Brakes paused = Brakes.NONE.withPause(Operation.LIQUIDATION, Brakes.OPEN_ENDED);
    house.view = at(80).with(BTC_PERP, market.braked(paused), NOW_MS);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(saidToOwe()).isTrue());
    assertThat(house.phases.getLast().phase()).isEqualTo(Phase.MARGIN_CALL);
    fallTo(100);
    eventually(() -> assertThat(saidToOwe()).isFalse());
  }

  @Test
  void aTriggerIsWrittenThoughNoMarketSaysHowMuchMayGoOnSale() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.noMarketAnswers = true;
    house.view = at(92);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(read("alice").state()).isEqualTo(MarginState.LIQUIDATION));
    assertThat(house.toAuctions).isEmpty();
    house.noMarketAnswers = false;
    house.alarms.forEach(Runnable::run);
    eventually(() -> assertThat(house.toAuctions).isNotEmpty());
  }

  @Test
  void anAccountWithItsTriggerOnRecordWaitsForItsTurnAsLongAsItsMarketsHaveNothing() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.granted.set(BTC_PERP, 0);
    house.moreAtMs = house.houseMs() + 7_000;
    house.view = at(92);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(read("alice").state()).isEqualTo(MarginState.LIQUIDATION));
    eventually(() -> assertThat(house.dueMs).last().isEqualTo(house.moreAtMs));
    assertThat(house.alarms).hasSize(1);
    long written = writes("alice");
    house.moreAtMs = house.houseMs() + 60_000; // Somebody may give something back before.
    house.alarms.forEach(Runnable::run);
    eventually(() -> assertThat(house.dueMs).last().isEqualTo(house.houseMs() + 15_000));
    assertThat(writes("alice")).isEqualTo(written);
    house.granted.set(BTC_PERP, 10);
    house.alarms.forEach(Runnable::run);
    eventually(() -> assertThat(house.toAuctions).isNotEmpty());
  }

  @Test
  void whatTheMarketsGrantAndItsSliceDoesNotHoldGoesBackToThem() {
    open("alice", 200 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(Markets.trade("t1", "BTC-PERP", 10, 100, "alice", "bob"));
    submit(Markets.trade("t2", "ETH-PERP", 10, 100, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(2));
    house.granted.set(BTC_PERP, 3);
    house.view = at(85);
    house.send("alice", new AccountActor.Reassess());
    eventually(() -> assertThat(house.givenBack).hasSize(1));
    AuctionActor.Open opened = (AuctionActor.Open) house.toAuctions.getFirst().message();
    assertThat(opened.slice().legs().stream().map(Slice.Leg::lots)).containsExactly(3L, 3L);
    assertThat(house.givenBack)
        .containsExactly(new LotGrants.Grant("ETH-PERP", Markets.ETH_PERP, 7, UNIT, 0, 0));
  }

  /** The last auction that was opened, once there are so many. */
  private String auction(int nth) {
    eventually(() -> assertThat(auctions()).hasSize(nth));
    return auctions().getLast();
  }

  private List<String> auctions() {
    return house.toAuctions.stream()
        .filter(to -> to.message() instanceof AuctionActor.Open)
        .map(ToAuction::auctionId)
        .distinct()
        .toList();
  }

  /** The auction says so, as it does until it is heard. */
  private void standsStillTooLong(String auctionId, TestProbe<AuctionActor.Command> seller) {
    for (int time = 0; time < 2; time++)
      house.send(
          "alice", new AuctionActor.AuctionOver(auctionId, EndCause.STOOD_STILL, seller.getRef()));
    seller.expectMessage(PATIENCE, new AuctionActor.Withdraw());
    seller.expectMessage(PATIENCE, new AuctionActor.Withdraw());
  }

  @Test
  void aMarketThatClosesAndOpensInTurnDoesNotKeepAnAccountUnsoldForEver() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    fallTo(92);
    TestProbe<AuctionActor.Command> seller = KIT.createTestProbe();
    for (int time = 1; time <= 3; time++) {
      standsStillTooLong(auction(time), seller);
      assertThat(journal("alice")).doesNotHaveAnyElementsOfTypes(HandedOver.class);
    }
    standsStillTooLong(auction(4), seller);
    assertThat(journal("alice")).hasAtLeastOneElementOfType(HandedOver.class);
  }

  @Test
  void anAuctionThatCameToItsEndBetweenOthersThatStoodStillBeginsTheirCountAnew() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    fallTo(92);
    TestProbe<AuctionActor.Command> seller = KIT.createTestProbe();
    for (int time = 1; time <= 3; time++) standsStillTooLong(auction(time), seller);
    house.closedGate = new ClosedGate(7, 900 * UNIT, 1_000 * UNIT);
    house.send(
        "alice", new AuctionActor.AuctionOver(auction(4), EndCause.NOBODY_BOUGHT, seller.getRef()));
    seller.expectMessage(PATIENCE, new AuctionActor.Withdraw());
    house.closedGate = null;
    standsStillTooLong(auction(5), seller);
    auction(6);
    assertThat(journal("alice"))
        .hasAtLeastOneElementOfType(HandOverDeferred.class)
        .doesNotHaveAnyElementsOfTypes(HandedOver.class);
  }

  private long drawsAsked() {
    return house.toFund.stream().filter(FundCommand.ReserveDraw.class::isInstance).count();
  }

  @Test
  void theFundIsAskedForADebtOnlyWhileItCouldBeHandedOver() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.fundAnswer = _ -> new InsuranceFundActor.Refused(new FundRefusal.Busy(1));
    fallTo(80);
    TestProbe<AuctionActor.Command> seller = KIT.createTestProbe();
    house.send(
        "alice", new AuctionActor.AuctionOver(auction(1), EndCause.NOBODY_BOUGHT, seller.getRef()));
    eventually(() -> assertThat(drawsAsked()).isEqualTo(1));
    house.fundAnswer = AccountActorTest::grant;
    house.view = MarketView.unpriced(CATALOGUE, NOW_MS);
    for (int second = 0; second < 3; second++) {
      eventually(() -> assertThat(house.alarms).isNotEmpty());
      List<Runnable> due = List.copyOf(house.alarms);
      house.alarms.removeAll(due);
      due.forEach(Runnable::run);
      read("alice");
    }
    assertThat(drawsAsked()).as("the market is closed").isEqualTo(1);
    house.view = at(80);
    eventually(
        () -> {
          List.copyOf(house.alarms).forEach(Runnable::run);
          assertThat(journal("alice")).hasAtLeastOneElementOfType(HandedOver.class);
        });
    assertThat(drawsAsked()).isEqualTo(2);
  }

  @Test
  void offersAgainWhatNobodyBoughtWhileTheGateIsClosedAndCountsThatThroughARestart() {
    open("alice", 100 * UNIT);
    open("bob", 1_000 * UNIT);
    submit(trade("t", 10, "alice", "bob"));
    eventually(() -> assertThat(legs("alice")).hasSize(1));
    house.closedGate = new ClosedGate(7, 900 * UNIT, 1_000 * UNIT);
    fallTo(92);
    TestProbe<AuctionActor.Command> seller = KIT.createTestProbe();
    for (int time = 1; time <= 4; time++) {
      String auctionId = auction(time);
      if (time == 3) {
        house.stop("alice");
        house.start("alice");
      }
      house.send(
          "alice",
          new AuctionActor.AuctionOver(auctionId, EndCause.NOBODY_BOUGHT, seller.getRef()));
      seller.expectMessage(PATIENCE, new AuctionActor.Withdraw());
    }
    List<Class<?>> ends = new ArrayList<>();
    for (AccountEvent event : journal("alice"))
      if (event instanceof HandOverDeferred || event instanceof HandedOver)
        ends.add(event.getClass());
    assertThat(ends)
        .containsExactly(
            HandOverDeferred.class,
            HandOverDeferred.class,
            HandOverDeferred.class,
            HandedOver.class);
  }
}

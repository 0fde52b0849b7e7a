package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
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
import org.junit.jupiter.api.Test;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.AdlCoordinatorActor.Command;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.deleveraging.AdlCoordinatorActor.DoStep;
import org.novation.deleveraging.AdlCoordinatorActor.Look;
import org.novation.deleveraging.AdlCoordinatorActor.Read;
import org.novation.deleveraging.AdlCoordinatorActor.ReadDefault;
import org.novation.deleveraging.AdlCoordinatorActor.Reading;
import org.novation.deleveraging.AdlCoordinatorActor.StepChanged;
import org.novation.deleveraging.AdlCoordinatorActor.StepDone;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.WaveEvent.WaveFinished;

/** The coordinator over a journal in memory that stores bytes, with accounts that a test plays. */
final class AdlCoordinatorActorTest {
  private static final String DEFAULTER = "loser";
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.actor.testkit.typed.single-expect-default = 20 s
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ManualTime.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("coordinators", CONFIG);
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final ManualTime TIME = ManualTime.get(KIT.system());
  private static final AtomicInteger POOLS = new AtomicInteger();

  private String pool = "pool-" + POOLS.incrementAndGet();
  private World world = new World();
  private boolean flowing = true; // House time, while a test waits.
  private AdlSettings settings = AdlSettings.DEFAULTS;
  private @Nullable ActorRef<Command> coordinator;

  /** A crash of the coordinator, at one of the moments at which others see something of it. */
  private static final class CrashException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** One instrument, a defaulter who was long, and whoever stands against it. */
  private static final class World implements AdlHouse, HouseTime {
    private static final class Stub {
      long version = 10;
      long lots;
      long profit;
      long equity;
      final Map<String, Command> done = new HashMap<>();
    }

    final TreeMap<String, Stub> accounts = new TreeMap<>();
    final TreeMap<Long, Runnable> alarms = new TreeMap<>();
    final List<String> log = new ArrayList<>();
    final Map<String, Integer> executions = new HashMap<>();
    final Set<String> silent = new HashSet<>();
    Predicate<PartyMessage> lost = _ -> false;
    Runnable onStep = () -> {};
    long nowMs = NOW_MS;
    long defaultLots;
    long defaultEquity;
    long fundPaid;
    boolean priced = true;
    boolean unreadable;
    int defaultReads;
    final List<Long> gatheredAt = new ArrayList<>();
    @Nullable ActorRef<Command> oldReader;
    int callsUntilCrash = Integer.MAX_VALUE;
    boolean crashAfterwards;

    synchronized int defaultReads() {
      return defaultReads;
    }

    synchronized List<Long> gatheredAt() {
      return List.copyOf(gatheredAt);
    }

    /** 0 when none is set. */
    synchronized long untilAlarm() {
      return alarms.isEmpty() ? 0 : alarms.firstKey() - nowMs;
    }

    synchronized boolean crashed() {
      return callsUntilCrash <= 0;
    }

    /** It has looked again after the wave. */
    synchronized boolean resolved() {
      return defaultReads >= 2;
    }

    /** The account does something else, and is at another version. */
    synchronized void trade(String account) {
      Stub stub = accounts.get(account);
      if (stub != null) stub.version++;
    }

    synchronized void winner(String account, long lots, long profit) {
      Stub stub = new Stub();
      stub.lots = lots;
      stub.profit = profit;
      stub.equity = profit + 1_000;
      accounts.put(account, stub);
    }

    synchronized void defaults(long lots, long equity) {
      defaultLots += lots;
      defaultEquity += equity;
    }

    /** Of a debt, before the rest of it comes. */
    synchronized void fundPays(long micros) {
      fundPaid += micros;
    }

    private void call(Runnable effect) {
      boolean crash = --callsUntilCrash == 0;
      if (crash && !crashAfterwards) throw new CrashException();
      effect.run();
      if (crash) throw new CrashException();
    }

    @Override
    public HouseTime time() {
      return this;
    }

    @Override
    public synchronized long nowMs() {
      return nowMs;
    }

    @Override
    public synchronized Alarm at(long dueMs, String key, Runnable wake) {
      alarms.put(dueMs, wake);
      return () -> cancel(dueMs, wake);
    }

    private synchronized void cancel(long dueMs, Runnable wake) {
      alarms.remove(dueMs, wake);
    }

    synchronized void pass(long ms) {
      nowMs += ms;
      while (!alarms.isEmpty() && alarms.firstKey() <= nowMs)
        alarms.pollFirstEntry().getValue().run();
    }

    @Override
    public long parameterVersion() {
      return 7;
    }

    @Override
    public synchronized CompletionStage<Gathered> candidates(
        List<Exposure> exposures, long lookBackMs, int candidatesMax) {
      gatheredAt.add(nowMs);
      call(() -> {});
      if (unreadable) return CompletableFuture.failedFuture(new IllegalStateException("no node"));
      List<Candidate> candidates = new ArrayList<>();
      accounts.forEach(
          (account, stub) -> {
            if (stub.lots == 0) return;
            long basis = stub.lots * 900 - stub.profit;
            candidates.add(
                new Candidate(
                    "BTC-PERP",
                    account,
                    stub.version,
                    stub.lots,
                    basis,
                    stub.profit,
                    0,
                    stub.equity,
                    Math.abs(stub.lots),
                    50,
                    0));
          });
      candidates.add( // What must never be asked.
          new Candidate("BTC-PERP", DEFAULTER, 1, -5, -4_000, 500, 0, 900, 5, 50, 0));
      return CompletableFuture.completedFuture(
          new Gathered(candidates, accounts.size(), accounts.size(), 1));
    }

    @Override
    public synchronized void announce(WaveTold told) {
      call(
          () ->
              log.add(
                  (told.wave().finished() ? "over " : "told ")
                      + told.wave().waveId()
                      + " "
                      + told.wave().sha256()));
    }

    @Override
    public synchronized void send(String account, PartyMessage message) {
      call(
          () -> {
            if (lost.test(message)) return;
            switch (message) {
              case ReadDefault(var replyTo) -> readDefault(replyTo);
              case DoStep step -> step(account, step);
              default -> throw new AssertionError("sent " + message);
            }
          });
    }

    private void readDefault(ActorRef<Command> replyTo) {
      defaultReads++;
      if (oldReader == null) oldReader = replyTo;
      replyTo.tell(read());
    }

    DefaultRead read() {
      if (!priced) return new DefaultRead(1, 0, false, List.of(), 0);
      List<Exposure> exposures =
          defaultLots == 0 && defaultEquity >= 0
              ? List.of()
              : List.of(new Exposure("BTC-PERP", 1, defaultLots, 700, 900, 1_000, 1));
      return new DefaultRead(1, defaultEquity, priced, exposures, fundPaid);
    }

    private void step(String account, DoStep sent) {
      log.add("step " + sent.step().id() + " of wave " + sent.wave());
      assertThat(sent.defaulter()).isEqualTo(DEFAULTER);
      onStep.run();
      if (silent.contains(account)) return;
      Stub stub = accounts.computeIfAbsent(account, _ -> new Stub());
      Command answer = stub.done.computeIfAbsent(sent.step().id(), _ -> execute(stub, sent.step()));
      sent.replyTo().tell(answer);
    }

    private Command execute(Stub stub, WaveStep step) {
      executions.merge(step.id(), 1, Integer::sum);
      return switch (step.kind()) {
        case CLOSE -> {
          if (stub.version != step.version()) yield new StepChanged(step.id(), stub.version);
          stub.lots += step.lots();
          defaultLots -= Math.abs(step.lots());
          yield new StepDone(step.id(), 0, ++stub.version);
        }
        case TAKE -> {
          long taken = Math.clamp(stub.equity, 0, step.micros());
          stub.equity -= taken;
          yield new StepDone(step.id(), taken, ++stub.version);
        }
        case PAY -> {
          defaultEquity += step.micros();
          yield new StepDone(step.id(), step.micros(), ++stub.version);
        }
      };
    }
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  @AfterEach
  void stop() {
    if (coordinator != null) KIT.stop(coordinator);
  }

  // ---- helpers

  /** Two shorts won 300 and 100 from a long that lacks 100 and must still close 5 lots. */
  private void aDefault() {
    world.winner("anna", -4, 300);
    world.winner("bert", -3, 100);
    world.fundPays(40);
    world.defaults(5, -100);
  }

  private ActorRef<Command> start() {
    coordinator = KIT.spawn(AdlCoordinatorActor.create(pool, DEFAULTER, () -> settings, world));
    return coordinator;
  }

  /** Also waits until everything told before is done, but for writes under way. */
  private Reading read() {
    TestProbe<Reading> probe = KIT.createTestProbe();
    current().tell(new Read(probe.getRef()));
    return probe.receiveMessage();
  }

  private ActorRef<Command> current() {
    if (coordinator == null) throw new AssertionError("start first");
    return coordinator;
  }

  private Reading await(Predicate<Reading> until) {
    for (int n = 0; n < 2_000; n++) {
      Reading reading = read();
      if (until.test(reading)) return reading;
      if (flowing) world.pass(100);
    }
    throw new AssertionError("does not come about: " + read() + " " + world.log);
  }

  private static Predicate<Reading> over(long wave) {
    return reading -> {
      WaveSummary newest = reading.newest();
      return newest != null && newest.wave() == wave && newest.finished();
    };
  }

  private WaveSummary newest() {
    WaveSummary newest = read().newest();
    if (newest == null) throw new AssertionError("no wave");
    return newest;
  }

  private void assertEachStepOnce() {
    assertThat(world.executions.values()).allMatch(times -> times == 1);
  }

  private List<Object> journal() {
    return JOURNAL.persistedInStorage(AdlCoordinatorActor.persistenceId(pool).id());
  }

  private List<Long> fundPaidByReceipts() {
    Coordination replayed = new Coordination(pool);
    List<Long> paid = new ArrayList<>();
    for (Object event : journal()) {
      replayed.apply((WaveEvent) event);
      AdlWave wave = replayed.wave();
      Receipt receipt = wave == null ? null : wave.receipt();
      if (event instanceof WaveEvent.WaveBegun && receipt != null)
        paid.add(receipt.input().fundMicros());
    }
    return paid;
  }

  // ---- what it does

  @Test
  void resolvesADefaultAndPublishesTheHashBeforeTheFirstStep() {
    aDefault();
    start();
    await(over(1));
    WaveSummary wave = newest();
    assertThat(world.defaultLots).isZero();
    assertThat(world.defaultEquity).isZero();
    assertThat(wave.takenMicros()).isEqualTo(100).isEqualTo(wave.paidMicros());
    assertThat(wave.haircutMicros()).isEqualTo(100);
    assertThat(wave.closedLots()).isEqualTo(5).isEqualTo(wave.neededLots());
    assertThat(wave.unresolved()).isFalse();
    assertThat(world.log.getFirst()).isEqualTo("told " + pool + "-1 " + wave.sha256());
    assertThat(world.log)
        .filteredOn(line -> line.startsWith("step"))
        .allMatch(line -> line.endsWith("of wave 1"))
        .hasSize(5);
    assertThat(world.log.getLast()).startsWith("over " + pool + "-1");
    assertEachStepOnce();
    await(_ -> world.defaultReads() == 2); // Looks again at once, and rests.
    assertThat(world.untilAlarm()).as("alarms").isZero();
  }

  @Test
  void restsWhileThereIsNothingToResolveAndWakesWhenItIsToldOf() {
    world.winner("anna", -4, 300);
    world.defaults(0, 50); // A surplus is the account's to send away.
    start();
    await(_ -> world.defaultReads() == 1);
    assertThat(read().waves()).isZero();
    assertThat(world.untilAlarm()).as("alarms").isZero();
    world.defaults(2, -60);
    current().tell(new Look());
    await(over(1));
    assertThat(world.defaultLots).isZero();
  }

  /** A defaulter's debt comes after its contracts: whoever closes them must still be there then. */
  @Test
  void waitsForTheDebtThatFollowsTheContracts() {
    world.winner("anna", -4, 300);
    world.defaults(4, 0);
    start();
    current().tell(new Look());
    read();
    world.pass(settings.settleMs() - 1);
    current().tell(new Look()); // Neither hurries it nor puts it off.
    read();
    assertThat(world.defaultReads()).isZero();
    world.defaults(0, -150);
    world.pass(1);
    flowing = false;
    await(over(1));
    assertThat(newest().takenMicros()).isEqualTo(150);
    assertThat(newest().closedLots()).isEqualTo(4);
  }

  @Test
  void waitsForPricesThatMayBeTrusted() {
    aDefault();
    world.priced = false;
    start();
    await(_ -> world.defaultReads() == 1);
    flowing = false;
    await(_ -> world.untilAlarm() > 0);
    assertThat(world.untilAlarm()).isBetween(1L, AdlCoordinatorActor.SOON_MS);
    assertThat(world.gatheredAt()).isEmpty();
    world.priced = true;
    world.pass(world.untilAlarm());
    await(over(1));
  }

  @Test
  void asksTheNodesAgainWhenOneWasSilent() {
    aDefault();
    world.unreadable = true;
    start();
    await(_ -> world.gatheredAt().size() == 3);
    assertThat(read().waves()).isZero();
    world.unreadable = false;
    await(over(1));
  }

  @Test
  void replacesACandidateThatChangedSinceItWasRead() {
    aDefault();
    world.onStep = () -> world.trade("anna");
    start();
    await(over(1));
    assertThat(newest().replaced()).isEqualTo(1);
    assertThat(newest().closedLots()).isEqualTo(3);
    assertThat(newest().unfilled()).containsExactly(new Unfilled("BTC-PERP", 2));
    // Anna was read anew for the second wave, tried when it was due.
    world.onStep = () -> {};
    world.pass(settings.retryMs());
    await(over(2));
    assertThat(world.defaultLots).isZero();
    assertEachStepOnce();
  }

  @Test
  void recordsWhatNobodyCanResolveOnceAndLooksAgainWithoutHaste() {
    world.defaults(5, -100);
    start();
    await(over(1));
    WaveSummary wave = newest();
    assertThat(wave.uncoveredMicros()).isEqualTo(100);
    assertThat(wave.unfilled()).containsExactly(new Unfilled("BTC-PERP", 5));
    assertThat(read().deficitMicros()).isEqualTo(100);
    assertThat(read().openLots()).isEqualTo(5);
    await(_ -> world.gatheredAt().size() == 4);
    for (int look = 1; look < 4; look++) {
      assertThat(world.gatheredAt().get(look) - world.gatheredAt().get(look - 1))
          .isGreaterThanOrEqualTo(settings.retryMs());
    }
    assertThat(read().waves()).as("waves that could do nothing").isEqualTo(1);
    world.winner("anna", -9, 3_000);
    current().tell(new Look());
    await(over(2));
    assertThat(newest().unresolved()).isFalse();
    await(reading -> reading.deficitMicros() == 0 && reading.openLots() == 0);
  }

  @Test
  void recordsADebtThatComesToLotsWhichNobodyCouldCloseOnce() {
    world.defaults(5, 0);
    start();
    await(over(1));
    assertThat(newest().uncoveredMicros()).isZero();
    world.defaults(0, -100);
    current().tell(new Look());
    await(over(2));
    assertThat(newest().uncoveredMicros()).isEqualTo(100);
    int looks = world.gatheredAt().size();
    await(_ -> world.gatheredAt().size() == looks + 2);
    assertThat(read().waves()).as("waves that could do nothing").isEqualTo(2);
  }

  @Test
  void recordsWhatAddsToWhatNobodyCouldResolveAndNotWhatTheMarkMoves() {
    world.defaults(0, -100);
    start();
    await(over(1));
    world.defaults(0, -12);
    looksAgainInVain();
    assertThat(read().waves()).as("within an eighth").isEqualTo(1);
    world.defaults(0, -388);
    current().tell(new Look());
    await(over(2));
    assertThat(newest().uncoveredMicros()).isEqualTo(500);
    world.defaults(5, 0);
    current().tell(new Look());
    await(over(3));
    assertThat(newest().uncoveredMicros()).isEqualTo(500);
    assertThat(newest().unfilled()).containsExactly(new Unfilled("BTC-PERP", 5));
    world.defaults(-2, 300);
    looksAgainInVain();
    assertThat(read().waves()).as("less than was recorded").isEqualTo(3);
    world.defaults(3, 0);
    current().tell(new Look());
    await(over(4));
    assertThat(newest().unfilled()).containsExactly(new Unfilled("BTC-PERP", 6));
    looksAgainInVain();
    assertThat(read().waves()).as("waves that could do nothing").isEqualTo(4);
  }

  private void looksAgainInVain() {
    int looks = world.gatheredAt().size();
    current().tell(new Look());
    await(_ -> world.gatheredAt().size() == looks + 2);
  }

  @Test
  void goesOnWithoutAccountsThatDoNotAnswerButIsNotOverBeforeTheyDo() {
    settings = new AdlSettings(AdlPolicy.Kind.PRO_RATA, 0, 10, 2, 2_000, 10_000);
    for (int n = 0; n < 8; n++) world.winner("w" + n, -1, 100);
    for (int n = 0; n < 3; n++) world.silent.add("w" + n);
    world.defaults(8, 0);
    start();
    await(reading -> reading.waves() == 1);
    for (int second = 0; second < 8; second++) {
      TIME.timePasses(SECOND);
      read();
    }
    assertThat(world.executions).hasSize(5);
    assertThat(newest().finished()).isFalse();
    assertThat(newest().stepsOpen()).isEqualTo(3);
    world.silent.clear();
    for (int second = 0; second < 4; second++) {
      TIME.timePasses(SECOND);
      read();
    }
    await(over(1));
    assertThat(world.defaultLots).isZero();
    assertEachStepOnce();
  }

  @Test
  void sendsNoStepTwiceWithinASecond() {
    aDefault();
    world.silent.addAll(List.of("anna", "bert"));
    start();
    await(_ -> world.log.size() == 3);
    flowing = false;
    for (int n = 0; n < 5; n++) current().tell(new Look());
    read();
    assertThat(world.log).hasSize(3);
    TIME.timePasses(SECOND);
    TIME.timePasses(SECOND);
    await(_ -> world.log.size() == 5);
  }

  @Test
  void asksAgainWhatWasLostOnItsWay() {
    aDefault();
    Set<Class<?>> once = new HashSet<>();
    world.lost = message -> once.add(message.getClass());
    start();
    await(_ -> once.contains(ReadDefault.class));
    for (int second = 0; second < 4; second++) {
      TIME.timePasses(SECOND);
      read();
    }
    await(over(1));
    assertThat(once).hasSize(2);
  }

  @Test
  void countsNoAnswerToAnEarlierReading() {
    aDefault();
    start();
    DefaultRead before = world.read();
    await(over(1));
    await(_ -> world.defaultReads() == 2);
    if (world.oldReader != null) world.oldReader.tell(before);
    current().tell(before);
    current().tell(new Look());
    await(_ -> world.defaultReads() == 3);
    assertThat(read().waves()).isEqualTo(1);
  }

  @Test
  void looksAfterAWaveForWhatWasTakenOverMeanwhile() {
    aDefault();
    world.winner("carl", -9, 900);
    world.silent.addAll(List.of("anna", "bert", "carl"));
    start();
    await(reading -> reading.waves() == 1);
    world.fundPays(15);
    world.defaults(3, -30);
    current().tell(new Look());
    world.silent.clear();
    TIME.timePasses(SECOND);
    TIME.timePasses(SECOND);
    await(over(2));
    assertThat(newest().deficitMicros()).isEqualTo(30);
    assertThat(fundPaidByReceipts()).containsExactly(40L, 15L);
    assertThat(world.defaultLots).isZero();
    assertThat(world.defaultEquity).isZero();
  }

  /** A node of an earlier version has the default account, and does not know what the fund paid. */
  @Test
  void resolvesAlsoWhereItIsNotToldWhatTheFundPaid() {
    aDefault();
    start();
    await(over(1));
    world.winner("carl", -9, 900);
    world.fundPays(-40);
    world.defaults(3, -30);
    current().tell(new Look());
    await(over(2));
    world.fundPays(40 + 15);
    world.defaults(2, -20);
    current().tell(new Look());
    await(over(3));
    assertThat(fundPaidByReceipts()).containsExactly(40L, 0L, 15L);
    assertThat(world.defaultEquity).isZero();
  }

  // ---- through crashes

  /** A crash between any two things that others see of it; also right before and after each. */
  @Test
  void aCrashAtAnyMomentDoesEachStepOnce() {
    int crashes = 0;
    for (boolean afterwards : new boolean[] {false, true}) {
      for (int call = 1; call < 12; call++) {
        pool = "pool-" + POOLS.incrementAndGet();
        World fresh = new World();
        world = fresh;
        fresh.winner("anna", -4, 300);
        fresh.winner("bert", -3, 100);
        fresh.fundPays(40);
        fresh.defaults(5, -100);
        fresh.callsUntilCrash = call;
        fresh.crashAfterwards = afterwards;
        crashes += crashOnce(fresh, afterwards + " " + call) ? 1 : 0;
      }
    }
    assertThat(crashes).isGreaterThan(18);
  }

  private boolean crashOnce(World fresh, String where) {
    ActorRef<Command> first =
        KIT.spawn(AdlCoordinatorActor.create(pool, DEFAULTER, () -> settings, fresh));
    TestProbe<Object> watcher = KIT.createTestProbe();
    while (!fresh.crashed() && !fresh.resolved()) fresh.pass(100);
    boolean crashed = fresh.crashed();
    if (crashed) watcher.expectTerminated(first);
    else KIT.stop(first);
    coordinator = KIT.spawn(AdlCoordinatorActor.create(pool, DEFAULTER, () -> settings, fresh));
    await(over(1));
    assertThat(fresh.defaultLots).as(where).isZero();
    assertThat(fresh.defaultEquity).as(where).isZero();
    assertThat(fresh.executions.values()).as(where).allMatch(times -> times == 1).hasSize(5);
    assertThat(fresh.log.getFirst()).as(where).startsWith("told " + pool + "-1");
    assertThat(read().waves()).as(where).isEqualTo(1);
    assertThat(journal().stream().filter(WaveFinished.class::isInstance)).as(where).hasSize(1);
    assertThat(fundPaidByReceipts()).as(where).containsExactly(40L);
    KIT.stop(current());
    return crashed;
  }

  @Test
  void carriesOnWhereTheJournalStandsWhenAWriteFails() {
    for (int written = 0; written < 6; written++) {
      pool = "pool-" + POOLS.incrementAndGet();
      World fresh = new World();
      world = fresh;
      fresh.winner("anna", -4, 300);
      fresh.winner("bert", -3, 100);
      fresh.fundPays(40);
      fresh.defaults(5, -100);
      FailOnce policy = new FailOnce(written);
      JOURNAL.withPolicy(policy);
      ActorRef<Command> first =
          KIT.spawn(AdlCoordinatorActor.create(pool, DEFAULTER, () -> settings, fresh));
      TestProbe<Object> watcher = KIT.createTestProbe();
      while (!policy.failed.get()) fresh.pass(100);
      watcher.expectTerminated(first);
      coordinator = KIT.spawn(AdlCoordinatorActor.create(pool, DEFAULTER, () -> settings, fresh));
      await(over(1));
      assertThat(fresh.defaultLots).isZero();
      assertThat(fresh.executions.values()).allMatch(times -> times == 1);
      assertThat(fundPaidByReceipts()).containsExactly(40L);
      KIT.stop(current());
    }
    JOURNAL.resetPolicy();
  }

  /** Fails one write after so many. */
  private static final class FailOnce implements ProcessingPolicy<JournalOperation> {
    final AtomicBoolean failed = new AtomicBoolean();
    private final AtomicInteger left;

    FailOnce(int written) {
      left = new AtomicInteger(written);
    }

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents) || left.getAndDecrement() != 0)
        return ProcessingSuccess.getInstance();
      failed.set(true);
      return StorageFailure.create(
          new IllegalStateException("the journal fails, as the test asked"));
    }
  }

  @Test
  void recoversFromASnapshotBetweenWavesAndCountsOn() {
    aDefault();
    start();
    await(over(1));
    WaveSummary first = newest();
    stop();
    start();
    Reading recovered = read();
    assertThat(recovered.newest()).isEqualTo(first);
    world.winner("carl", -2, 500);
    world.fundPays(25);
    world.defaults(2, 0);
    current().tell(new Look());
    await(over(2));
    stop();
    start();
    assertThat(read().waves()).isEqualTo(2);
    assertThat(fundPaidByReceipts()).containsExactly(40L, 25L);
    Coordination replayed = new Coordination(pool);
    journal().forEach(event -> replayed.apply((WaveEvent) event));
    assertThat(replayed.last()).isEqualTo(newest());
    assertThat(replayed.waves()).isEqualTo(2);
    assertThat(new Coordination(replayed.snapshot()).snapshot()).isEqualTo(replayed.snapshot());
  }
}

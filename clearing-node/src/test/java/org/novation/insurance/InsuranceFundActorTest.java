package org.novation.insurance;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
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
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.ManualHouseTime;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundCommand.SettleDraw;
import org.novation.insurance.InsuranceFundActor.Answer;
import org.novation.insurance.InsuranceFundActor.Command;
import org.novation.insurance.InsuranceFundActor.Decide;
import org.novation.insurance.InsuranceFundActor.Done;
import org.novation.insurance.InsuranceFundActor.Figures;
import org.novation.insurance.InsuranceFundActor.Read;
import org.novation.insurance.InsuranceFundActor.Refused;
import org.novation.insurance.InsuranceFundActor.TryAgain;

/** The shell around the fund, over a journal in memory that stores bytes. */
final class InsuranceFundActorTest {
  private static final long HOUR = 3_600_000;
  private static final long NOW = 400_000 * HOUR;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String POOL = "main";
  private static final String ID = InsuranceFundActor.persistenceId(POOL).id();
  private static final FundPolicy POLICY = remembering(100_000);
  private static final FundPolicy FORGETFUL = remembering(32);
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.actor.testkit.typed.single-expect-default = 20 s
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("funds", CONFIG);
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final SnapshotTestKit SNAPSHOTS = SnapshotTestKit.create(KIT.system());

  private final Gate gate = new Gate();
  private final ManualHouseTime time = new ManualHouseTime(NOW);
  private final List<FundReading> published = new CopyOnWriteArrayList<>();
  private volatile boolean searchFails;
  private @Nullable ActorRef<Command> running;

  /** Holds writes back, or fails one, before or after it was stored, as it is told. */
  private static final class Gate implements ProcessingPolicy<JournalOperation> {
    private volatile @Nullable CountDownLatch closed;
    private volatile boolean failing;
    private final AtomicInteger waiting = new AtomicInteger();
    private final List<Integer> writes = new CopyOnWriteArrayList<>();

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents write)) return ProcessingSuccess.getInstance();
      CountDownLatch latch = closed;
      if (latch != null) {
        waiting.incrementAndGet();
        try {
          assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      if (!failing) {
        writes.add(write.batch().size());
        return ProcessingSuccess.getInstance();
      }
      failing = false;
      return StorageFailure.create(
          new IllegalStateException("the journal fails, as the test asked"));
    }
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void emptyJournal() {
    JOURNAL.clearAll();
    SNAPSHOTS.clearAll();
    JOURNAL.withPolicy(gate);
  }

  @AfterEach
  void stop() {
    if (running != null) KIT.stop(running);
    running = null;
  }

  // ---- answers

  @Test
  void answersOnceItIsWrittenAndNotBefore() {
    start();
    CountDownLatch closed = close();
    TestProbe<Answer> probe = tell(contribution("f-1", 50));
    eventually(() -> assertThat(gate.waiting.get()).isEqualTo(1));
    probe.expectNoMessage(Duration.ofMillis(100));
    closed.countDown();
    assertThat(probe.receiveMessage(PATIENCE)).isEqualTo(new Done(null));
    assertThat(read().balanceMicros()).isEqualTo(50);
  }

  @Test
  void decidesInOrderAndWritesAtOnceWhatArrivesDuringAWrite() {
    start();
    ask(contribution("f-0", 50));
    CountDownLatch closed = close();
    tell(contribution("f-1", 1));
    eventually(() -> assertThat(gate.waiting.get()).isEqualTo(1));
    int writes = gate.writes.size();
    TestProbe<Answer> first = tell(draw("l-1", 40));
    TestProbe<Answer> second = tell(draw("l-2", 40));
    TestProbe<Answer> settled = tell(new SettleDraw("l-1", 30));
    TestProbe<Answer> third = tell(draw("l-3", 40));
    closed.countDown();
    assertThat(granted(first.receiveMessage(PATIENCE))).isEqualTo(40);
    assertThat(granted(second.receiveMessage(PATIENCE))).isEqualTo(11);
    assertThat(drawOf(settled.receiveMessage(PATIENCE)).paidMicros()).isEqualTo(30);
    assertThat(granted(third.receiveMessage(PATIENCE))).isEqualTo(10);
    assertThat(gate.writes.subList(writes, gate.writes.size()))
        .as("the write that was under way, and one of all that came meanwhile")
        .hasSize(2);
  }

  @Test
  void turnsAwayWhatItCouldNotKeepWhileItWritesAndTakesItAfterwards() {
    start();
    CountDownLatch closed = close();
    ask(List.of(contribution("f", 1)), 0);
    eventually(() -> assertThat(gate.waiting.get()).isEqualTo(1));
    List<FundCommand> crowd = new ArrayList<>();
    for (int n = 0; n < InsuranceFundActor.WAITING_MAX + 7; n++)
      crowd.add(contribution("f-" + n, 1));
    TestProbe<Answer> probe = ask(crowd, 0);
    for (int n = 0; n < 7; n++)
      assertThat(probe.receiveMessage(PATIENCE)).isInstanceOf(TryAgain.class);
    probe.expectNoMessage(Duration.ofMillis(100));
    closed.countDown();
    for (int n = 0; n < InsuranceFundActor.WAITING_MAX; n++)
      assertThat(probe.receiveMessage(PATIENCE)).isInstanceOf(Done.class);
    assertThat(gate.writes)
        .allSatisfy(events -> assertThat(events).isLessThan(InsuranceFundActor.BATCH_MAX + 2));
    assertThat(ask(contribution("f-last", 1))).isInstanceOf(Done.class);
    assertThat(read().balanceMicros()).isEqualTo(InsuranceFundActor.WAITING_MAX + 2);
  }

  @Test
  void aRefusalCarriesItsNumbersAndWritesNothing() {
    start();
    ask(contribution("f-1", 50));
    long events = read().number();
    assertThat(ask(contribution("f-2", 0)))
        .isEqualTo(new Refused(new FundRefusal.AmountNotPositive(0)));
    assertThat(ask(new SettleDraw("nobody's", 1)))
        .isEqualTo(new Refused(new FundRefusal.UnknownDraw("nobody's")));
    assertThat(read().number()).isEqualTo(events);
  }

  // ---- crashes

  /** The fund dies before and after every step; whoever asked asks again with the same id. */
  @Test
  void aCrashBetweenReserveAndPayoutNeitherLosesNorDoublesMoney() {
    List<FundCommand> steps =
        List.of(
            contribution("f-1", 500),
            new Contribute("h-1", Cause.HOUSE, "", 30, NOW),
            draw("l-1", 100),
            draw("l-2", 70),
            new SettleDraw("l-1", 60),
            contribution("f-2", 5),
            new SettleDraw("l-2", 70));
    start();
    steps.forEach(this::ask);
    FundReading undisturbed = read();
    List<FundEvent> journal = journal();
    assertThat(undisturbed.paidMicros()).isEqualTo(130);
    assertThat(undisturbed.availableMicros()).isEqualTo(405);
    stop();
    emptyJournal();
    start();
    for (FundCommand step : steps) {
      gate.failing = true;
      assertThat(ask(step)).as("its write failed").isInstanceOf(TryAgain.class);
      assertThat(ask(step)).isInstanceOf(Done.class);
      stop();
      start();
      assertThat(ask(step)).as("again after a crash").isInstanceOf(Done.class);
      assertThat(ask(step)).as("and again").isInstanceOf(Done.class);
      FundReading now = read();
      assertThat(now.availableMicros() + now.reservedMicros())
          .isEqualTo(now.contributedMicros() - now.paidMicros());
    }
    assertThat(read()).isEqualTo(undisturbed);
    assertThat(journal()).isEqualTo(journal);
  }

  @Test
  void aFailedWriteLeavesNothingBehindNotEvenInAFundThatHasNoEvent() {
    gate.failing = true; // The gate of an empty fund, its very first event.
    start();
    assertThat(ask(contribution("f-1", 50))).isInstanceOfAny(TryAgain.class, Done.class);
    gate.failing = true;
    assertThat(ask(contribution("f-2", 7))).isInstanceOf(TryAgain.class);
    assertThat(ask(contribution("f-1", 50))).isInstanceOf(Done.class);
    FundReading live = read();
    assertThat(live.contributedMicros()).as("f-2 was never written").isEqualTo(50);
    stop();
    start();
    assertThat(read()).isEqualTo(live);
  }

  @Test
  void whoWaitsForAWriteThatFailsIsToldToAskAgainAndWhoWaitsBehindHimIsDecidedAnew() {
    start();
    ask(contribution("f-0", 50));
    CountDownLatch closed = close();
    TestProbe<Answer> first = tell(contribution("f-1", 1));
    eventually(() -> assertThat(gate.waiting.get()).isEqualTo(1));
    TestProbe<Answer> behind = tell(contribution("f-2", 1));
    gate.failing = true;
    closed.countDown();
    assertThat(first.receiveMessage(PATIENCE)).isInstanceOf(TryAgain.class);
    assertThat(behind.receiveMessage(PATIENCE))
        .as("kept, and decided anew")
        .isEqualTo(new Done(null));
    assertThat(read().balanceMicros()).isEqualTo(51);
  }

  @Test
  void comesBackFromASnapshotAsItWas() {
    start();
    ask(contribution("f-0", 5_000));
    ask(draw("l-1", 100));
    List<FundCommand> many = new ArrayList<>();
    for (int round = 0; round < 21; round++) {
      many.clear();
      for (int n = 0; n < 1_000; n++) many.add(contribution("f-" + round + '-' + n, 1));
      ask(many, many.size());
    }
    eventually(() -> assertThat(SNAPSHOTS.persistedInStorage(ID)).hasSize(1));
    FundReading before = read();
    stop();
    start();
    assertThat(read()).isEqualTo(before);
    assertThat(granted(ask(draw("l-1", 100)))).isEqualTo(100);
    assertThat(read()).as("an open draw is known for ever").isEqualTo(before);
  }

  // ---- ids that are forgotten

  @Test
  void findsAForgottenIdInTheJournalAndBooksALateOneOnce() {
    start(FORGETFUL);
    Contribute late = contribution("late", 9);
    ask(contribution("f-0", 1_000));
    ask(draw("l-1", 100));
    ask(new SettleDraw("l-1", 60));
    forgetAll();
    FundReading before = read();
    assertThat(drawOf(ask(draw("l-1", 100))).paidMicros()).isEqualTo(60);
    assertThat(drawOf(ask(new SettleDraw("l-1", 60))).paidMicros()).isEqualTo(60);
    assertThat(ask(contribution("f-0", 1_000))).isEqualTo(new Done(null));
    assertThat(ask(contribution("f-0", 1_001)))
        .isEqualTo(new Refused(new FundRefusal.DuplicateWithOtherContent("f-0")));
    assertThat(read()).isEqualTo(before);
    assertThat(ask(late)).isEqualTo(new Done(null));
    assertThat(ask(late)).isEqualTo(new Done(null));
    assertThat(read().contributedMicros()).isEqualTo(before.contributedMicros() + 9);
  }

  @Test
  void guessesNothingWhileItsJournalCannotBeSearched() {
    start(FORGETFUL);
    ask(contribution("f-0", 1_000));
    ask(draw("l-1", 100));
    ask(new SettleDraw("l-1", 60));
    forgetAll();
    searchFails = true;
    FundReading before = read();
    for (int n = 0; n < 100; n++) assertThat(ask(draw("l-1", 100))).isInstanceOf(TryAgain.class);
    assertThat(read()).isEqualTo(before);
    searchFails = false;
    assertThat(granted(ask(draw("l-1", 100)))).isEqualTo(100);
  }

  // ---- what it tells

  @Test
  void tellsOfTheGateAtOnceAndOfTimeThatClosesIt() {
    start();
    awaitPublished(reading -> reading.gateOpen()); // Empty.
    ask(contribution("f-1", 100));
    awaitPublished(reading -> !reading.gateOpen() && reading.balanceMicros() == 100);
    ask(draw("l-1", 31));
    awaitPublished(reading -> reading.gateOpen() && reading.peakMicros() == 100);
    assertThat(time.alarms()).isEqualTo(1);
    time.advance(7 * HOUR);
    assertThat(read().gateOpen()).isTrue();
    for (int n = 0; n < 13; n++) {
      int now = n;
      eventually(() -> assertThat(time.alarms()).as("slot " + now).isLessThanOrEqualTo(1));
      time.advance(HOUR / 12);
      read();
    }
    awaitPublished(reading -> !reading.gateOpen() && reading.peakMicros() == 69);
    eventually(() -> assertThat(time.alarms()).isZero());
  }

  @Test
  void tellsOfBalancesNoMoreOftenThanAnybodyCanRead() {
    start();
    ask(contribution("f-1", 1));
    awaitPublished(reading -> reading.balanceMicros() == 1);
    int told = published.size();
    for (int n = 0; n < 200; n++) ask(contribution("g-" + n, 1));
    awaitPublished(reading -> reading.balanceMicros() == 201);
    assertThat(published.size() - told).isLessThan(100);
  }

  // ---- helpers

  private static FundPolicy remembering(int ids) {
    return new FundPolicy(100, 1_000, HOUR, 10_000, 300_000, 150_000, 8 * HOUR, ids);
  }

  private void start() {
    start(POLICY);
  }

  private void start(FundPolicy policy) {
    running =
        KIT.spawn(
            InsuranceFundActor.create(
                POOL, () -> new FundTerms(1, policy), time, this::search, published::add));
    eventually(() -> assertThat(journal()).isNotEmpty());
  }

  private CompletionStage<JournalSays> search(String id) {
    if (searchFails) return CompletableFuture.failedStage(new IllegalStateException("no search"));
    JournalSays says = JournalSays.of(id);
    for (FundEvent event : journal()) says = says.and(event);
    return CompletableFuture.completedStage(says);
  }

  /** Newer ids than the fund remembers, of both kinds. */
  private void forgetAll() {
    for (int n = 0; n < 80; n++) {
      time.advance(1);
      ask(new Contribute("n-" + n, Cause.FEE, "", 1, time.nowMs()));
      ask(new ReserveDraw("m-" + n, "b", 1, time.nowMs()));
      ask(new SettleDraw("m-" + n, 1));
    }
  }

  private static Contribute contribution(String id, long amount) {
    return new Contribute(id, Cause.FEE, "", amount, NOW);
  }

  private static ReserveDraw draw(String id, long amount) {
    return new ReserveDraw(id, "a", amount, NOW);
  }

  private CountDownLatch close() {
    CountDownLatch closed = new CountDownLatch(1);
    gate.waiting.set(0);
    gate.closed = closed;
    return closed;
  }

  private ActorRef<Command> fund() {
    return Objects.requireNonNull(running);
  }

  private TestProbe<Answer> tell(FundCommand command) {
    return ask(List.of(command), 0);
  }

  private Answer ask(FundCommand command) {
    return tell(command).receiveMessage(PATIENCE);
  }

  private TestProbe<Answer> ask(List<FundCommand> commands, int done) {
    TestProbe<Answer> probe = KIT.createTestProbe();
    for (FundCommand command : commands) fund().tell(new Decide(command, probe.getRef()));
    for (int n = 0; n < done; n++)
      assertThat(probe.receiveMessage(PATIENCE)).isInstanceOf(Done.class);
    return probe;
  }

  private FundReading read() {
    TestProbe<Answer> probe = KIT.createTestProbe();
    fund().tell(new Read(probe.getRef()));
    return ((Figures) probe.receiveMessage(PATIENCE)).reading();
  }

  private static Draw drawOf(Answer answer) {
    return Objects.requireNonNull(((Done) answer).draw());
  }

  private static long granted(Answer answer) {
    return drawOf(answer).grantedMicros();
  }

  private static List<FundEvent> journal() {
    List<FundEvent> events = new ArrayList<>();
    for (Object event : JOURNAL.persistedInStorage(ID)) events.add((FundEvent) event);
    return events;
  }

  private void awaitPublished(Function<FundReading, Boolean> wanted) {
    eventually(() -> assertThat(published).anyMatch(wanted::apply));
  }

  private static void eventually(Runnable condition) {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            Duration.ofMillis(5),
            () -> {
              condition.run();
              return null;
            });
  }
}

package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.api.InsurancePort.Line;
import org.novation.api.InsurancePort.Place;
import org.novation.api.error.Problem;
import org.novation.insurance.Cause;
import org.novation.insurance.Draw;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundCommand.SettleDraw;
import org.novation.insurance.FundParts;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundReading;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.FundTerms;
import org.novation.insurance.InsuranceFundActor.Done;
import org.novation.insurance.InsuranceFundActor.Figures;
import org.novation.insurance.InsuranceFundActor.Refused;
import org.novation.ledger.Auditor;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;

/** The insurance fund as a part of a node: sharded, on the real journal, asked and read. */
final class FundsTest {
  private static final long HOUR = 3_600_000;
  private static final long NOW = 400_000 * HOUR;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Remembers as little as it may. */
  private static final FundPolicy POLICY =
      new FundPolicy(100, 100_000, HOUR, 100_000, 300_000, 150_000, 8 * HOUR, 16);

  private final AtomicLong houseMs = new AtomicLong(NOW);

  /** A node's life on a store, as far as the fund needs one. */
  private final class Life implements AutoCloseable {
    final Store store;
    final ActorTestKit kit;
    final Alarms alarms = Alarms.onThread(houseMs::get);
    final Funds funds;
    final InsuranceDesk desk;

    Life(StoreConfig config) {
      store = Store.open(config);
      kit =
          ActorTestKit.create(
              "funds", store.persistenceConfig().withFallback(ConfigFactory.load()));
      Cluster cluster = Cluster.get(kit.system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      funds =
          Funds.start(
              kit.system(),
              ClusterSharding.get(kit.system()),
              () -> new FundTerms(1, POLICY),
              alarms,
              System::nanoTime);
      desk = new InsuranceDesk(funds, () -> null);
    }

    Draw draw(FundCommand command) {
      return Objects.requireNonNull(((Done) await(funds.ask(command))).draw());
    }

    void done(FundCommand command) {
      assertThat(await(funds.ask(command))).isInstanceOf(Done.class);
    }

    FundReading read() {
      return ((Figures) await(funds.read())).reading();
    }

    @Override
    public void close() {
      kit.shutdownTestKit();
      alarms.close();
      store.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDrawThatWasReservedBeforeARestartIsSettledOnceAfterIt(TestStore kind) throws Exception {
    StoreConfig config = kind.fresh();
    ReserveDraw reserve = new ReserveDraw("l-1", "a", 80, NOW);
    try (Life life = new Life(config)) {
      life.done(new Contribute("f-1", Cause.SURPLUS, "b", 1_000, NOW));
      assertThat(life.draw(reserve).grantedMicros()).isEqualTo(80);
    }
    try (Life life = new Life(config)) {
      assertThat(life.draw(reserve).settled()).isFalse();
      assertThat(life.draw(new SettleDraw("l-1", 50)).paidMicros()).isEqualTo(50);
      assertThat(life.draw(new SettleDraw("l-1", 50)).paidMicros()).isEqualTo(50);
      assertThat(await(life.funds.ask(new SettleDraw("l-1", 80))))
          .isEqualTo(new Refused(new FundRefusal.DuplicateWithOtherContent("l-1")));
      FundReading reading = life.read();
      assertThat(reading.parts()).isEqualTo(new FundParts(0, 950, 0));
      assertThat(reading.paidMicros()).isEqualTo(50);
      assertThat(Auditor.audit(life.store.dataSource(), "USDC").funds())
          .singleElement()
          .satisfies(
              line -> {
                assertThat(line.balanceMicros()).isEqualTo("950");
                assertThat(line.paidMicros()).isEqualTo("50");
                assertThat(line.openDraws()).isZero();
              });
    }
  }

  @Test
  void theFundComesBackByItselfAndTellsTheNodeHowItIs() throws Exception {
    StoreConfig config = TestStore.H2.fresh();
    try (Life life = new Life(config)) {
      life.done(new Contribute("f-1", Cause.SURPLUS, "b", 1_000, NOW));
    }
    try (Life life = new Life(config)) {
      life.kit
          .createTestProbe()
          .awaitAssert(
              PATIENCE,
              () -> {
                FundReading heard = Objects.requireNonNull(life.funds.board().newest());
                assertThat(heard.balanceMicros()).isEqualTo(1_000);
                return heard;
              });
      AtomicInteger changes = new AtomicInteger();
      var watch = life.desk.watch(changes::incrementAndGet);
      life.done(new Contribute("f-2", Cause.SURPLUS, "b", 1, NOW));
      life.kit
          .createTestProbe()
          .awaitAssert(
              PATIENCE,
              () -> {
                assertThat(changes).hasPositiveValue();
                return changes;
              });
      watch.close();
      assertThat(Objects.requireNonNull(life.desk.fund()).reading().balanceMicros())
          .isEqualTo(1_001);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anIdThatTheFundHasForgottenIsFoundInItsJournal(TestStore kind) throws Exception {
    try (Life life = new Life(kind.fresh())) {
      life.done(new Contribute("f-0", Cause.SURPLUS, "b", 1_000, NOW));
      life.draw(new ReserveDraw("l-0", "a", 80, NOW));
      life.draw(new SettleDraw("l-0", 30));
      manyDraws(life, 40);
      FundReading before = life.read();
      assertThat(life.draw(new ReserveDraw("l-0", "a", 80, NOW)).paidMicros()).isEqualTo(30);
      assertThat(life.draw(new SettleDraw("l-0", 30)).grantedMicros()).isEqualTo(80);
      life.done(new Contribute("f-0", Cause.SURPLUS, "b", 1_000, NOW));
      assertThat(life.read()).isEqualTo(before);
      assertThat(await(life.funds.ask(new SettleDraw("never", 1))))
          .isEqualTo(new Refused(new FundRefusal.UnknownDraw("never")));
      assertThat(await(life.desk.contribute("h-1", 7))).isEqualTo(7);
      assertThat(await(life.desk.contribute("h-1", 7))).isEqualTo(7);
      assertThat(life.read().houseMicros()).isEqualTo(7);
    }
  }

  @Test
  void theHistoryIsToldBackwardsPageByPageToTheFirstEvent() throws Exception {
    try (Life life = new Life(TestStore.H2.fresh())) {
      await(life.desk.contribute("h-1", 50));
      life.done(new Contribute("f-0", Cause.SURPLUS, "b", 300, NOW));
      manyDraws(life, 20);
      List<Line> lines = new ArrayList<>(await(life.desk.movements(null, 7)));
      assertThat(lines).hasSize(7);
      assertThat(lines.getFirst().after()).isEqualTo(life.read().parts());
      while (lines.getLast().event().number() > 1) {
        Line last = lines.getLast();
        // What happens meanwhile moves no page.
        life.done(new Contribute("m-" + lines.size(), Cause.FEE, "", 1, houseMs.get()));
        Place next = new Place(last.event().number() - 1, last.after().before(last.event()));
        List<Line> page = await(life.desk.movements(next, 7));
        assertThat(page).hasSize((int) Math.min(7, next.number()));
        lines.addAll(page);
      }
      for (int i = 0; i < lines.size(); i++)
        assertThat(lines.get(i).event().number()).isEqualTo(lines.size() - i);
      assertThat(lines.getLast().after().before(lines.getLast().event()))
          .isEqualTo(new FundParts(0, 0, 0));
    }
  }

  @Test
  void aPlaceWhereTheFundNeverWasIsRefused() throws Exception {
    try (Life life = new Life(TestStore.H2.fresh())) {
      life.done(new Contribute("f-0", Cause.SURPLUS, "b", 300, NOW));
      long number = life.read().number();
      for (Place never :
          List.of(
              new Place(number + 1, new FundParts(0, 300, 0)),
              new Place(Long.MAX_VALUE, new FundParts(0, 300, 0)),
              new Place(number, new FundParts(0, 299, 0)),
              new Place(number, new FundParts(0, 301, 0)))) {
        CompletionException failed =
            catchThrowableOfType(
                CompletionException.class,
                () -> life.desk.movements(never, 5).toCompletableFuture().join());
        assertThat(failed.getCause())
            .as(never.toString())
            .isInstanceOfSatisfying(
                Problem.Found.class,
                found -> {
                  assertThat(found.problem().reason()).isEqualTo("MALFORMED");
                  assertThat(found.problem().field()).isEqualTo("page_token");
                });
      }
    }
  }

  private void manyDraws(Life life, int draws) {
    for (int n = 0; n < draws; n++) {
      long nowMs = houseMs.incrementAndGet();
      life.done(new Contribute("c-" + n, Cause.FEE, "", 1, nowMs));
      life.draw(new ReserveDraw("d-" + n, "a", 2, nowMs));
      life.draw(new SettleDraw("d-" + n, 1));
    }
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}

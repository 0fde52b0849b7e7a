package org.novation.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.journal.ReplayFilter;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.account.AccountEvent;
import org.novation.ledger.Together;
import org.slf4j.LoggerFactory;

/** What every store promises to the entities that keep their journal in it. */
final class JournalContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String LOCAL = "pekko.actor.provider = local";
  private static final String SEVEN_AT_ONCE = LOCAL + "\njdbc-journal.replayBatchSize = 7";

  /** Half of these tests make entities fail on purpose: their log would hide what is not. */
  @BeforeAll
  static void failQuietly() {
    for (Class<?> type : List.of(Ledgerling.class, ReplayFilter.class)) {
      ((Logger) LoggerFactory.getLogger(type)).setLevel(Level.OFF);
    }
  }

  /** A node's life on a store: an actor system that ends before its store is closed. */
  private static final class Life implements AutoCloseable {
    final Store store;
    final ActorTestKit kit;

    Life(StoreConfig config, String overrides) {
      store = Store.open(config);
      Config all =
          ConfigFactory.parseString(overrides)
              .withFallback(store.persistenceConfig())
              .withFallback(ConfigFactory.load());
      kit = ActorTestKit.create("life", all);
    }

    Life(StoreConfig config) {
      this(config, LOCAL);
    }

    ActorRef<Ledgerling.Message> ledgerling(String id, int snapshotEvery) {
      return kit.spawn(Ledgerling.create(id, snapshotEvery));
    }

    /** One whose writes are a row each, however many events they hold. */
    ActorRef<Ledgerling.Message> inSharedRows(String id, int snapshotEvery) {
      return kit.spawn(Ledgerling.create(Ledgerling.SEVERAL_IN_A_ROW, id, snapshotEvery));
    }

    /** The numbers of events that a reader gets who asks for these. */
    List<Long> numbers(String id, long from, long to) throws Exception {
      return PersistenceQuery.get(kit.system())
          .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier())
          .currentEventsByPersistenceId(Ledgerling.SEVERAL_IN_A_ROW + '|' + id, from, to)
          .map(
              envelope -> {
                long number = ((AccountEvent) envelope.event()).number();
                assertThat(envelope.sequenceNr()).isEqualTo(number);
                return number;
              })
          .runWith(Sink.seq(), kit.system())
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    void add(ActorRef<Ledgerling.Message> ledgerling, int events) {
      TestProbe<Done> probe = kit.createTestProbe();
      ledgerling.tell(new Ledgerling.Add(events, probe.getRef()));
      probe.expectMessage(PATIENCE, Done.getInstance());
    }

    Ledgerling.Sum sum(ActorRef<Ledgerling.Message> ledgerling) {
      TestProbe<Ledgerling.Sum> probe = kit.createTestProbe();
      ledgerling.tell(new Ledgerling.Get(probe.getRef()));
      return probe.receiveMessage(PATIENCE);
    }

    long count(String from) throws SQLException {
      try (Connection connection = store.dataSource().getConnection();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM " + from)) {
        row.next();
        return row.getLong(1);
      }
    }

    void execute(String sql) throws SQLException {
      try (Connection connection = store.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    @Override
    public void close() {
      kit.shutdownTestKit();
      store.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void recoversEverythingThatWasAcknowledged(TestStore kind) {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.ledgerling("a", 0);
      for (int i = 0; i < 10; i++) life.add(a, 1);
      life.add(a, 5);
      life.add(life.ledgerling("b", 0), 3);
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.ledgerling("a", 0))).isEqualTo(new Ledgerling.Sum(15, 15));
      assertThat(life.sum(life.ledgerling("b", 0))).isEqualTo(new Ledgerling.Sum(3, 3));
      assertThat(life.sum(life.ledgerling("c", 0))).isEqualTo(new Ledgerling.Sum(0, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void startsFromTheSnapshotAndReplaysTheRest(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.ledgerling("a", 10);
      for (int i = 0; i < 23; i++) life.add(a, 1);
      TestProbe<Object> probe = life.kit.createTestProbe();
      probe.awaitAssert(
          PATIENCE,
          () -> {
            assertThat(life.count("\"snapshot\" WHERE \"sequence_number\" = 20")).isEqualTo(1);
            return null;
          });
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.ledgerling("a", 10))).isEqualTo(new Ledgerling.Sum(23, 3));
    }
  }

  /** An event of 100 kB, and one of a few bytes, in one table. */
  @ParameterizedTest
  @EnumSource
  void keepsLargeWritesWhole(TestStore kind) {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      life.add(life.ledgerling("a", 0), 2_000);
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.ledgerling("a", 0))).isEqualTo(new Ledgerling.Sum(2_000, 2_000));
    }
  }

  /**
   * Two nodes believed that the entity was theirs: whoever replays what both wrote must stop and
   * not choose.
   */
  @ParameterizedTest
  @EnumSource
  void stopsTheEntityWhoseJournalHasTwoWriters(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.ledgerling("a", 0);
      for (int i = 0; i < 4; i++) life.add(a, 1);
      life.execute(
          "UPDATE \"event_journal\" SET \"writer\" = 'another' WHERE \"sequence_number\" IN (2,"
              + " 4)");
    }
    try (Life life = new Life(config)) {
      var a = life.ledgerling("a", 0);
      life.kit.createTestProbe().expectTerminated(a, PATIENCE);
    }
  }

  /** The primary key fences a second writer: its write fails, and the entity stops. */
  @ParameterizedTest
  @EnumSource
  void refusesTheWriteOfASecondWriter(TestStore kind) throws SQLException {
    try (Life life = new Life(kind.fresh())) {
      var older = life.ledgerling("a", 0);
      var newer = life.ledgerling("a", 0);
      assertThat(life.sum(older)).isEqualTo(life.sum(newer));
      life.add(newer, 1);
      older.tell(new Ledgerling.Add(1, life.kit.<Done>createTestProbe().getRef()));
      life.kit.createTestProbe().expectTerminated(older, PATIENCE);
      assertThat(life.count("\"event_journal\"")).isEqualTo(1);
      assertThat(life.sum(newer).sum()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void stopsTheEntityWhoseEventCannotBeRead(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      life.add(life.ledgerling("a", 0), 2);
      life.execute(
          "UPDATE \"event_journal\" SET \"event_ser_manifest\" = 'account.unheard-of.v1' WHERE"
              + " \"sequence_number\" = 2");
    }
    try (Life life = new Life(config)) {
      life.kit.createTestProbe().expectTerminated(life.ledgerling("a", 0), PATIENCE);
    }
  }

  /** A snapshot is a shortcut: one that cannot be read costs time, not truth. */
  @ParameterizedTest
  @EnumSource
  void replaysFromTheBeginningWhenTheSnapshotCannotBeRead(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.ledgerling("a", 5);
      for (int i = 0; i < 7; i++) life.add(a, 1);
      TestProbe<Object> probe = life.kit.createTestProbe();
      probe.awaitAssert(
          PATIENCE,
          () -> {
            assertThat(life.count("\"snapshot\"")).isEqualTo(1);
            return null;
          });
      life.execute("UPDATE \"snapshot\" SET \"snapshot_ser_manifest\" = 'account.snapshot.v999'");
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.ledgerling("a", 5))).isEqualTo(new Ledgerling.Sum(7, 7));
    }
  }

  /** A row costs the same whatever it holds, and most writes of an account say several things. */
  @ParameterizedTest
  @EnumSource
  void keepsTheEventsOfOneWriteOfAnAccountInOneRow(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.inSharedRows("a", 0);
      life.add(a, 1);
      life.add(a, 5);
      life.add(a, Together.MAX);
      life.add(a, Together.MAX + 1);
      life.add(a, 2 * Together.MAX + 7);
      assertThat(life.count("\"event_journal\"")).isEqualTo(1 + 1 + 1 + 2 + 3);
    }
    int all = 1 + 5 + 4 * Together.MAX + 8;
    try (Life life = new Life(config)) {
      var a = life.inSharedRows("a", 0);
      assertThat(life.sum(a)).isEqualTo(new Ledgerling.Sum(all, all));
      life.add(a, 3);
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.inSharedRows("a", 0)))
          .isEqualTo(new Ledgerling.Sum(all + 3, all + 3));
    }
  }

  @ParameterizedTest
  @EnumSource
  void replaysMoreSharedRowsThanItReadsAtOnce(TestStore kind) {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config, SEVEN_AT_ONCE)) {
      var a = life.inSharedRows("a", 0);
      for (int i = 0; i < 30; i++) life.add(a, 1 + i % 4);
    }
    try (Life life = new Life(config, SEVEN_AT_ONCE)) {
      assertThat(life.sum(life.inSharedRows("a", 0))).isEqualTo(new Ledgerling.Sum(73, 73));
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterASnapshotWithTheFirstSharedRowThatItDoesNotHold(TestStore kind)
      throws SQLException {
    StoreConfig config = kind.fresh();
    try (Life life = new Life(config)) {
      var a = life.inSharedRows("a", 10);
      life.add(a, 8);
      life.add(a, 4); // The tenth is one of these, and the snapshot has all of them.
      TestProbe<Object> probe = life.kit.createTestProbe();
      probe.awaitAssert(
          PATIENCE,
          () -> {
            assertThat(life.count("\"snapshot\"")).isEqualTo(1);
            return null;
          });
      life.add(a, 3);
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.inSharedRows("a", 10))).isEqualTo(new Ledgerling.Sum(15, 3));
    }
  }

  /** What was written before rows were shared, and after. */
  @ParameterizedTest
  @EnumSource
  void readsRowsOfOneEventBesideSharedOnes(TestStore kind) {
    StoreConfig config = kind.fresh();
    String asBefore =
        LOCAL
            + "\njdbc-journal.dao ="
            + " org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao";
    try (Life life = new Life(config, asBefore)) {
      life.add(life.inSharedRows("a", 0), 6);
    }
    try (Life life = new Life(config)) {
      var a = life.inSharedRows("a", 0);
      assertThat(life.sum(a)).isEqualTo(new Ledgerling.Sum(6, 6));
      life.add(a, 4);
    }
    try (Life life = new Life(config)) {
      assertThat(life.sum(life.inSharedRows("a", 0))).isEqualTo(new Ledgerling.Sum(10, 10));
    }
  }

  /** Whatever each of them writes, they want the same number for its first event. */
  @ParameterizedTest
  @EnumSource
  void refusesTheSharedRowOfASecondWriter(TestStore kind) throws SQLException {
    for (int[] events : new int[][] {{3, 1}, {1, 3}, {2, 3}, {3, 2}}) {
      try (Life life = new Life(kind.fresh())) {
        var older = life.inSharedRows("a", 0);
        life.add(older, 2);
        var newer = life.inSharedRows("a", 0);
        assertThat(life.sum(newer).sum()).isEqualTo(2);
        life.add(newer, events[0]);
        older.tell(new Ledgerling.Add(events[1], life.kit.<Done>createTestProbe().getRef()));
        life.kit.createTestProbe().expectTerminated(older, PATIENCE);
        assertThat(life.count("\"event_journal\"")).isEqualTo(2);
        assertThat(life.sum(newer).sum()).isEqualTo(2 + events[0]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void readsFromAndToTheMiddleOfSharedRows(TestStore kind) throws Exception {
    try (Life life = new Life(kind.fresh())) {
      var a = life.inSharedRows("a", 0);
      life.add(a, Together.MAX);
      life.add(a, 1);
      life.add(a, 5);
      int all = Together.MAX + 6;
      assertThat(life.numbers("a", 1, Long.MAX_VALUE)).hasSize(all).isSorted();
      assertThat(life.numbers("a", Together.MAX, all - 2L))
          .isEqualTo(LongStream.rangeClosed(Together.MAX, all - 2).boxed().toList());
      assertThat(life.numbers("a", 3, 4)).containsExactly(3L, 4L);
      assertThat(life.numbers("a", all, all + 9L)).containsExactly((long) all);
      assertThat(life.numbers("a", all + 1L, all + 9L)).isEmpty();
    }
  }

  /**
   * As a node runs it: one cluster member by itself, sharded entities that come back without being
   * called.
   */
  @ParameterizedTest
  @EnumSource
  void bringsRememberedEntitiesBackAfterARestart(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    String remember = "pekko.cluster.sharding.remember-entities = on";
    try (Life life = new Life(config, remember)) {
      EntityRef<Ledgerling.Message> a =
          sharding(life, life.kit.createTestProbe()).entityRefFor(KEY, "a");
      TestProbe<Done> done = life.kit.createTestProbe();
      a.tell(new Ledgerling.Add(1, done.getRef()));
      done.expectMessage(PATIENCE, Done.getInstance());
    }
    try (Life life = new Life(config, remember)) {
      TestProbe<String> started = life.kit.createTestProbe();
      sharding(life, started);
      started.expectMessage(PATIENCE, "a");
    }
  }

  private static final EntityTypeKey<Ledgerling.Message> KEY =
      EntityTypeKey.create(Ledgerling.Message.class, Ledgerling.TYPE);

  private static ClusterSharding sharding(Life life, TestProbe<String> started) {
    Cluster cluster = Cluster.get(life.kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    ClusterSharding sharding = ClusterSharding.get(life.kit.system());
    sharding.init(
        Entity.of(
            KEY,
            context -> {
              started.getRef().tell(context.getEntityId());
              return Ledgerling.create(context.getEntityId(), 0);
            }));
    return sharding;
  }
}

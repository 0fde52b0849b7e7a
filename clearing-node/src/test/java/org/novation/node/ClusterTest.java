package org.novation.node;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.novation.account.AccountEvent;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.governance.Amendment;
import org.novation.governance.Choice;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.GovernanceEvent;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Setting;
import org.novation.governance.Voted;
import org.novation.instrument.Perpetual;
import org.novation.ledger.Journalled;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.Trade;
import org.novation.risk.MarginState;

/**
 * Two nodes of one house on one database: whichever is asked, it is one house. They talk over TCP
 * as nodes on two machines do.
 */
@DisabledIfSystemProperty(named = "novation.skipPostgres", matches = "true")
final class ClusterTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);
  private static final int ACCOUNTS = 24;
  private static final long DAY = Duration.ofDays(1).toMillis();

  @TempDir Path home;
  private final StoreConfig store = TestStore.POSTGRESQL.fresh();
  private final List<Node> nodes = new ArrayList<>();
  private final List<NovationClient> clients = new ArrayList<>();
  private final AtomicLong ahead = new AtomicLong(); // Of the wall's clock, in ms.
  private long sequence = System.currentTimeMillis();
  private String price = "60000";
  private int seed;

  @BeforeEach
  void start() throws Exception {
    seed = freePort();
    nodes.add(Node.start(settings("first", seed, seed)));
    nodes.add(Node.start(settings("second", 0, seed)));
  }

  @AfterEach
  void stop() {
    clients.forEach(NovationClient::close);
    nodes.reversed().forEach(Node::close);
  }

  private NodeSettings settings(String name, int port, int seed) throws IOException {
    Path config = home.resolve(name);
    try (Stream<Path> files = Files.walk(Path.of("..", "config"))) {
      for (Path file : files.toList()) {
        Path copy = config.resolve(Path.of("..", "config").relativize(file).toString());
        if (Files.isDirectory(file)) Files.createDirectories(copy);
        else Files.copy(file, copy);
      }
    }
    Files.writeString(
        config.resolve("dev.conf"),
        Files.readString(config.resolve("dev.conf"))
            + """

            pekko.remote.artery.canonical.port = %d
            pekko.cluster.seed-nodes = ["pekko://novation@127.0.0.1:%d"]
            """
                .formatted(port, seed));
    ConfigFactory.invalidateCaches();
    return NodeSettings.read(config, "dev", Map.of())
        .withDataDirectory(home.resolve("data"), Map.of())
        .withStore(store)
        .withPort(0)
        .withClock(this::nowMs);
  }

  private long nowMs() {
    return System.currentTimeMillis() + ahead.get();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private NovationClient as(int node, String name) throws IOException {
    NovationClient client =
        NovationClient.connect(Target.local(home.resolve("data"), nodes.get(node).port(), name));
    clients.add(client);
    return client;
  }

  // ---- one house

  @Test
  void aTradeIsNovatedWhereverItsAccountsLiveAndWhicheverNodeIsAsked() throws Exception {
    openAccounts("100000");
    eventually(() -> prices(0) && prices(1), "both nodes have a mark");
    SplittableRandom random = new SplittableRandom(1);
    Map<String, Long> lots = new HashMap<>();
    List<NovationClient> venues = List.of(as(0, "venue-1"), as(1, "venue-1"));
    for (int n = 0; n < 100; n++) {
      int buyer = random.nextInt(ACCOUNTS);
      int seller = (buyer + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
      Trade trade = trade("t-" + n, "a-" + buyer, "a-" + seller, "0.01");
      await(venues.get(n % 2).submit(trade));
      await(venues.get((n + 1) % 2).submit(trade)); // The same again elsewhere counts once.
      lots.merge("a-" + buyer, 1L, Long::sum);
      lots.merge("a-" + seller, -1L, Long::sum);
      if (n % 20 == 0) say();
    }
    for (Map.Entry<String, Long> entry : lots.entrySet()) {
      for (int node = 0; node < 2; node++) {
        int asked = node;
        eventually(
            () -> hundredths(account(asked, entry.getKey())) == entry.getValue(),
            entry.getKey() + " has its lots as node " + node + " says");
      }
    }
    assertThat(nodes.get(0).audit().violation()).isNull();
    assertThat(
            await(as(1, "operator").accounts(ListAccountsRequest.newBuilder().build()))
                .getAccountsList())
        .hasSizeGreaterThanOrEqualTo(ACCOUNTS);
  }

  @Test
  void aFallIsResolvedAcrossNodesAndWinnersOnEitherLoseNoMoreThanIsMissing() throws Exception {
    openAccounts("100000");
    eventually(() -> prices(0) && prices(1), "both nodes have a mark");
    NovationClient operator = as(0, "operator");
    NovationClient venue = as(1, "venue-1");
    for (int n = 0; n < 6; n++) {
      await(operator.openAccount("long-" + n, "alice"));
      await(operator.deposit("d-long-" + n, "long-" + n, "USDC", "1000"));
      await(venue.submit(trade("l-" + n, "long-" + n, "a-" + n, "0.1")));
    }
    price = "48500"; // Each long lost 1,150 of its 1,000; nobody bids.
    for (int n = 0; n < 6; n++) {
      String id = "long-" + n;
      eventually(
          () -> hundredths(account(1, id)) == 0 && account(0, id).getCash().equals("0"),
          id + " has nothing and owes nothing");
    }
    eventually(
        () -> account(0, HouseAccount.DEFAULT).getCash().equals("0"), "the house keeps nothing");
    long sum = 0;
    for (int n = 0; n < 6; n++) {
      Account winner = account(0, "a-" + n);
      assertThat(hundredths(winner)).isZero();
      sum += Math.round(Double.parseDouble(winner.getCash()) * 1_000_000);
    }
    assertThat(sum).isEqualTo(6 * 101_000_000_000L);
    assertThat(nodes.get(1).audit().violation()).isNull();
  }

  // ---- one set of rules

  @Test
  void whoIsRevokedOnOneNodeIsRefusedByTheOther() throws Exception {
    NovationClient alice = as(1, "alice");
    await(alice.openAccount("mine", ""));
    await(
        as(0, "operator")
            .revoke(
                RevokePrincipalRequest.newBuilder()
                    .setPrincipal("alice")
                    .setReason("her laptop is gone")
                    .build()));
    eventually(
        () -> {
          CallFailed failed =
              catchThrowableOfType(CallFailed.class, () -> await(alice.account("mine")));
          return failed != null && failed.reason().equals("TOKEN_REVOKED");
        },
        "the other node refuses her token");
  }

  /** For the moment that a version takes: each account goes by its node's, and says by which. */
  @Test
  void nodesThatGoByDifferentVersionsForAWhileAreStillOneHouse() throws Exception {
    openAccounts("100000");
    eventually(() -> prices(0) && prices(1), "both nodes have a mark");
    ParameterSet first = nodes.get(0).parameters().newest();
    ParameterSet dearer =
        Voted.next(first, System.currentTimeMillis(), new Parameter.Fees(10_000, 500_000));
    goBy(0, dearer);
    SplittableRandom random = new SplittableRandom(2);
    Map<String, Long> lots = new HashMap<>();
    NovationClient venue = as(1, "venue-1");
    for (int n = 0; n < 60; n++) {
      int buyer = random.nextInt(ACCOUNTS);
      int seller = (buyer + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
      await(venue.submit(trade("t-" + n, "a-" + buyer, "a-" + seller, "0.1")));
      lots.merge("a-" + buyer, 10L, Long::sum);
      lots.merge("a-" + seller, -10L, Long::sum);
      if (n % 20 == 0) say();
      if (n == 40) goBy(1, dearer);
      hear(0, dearer);
    }
    for (int node = 0; node < 2; node++) {
      assertThat(nodes.get(node).view().standstill()).isNull();
      assertThat(nodes.get(node).view().catalogue().version()).as("both go by it").isEqualTo(2);
    }
    long paying = 0;
    for (int n = 0; n < ACCOUNTS; n++) {
      String id = "a-" + n;
      eventually(
          () -> hundredths(account(1, id)) == lots.getOrDefault(id, 0L), id + " has its lots");
      if (!account(0, id).getCash().equals("100000")) paying++;
    }
    assertThat(paying).as("accounts that paid fees").isPositive();
    // Nothing but that: the version has no place in the journal, and the audit says so.
    for (Node node : nodes)
      assertThat(requireNonNull(node.audit().violation()).what())
          .isEqualTo("goes by version 2, but the newest there was is 1");
  }

  private void goBy(int node, ParameterSet version) throws Exception {
    hear(node, version);
    eventually(
        () -> nodes.get(node).view().catalogue().version() == version.version(), "it is gone by");
  }

  /**
   * As governance says it every few seconds: what that really says in between is an older version,
   * and to a node that has heard nothing newer for a minute it is silent.
   */
  private void hear(int node, ParameterSet version) {
    long nowMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    for (Parameters.Part part :
        Parameters.parts(new GovernanceActor.Published(version.version(), version.written())))
      nodes.get(node).parameters().take(part, nowMs);
  }

  /**
   * A vote of five days, of whose governance the node ends before it is executed: the nodes that
   * are left go by the new version at once, and their accounts say so when it calls them.
   */
  @Test
  void whatWasVotedCallsAccountsOnEveryNodeThoughTheNodeThatHadGovernanceEnds() throws Exception {
    openAccounts("1000");
    eventually(() -> prices(0) && prices(1), "both nodes have a mark");
    NovationClient venue = as(1, "venue-1");
    for (int n = 0; n < ACCOUNTS; n += 2)
      await(venue.submit(trade("t-" + n, "a-" + n, "a-" + (n + 1), "0.2")));
    Perpetual now = nodes.get(1).catalogue().perpetual(0);
    propose(1, dearer(now));
    nodes.add(Node.start(settings("third", 0, seed)));
    ahead.addAndGet(5 * DAY);
    eventually(() -> prices(2), "the third node has a mark");
    nodes.removeFirst().close(); // It was there first, and alone: governance began on it.
    oracles.clear();
    ahead.addAndGet(3 * DAY);
    eventually(this::isExecuted, "it is executed");
    for (Node node : nodes) {
      eventually(() -> node.view().catalogue().version() == 2, "both go by it");
      eventually(() -> rate(node) == 5L * now.initial().ratePpm(0), "both margin by it");
      eventually(() -> node.counters().marginCalls() > 0, "both call accounts");
    }
    eventually(() -> called(2) == ACCOUNTS, "all accounts say by which version they were called");
    assertThat(writers("governance|house", GovernanceEvent.Voted.class))
        .as("governance has moved between vote and execution")
        .isNotEmpty()
        .doesNotContainAnyElementsOf(writers("governance|house", GovernanceEvent.Executed.class));
    assertThat(nodes.getFirst().audit().violation()).isNull();
  }

  private static Parameter dearer(Perpetual of) {
    return new Parameter.Contract(
        new Perpetual(
            of.symbol(),
            of.underlying(),
            of.tick(),
            of.lot(),
            of.lotsPerTradeMax(),
            of.lotsPerAccountMax(),
            of.initial().scaledBy(5_000_000),
            of.maintenance(),
            of.scaling(),
            of.profitCapMicros(),
            of.bandPpm(),
            of.funding(),
            of.halt()),
        false);
  }

  private static long rate(Node node) {
    return node.view().catalogue().perpetual(0).initial().ratePpm(0);
  }

  /** Stakes, proposes and votes. */
  private void propose(int node, Parameter voted) throws Exception {
    NovationClient operator = as(node, "operator");
    await(operator.openAccount("voter", "alice"));
    await(operator.deposit("d-nova", "voter", "NOVA", "100000"));
    done(node, new GovernanceCommand.Stake("s", nowMs(), "voter", 100_000_000_000L));
    Setting.Written whole = Voted.first(List.of(voted), nowMs()).written().getFirst();
    Amendment amendment = new Amendment(whole.path(), 1, whole.to());
    done(
        node,
        new GovernanceCommand.Propose(
            "p", nowMs(), "voter", "Dearer", "why", List.of(amendment), 10_000_000_000L));
    GovernanceActor.Answer found =
        nodes.get(node).governance().find("p", "voter").toCompletableFuture().get(60, SECONDS);
    String hash = requireNonNull(((GovernanceActor.Found) found).proposal()).sha256();
    done(node, new GovernanceCommand.Vote("v", nowMs(), "p", "voter", Choice.IN_FAVOUR, hash));
  }

  private void done(int node, GovernanceCommand.Asked command) throws Exception {
    assertThat(nodes.get(node).governance().ask(command).toCompletableFuture().get(60, SECONDS))
        .isInstanceOf(GovernanceActor.Done.class);
  }

  /** Asks until governance is there again. */
  private boolean isExecuted() throws Exception {
    try {
      return nodes
              .getFirst()
              .governance()
              .ask(new GovernanceCommand.Execute("x", nowMs(), "p"))
              .toCompletableFuture()
              .get(60, SECONDS)
          instanceof GovernanceActor.Done;
    } catch (ExecutionException moving) {
      return false;
    }
  }

  /** How many accounts were called by a version. */
  private long called(long version) throws SQLException {
    return journal("account|a-%").stream()
        .filter(
            each ->
                each.event instanceof AccountEvent.MarginStateChanged changed
                    && changed.to() == MarginState.MARGIN_CALL
                    && changed.parameterVersion() == version)
        .map(Written::persistenceId)
        .distinct()
        .count();
  }

  private Set<String> writers(String persistenceId, Class<?> of) throws SQLException {
    Set<String> writers = new HashSet<>();
    for (Written each : journal(persistenceId)) if (of.isInstance(each.event)) writers.add(each.by);
    return writers;
  }

  /**
   * An event.
   *
   * @param by another in each life of its actor
   */
  private record Written(String persistenceId, Record event, String by) {}

  private List<Written> journal(String persistenceIds) throws SQLException {
    List<Written> written = new ArrayList<>();
    try (Store books = Store.open(store);
        Connection connection = books.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select persistence_id, event_ser_manifest, event_payload, writer"
                    + " from event_journal where persistence_id like ? order by ordering")) {
      select.setString(1, persistenceIds);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next())
          for (Record event : Journalled.events(rows.getString(2), rows.getBytes(3)))
            written.add(new Written(rows.getString(1), event, rows.getString(4)));
      }
    }
    return written;
  }

  @Test
  void accountsThatLivedOnANodeThatLeavesGoOnElsewhere() throws Exception {
    openAccounts("100000");
    eventually(() -> prices(0) && prices(1), "both nodes have a mark");
    NovationClient venue = as(0, "venue-1");
    for (int n = 0; n + 1 < ACCOUNTS; n += 2)
      await(venue.submit(trade("before-" + n, "a-" + n, "a-" + (n + 1), "0.01")));
    nodes.get(1).close();
    for (int n = 0; n + 1 < ACCOUNTS; n += 2) {
      Trade trade = trade("after-" + n, "a-" + n, "a-" + (n + 1), "0.01");
      eventually(() -> novated(venue, trade), trade.getTradeId() + " is novated");
    }
    for (int n = 0; n < ACCOUNTS; n++) {
      String id = "a-" + n;
      long expected = n % 2 == 0 ? 2 : -2;
      eventually(() -> hundredths(account(0, id)) == expected, id + " has both its trades");
    }
    assertThat(nodes.get(0).audit().violation()).isNull();
  }

  // ---- asking

  private static boolean novated(NovationClient venue, Trade trade) {
    try {
      await(venue.submit(trade));
      return true;
    } catch (CallFailed busy) {
      return false; // Its shard moves; the same again counts once.
    }
  }

  private void openAccounts(String cash) throws IOException {
    NovationClient operator = as(0, "operator");
    for (int n = 0; n < ACCOUNTS; n++) {
      await(operator.openAccount("a-" + n, "alice"));
      await(operator.deposit("d-" + n, "a-" + n, "USDC", cash));
    }
  }

  private Trade trade(String id, String buyer, String seller, String quantity) {
    return Trade.newBuilder()
        .setTradeId(id)
        .setInstrument("BTC-PERP")
        .setPrice("60000")
        .setQuantity(quantity)
        .setBuyerAccountId(buyer)
        .setSellerAccountId(seller)
        .setExecutedAtMs(nowMs())
        .build();
  }

  private final Map<Integer, NovationClient> readers = new HashMap<>();

  private Account account(int node, String id) throws IOException {
    NovationClient reader = readers.get(node);
    if (reader == null) {
      reader = as(node, "operator");
      readers.put(node, reader);
    }
    return await(reader.account(id)).getAccount();
  }

  private static long hundredths(Account account) {
    return account.getPositionsList().stream()
        .mapToLong(position -> Math.round(Double.parseDouble(position.getQuantity()) * 100))
        .sum();
  }

  private boolean prices(int node) {
    return nodes.get(node).view().instrument(0).markTicks() > 0;
  }

  private final List<PriceStream> oracles = new ArrayList<>();

  /** Every oracle says the price, to the first node. */
  private void say() throws Exception {
    if (oracles.isEmpty())
      for (int oracle = 1; oracle <= 3; oracle++) oracles.add(as(0, "oracle-" + oracle).prices());
    for (PriceStream oracle : oracles) {
      await(
          oracle.publish(
              List.of(
                  OraclePrice.newBuilder()
                      .setSymbol("BTC")
                      .setPrice(price)
                      .setSequence(++sequence)
                      .setTimeMs(nowMs())
                      .build())));
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (true) {
      say();
      if (condition.holds()) return;
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }
}

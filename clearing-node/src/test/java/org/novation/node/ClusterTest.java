package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.governance.GovernanceActor;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Voted;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.Trade;

/**
 * Two nodes of one house on one database: whichever is asked, it is one house. They talk over TCP
 * as nodes on two machines do.
 */
@DisabledIfSystemProperty(named = "novation.skipPostgres", matches = "true")
final class ClusterTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);
  private static final int ACCOUNTS = 24;

  @TempDir Path home;
  private final StoreConfig store = TestStore.POSTGRESQL.fresh();
  private final List<Node> nodes = new ArrayList<>();
  private final List<NovationClient> clients = new ArrayList<>();
  private long sequence = System.currentTimeMillis();
  private String price = "60000";

  @BeforeEach
  void start() throws Exception {
    int seed = freePort();
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
        .withPort(0);
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
    NovationClient venue = as(1, "venue-1");
    for (int n = 0; n < 60; n++) {
      int buyer = random.nextInt(ACCOUNTS);
      int seller = (buyer + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
      await(venue.submit(trade("t-" + n, "a-" + buyer, "a-" + seller, "0.1")));
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
      if (!account(0, id).getCash().equals("100000")) paying++;
    }
    assertThat(paying).as("accounts that paid fees").isPositive();
    for (Node node : nodes) assertThat(node.audit().violation()).isNull();
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
        .setExecutedAtMs(System.currentTimeMillis())
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
                      .setTimeMs(System.currentTimeMillis())
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

package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.novation.account.AccountEvent;
import org.novation.account.Leg;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
import org.novation.ledger.Journalled;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;

/**
 * Three nodes in processes of their own, one database, and one of the nodes killed with SIGKILL in
 * the middle of streaming load: the others take over its accounts and the trade goes on, and every
 * trade that was acknowledged, by whichever node, is on both books once.
 */
@DisabledIfSystemProperty(named = "novation.skipPostgres", matches = "true")
final class KilledClusterTest {
  private static final int NODES = 3;
  private static final int ACCOUNTS = 30;
  private static final int TRADES = 400;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String PRICE = "60000";

  @TempDir Path home;
  private final StoreConfig.JdbcPostgres store =
      (StoreConfig.JdbcPostgres) TestStore.POSTGRESQL.fresh();
  private final List<NodeProcess> nodes = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();
  private final List<NovationClient> clients = new ArrayList<>();
  private final List<TradeStream> venues = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private @Nullable Thread oracles;

  private final Map<String, Trade> unanswered = new ConcurrentHashMap<>();
  private final Map<String, TradeStream> asked = new ConcurrentHashMap<>(); // Where it still is.
  private final Map<String, Trade> novated = new ConcurrentHashMap<>();
  private final Map<String, String> refused = new ConcurrentHashMap<>();
  private final SplittableRandom random = new SplittableRandom(20_200_313);
  private int trades;

  @AfterEach
  void endAll() throws InterruptedException {
    over.set(true);
    if (oracles != null) {
      oracles.interrupt();
      oracles.join();
    }
    venues.forEach(TradeStream::close);
    clients.forEach(NovationClient::close);
    nodes.forEach(NodeProcess::close);
  }

  @Test
  void theOthersTakeOverWhatAKilledNodeHadAndNoTradeIsLostOrDoubled() throws Exception {
    int seed = beginFirst();
    for (int node = 1; node < NODES; node++) begin(node, 0, seed);
    List<PriceStream> prices = new ArrayList<>();
    for (int oracle = 1; oracle <= 3; oracle++) prices.add(as(0, "oracle-" + oracle).prices());
    oracles = Thread.ofPlatform().name("oracles").start(() -> publish(prices));
    NovationClient operator = as(1, "operator");
    for (int account = 0; account < ACCOUNTS; account++) {
      NovationClient.await(operator.openAccount("account-" + account, "alice"));
      NovationClient.await(
          operator.deposit("d-" + account, "account-" + account, "USDC", "1000000"));
    }
    for (int node = 0; node < NODES; node++)
      venues.add(
          as(node, "venue-1")
              .trades(new TradeStream.Limits(256, 64, 1_000, Duration.ofMillis(50))));
    load(List.of(0, 1, 2), TRADES);
    nodes.get(2).kill();
    asked.values().removeIf(venues.get(2)::equals);
    Map<String, String> before = writers();
    load(List.of(0, 1), novated.size() + TRADES);
    until(this::allAnswered, "every trade has an answer");
    until(() -> legs().values().stream().allMatch(legs -> legs == 2), "every leg is delivered");
    Map<String, String> after = writers();
    assertThat(before.entrySet())
        .as("accounts that lived on the killed node, and those that live where they did")
        .anyMatch(each -> !each.getValue().equals(after.get(each.getKey())))
        .anyMatch(each -> each.getValue().equals(after.get(each.getKey())));
    for (int node = 1; node >= 0; node--) nodes.get(node).stop();
    assertThat(legs().keySet()).containsExactlyInAnyOrderElementsOf(novated.keySet());
    assertThat(refused.keySet()).doesNotContainAnyElementsOf(novated.keySet());
    try (Store books = Store.open(store)) {
      AuditReport report = Auditor.audit(books.dataSource(), "USDC");
      assertThat(report.violation()).as("the auditor's verdict").isNull();
    }
  }

  // ---- the nodes

  /** The node that the others join; somebody may take its port before it does. */
  private int beginFirst() throws Exception {
    for (int attempt = 1; ; attempt++) {
      int seed = freePort();
      try {
        begin(0, seed, seed);
        return seed;
      } catch (ExecutionException e) {
        if (attempt == 3) throw e;
        nodes.removeLast().close();
      }
    }
  }

  private void begin(int node, int clusterPort, int seed) throws Exception {
    Path config = configuration("node-" + node, clusterPort, seed);
    Map<String, String> environment = new HashMap<>();
    if (store.user() != null) environment.put(StoreConfig.USER_VARIABLE, store.user());
    if (store.password() != null) environment.put(StoreConfig.PASSWORD_VARIABLE, store.password());
    NodeProcess process =
        NodeProcess.start(
            Path.of(".."),
            "400m",
            environment,
            "--config",
            config.toString(),
            "--data",
            home.resolve("data").toString(),
            "--store",
            store.url());
    nodes.add(process);
    ports.add(process.port());
  }

  private Path configuration(String name, int port, int seed) throws IOException {
    Path from = Path.of("..", "config");
    Path config = Files.createDirectories(home.resolve(name));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList())
        Files.copy(file, config.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    Files.writeString(
        config.resolve("dev.conf"),
        Files.readString(from.resolve("dev.conf"))
            + """

            pekko.remote.artery.canonical.port = %d
            pekko.cluster.seed-nodes = ["pekko://novation@127.0.0.1:%d"]
            """
                .formatted(port, seed));
    return config;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private NovationClient as(int node, String name) throws IOException {
    NovationClient client =
        NovationClient.connect(Target.local(home.resolve("data"), ports.get(node), name));
    clients.add(client);
    return client;
  }

  // ---- the load

  private void publish(List<PriceStream> prices) {
    while (!over.get()) {
      long nowMs = System.currentTimeMillis();
      try {
        for (PriceStream oracle : prices) {
          var answer =
              oracle.publish(
                  List.of(
                      OraclePrice.newBuilder()
                          .setSymbol("BTC")
                          .setPrice(PRICE)
                          .setSequence(nowMs)
                          .setTimeMs(nowMs)
                          .build()));
          answer.exceptionally(failure -> null); // The market moves house; the next one arrives.
        }
        TimeUnit.MILLISECONDS.sleep(200);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void load(List<Integer> through, int until) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (int n = 0; novated.size() < until; n++) {
      assertThat(System.nanoTime())
          .as(
              "trades are novated in time: %s of %s, refused %s",
              novated.size(), until, refused.values().stream().distinct().toList())
          .isLessThan(deadline);
      submit(venues.get(through.get(n % through.size())), next());
    }
  }

  private void submit(TradeStream venue, Trade trade) throws InterruptedException {
    unanswered.put(trade.getTradeId(), trade);
    asked.put(trade.getTradeId(), venue);
    venue.submit(trade, (answered, answer) -> take(trade, answer));
  }

  private void take(Trade trade, TradeAnswer answer) {
    switch (answer) {
      case TradeAnswer.Novated ok -> novated.put(trade.getTradeId(), trade);
      case TradeAnswer.Refused no -> refused.put(trade.getTradeId(), no.reason());
      case TradeAnswer.Unknown unknown -> {
        asked.remove(trade.getTradeId());
        return;
      }
    }
    unanswered.remove(trade.getTradeId());
    asked.remove(trade.getTradeId());
  }

  /** Asks again, elsewhere, for what a node that is gone, or an answer, left open. */
  private boolean allAnswered() throws InterruptedException {
    for (Trade trade : List.copyOf(unanswered.values()))
      if (!asked.containsKey(trade.getTradeId())) submit(venues.get(1), trade);
    return unanswered.isEmpty();
  }

  private Trade next() {
    int buyer = random.nextInt(ACCOUNTS);
    int seller = (buyer + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
    return Trade.newBuilder()
        .setTradeId("t-" + trades++)
        .setInstrument("BTC-PERP")
        .setPrice(PRICE)
        .setQuantity("0.0" + (1 + random.nextInt(9)))
        .setBuyerAccountId("account-" + buyer)
        .setSellerAccountId("account-" + seller)
        .setExecutedAtMs(System.currentTimeMillis())
        .build();
  }

  // ---- the books

  /** Who wrote the newest event of each account: another life of it is another writer. */
  private Map<String, String> writers() throws SQLException {
    Map<String, String> writers = new HashMap<>();
    try (Store books = Store.open(store);
        Connection connection = books.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select persistence_id, writer from event_journal"
                    + " where persistence_id like 'account|%' order by sequence_number");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) writers.put(rows.getString(1), rows.getString(2));
    }
    return writers;
  }

  /** How many legs of each trade are in the journals of accounts. */
  private Map<String, Integer> legs() throws SQLException {
    Map<String, Integer> legs = new HashMap<>();
    try (Store books = Store.open(store);
        Connection connection = books.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select event_ser_manifest, event_payload from event_journal"
                    + " where persistence_id like 'account|%'");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        for (Record event : Journalled.events(rows.getString(1), rows.getBytes(2))) {
          if (!(event instanceof AccountEvent.TradesCleared cleared)) continue;
          for (Leg leg : cleared.novated()) legs.merge(leg.tradeId(), 1, Integer::sum);
          for (Leg leg : cleared.applied()) legs.merge(leg.tradeId(), 1, Integer::sum);
        }
      }
    }
    return legs;
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }
}

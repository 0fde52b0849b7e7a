package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
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
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.account.AccountEvent;
import org.novation.account.Leg;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
import org.novation.ledger.Journalled;
import org.novation.node.store.Dialect;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;

/**
 * A real node in a process of its own, killed with SIGKILL in the middle of streaming load, three
 * times over, then audited: every trade that was acknowledged is on both books, none is there twice
 * or half, none that was refused is there at all.
 */
final class KilledNodeTest {
  private static final int KILLS = 3;
  private static final int ACCOUNTS = 20;
  private static final int ACKNOWLEDGED_BEFORE_KILL = 400;
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String PRICE = "60000";

  @TempDir Path home;

  private final Map<String, Trade> unanswered = new ConcurrentHashMap<>();
  private final Map<String, Trade> novated = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> refused = new ConcurrentHashMap<>();
  private final SplittableRandom random = new SplittableRandom(20_200_313);
  private int trades;

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgres"})
  void everyAcknowledgedTradeSurvivesThreeKillsOnBothBooksExactlyOnce(String store)
      throws Exception {
    assumeFalse(
        store.equals("postgres") && Boolean.getBoolean("novation.skipPostgres"),
        "PostgreSQL is skipped");
    for (int kill = 0; kill < KILLS; kill++) {
      try (Life life = new Life(store)) {
        if (kill == 0) life.openAccounts();
        life.load(novated.size() + ACKNOWLEDGED_BEFORE_KILL);
        life.process.kill();
      }
    }
    try (Life life = new Life(store)) {
      life.answerAll();
      life.awaitDelivered();
      life.process.stop();
    }
    assertThat(novated).hasSizeGreaterThanOrEqualTo(KILLS * ACKNOWLEDGED_BEFORE_KILL);
    try (Store books = Store.open(StoreConfig.parse(store, home, Map.of()))) {
      AuditReport report = Auditor.audit(books.dataSource(), "USDC");
      assertThat(report.violation()).as("the auditor's verdict").isNull();
      Map<String, Integer> legs = legs(books);
      assertThat(legs.keySet())
          .as("trades on the books")
          .containsExactlyInAnyOrderElementsOf(novated.keySet());
      assertThat(legs.values()).as("legs of each trade").containsOnly(2);
      assertThat(refused.keySet()).doesNotContainAnyElementsOf(legs.keySet());
    }
  }

  /** One life of the node, and what is done to it. */
  private final class Life implements AutoCloseable {
    private final NodeProcess process;
    private final NovationClient operator;
    private final List<NovationClient> clients = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread oracles;
    private final TradeStream stream;

    Life(String store) throws Exception {
      process =
          NodeProcess.start(
              Path.of(".."), "512m", Map.of(), "--data", home.toString(), "--store", store);
      int port = process.port();
      operator = client(port, "operator");
      List<PriceStream> prices = new ArrayList<>();
      for (int oracle = 1; oracle <= 3; oracle++)
        prices.add(client(port, "oracle-" + oracle).prices());
      oracles = Thread.ofPlatform().name("oracles").start(() -> publish(prices));
      stream =
          client(port, "venue-1")
              .trades(new TradeStream.Limits(512, 64, 1_000, Duration.ofMillis(50)));
    }

    private NovationClient client(int port, String name) throws IOException {
      NovationClient client = NovationClient.connect(Target.local(home, port, name));
      clients.add(client);
      return client;
    }

    private void publish(List<PriceStream> oracles) {
      while (!over.get()) {
        for (PriceStream oracle : oracles) {
          long nowMs = System.currentTimeMillis();
          try {
            var answer =
                oracle.publish(
                    List.of(
                        OraclePrice.newBuilder()
                            .setSymbol("BTC")
                            .setPrice(PRICE)
                            .setSequence(nowMs)
                            .setTimeMs(nowMs)
                            .build()));
            answer.exceptionally(failure -> null); // Killed meanwhile: the next life has its own.
          } catch (InterruptedException e) {
            return;
          }
        }
        try {
          TimeUnit.MILLISECONDS.sleep(200);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    void openAccounts() {
      for (int account = 0; account < ACCOUNTS; account++) {
        NovationClient.await(operator.openAccount("account-" + account, "alice"));
        NovationClient.await(
            operator.deposit("d-" + account, "account-" + account, "USDC", "1000000"));
      }
    }

    /**
     * Streams until so many trades in all are acknowledged; what was open from an earlier life
     * first.
     */
    void load(int until) throws InterruptedException {
      for (Trade trade : List.copyOf(unanswered.values())) submit(trade);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (novated.size() < until) {
        assertThat(System.nanoTime())
            .as(
                "trades are novated in time: %s of %s, refused %s",
                novated.size(), until, refused.values().stream().distinct().toList())
            .isLessThan(deadline);
        submit(nextTrade());
      }
    }

    private void submit(Trade trade) throws InterruptedException {
      unanswered.put(trade.getTradeId(), trade);
      stream.submit(trade, (answered, answer) -> take(trade, answer));
    }

    private void take(Trade trade, TradeAnswer answer) {
      switch (answer) {
        case TradeAnswer.Novated ok -> novated.put(trade.getTradeId(), trade);
        case TradeAnswer.Refused no -> refused.put(trade.getTradeId(), no.reason());
        case TradeAnswer.Unknown unknown -> {
          return;
        }
      }
      unanswered.remove(trade.getTradeId());
    }

    void answerAll() throws InterruptedException {
      for (Trade trade : List.copyOf(unanswered.values())) submit(trade);
      assertThat(stream.awaitAnswers(PATIENCE)).as("every trade has an answer").isTrue();
      assertThat(unanswered).isEmpty();
    }

    /** The second legs are delivered after their clients were answered: both accounts know all. */
    void awaitDelivered() throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      for (Trade trade : novated.values()) {
        for (String account : List.of(trade.getBuyerAccountId(), trade.getSellerAccountId())) {
          while (!isOnBooks(trade.getTradeId(), account)) {
            assertThat(System.nanoTime())
                .as("%s reaches %s in time", trade.getTradeId(), account)
                .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
          }
        }
      }
    }

    private boolean isOnBooks(String trade, String account) {
      try {
        NovationClient.await(
            operator.trade(
                GetTradeRequest.newBuilder()
                    .setTradeId(trade)
                    .setAccountId(account)
                    .setVenue("venue-1")
                    .build()));
        return true;
      } catch (CallFailed e) {
        if (!e.reason().equals("UNKNOWN_TRADE")) throw e;
        return false;
      }
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      oracles.interrupt();
      oracles.join();
      stream.close();
      clients.forEach(NovationClient::close);
      process.close();
    }
  }

  private Trade nextTrade() {
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

  /** How many legs of each trade are in the journals of accounts. */
  private static Map<String, Integer> legs(Store store) throws SQLException {
    Map<String, Integer> legs = new HashMap<>();
    try (Connection connection = store.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                store.dialect() == Dialect.H2
                    ? "select \"event_ser_manifest\", \"event_payload\" from \"event_journal\""
                        + " where \"persistence_id\" like 'account|%'"
                    : "select event_ser_manifest, event_payload from event_journal where"
                        + " persistence_id like 'account|%'");
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
}

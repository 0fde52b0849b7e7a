package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.ledger.Journalled;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;
import org.novation.risk.PriceValidity;

/**
 * After a restart accounts come back by themselves: nobody has to call one for it to be watched, or
 * to send on what it owes.
 */
final class RestartedNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private long sequence = System.currentTimeMillis();

  @Test
  void anAccountWithAPositionIsWatchedAfterARestartThoughNobodyCallsIt() throws Exception {
    try (Node node = start()) {
      publish(node, "60000");
      open(node, "long", "1000");
      open(node, "short", "1000000");
      trade(node, "t-1", "long", "short", "0.1");
    }
    try (Node node = start()) {
      publish(node, "60000");
      eventually(
          () -> {
            publish(node, "50000");
            return node.counters().liquidationTriggers() == 1;
          },
          "the long falls short of its maintenance margin");
    }
  }

  @Test
  void aLegThatWasOnItsWayIsDeliveredAfterAKillThoughNobodyCallsItsAccounts() throws Exception {
    Path killed = home.resolve("killed").resolve("novation");
    Files.createDirectories(killed.getParent());
    int trades = 0;
    try (Node node = start()) {
      publish(node, "60000");
      open(node, "a", "1000000");
      open(node, "b", "1000000");
      do {
        assertThat(trades)
            .as("trades until one is answered before its leg arrives")
            .isLessThan(100);
        trade(node, "t-" + trades++, "a", "b", "0.001");
        // What a kill at this moment would leave.
        Files.copy(
            home.resolve("h2").resolve("novation.mv.db"),
            killed.resolveSibling("novation.mv.db"),
            StandardCopyOption.REPLACE_EXISTING);
      } while (legsIn(killed) != 2 * trades - 1);
    }
    try (Node node = start(killed)) {
      int both = 2 * trades;
      eventually(() -> legs(node.store()) == both, "both legs of each trade are on the books");
    }
  }

  private Node start() {
    return start(home.resolve("h2").resolve("novation"));
  }

  private Node start(Path database) {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(database),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  private static int legsIn(Path database) throws SQLException {
    try (Store store = Store.openExisting(new StoreConfig.H2File(database))) {
      return legs(store);
    }
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private void open(Node node, String account, String cash) throws IOException {
    try (NovationClient operator = as(node, "operator")) {
      await(operator.openAccount(account, "alice"));
      await(operator.deposit("d-" + account, account, "USDC", cash));
    }
  }

  private void trade(Node node, String id, String buyer, String seller, String quantity)
      throws IOException {
    try (NovationClient venue = as(node, "venue-1")) {
      await(
          venue.submit(
              Trade.newBuilder()
                  .setTradeId(id)
                  .setInstrument("BTC-PERP")
                  .setPrice("60000")
                  .setQuantity(quantity)
                  .setBuyerAccountId(buyer)
                  .setSellerAccountId(seller)
                  .setExecutedAtMs(System.currentTimeMillis())
                  .build()));
    }
  }

  /** Three oracles say so, until every node has heard. */
  private void publish(Node node, String price) throws Exception {
    List<NovationClient> clients = new ArrayList<>();
    try {
      for (int oracle = 1; oracle <= 3; oracle++) {
        NovationClient client = as(node, "oracle-" + oracle);
        clients.add(client);
        PriceStream prices = client.prices();
        await(
            prices.publish(
                List.of(
                    OraclePrice.newBuilder()
                        .setSymbol("BTC")
                        .setPrice(price)
                        .setSequence(++sequence)
                        .setTimeMs(System.currentTimeMillis())
                        .build())));
      }
      eventually(
          () -> node.view().instrument(0).validity() == PriceValidity.FRESH, "the price is fresh");
    } finally {
      clients.forEach(NovationClient::close);
    }
  }

  private static int legs(Store store) throws SQLException {
    int legs = 0;
    try (Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select \"event_ser_manifest\", \"event_payload\" from \"event_journal\" where"
                    + " \"persistence_id\" like 'account|%'")) {
      while (rows.next()) {
        for (Record event : Journalled.events(rows.getString(1), rows.getBytes(2)))
          if (event instanceof TradesCleared cleared)
            legs += cleared.novated().size() + cleared.applied().size();
      }
    }
    return legs;
  }

  /** A condition that may have to ask a database or a node. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}

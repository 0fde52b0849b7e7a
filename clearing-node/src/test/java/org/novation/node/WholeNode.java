package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.Trade;

/** For tests of a whole node over TCP: one that keeps its books in a directory of the test's. */
abstract class WholeNode {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private long sequence = System.currentTimeMillis();

  /** A condition that may have to ask a node. */
  interface Condition {
    boolean holds() throws Exception;
  }

  /** The node, with the books of its life before. */
  Node start() {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  static void open(NovationClient operator, String account, String member, String cash) {
    await(operator.openAccount(account, member));
    await(operator.deposit("d-" + account, account, "USDC", cash));
  }

  /** The account {@code long} buys 0.1 BTC-PERP of {@code short} at 60,000. */
  static void trade(NovationClient venue, String id) {
    await(
        venue.submit(
            Trade.newBuilder()
                .setTradeId(id)
                .setInstrument("BTC-PERP")
                .setPrice("60000")
                .setQuantity("0.1")
                .setBuyerAccountId("long")
                .setSellerAccountId("short")
                .setExecutedAtMs(System.currentTimeMillis())
                .build()));
  }

  /** Three oracles say so, until the node has heard. */
  void publish(Node node, String price) throws Exception {
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as(node, "oracle-" + oracle);
          PriceStream prices = client.prices()) {
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
    }
    long ticks = Long.parseLong(price) * 10;
    eventually(() -> node.view().mayLiquidate(0, System.currentTimeMillis()), "the price is fresh");
    eventually(() -> node.view().instrument(0).indexTicks() == ticks, "the price is known");
  }

  static void isLeftWith(NovationClient as, String account, String quantity, String cash)
      throws Exception {
    eventually(
        () -> {
          Account now = await(as.account(account)).getAccount();
          return now.getCash().equals(cash)
              && now.getPositionsList().stream()
                  .map(Position::getQuantity)
                  .toList()
                  .equals(List.of(quantity));
        },
        account + " is left with " + quantity + " and " + cash);
  }

  static CallFailed refusal(Runnable call) {
    return requireNonNull(catchThrowableOfType(CallFailed.class, call::run));
  }

  static void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}

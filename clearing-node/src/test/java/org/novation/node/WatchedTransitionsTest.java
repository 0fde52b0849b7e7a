package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.AccountTransition;
import org.novation.protocol.v1.LiquidationPhase;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.WatchTransitionsResponse;

/** From the price that triggers a liquidation to the venue that must hear of it, over the wire. */
final class WatchedTransitionsTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private long sequence = System.currentTimeMillis();

  @Test
  void aVenueHearsOfAnAccountThatFallsShortAlsoAfterARestartAndOfItsRecovery() throws Exception {
    try (Node node = start()) {
      try (NovationClient operator = as(node, "operator");
          NovationClient venue = as(node, "venue-1");
          Updates<WatchTransitionsResponse> toVenue = venue.watchTransitions();
          Updates<WatchTransitionsResponse> toOperator = operator.watchTransitions()) {
        assertThat(requireNonNull(toVenue.next()).getCaughtUp()).isTrue();
        publish(node, "60000");
        for (String account : List.of("long", "short")) {
          await(operator.openAccount(account, "member"));
          await(operator.deposit("d", account, "USDC", account.equals("long") ? "1000" : "99999"));
        }
        trade(venue);
        publish(node, "50400");
        AccountTransition falls = until(toVenue, each -> each.getPhase() == phase("LIQUIDATING"));
        assertThat(falls.getAccountId()).isEqualTo("long");
        assertThat(falls.getPreviousPhase()).isNotEqualTo(phase("UNSPECIFIED"));
        assertThat(falls.getLiquidationId()).startsWith("long-");
        assertThat(falls.getEquity() + falls.getMember())
            .as("none of a venue's business")
            .isEmpty();
        AccountTransition told = until(toOperator, each -> each.getPhase() == phase("LIQUIDATING"));
        assertThat(told.getEquity()).isEqualTo("40");
        assertThat(told.getMember()).isEqualTo("member");
      }
    }
    try (Node node = start()) {
      try (NovationClient venue = as(node, "venue-1");
          Updates<WatchTransitionsResponse> updates = venue.watchTransitions()) {
        AccountTransition stands = until(updates, each -> each.getAccountId().equals("long"));
        assertThat(stands.getPhase()).isEqualTo(phase("LIQUIDATING"));
        publish(node, "60000");
        AccountTransition well = until(updates, each -> each.getPhase() == phase("HEALTHY"));
        assertThat(well.getAccountId()).isEqualTo("long");
        assertThat(well.getSequenceNumber()).isGreaterThan(stands.getSequenceNumber());
      }
    }
  }

  private static LiquidationPhase phase(String name) {
    return LiquidationPhase.valueOf("LIQUIDATION_PHASE_" + name);
  }

  private static AccountTransition until(
      Updates<WatchTransitionsResponse> updates, Predicate<AccountTransition> condition)
      throws InterruptedException {
    while (true) {
      WatchTransitionsResponse next = requireNonNull(updates.next());
      if (next.hasTransition() && condition.test(next.getTransition())) return next.getTransition();
    }
  }

  private Node start() {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private static void trade(NovationClient venue) {
    await(
        venue.submit(
            Trade.newBuilder()
                .setTradeId("t-1")
                .setInstrument("BTC-PERP")
                .setPrice("60000")
                .setQuantity("0.1")
                .setBuyerAccountId("long")
                .setSellerAccountId("short")
                .setExecutedAtMs(System.currentTimeMillis())
                .build()));
  }

  /** Three oracles say so, until the node has heard. */
  private void publish(Node node, String price) throws Exception {
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
    long deadline = System.nanoTime() + PATIENCE;
    while (node.view().instrument(0).indexTicks() != ticks
        || !node.view().mayLiquidate(0, System.currentTimeMillis())) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}

package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.ledger.AuditReport;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.MarginState;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TransferRequest;

/** The default waterfall through a whole node, in a time that the test moves. */
final class WaterfallNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private final AtomicLong nowMs = new AtomicLong(System.currentTimeMillis());
  private long sequence = nowMs.get();

  @Test
  void whatNobodyBuysIsDeleveragedAndWinnersLoseNoMoreThanIsMissing() throws Exception {
    try (Node node = start()) {
      publish(node, "60000");
      open(node, "long", "1000");
      open(node, "short", "100000");
      trade(node, "t-1", "long", "short", "0.1");
      publish(node, "48500"); // The long lost 1,150 of its 1,000; nobody bids.
      eventually(node, () -> quantity(node, "long").isEmpty(), "the long is closed");
      eventually(node, () -> quantity(node, "short").isEmpty(), "the short is deleveraged");
      eventually(
          node,
          () -> account(node, "long").getCash().equals("0"),
          "the long owes nothing any more");
      eventually(
          node, () -> account(node, "short").getCash().equals("101000"), "the winner lost 150");
      eventually(
          node,
          () -> account(node, HouseAccount.DEFAULT).getCash().equals("0"),
          "the house keeps nothing");
      assertThat(account(node, "long").getState()).isEqualTo(MarginState.MARGIN_STATE_HEALTHY);
      AuditReport report = node.audit();
      assertThat(report.violation()).isNull();
    }
  }

  @Test
  void aCrumbOfACoinWithoutWeightOrPriceShieldsNeitherWhoeverFailsNorWhoeverWins()
      throws Exception {
    try (Node node = start()) {
      publish(node, "60000");
      open(node, "accomplice", "1");
      open(node, "long", "1000");
      open(node, "short", "100000");
      trade(node, "t-1", "long", "short", "0.1");
      try (NovationClient operator = as(node, "operator");
          NovationClient alice = as(node, "alice")) {
        await(operator.deposit("nova", "accomplice", "NOVA", "1"));
        for (String to : List.of("long", "short")) {
          await(
              alice.transfer(
                  TransferRequest.newBuilder()
                      .setTransferId("crumb-" + to)
                      .setAccountId("accomplice")
                      .setToAccountId(to)
                      .setAsset("NOVA")
                      .setAmount("0.000001")
                      .build()));
        }
      }
      publish(node, "48500");
      eventually(node, () -> quantity(node, "long").isEmpty(), "the long is closed");
      eventually(node, () -> quantity(node, "short").isEmpty(), "the short is deleveraged");
      eventually(
          node, () -> account(node, "short").getCash().equals("101000"), "the winner lost 150");
      eventually(node, () -> account(node, "long").getCash().equals("0"), "nothing is owed");
      assertThat(node.audit().violation()).isNull();
    }
  }

  private Node start() {
    return Node.start(
        NodeSettings.local(
                home,
                new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                InstrumentConfig.in(Path.of("..", "config")).catalogue())
            .withClock(nowMs::get));
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private Account account(Node node, String id) throws IOException {
    try (NovationClient operator = as(node, "operator")) {
      return await(operator.account(id)).getAccount();
    }
  }

  private List<String> quantity(Node node, String id) throws IOException {
    return account(node, id).getPositionsList().stream()
        .map(position -> position.getQuantity())
        .filter(quantity -> !quantity.equals("0"))
        .toList();
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
                  .setExecutedAtMs(nowMs.get())
                  .build()));
    }
  }

  private void publish(Node node, String price) throws Exception {
    say(node, price);
    long ticks = node.catalogue().perpetual(0).notionalMicros(1, 1);
    assertThat(ticks).isPositive();
    newest = price;
    eventually(node, () -> node.view().instrument(0).markTicks() > 0, "there is a mark");
  }

  private String newest = "";

  private void say(Node node, String price) throws Exception {
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
                        .setTimeMs(nowMs.get())
                        .build())));
      }
    } finally {
      clients.forEach(NovationClient::close);
    }
  }

  /** A condition that may have to ask a node. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  /** Lets a second pass at a time, with fresh prices. */
  private void eventually(Node node, Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      nowMs.addAndGet(1_000);
      say(node, newest);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}

package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
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
import org.novation.api.client.Updates;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.ReceiptJson;
import org.novation.ledger.AuditReport;
import org.novation.node.cli.Main;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.GetReceiptResponse;
import org.novation.protocol.v1.MarginState;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TransferRequest;
import picocli.CommandLine;

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
  void eachReceiptSaysWhatTheFundPaidOfTheDefaultsThatItResolvesAndNoneSaysItAgain()
      throws Exception {
    try (Node node = start()) {
      publish(node, "60000");
      open(node, "short", "100000");
      contribute(node, "h-1", "50");
      defaults(node, "long-1");
      eventually(node, () -> cash(node, "short").equals("101050"), "the winner lost 100 of 150");
      verify(node, "main-1", 50_000_000, 100_000_000);
    }
    nowMs.addAndGet(TimeUnit.MINUTES.toMillis(10)); // No longer halted, however far prices moved.
    try (Node node = start()) { // By its snapshot it knows what it has counted.
      publish(node, "60000");
      contribute(node, "h-2", "30");
      defaults(node, "long-2");
      eventually(node, () -> cash(node, "short").equals("102080"), "the winner lost 120 of 150");
      verify(node, "main-2", 30_000_000, 120_000_000);
      assertThat(node.audit().violation()).isNull();
    }
  }

  /** Somebody loses 1,150 of 1,000 against the short; nobody bids. */
  private void defaults(Node node, String id) throws Exception {
    open(node, id, "1000");
    trade(node, "t-" + id, id, "short", "0.1");
    publish(node, "48500");
    eventually(node, () -> quantity(node, id).isEmpty(), id + " is closed");
    eventually(node, () -> quantity(node, "short").isEmpty(), "the short is deleveraged");
  }

  private void contribute(Node node, String id, String amount) throws IOException {
    try (NovationClient operator = as(node, "operator")) {
      await(operator.contribute(id, amount));
    }
  }

  private String cash(Node node, String account) throws IOException {
    return account(node, account).getCash();
  }

  /** The wave's receipt, decided again by the command line. */
  private void verify(Node node, String waveId, long fundMicros, long deficitMicros)
      throws Exception {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (NovationClient auditor = as(node, "auditor");
        Updates<GetReceiptResponse> parts = auditor.receipt(waveId)) {
      for (GetReceiptResponse part = parts.next(); part != null; part = parts.next())
        json.writeBytes(part.getPart().toByteArray());
    }
    AdlInput input = ReceiptJson.read(json.toByteArray()).input();
    assertThat(input.fundMicros()).isEqualTo(fundMicros);
    assertThat(input.deficitMicros()).isEqualTo(deficitMicros);
    Path file = Files.write(home.resolve(waveId + ".json"), json.toByteArray());
    StringWriter out = new StringWriter();
    int code =
        new CommandLine(new Main())
            .setOut(new PrintWriter(out))
            .execute("adl", "verify", file.toString());
    assertThat(code).isZero();
    assertThat(out.toString()).startsWith("equal: wave " + waveId);
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

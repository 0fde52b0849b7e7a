package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.CoverTwo;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.ListMovementsRequest;
import org.novation.protocol.v1.Movement;
import org.novation.protocol.v1.MovementKind;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.WatchFundResponse;
import org.novation.risk.PriceValidity;

/** The insurance fund of a whole node, over TCP. */
final class FundToNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir private Path home;
  private final List<NovationClient> clients = new ArrayList<>();
  private Node node;

  @BeforeEach
  void start() {
    node =
        Node.start(
            NodeSettings.local(
                home,
                new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  @AfterEach
  void stop() {
    clients.forEach(NovationClient::close);
    clients.clear();
    node.close();
  }

  @Test
  void theHousesMoneyIsThereOnceInPublicAndAfterARestart() throws Exception {
    NovationClient operator = as("operator");
    assertThat(await(operator.contribute("h-1", "1000.5")).getHouseTranche()).isEqualTo("1000.5");
    assertThat(await(operator.contribute("h-1", "1000.5")).getHouseTranche()).isEqualTo("1000.5");
    stop();
    start();
    NovationClient anybody = as("venue-1");
    eventually(() -> fundIsThere(anybody));
    Fund fund = await(anybody.fund()).getFund();
    assertThat(fund.getHouseTranche()).isEqualTo("1000.5");
    assertThat(fund.getContributed()).isEqualTo("1000.5");
    List<Movement> history =
        await(anybody.movements(ListMovementsRequest.getDefaultInstance())).getMovementsList();
    assertThat(history)
        .filteredOn(each -> each.getKind() == MovementKind.MOVEMENT_KIND_HOUSE)
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getId()).isEqualTo("h-1");
              assertThat(each.getHouseTranche()).isEqualTo("1000.5");
            });
    assertThat(history.getFirst().getSequenceNumber()).isEqualTo(fund.getSequenceNumber());
    assertThat(node.audit().violation()).isNull();
    assertThat(node.audit().funds().getFirst().houseMicros()).isEqualTo("1000500000");
  }

  @Test
  void aWatcherHearsOfEveryChangeInTheEnd() throws Exception {
    NovationClient operator = as("operator");
    try (Updates<WatchFundResponse> updates = as("auditor").watchFund()) {
      assertThat(updates.next()).isNotNull();
      for (int n = 1; n <= 20; n++) await(operator.contribute("h-" + n, "1"));
      String tranche = "";
      while (!tranche.equals("20")) {
        tranche = Objects.requireNonNull(updates.next()).getFund().getHouseTranche();
      }
    }
  }

  @Test
  void badInputIsRefusedAndTheFundIsAsItWas() throws Exception {
    NovationClient operator = as("operator");
    await(operator.contribute("h-1", "1000"));
    Fund before = settled(operator);
    assertThat(reason(operator.contribute("h-1", "999"))).isEqualTo("DUPLICATE_WITH_OTHER_CONTENT");
    assertThat(reason(operator.contribute("h-2", "-1"))).isEqualTo("NOT_POSITIVE");
    assertThat(reason(operator.contribute("h 2", "1"))).isEqualTo("MALFORMED");
    assertThat(reason(operator.contribute("h-2", "9223372036854.775807"))).isEqualTo("TOO_LARGE");
    assertThat(reason(as("alice").contribute("h-2", "1"))).isEqualTo("ROLE_REQUIRED");
    for (String token : List.of("1/0/1000000001/0", "99/0/0/0", "9223372036854775807/0/0/0", "x"))
      assertThat(reason(operator.movements(page(token)))).as(token).isEqualTo("MALFORMED");
    Fund after = settled(operator);
    assertThat(after.getSequenceNumber()).isEqualTo(before.getSequenceNumber());
    assertThat(after.getContributed()).isEqualTo("1000");
  }

  @Test
  void coverTwoIsWhatTheTwoWorstAccountsWouldCostTheFund() throws Exception {
    publish("60000");
    open("long", "10000");
    open("short", "1000000");
    await(
        as("venue-1")
            .submit(
                Trade.newBuilder()
                    .setTradeId("t-1")
                    .setInstrument("BTC-PERP")
                    .setPrice("60000")
                    .setQuantity("1")
                    .setBuyerAccountId("long")
                    .setSellerAccountId("short")
                    .setExecutedAtMs(System.currentTimeMillis())
                    .build()));
    await(as("operator").contribute("h-1", "15000"));
    NovationClient anybody = as("venue-1");
    eventually(() -> cover(anybody).getAccounts() == 2);
    CoverTwo cover = cover(anybody);
    assertThat(cover.getMove())
        .as("half of 60,000 is 20,000 more than the long has")
        .isEqualTo("-0.5");
    assertThat(Double.parseDouble(cover.getLargestLoss())).isBetween(19_999.0, 20_001.0);
    assertThat(cover.getSecondLoss()).isEqualTo("0");
    assertThat(Double.parseDouble(cover.getShortfall())).isBetween(4_999.0, 5_001.0);
  }

  // ---- helpers

  private static ListMovementsRequest page(String place) {
    String token = Base64.getUrlEncoder().encodeToString(place.getBytes(StandardCharsets.US_ASCII));
    return ListMovementsRequest.newBuilder().setPageToken(token).build();
  }

  private static boolean fundIsThere(NovationClient client) {
    return await(client.fund()).getFund().getSequenceNumber() > 0;
  }

  private static CoverTwo cover(NovationClient client) {
    return await(client.fund()).getFund().getCoverTwo();
  }

  /** The fund once this node has heard of all that was written. */
  private static Fund settled(NovationClient client) throws Exception {
    long number =
        await(client.movements(ListMovementsRequest.getDefaultInstance()))
            .getMovements(0)
            .getSequenceNumber();
    eventually(() -> await(client.fund()).getFund().getSequenceNumber() == number);
    return await(client.fund()).getFund();
  }

  private static String reason(CompletableFuture<?> call) {
    return catchThrowableOfType(CallFailed.class, () -> await(call)).reason();
  }

  private NovationClient as(String name) throws IOException {
    NovationClient client = NovationClient.connect(Target.local(home, node.port(), name));
    clients.add(client);
    return client;
  }

  private void open(String account, String cash) throws IOException {
    await(as("operator").openAccount(account, "alice"));
    await(as("custodian").deposit("d-" + account, account, "USDC", cash));
  }

  private void publish(String price) throws Exception {
    for (int oracle = 1; oracle <= 3; oracle++) {
      PriceStream prices = as("oracle-" + oracle).prices();
      await(
          prices.publish(
              List.of(
                  OraclePrice.newBuilder()
                      .setSymbol("BTC")
                      .setPrice(price)
                      .setSequence(1)
                      .setTimeMs(System.currentTimeMillis())
                      .build())));
    }
    eventually(() -> node.view().instrument(0).validity() == PriceValidity.FRESH);
  }

  private static void eventually(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}

package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.api.auth.DevKeys;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.AccountSummary;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.Market;
import org.novation.protocol.v1.OpenAccountResponse;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PublishPricesResponse;
import org.novation.protocol.v1.SubmitTradesRequest;
import org.novation.protocol.v1.SubmitTradesResponse;
import org.novation.protocol.v1.Trade;
import org.novation.risk.PriceValidity;

/**
 * Bad input to a whole node over TCP: refused with its reason, and the accounts, or the market, are
 * as they were. What the edge alone refuses is tested in more variety in the api room.
 */
final class BadInputToNodeTest {
  private static final List<String> ORACLES = List.of("oracle-1", "oracle-2", "oracle-3");
  private static final AtomicInteger IDS = new AtomicInteger();
  private static final AtomicLong SEQUENCE = new AtomicLong();

  private static Path home = Path.of("");
  private static Node node;
  private static NovationClient venue;
  private static ManagedChannel channel;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    home = directory;
    StoreConfig store = new StoreConfig.H2Memory("bad-input");
    node =
        Node.start(
            NodeSettings.local(
                directory, store, InstrumentConfig.in(Path.of("..", "config")).catalogue()));
    venue = NovationClient.connect(Target.local(directory, node.port(), "venue-1"));
    channel =
        NettyChannelBuilder.forTarget(
                "localhost:" + node.port(),
                TlsChannelCredentials.newBuilder()
                    .trustManager(DevKeys.of(directory).authority().toFile())
                    .build())
            .flowControlWindow(65_535)
            .build();
    for (String account : List.of("a", "b")) {
      await(as("operator").openAccount(account, "alice"));
      await(as("custodian").deposit("d-" + account, account, "USDC", "1000000"));
    }
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    venue.close();
    node.close();
  }

  @BeforeEach
  void price() throws Exception {
    for (String oracle : ORACLES) publish(oracle, price("60000", SEQUENCE.incrementAndGet()));
    eventually(() -> node.view().instrument(0).validity() == PriceValidity.FRESH);
  }

  // ---- trades

  @ParameterizedTest
  @CsvSource({
    "-1, NOT_POSITIVE",
    "0, NOT_POSITIVE",
    "60000.00001, NOT_A_MULTIPLE_OF_TICK",
    "9223372036854775807, TOO_LARGE",
    "99999999999999999999, TOO_LARGE",
    "NaN, MALFORMED",
    "-Infinity, MALFORMED",
    "6e4, MALFORMED",
    "'', MALFORMED",
    "600000, PRICE_OUT_OF_BAND",
    "6000, PRICE_OUT_OF_BAND"
  })
  void aPriceThatIsNoneChangesNothing(String price, String reason) {
    assertRefused(trade -> trade.setPrice(price), reason);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NOT_POSITIVE",
    "0, NOT_POSITIVE",
    "0.0000000001, NOT_A_MULTIPLE_OF_LOT",
    "9223372036854775807, TOO_LARGE",
    "NaN, MALFORMED",
    "'', MALFORMED",
    "900, INSUFFICIENT_MARGIN"
  })
  void aQuantityThatIsNoneChangesNothing(String quantity, String reason) {
    assertRefused(trade -> trade.setQuantity(quantity), reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "../x"})
  void anIdThatIsNoneChangesNothing(String id) {
    assertRefused(trade -> trade.setTradeId(id), "MALFORMED");
    assertRefused(trade -> trade.setBuyerAccountId(id), "MALFORMED");
    assertRefused(trade -> trade.setSellerAccountId(id), "MALFORMED");
  }

  @Test
  void anIdOfOneMegabyteChangesNothing() {
    String id = "x".repeat(1_000_000);
    assertRefused(trade -> trade.setTradeId(id), "MALFORMED");
    assertRefused(trade -> trade.setBuyerAccountId(id), "MALFORMED");
    CallFailed failed =
        catchThrowableOfType(
            CallFailed.class, () -> await(as("custodian").deposit(id, "a", "USDC", "1")));
    assertThat(failed.reason()).isEqualTo("MALFORMED");
  }

  @Test
  void anAccountThatNobodyOpenedTakesNoTradeOnEitherSide() {
    assertRefused(trade -> trade.setBuyerAccountId("nobody"), "UNKNOWN_ACCOUNT");
    assertRefused(trade -> trade.setSellerAccountId("nobody"), "UNKNOWN_ACCOUNT");
    assertRefused(trade -> trade.setSellerAccountId("0-nobody"), "UNKNOWN_ACCOUNT");
  }

  @Test
  void anInstrumentThatIsNotListedChangesNothing() {
    assertRefused(trade -> trade.setInstrument("DOGE-PERP"), "UNKNOWN_INSTRUMENT");
  }

  @Test
  void nobodyTradesWithItself() {
    assertRefused(trade -> trade.setSellerAccountId("a"), "SELF_TRADE");
  }

  @Test
  void aTimeOutsideTheWindowChangesNothing() {
    long nowMs = System.currentTimeMillis();
    assertRefused(trade -> trade.setExecutedAtMs(nowMs + 60_000), "IN_THE_FUTURE");
    assertRefused(trade -> trade.setExecutedAtMs(Long.MAX_VALUE), "IN_THE_FUTURE");
    assertRefused(trade -> trade.setExecutedAtMs(nowMs - 2 * 3_600_000L), "TOO_OLD");
    assertRefused(trade -> trade.setExecutedAtMs(-1), "MALFORMED");
  }

  @Test
  void aKnownIdWithOtherContentChangesNothingAndWithTheSameGetsTheFirstAnswer() {
    Trade trade = trade();
    long novatedAtMs = await(venue.submit(trade)).getNovated().getNovatedAtMs();
    applied(trade);
    assertRefused(
        other -> other.mergeFrom(trade).setQuantity("0.002"), "DUPLICATE_WITH_OTHER_CONTENT");
    List<Account> before = accounts();
    assertThat(await(venue.submit(trade)).getNovated().getNovatedAtMs()).isEqualTo(novatedAtMs);
    assertThat(accounts()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "a, USDC, 0, NOT_POSITIVE",
    "a, USDC, -1, NOT_POSITIVE",
    "a, USDC, 9223372036854.775807, TOO_LARGE",
    "a, USDC, 99999999999999999999, TOO_LARGE",
    "a, USDC, 0.0000001, TOO_PRECISE",
    "a, USDC, NaN, MALFORMED",
    "a, DOGE, 1, UNKNOWN_ASSET",
    "nobody, USDC, 1, UNKNOWN_ACCOUNT"
  })
  void aDepositThatIsNoneChangesNothing(
      String account, String asset, String amount, String reason) {
    List<Account> before = accounts();
    String id = "bad-" + IDS.incrementAndGet();
    CallFailed failed =
        catchThrowableOfType(
            CallFailed.class, () -> await(as("custodian").deposit(id, account, asset, amount)));
    assertThat(failed.reason()).isEqualTo(reason);
    assertThat(accounts()).isEqualTo(before);
  }

  @Test
  void anAccountThatIsOpenedAgainIsOpenSinceWhenItIsListed() {
    ListAccountsRequest all = ListAccountsRequest.getDefaultInstance();
    AccountSummary listed = await(as("operator").accounts(all)).getAccounts(0);
    OpenAccountResponse again = await(as("operator").openAccount("a", "alice"));
    assertThat(listed.getAccountId()).isEqualTo("a");
    assertThat(again.getOpenedAtMs()).isEqualTo(listed.getOpenedAtMs());
    CallFailed taken =
        catchThrowableOfType(CallFailed.class, () -> await(as("operator").openAccount("a", "bob")));
    assertThat(taken.reason()).isEqualTo("ACCOUNT_TAKEN");
  }

  // ---- prices

  @ParameterizedTest
  @CsvSource({
    "0, 1, NOT_POSITIVE",
    "-60000, 1, NOT_POSITIVE",
    "NaN, 1, MALFORMED",
    "600000, 1, OUTLIER",
    "6000, 1, OUTLIER",
    "60001, 0, OUT_OF_SEQUENCE",
    "60001, -1, OUT_OF_SEQUENCE"
  })
  void aPriceThatIsNoneOrRepeatedLeavesTheMarketAsItIs(String price, long next, String reason)
      throws Exception {
    List<Account> before = accounts();
    List<Object> market = market();
    long sequence = SEQUENCE.get() + next;
    for (String oracle : ORACLES) {
      // The oracles' numbers differ by one: repeated for the last is repeated for all.
      PublishPricesResponse response = publish(oracle, price(price, sequence - (next > 0 ? 0 : 2)));
      assertThat(response.getAccepted()).isZero();
      assertThat(
              response.getRefused(0).getStatus().getDetails(0).unpack(ErrorInfo.class).getReason())
          .isEqualTo(reason);
    }
    assertThat(market()).isEqualTo(market);
    assertThat(accounts()).isEqualTo(before);
  }

  @Test
  void aSkippedSequenceNumberIsTakenAndCounted() throws Exception {
    PublishPricesResponse response = publish("oracle-3", price("60000", SEQUENCE.addAndGet(5)));
    assertThat(response.getAccepted()).isEqualTo(1);
    assertThat(response.getGaps()).isEqualTo(4);
  }

  // ---- streams

  @Test
  void aStreamThatIsCutLosesNoTradeAndDoublesNone() throws Exception {
    List<Trade> trades = new ArrayList<>();
    for (int n = 0; n < 300; n++) trades.add(trade());
    long lots = lots();
    try (Wire wire = new Wire()) {
      wire.call.request(1);
      for (int from = 0; from < 300; from += 50)
        wire.call.sendMessage(
            SubmitTradesRequest.newBuilder().addAllTrades(trades.subList(from, from + 50)).build());
      eventually(() -> !wire.answers.isEmpty());
      wire.call.cancel("cut in the middle", null);
    }
    Queue<TradeAnswer> answers = new ConcurrentLinkedQueue<>();
    try (TradeStream again = venue.trades(TradeStream.Limits.DEFAULT)) {
      for (Trade trade : trades) again.submit(trade, (_, answer) -> answers.add(answer));
      eventually(() -> answers.size() == trades.size());
    }
    assertThat(answers).allMatch(answer -> answer instanceof TradeAnswer.Novated);
    trades.forEach(BadInputToNodeTest::applied);
    assertThat(lots()).isEqualTo(lots + 300);
    assertThat(node.audit().holds()).isTrue();
  }

  @Test
  void aClientThatNeverReadsIsNoLongerReadFromAndOthersGoOn() {
    Trade bad = trade().toBuilder().setInstrument("DOGE-PERP").build(); // Its refusal is long.
    SubmitTradesRequest.Builder message = SubmitTradesRequest.newBuilder();
    for (int n = 0; n < 1_000; n++) message.addTrades(bad.toBuilder().setTradeId("never-" + n));
    try (Wire wire = new Wire()) {
      int sent = 0;
      while (sent < 2_000 && wire.takesMore()) {
        wire.call.sendMessage(message.build());
        sent++;
      }
      // A node that read on and kept the answers would take all: 2 million of them.
      assertThat(sent).isLessThan(100);
      Trade sound = trade();
      assertThat(await(venue.submit(sound)).getNovated().getTradeId())
          .isEqualTo(sound.getTradeId());
      applied(sound);
      assertThat(wire.closed).isNotDone();
    }
  }

  /** A stream of trades that reads only what it asks for. */
  private static final class Wire extends ClientCall.Listener<SubmitTradesResponse>
      implements AutoCloseable {
    private final Queue<SubmitTradesResponse> answers = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Status> closed = new CompletableFuture<>();
    private final ClientCall<SubmitTradesRequest, SubmitTradesResponse> call =
        channel.newCall(ClearingServiceGrpc.getSubmitTradesMethod(), CallOptions.DEFAULT);

    Wire() {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          "Bearer " + token("venue-1"));
      call.start(this, headers);
    }

    @Override
    public void onMessage(SubmitTradesResponse message) {
      answers.add(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      closed.complete(status);
    }

    /** Whether there is room on the way to the node, or comes to be within two seconds. */
    boolean takesMore() {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
      while (!call.isReady() && System.nanoTime() < deadline) LockSupport.parkNanos(1_000_000);
      return call.isReady();
    }

    @Override
    public void close() {
      call.cancel("the test is over", null);
    }
  }

  // ---- what the tests say

  private static void assertRefused(Consumer<Trade.Builder> change, String reason) {
    List<Account> before = accounts();
    Trade.Builder trade = trade().toBuilder();
    change.accept(trade);
    CallFailed failed =
        catchThrowableOfType(CallFailed.class, () -> await(venue.submit(trade.build())));
    assertThat(failed).as("refused").isNotNull();
    assertThat(failed.reason()).isEqualTo(reason);
    assertThat(accounts()).as("both accounts").isEqualTo(before);
  }

  /** A buys one lot of B at the mark. */
  private static Trade trade() {
    return Trade.newBuilder()
        .setTradeId("t-" + IDS.incrementAndGet())
        .setInstrument("BTC-PERP")
        .setPrice("60000")
        .setQuantity("0.001")
        .setBuyerAccountId("a")
        .setSellerAccountId("b")
        .setExecutedAtMs(System.currentTimeMillis())
        .build();
  }

  /** Both accounts as they are shown, but for the time of their prices. */
  private static List<Account> accounts() {
    return List.of(account("a"), account("b"));
  }

  private static Account account(String id) {
    return await(as("operator").account(id)).getAccount().toBuilder().clearPricedAtMs().build();
  }

  /** What an account holds of BTC-PERP, in thousandths. */
  private static long lots() {
    List<Long> lots = new ArrayList<>();
    for (Account account : accounts()) {
      lots.add(
          account.getPositionsList().stream()
              .mapToLong(position -> Math.round(Double.parseDouble(position.getQuantity()) * 1_000))
              .sum());
    }
    assertThat(lots.get(0)).isEqualTo(-lots.get(1));
    return lots.get(0);
  }

  /** Waits until a trade is on both accounts: the second leg may come after the answer. */
  private static void applied(Trade trade) {
    for (String account : List.of("a", "b")) {
      GetTradeRequest request =
          GetTradeRequest.newBuilder()
              .setTradeId(trade.getTradeId())
              .setVenue("venue-1")
              .setAccountId(account)
              .build();
      eventually(
          () -> {
            try {
              return await(as("operator").trade(request)).getTrade().equals(trade);
            } catch (CallFailed notYet) {
              return false;
            }
          });
    }
  }

  /** What prices could have moved. */
  private static List<Object> market() {
    Market now = await(as("operator").market("BTC-PERP")).getMarket();
    return List.of(now.getIndex(), now.getMark(), now.getValidity());
  }

  private static OraclePrice price(String price, long sequence) {
    return OraclePrice.newBuilder()
        .setSymbol("BTC")
        .setPrice(price)
        .setSequence(sequence)
        .setTimeMs(System.currentTimeMillis())
        .build();
  }

  private static PublishPricesResponse publish(String oracle, OraclePrice price)
      throws InterruptedException {
    try (PriceStream stream = as(oracle).prices()) {
      return await(stream.publish(List.of(price)));
    }
  }

  private static NovationClient as(String name) {
    return venue.as(token(name));
  }

  private static String token(String name) {
    try {
      return Files.readString(DevKeys.of(home).token(name)).strip();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void eventually(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline of a condition").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}

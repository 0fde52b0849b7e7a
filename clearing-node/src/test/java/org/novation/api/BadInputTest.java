package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.market.PriceRefusal;
import org.novation.protocol.v1.DepositRequest;
import org.novation.protocol.v1.GetMarketRequest;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.OpenAccountRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PreviewTradeRequest;
import org.novation.protocol.v1.PublishPricesResponse;
import org.novation.protocol.v1.RefusedPrice;
import org.novation.protocol.v1.SetLeverageCapRequest;
import org.novation.protocol.v1.SubmitTradeRequest;
import org.novation.protocol.v1.Trade;

/** Whatever is wrong with a request is named, and nothing of it goes any further. */
final class BadInputTest {
  private static EdgeNode node;

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void forget() {
    node.trade.forwarded.clear();
    node.trade.outcome = new Outcome.Novated(1_000);
    node.trade.refusal = null;
    node.trade.priceRefusal = null;
  }

  @Test
  void soundTradeIsForwardedInItsOwnUnits() {
    assertThat(submit(trade -> {})).isNull();
    assertThat(node.trade.forwarded)
        .containsExactly(
            "submit venue-1/t-1: a-1 buys 125 lots of BTC-PERP at 500001 ticks from b-1");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NOT_POSITIVE",
    "0, NOT_POSITIVE",
    "0.0, NOT_POSITIVE",
    "50000.05, NOT_A_MULTIPLE_OF_TICK",
    "99999999999999999999, TOO_LARGE",
    "9223372036854775807, TOO_LARGE",
    "NaN, MALFORMED",
    "Infinity, MALFORMED",
    "1e5, MALFORMED",
    "+1, MALFORMED",
    "' 1', MALFORMED",
    "'1,5', MALFORMED",
    "1., MALFORMED",
    ".5, MALFORMED",
    "0x10, MALFORMED",
    "١, MALFORMED",
    "'', MALFORMED",
    "11111111111111111111111111111111111111111, MALFORMED"
  })
  void refusesPriceThatIsNone(String price, String reason) {
    assertRefused(submit(trade -> trade.setPrice(price)), "trade.price", reason);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NOT_POSITIVE",
    "0, NOT_POSITIVE",
    "0.0005, NOT_A_MULTIPLE_OF_LOT",
    "1000.001, TOO_LARGE",
    "99999999999999999999, TOO_LARGE",
    "NaN, MALFORMED",
    "'', MALFORMED"
  })
  void refusesQuantityThatIsNone(String quantity, String reason) {
    assertRefused(submit(trade -> trade.setQuantity(quantity)), "trade.quantity", reason);
  }

  @Test
  void refusesTradeWorthMoreThanCanBeCounted() {
    assertRefused(
        submit(trade -> trade.setPrice("900000000000000").setQuantity("1000")),
        "trade.quantity",
        "TOO_LARGE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "ä", "a\u0000b", "../../etc/passwd"})
  void refusesIdThatIsNone(String id) {
    assertRefused(submit(trade -> trade.setTradeId(id)), "trade.trade_id", "MALFORMED");
    assertRefused(
        submit(trade -> trade.setBuyerAccountId(id)), "trade.buyer_account_id", "MALFORMED");
    assertRefused(
        submit(trade -> trade.setSellerAccountId(id)), "trade.seller_account_id", "MALFORMED");
  }

  @Test
  void refusesIdOfOneMegabyteWithoutRepeatingIt() {
    StatusRuntimeException failure = submit(trade -> trade.setTradeId("x".repeat(1_000_000)));
    assertRefused(failure, "trade.trade_id", "MALFORMED");
    assertThat(status(failure).getSerializedSize()).isLessThan(1_000);
  }

  @Test
  void refusesIdOneCharacterTooLong() {
    assertThat(submit(trade -> trade.setTradeId("x".repeat(64)))).isNull();
    node.trade.forwarded.clear();
    assertRefused(submit(trade -> trade.setTradeId("x".repeat(65))), "trade.trade_id", "MALFORMED");
  }

  @Test
  void refusesMessageBeyondTheLimitUnread() {
    StatusRuntimeException failure = submit(trade -> trade.setTradeId("x".repeat(2_000_000)));
    assertThat(failure.getStatus().getCode())
        .isIn(Code.RESOURCE_EXHAUSTED, Code.CANCELLED); // The node hangs up while the client sends.
    assertThat(node.trade.forwarded).isEmpty();
    assertThat(submit(trade -> {})).isNull();
  }

  @Test
  void refusesUnknownInstrument() {
    assertRefused(
        submit(trade -> trade.setInstrument("DOGE-PERP")),
        "trade.instrument",
        "UNKNOWN_INSTRUMENT");
  }

  @Test
  void refusesSelfTrade() {
    assertRefused(
        submit(trade -> trade.setSellerAccountId("a-1")), "trade.seller_account_id", "SELF_TRADE");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void refusesTimeOfExecutionThatIsNone(long executedAtMs) {
    assertRefused(
        submit(trade -> trade.setExecutedAtMs(executedAtMs)), "trade.executed_at_ms", "MALFORMED");
  }

  @Test
  void refusesRequestWithoutTrade() {
    StatusRuntimeException failure =
        failure(
            () -> node.clearing("venue-1").submitTrade(SubmitTradeRequest.getDefaultInstance()));
    assertRefused(failure, "trade.trade_id", "MALFORMED");
  }

  @Test
  void refusalOfTheTradeTravelsWithItsNumbers() {
    node.trade.outcome =
        new Outcome.Refused(new Rejection.InsufficientMargin("a-1", 1_500_000, -250_000));
    StatusRuntimeException failure = submit(trade -> {});
    assertThat(failure.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(EdgeNode.info(status(failure)).getReason()).isEqualTo("INSUFFICIENT_MARGIN");
    assertThat(EdgeNode.info(status(failure)).getDomain()).isEqualTo("novation.org");
    assertThat(EdgeNode.info(status(failure)).getMetadataMap())
        .containsEntry("account", "a-1")
        .containsEntry("required", "1.5")
        .containsEntry("free", "-0.25");
  }

  @Test
  void unknownOutcomeIsUnavailable() {
    node.trade.outcome = new Outcome.Unavailable("no answer from the account");
    assertThat(submit(trade -> {}).getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void timeOutsideTheWindowIsOutOfRange() {
    node.trade.outcome = new Outcome.NotBegun(new Rejection.TooOld(5, 10));
    assertThat(submit(trade -> {}).getStatus().getCode()).isEqualTo(Code.OUT_OF_RANGE);
    node.trade.outcome = new Outcome.NotBegun(new Rejection.InTheFuture(20, 10));
    assertThat(EdgeNode.reason(submit(trade -> {}))).isEqualTo("IN_THE_FUTURE");
  }

  @ParameterizedTest
  @CsvSource({
    "0, NOT_POSITIVE",
    "-5, NOT_POSITIVE",
    "0.0000001, TOO_PRECISE",
    "10000000000000, TOO_LARGE",
    "NaN, MALFORMED"
  })
  void refusesDepositThatIsNone(String amount, String reason) {
    DepositRequest request =
        DepositRequest.newBuilder()
            .setDepositId("d-1")
            .setAccountId("a-1")
            .setAsset("USDC")
            .setAmount(amount)
            .build();
    assertRefused(failure(() -> node.accounts("custodian").deposit(request)), "amount", reason);
  }

  @Test
  void refusesDepositOfUnknownAsset() {
    DepositRequest request =
        DepositRequest.newBuilder()
            .setDepositId("d-1")
            .setAccountId("a-1")
            .setAsset("FTT")
            .setAmount("1")
            .build();
    assertRefused(
        failure(() -> node.accounts("custodian").deposit(request)), "asset", "UNKNOWN_ASSET");
  }

  @Test
  void refusesToOpenAccountForNobody() {
    OpenAccountRequest request = OpenAccountRequest.newBuilder().setAccountId("x-1").build();
    assertRefused(
        failure(() -> node.accounts("operator").openAccount(request)), "member", "MALFORMED");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 101, Integer.MAX_VALUE})
  void refusesLeverageCapOutOfRange(int cap) {
    SetLeverageCapRequest request =
        SetLeverageCapRequest.newBuilder().setAccountId("a-1").setMaxLeverage(cap).build();
    assertRefused(
        failure(() -> node.accounts("alice").setLeverageCap(request)), "max_leverage", "MALFORMED");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1_001})
  void refusesPageSizeOutOfRange(int size) {
    ListAccountsRequest request = ListAccountsRequest.newBuilder().setPageSize(size).build();
    assertRefused(
        failure(() -> node.accounts("auditor").listAccounts(request)), "page_size", "MALFORMED");
  }

  @Test
  void refusesPreviewWithoutSide() {
    PreviewTradeRequest request =
        PreviewTradeRequest.newBuilder()
            .setAccountId("a-1")
            .setInstrument("BTC-PERP")
            .setPrice("50000")
            .setQuantity("1")
            .build();
    assertRefused(failure(() -> node.accounts("alice").previewTrade(request)), "side", "MALFORMED");
  }

  @Test
  void unknownMarketIsNotFound() {
    StatusRuntimeException failure =
        failure(
            () ->
                node.markets("voter")
                    .getMarket(GetMarketRequest.newBuilder().setInstrument("DOGE-PERP").build()));
    assertThat(failure.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
    assertThat(EdgeNode.reason(failure)).isEqualTo("UNKNOWN_INSTRUMENT");
  }

  @ParameterizedTest
  @CsvSource({"0, NOT_POSITIVE", "-1, NOT_POSITIVE", "NaN, MALFORMED", "99999999999, TOO_LARGE"})
  void refusesOraclePriceThatIsNoneAndTakesItsNeighbours(String price, String reason)
      throws Exception {
    PublishPricesResponse response = publish(oraclePrice("50000"), oraclePrice(price));
    assertThat(response.getAccepted()).isEqualTo(1);
    assertThat(response.getRefusedList()).hasSize(1);
    RefusedPrice refused = response.getRefused(0);
    assertThat(EdgeNode.info(refused.getStatus()).getReason()).isEqualTo(reason);
    assertThat(EdgeNode.field(refused.getStatus())).isEqualTo("prices[1].price");
    assertThat(node.trade.forwarded).hasSize(1);
  }

  @Test
  void refusalOfFeedRulesNamesThePriceItIsAbout() throws Exception {
    node.trade.priceRefusal = new PriceRefusal.OutOfSequence(3, 7);
    PublishPricesResponse response = publish(oraclePrice("0"), oraclePrice("50000"));
    assertThat(response.getAccepted()).isZero();
    assertThat(response.getRefusedList())
        .extracting(refused -> EdgeNode.info(refused.getStatus()).getReason())
        .containsExactly("NOT_POSITIVE", "OUT_OF_SEQUENCE");
    assertThat(EdgeNode.info(response.getRefused(1).getStatus()).getMetadataMap())
        .containsEntry("sequence", "3")
        .containsEntry("last", "7");
  }

  private static OraclePrice oraclePrice(String price) {
    return OraclePrice.newBuilder()
        .setSymbol("BTC")
        .setPrice(price)
        .setSequence(1)
        .setTimeMs(1_000)
        .build();
  }

  private static PublishPricesResponse publish(OraclePrice... prices) throws Exception {
    Target target = node.target("oracle-1");
    try (NovationClient client = NovationClient.connect(target);
        PriceStream stream = client.prices()) {
      return NovationClient.await(stream.publish(List.of(prices)));
    }
  }

  /** Submits a sound trade with one change and returns how that failed. */
  private static StatusRuntimeException submit(Consumer<Trade.Builder> change) {
    Trade.Builder trade =
        Trade.newBuilder()
            .setTradeId("t-1")
            .setInstrument("BTC-PERP")
            .setPrice("50000.1")
            .setQuantity("0.125")
            .setBuyerAccountId("a-1")
            .setSellerAccountId("b-1")
            .setExecutedAtMs(1_000);
    change.accept(trade);
    SubmitTradeRequest request = SubmitTradeRequest.newBuilder().setTrade(trade).build();
    return failure(() -> node.clearing("venue-1").submitTrade(request));
  }

  private static StatusRuntimeException failure(ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call);
  }

  private static void assertRefused(StatusRuntimeException failure, String field, String reason) {
    assertThat(failure.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(EdgeNode.info(status(failure)).getReason()).isEqualTo(reason);
    assertThat(EdgeNode.info(status(failure)).getMetadataMap()).containsEntry("field", field);
    assertThat(EdgeNode.field(status(failure))).isEqualTo(field);
    assertThat(node.trade.forwarded).isEmpty();
  }

  private static Status status(StatusRuntimeException failure) {
    Status status = StatusProto.fromThrowable(failure);
    assertThat(status).isNotNull();
    return status == null ? Status.getDefaultInstance() : status;
  }
}

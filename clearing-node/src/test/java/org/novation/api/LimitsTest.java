package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.Allowances.Allowance;
import org.novation.api.Limits.Kind;
import org.novation.api.Rates.Rate;
import org.novation.api.auth.Role;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Updates;
import org.novation.api.error.Problem;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.GetAccountRequest;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.WatchFundResponse;

/** The table of sizes and rates: up to each limit yes, beyond it no, and never kept. */
final class LimitsTest {
  private static final long SECOND = 1_000_000_000;
  private static final Rates RATES = Rates.DEFAULT;
  private static EdgeNode node;
  private static NovationClient client;

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - SECOND); // Wraps, as it may.

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    client = NovationClient.connect(node.target("operator"));
  }

  @AfterAll
  static void stop() {
    client.close();
    node.close();
  }

  // ---- rates

  @Test
  void bucketGivesItsBurstAtOnceAndThenItsRateAndSaysHowLongToWait() {
    Bucket bucket = new Bucket(10, 5, clock.get());
    for (int i = 0; i < 5; i++) assertThat(bucket.take(clock.get())).isZero();
    assertThat(bucket.take(clock.get())).isEqualTo(SECOND / 10);
    assertThat(bucket.take(clock.addAndGet(SECOND / 10 - 1))).isEqualTo(1);
    assertThat(bucket.take(clock.addAndGet(1))).isZero();
    assertThat(bucket.take(clock.get())).isEqualTo(SECOND / 10);
    clock.addAndGet(100 * SECOND); // However long the rest, no more than the burst.
    for (int i = 0; i < 5; i++) assertThat(bucket.take(clock.get())).isZero();
    assertThat(bucket.take(clock.get())).isPositive();
  }

  @Test
  void everyKindHasItsOwnAllowanceAndEveryCallerToo() {
    Allowances allowances = new Allowances(RATES, clock::get);
    Allowance hasty = allowances.of("hasty");
    for (Kind kind : Kind.values()) {
      for (int i = 0; i < RATES.of(kind).burst(); i++) assertThat(hasty.take(kind)).isNull();
      assertThat(hasty.take(kind))
          .isNotNull()
          .extracting(Problem::reason, problem -> problem.numbers().get("kind"))
          .contains("RATE_LIMITED");
      assertThat(allowances.of("hasty").take(kind)).as("the same caller").isNotNull();
      assertThat(allowances.of("other").take(kind)).isNull();
    }
    clock.addAndGet(SECOND);
    for (Kind kind : Kind.values()) assertThat(hasty.take(kind)).isNull();
  }

  @Test
  void refusalSaysTheLimitAndWhenToTryAgain() {
    Allowance hasty = new Allowances(RATES, clock::get).of("hasty");
    while (hasty.take(Kind.STREAM) == null) {}
    @Nullable Problem refusal = hasty.take(Kind.STREAM);
    assertThat(refusal).isNotNull();
    if (refusal == null) return;
    assertThat(refusal.numbers())
        .containsEntry("kind", "stream")
        .containsEntry("per_second", Integer.toString(RATES.stream().perSecond()))
        .containsEntry("burst", Integer.toString(RATES.stream().burst()))
        .containsEntry("retry_after_ms", Integer.toString(1_000 / RATES.stream().perSecond()));
  }

  @Test
  void aNodeGoesByTheRatesThatItIsTold() {
    Rates slow = new Rates(new Rate(1, 2), new Rate(1, 3), new Rate(1, 4), new Rate(1, 5), 3);
    Allowance caller = new Allowances(slow, clock::get).of("caller");
    int most = 2;
    for (Kind kind : List.of(Kind.READ, Kind.CHANGE, Kind.STREAM, Kind.MESSAGE)) {
      for (int i = 0; i < most; i++) assertThat(caller.take(kind)).isNull();
      assertThat(caller.take(kind))
          .isNotNull()
          .extracting(problem -> problem.numbers().get("burst"))
          .isEqualTo(Integer.toString(most++));
    }
    Allowance streams = new Allowances(slow, clock::get).of("streams");
    for (int i = 0; i < 3; i++) assertThat(streams.open()).isNull();
    assertThat(streams.open()).extracting(Problem::reason).isEqualTo("TOO_MANY_STREAMS");
  }

  /** Each such call is two records that are kept for ever, whatever is answered. */
  @Test
  void callerWithoutAnOfficeHasFewCallsRecordedAndAnOfficeAsManyAsItMakes() throws Exception {
    ExecuteProposalRequest request =
        ExecuteProposalRequest.newBuilder().setCommandId("x").setProposalId("none").build();
    try (NovationClient member = NovationClient.connect(node.target("alice"))) {
      @Nullable CallFailed refused = null;
      for (int n = 0; n < 1_000 && refused == null; n++)
        refused =
            catchThrowableOfType(CallFailed.class, () -> await(member.executeProposal(request)));
      assertThat(refused).isNotNull();
      if (refused == null) return;
      assertThat(refused.reason()).isEqualTo("RATE_LIMITED");
      assertThat(refused.numbers()).containsEntry("kind", "recorded");
    }
    for (int n = 0; n < 200; n++) await(client.executeProposal(request));
  }

  @Test
  void openStreamsAreCountedUntilTheyAreClosed() {
    Allowance caller = new Allowances(RATES, clock::get).of("caller");
    for (int i = 0; i < RATES.streamsOpen(); i++) {
      assertThat(caller.open()).isNull();
      clock.addAndGet(SECOND);
    }
    assertThat(caller.open()).extracting(Problem::reason).isEqualTo("TOO_MANY_STREAMS");
    caller.closed();
    clock.addAndGet(SECOND);
    assertThat(caller.open()).isNull();
  }

  /** Of more callers the newest are remembered, and memory is bounded. */
  @Test
  void callerThatWasSilentForLongestBeginsAnew() {
    Allowances allowances = new Allowances(RATES, clock::get);
    Allowance first = allowances.of("first");
    for (int i = 0; i < Limits.CALLERS - 1; i++) {
      var _ = allowances.of("caller-" + i);
    }
    assertThat(allowances.of("first")).isSameAs(first);
    for (int i = 0; i < Limits.CALLERS; i++) {
      var _ = allowances.of("other-" + i);
    }
    assertThat(allowances.of("first")).isNotSameAs(first);
  }

  @Test
  void callerThatOpensStreamsTooFastIsRefusedAndNobodyElse() throws Exception {
    NovationClient hasty = client.as(node.token("hasty", Role.VOTER));
    CallFailed refused = null;
    for (int i = 0; i < 2_000 && refused == null; i++) {
      try (Updates<WatchFundResponse> stream = hasty.watchFund()) {
        refused = catchThrowableOfType(CallFailed.class, stream::next);
      }
    }
    assertThat(refused).isNotNull();
    if (refused == null) return;
    assertThat(refused.code()).isEqualTo("RESOURCE_EXHAUSTED");
    assertThat(refused.reason()).isEqualTo("RATE_LIMITED");
    assertThat(Long.parseLong(refused.numbers().get("retry_after_ms"))).isBetween(1L, 50L);
    assertThat(await(hasty.fund())).as("another kind").isNotNull();
    try (Updates<WatchFundResponse> others = client.watchFund()) {
      assertThat(others.next()).isNotNull();
    }
  }

  // ---- sizes

  @Test
  void pagesHaveASizeAtMost() {
    assertThat(reason(client.accounts(page(Limits.PAGE)))).isEqualTo("OK");
    assertThat(reason(client.accounts(page(Limits.PAGE + 1)))).isEqualTo("MALFORMED");
    assertThat(reason(client.accounts(page(-1)))).isEqualTo("MALFORMED");
    node.trade.forwarded.clear();
    assertThat(reason(client.accounts(page(0)))).isEqualTo("OK");
    assertThat(node.trade.forwarded)
        .containsExactly("list null after '' at most " + (Limits.PAGE_DEFAULT + 1));
  }

  private static ListAccountsRequest page(int size) {
    return ListAccountsRequest.newBuilder().setPageSize(size).build();
  }

  @Test
  void idsAndReasonsHaveALengthAtMost() {
    assertThat(reason(client.account("x".repeat(Limits.ID_CHARACTERS)))).isNotEqualTo("MALFORMED");
    assertThat(reason(client.account("x".repeat(Limits.ID_CHARACTERS + 1)))).isEqualTo("MALFORMED");
    assertThat(reason(client.pause(pause("y".repeat(Limits.REASON_CHARACTERS))))).isEqualTo("OK");
    assertThat(reason(client.pause(pause("y".repeat(Limits.REASON_CHARACTERS + 1)))))
        .isEqualTo("MALFORMED");
  }

  private static SetPauseRequest pause(String reason) {
    return SetPauseRequest.newBuilder()
        .setId("p-1")
        .setOperation(org.novation.protocol.v1.Operation.OPERATION_TRADING)
        .setMarket("*")
        .setReason(reason)
        .build();
  }

  @Test
  void messagesOfPricesHaveASizeAtMost() throws Exception {
    NovationClient oracle = client.as(node.token("oracle-1", Role.ORACLE));
    try (PriceStream prices = oracle.prices()) {
      assertThat(await(prices.publish(prices(Limits.PRICES_PER_MESSAGE))).getAccepted())
          .isEqualTo(Limits.PRICES_PER_MESSAGE);
      assertThat(reason(prices.publish(prices(Limits.PRICES_PER_MESSAGE + 1))))
          .isEqualTo("MALFORMED");
    }
  }

  private static List<OraclePrice> prices(int count) {
    List<OraclePrice> prices = new ArrayList<>();
    for (int i = 0; i < count; i++)
      prices.add(
          OraclePrice.newBuilder()
              .setSymbol("BTC")
              .setPrice("1")
              .setSequence(i + 1)
              .setTimeMs(1)
              .build());
    return prices;
  }

  @Test
  void tokensAndHeadersHaveALengthAtMost() {
    GetAccountRequest request = GetAccountRequest.newBuilder().setAccountId("a-1").build();
    StatusRuntimeException tooLong =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                org.novation.protocol.v1.AccountServiceGrpc.newBlockingStub(node.channel)
                    .withInterceptors(EdgeNode.bearer("x".repeat(Limits.TOKEN_CHARACTERS + 1)))
                    .getAccount(request));
    assertThat(EdgeNode.reason(tooLong)).isEqualTo("TOKEN_MALFORMED");
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("more", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(Limits.HEADER_BYTES));
    StatusRuntimeException tooMany =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                node.accounts("alice")
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .getAccount(request));
    assertThat(tooMany).isNotNull();
    assertThat(node.accounts("alice").getAccount(request)).isNotNull();
  }

  private static String reason(CompletableFuture<?> call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, () -> await(call));
    return failed == null ? "OK" : failed.reason();
  }
}

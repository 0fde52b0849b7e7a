package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import com.nimbusds.jwt.SignedJWT;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.auth.Role;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Updates;
import org.novation.insurance.FundRefusal;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListTrailRecordsRequest;
import org.novation.protocol.v1.ListTrailRecordsResponse;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.RevokeTokenRequest;
import org.novation.protocol.v1.WatchFundResponse;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/** What operators may do: their calls leave records, and take tokens back. */
final class PowersTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private static EdgeNode node;
  private static NovationClient operator;
  private static NovationClient alice;

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    operator = NovationClient.connect(node.target("operator"));
    alice = NovationClient.connect(node.target("alice"));
  }

  @AfterAll
  static void stop() {
    operator.close();
    alice.close();
    node.close();
  }

  @BeforeEach
  void forget() {
    node.trade.access.forget();
    node.trade.forwarded.clear();
    node.trade.fund.refusal = null;
    node.trade.trail.gate = null;
  }

  @Test
  void noTokenCreditsAnAccountWhereCollateralComesInThroughCustody(@TempDir Path home)
      throws Exception {
    try (EdgeNode custodial = new EdgeNode(home).withoutCreditsByToken()) {
      for (String name : List.of("operator", "custodian")) {
        try (NovationClient who = NovationClient.connect(custodial.target(name))) {
          CallFailed failed =
              catchThrowableOfType(
                  CallFailed.class, () -> await(who.deposit("d-1", "acct-a", "USDC", "1")));
          assertThat(failed.reason()).isEqualTo("ONLY_BY_CUSTODIANS");
        }
      }
      try (NovationClient who = NovationClient.connect(custodial.target("operator"))) {
        assertThat(reason(who.contribute("c-1", "1")))
            .as("the fund")
            .isEqualTo("ONLY_FROM_ACCOUNTS");
      }
      assertThat(custodial.trade.forwarded).isEmpty();
    }
  }

  @Test
  void tokenThatWasTakenBackIsRefusedAtOnceAndItsSilentStreamEndsWithinASecondOrTwo()
      throws Exception {
    String token = node.token("venue-7", Role.VENUE);
    NovationClient venue = alice.as(token);
    try (Updates<WatchFundResponse> silent = venue.watchFund()) {
      assertThat(silent.next()).isNotNull();
      String id = SignedJWT.parse(token).getJWTClaimsSet().getJWTID();
      var _ =
          await(
              operator.revoke(
                  RevokeTokenRequest.newBuilder().setTokenId(id).setReason("lost").build()));
      assertThat(reason(venue.fund())).isEqualTo("TOKEN_REVOKED");
      CallFailed cut = catchThrowableOfType(CallFailed.class, silent::next);
      assertThat(cut.reason()).isEqualTo("TOKEN_REVOKED");
    }
    assertThat(await(alice.fund())).isNotNull();
  }

  @Test
  void takingBackAllTokensOfACallerEndsItsStreamInTheMiddle() throws Exception {
    NovationClient oracle = alice.as(Files.readString(node.keys.token("oracle-1")).strip());
    try (PriceStream prices = oracle.prices()) {
      var _ = prices.publish(List.of());
      long later = System.currentTimeMillis();
      eventually(() -> System.currentTimeMillis() > later + 1); // Tokens know whole seconds.
      var _ =
          await(
              operator.revoke(
                  RevokePrincipalRequest.newBuilder()
                      .setPrincipal("oracle-1")
                      .setReason("stolen")
                      .build()));
      assertThat(reason(oracle.fund())).isEqualTo("TOKEN_REVOKED");
      assertThat(await(operator.revocations()).getPrincipals(0).getPrincipal())
          .isEqualTo("oracle-1");
    }
  }

  /** A stream that nobody takes back goes by the clock alone. */
  @Test
  void silentStreamEndsWhenItsTokenRunsOut() throws Exception {
    try (Updates<WatchFundResponse> silent = alice.watchFund()) {
      assertThat(silent.next()).isNotNull();
      node.ahead = Duration.ofDays(40);
      CallFailed cut = catchThrowableOfType(CallFailed.class, silent::next);
      assertThat(cut.reason()).isEqualTo("TOKEN_EXPIRED");
    } finally {
      node.ahead = Duration.ZERO;
    }
  }

  @Test
  void whatAnOperatorDoesIsRecordedBeforeAndAfter() {
    TrailHead before = await(head());
    node.trade.fund.refusal = new FundRefusal.AmountNotPositive(1);
    assertThat(reason(operator.contribute("c-1", "5"))).isNotEmpty();
    node.trade.fund.refusal = null;
    var _ = await(operator.contribute("c-2", "5"));
    eventually(() -> node.trade.trail.records.size() == before.number() + 4);
    ListTrailRecordsResponse page =
        await(
            operator.trail(
                ListTrailRecordsRequest.newBuilder()
                    .setPageToken(before.number() == 0 ? "" : Long.toString(before.number()))
                    .build()));
    assertThat(page.getRecordsList())
        .extracting(
            record ->
                record.getPrincipal() + ' ' + record.getResource() + ' ' + record.getOutcome())
        .containsExactly(
            "operator contribution_id=c-1 ASKED",
            "operator contribution_id=c-1 INVALID_ARGUMENT NOT_POSITIVE",
            "operator contribution_id=c-2 ASKED",
            "operator contribution_id=c-2 OK");
    assertThat(page.getRecords(2).getAction())
        .isEqualTo("novation.v1.InsuranceService/ContributeToFund");
    assertThat(page.getRecords(2).getRequest()).isEqualTo("contribution_id: \"c-2\" amount: \"5\"");
  }

  @Test
  void nothingIsDoneBeforeItIsRecordedNorWhenItCannotBe() {
    CompletableFuture<Boolean> gate = new CompletableFuture<>();
    node.trade.trail.gate = gate;
    var waiting = operator.contribute("c-3", "5");
    assertThat(await(alice.accounts(ListAccountsRequest.getDefaultInstance()))).isNotNull();
    assertThat(node.trade.forwarded).noneMatch(said -> said.startsWith("contribute"));
    node.trade.trail.gate = null;
    gate.complete(true);
    assertThat(await(waiting).getContributionId()).isEqualTo("c-3");
    node.trade.forwarded.clear();
    node.trade.trail.gate = CompletableFuture.failedFuture(new IllegalStateException("no disk"));
    assertThat(reason(operator.contribute("c-4", "5"))).isEqualTo("UNAVAILABLE");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void memberThatChangesItsOwnLeavesNoRecord() {
    int before = node.trade.trail.records.size();
    var _ = await(alice.capLeverage("a-1", 5));
    assertThat(node.trade.trail.records).hasSize(before);
    var _ = await(operator.capLeverage("a-1", 5));
    assertThat(node.trade.trail.records).hasSizeGreaterThan(before);
  }

  @Test
  void trailIsReadPageByPage() {
    for (int i = 0; i < 3; i++) {
      var _ = await(operator.contribute("p-" + i, "5"));
    }
    long last = 0;
    String token = "";
    do {
      ListTrailRecordsResponse page =
          await(
              operator.trail(
                  ListTrailRecordsRequest.newBuilder().setPageSize(2).setPageToken(token).build()));
      for (var record : page.getRecordsList()) assertThat(record.getNumber()).isEqualTo(++last);
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(last).isGreaterThanOrEqualTo(5);
    TrailHead walked = TrailHead.START;
    for (TrailRecord record : List.copyOf(node.trade.trail.records)) {
      assertThat(walked.flaw(record)).isNull();
      walked = walked.after(record);
    }
  }

  private static CompletableFuture<TrailHead> head() {
    return node.trade.trail.head().toCompletableFuture();
  }

  private static String reason(CompletableFuture<?> call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, () -> await(call));
    return failed == null ? "OK" : failed.reason();
  }

  private static void eventually(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("not in time");
      LockSupport.parkNanos(5_000_000);
    }
  }
}

package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.Samples.Owner;
import org.novation.api.auth.Role;
import org.novation.protocol.v1.AccountServiceGrpc;
import org.novation.protocol.v1.AdlServiceGrpc;
import org.novation.protocol.v1.BrakeServiceGrpc;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.GetAccountRequest;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.InsuranceServiceGrpc;
import org.novation.protocol.v1.LiquidationServiceGrpc;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.MarketServiceGrpc;
import org.novation.protocol.v1.OpenAccountRequest;
import org.novation.protocol.v1.SetLeverageCapRequest;
import org.novation.protocol.v1.WatchAccountRequest;

/** Who may call what, tried over TLS against a real server. */
final class AccessTest {
  /**
   * Stated again on purpose, by name: a change of the table must be a change here. Each role stands
   * after how far it reaches: to its own things, or to any.
   */
  private static final Map<String, String> ALLOWED =
      Map.ofEntries(
          Map.entry("novation.v1.ClearingService/SubmitTrade", "own venue"),
          Map.entry("novation.v1.ClearingService/SubmitTrades", "own venue"),
          Map.entry(
              "novation.v1.ClearingService/GetTrade", "own venue member, any operator auditor"),
          Map.entry(
              "novation.v1.AccountService/OpenAccount",
              "own member voter liquidator, any operator"),
          Map.entry("novation.v1.AccountService/Deposit", "any custodian operator"),
          Map.entry("novation.v1.GiveUpService/ProposeGiveUp", "own member"),
          Map.entry("novation.v1.GiveUpService/AcceptGiveUp", "own member"),
          Map.entry("novation.v1.GiveUpService/DeclineGiveUp", "own member"),
          Map.entry("novation.v1.GiveUpService/CancelGiveUp", "own member"),
          Map.entry("novation.v1.GiveUpService/PermitGiveUps", "own member"),
          Map.entry("novation.v1.GiveUpService/ListGiveUps", "own member, any operator auditor"),
          Map.entry("novation.v1.CorrectionService/ProposeCorrection", "any operator"),
          Map.entry("novation.v1.CorrectionService/ApproveCorrection", "any operator"),
          Map.entry("novation.v1.CorrectionService/RejectCorrection", "any operator"),
          Map.entry(
              "novation.v1.CorrectionService/ListCorrections", "own member, any operator auditor"),
          Map.entry("novation.v1.AccountService/Transfer", "own member liquidator"),
          Map.entry("novation.v1.AccountService/SetLeverageCap", "own member, any operator"),
          Map.entry(
              "novation.v1.AccountService/GetAccount",
              "own member voter liquidator, any operator auditor"),
          Map.entry(
              "novation.v1.AccountService/ListAccounts",
              "own member voter liquidator, any operator auditor"),
          Map.entry(
              "novation.v1.AccountService/WatchAccount",
              "own member liquidator, any operator auditor"),
          Map.entry(
              "novation.v1.AccountService/PreviewTrade",
              "own member liquidator, any operator auditor"),
          Map.entry("novation.v1.AdlService/GetRank", "own member, any operator auditor"),
          Map.entry("novation.v1.AdlService/WatchAdl", "any *"),
          Map.entry("novation.v1.AdlService/GetReceipt", "any *"),
          Map.entry("novation.v1.AdlService/ListWaves", "any *"),
          Map.entry("novation.v1.MarketService/PublishPrices", "own oracle"),
          Map.entry("novation.v1.MarketService/ReportQuotes", "own venue"),
          Map.entry("novation.v1.MarketService/GetMarket", "any *"),
          Map.entry("novation.v1.MarketService/ListMarkets", "any *"),
          Map.entry("novation.v1.MarketService/WatchMarket", "any *"),
          Map.entry(
              "novation.v1.LiquidationService/WatchAuctions",
              "any liquidator member venue operator auditor"),
          Map.entry(
              "novation.v1.LiquidationService/ListAuctions",
              "any liquidator member venue operator auditor"),
          Map.entry(
              "novation.v1.LiquidationService/GetAuction",
              "any liquidator member venue operator auditor"),
          Map.entry(
              "novation.v1.LiquidationService/WatchTransitions",
              "own member, any venue liquidator operator auditor"),
          Map.entry("novation.v1.LiquidationService/PlaceBid", "own liquidator"),
          Map.entry(
              "novation.v1.LiquidationService/GetBid", "own liquidator, any operator auditor"),
          Map.entry("novation.v1.InsuranceService/GetFund", "any *"),
          Map.entry("novation.v1.InsuranceService/ListMovements", "any *"),
          Map.entry("novation.v1.InsuranceService/WatchFund", "any *"),
          Map.entry("novation.v1.InsuranceService/ContributeToFund", "any operator"),
          Map.entry("novation.v1.CustodyService/AttestDeposit", "any custodian"),
          Map.entry("novation.v1.CustodyService/RequestWithdrawal", "own member"),
          Map.entry("novation.v1.CustodyService/ApproveWithdrawal", "any custodian"),
          Map.entry("novation.v1.CustodyService/DisputeWithdrawal", "any custodian"),
          Map.entry("novation.v1.CustodyService/CancelWithdrawal", "own member, any custodian"),
          Map.entry(
              "novation.v1.CustodyService/ListWithdrawals",
              "own member, any custodian operator auditor"),
          Map.entry(
              "novation.v1.CustodyService/GetWithdrawal",
              "own member, any custodian operator auditor"),
          Map.entry(
              "novation.v1.CustodyService/WatchWithdrawals",
              "own member, any custodian operator auditor"),
          Map.entry("novation.v1.CustodyService/GetCustody", "any custodian operator auditor"),
          Map.entry("novation.v1.GovernanceService/Propose", "own member voter"),
          Map.entry("novation.v1.GovernanceService/DepositStake", "own member voter"),
          Map.entry("novation.v1.GovernanceService/WithdrawProposal", "own member voter"),
          Map.entry("novation.v1.GovernanceService/CastVote", "own member voter"),
          Map.entry("novation.v1.GovernanceService/Delegate", "own member voter"),
          Map.entry("novation.v1.GovernanceService/StakeTokens", "own member voter"),
          Map.entry("novation.v1.GovernanceService/UnstakeTokens", "own member voter"),
          Map.entry("novation.v1.GovernanceService/ExecuteProposal", "any member voter operator"),
          Map.entry("novation.v1.GovernanceService/Tighten", "any voter operator"),
          Map.entry("novation.v1.GovernanceService/CancelProposal", "any voter operator"),
          Map.entry("novation.v1.GovernanceService/ApproveAct", "any voter operator"),
          Map.entry("novation.v1.GovernanceService/GetProposal", "any *"),
          Map.entry(
              "novation.v1.GovernanceService/PreviewProposal",
              "any member voter liquidator operator auditor"),
          Map.entry("novation.v1.GovernanceService/ListProposals", "any *"),
          Map.entry("novation.v1.GovernanceService/ListParameters", "any *"),
          Map.entry("novation.v1.GovernanceService/WatchProposals", "any *"),
          Map.entry(
              "novation.v1.GovernanceService/GetStake", "own member voter, any operator auditor"),
          Map.entry("novation.v1.BrakeService/SetPause", "any operator"),
          Map.entry("novation.v1.BrakeService/ClearPause", "any operator"),
          Map.entry("novation.v1.BrakeService/ListPauses", "any *"),
          Map.entry("novation.v1.AccessService/RevokeToken", "any operator"),
          Map.entry("novation.v1.AccessService/RevokePrincipal", "any operator"),
          Map.entry("novation.v1.AccessService/ListRevocations", "any operator auditor"),
          Map.entry("novation.v1.TrailService/GetTrailHead", "any operator auditor"),
          Map.entry("novation.v1.TrailService/ListTrailRecords", "any operator auditor"));

  /** Whose requests name no owner: what they send is theirs by the name in their token. */
  private static final Set<String> UNDER_THE_CALLERS_NAME =
      Set.of(
          "novation.v1.ClearingService/SubmitTrade",
          "novation.v1.ClearingService/SubmitTrades",
          "novation.v1.MarketService/PublishPrices",
          "novation.v1.MarketService/ReportQuotes",
          "novation.v1.LiquidationService/WatchTransitions");

  private static final Map<Role, ClientInterceptor> TOKENS = new EnumMap<>(Role.class);

  private static EdgeNode node;
  private static Path home;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    home = directory;
    node = new EdgeNode(directory);
    node.trade.receipt = "{}".getBytes(StandardCharsets.UTF_8);
    // Every stream begins with what is: nobody waits for a first answer.
    node.trade.wave = AdlServiceTest.wave(2_000, 0);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void forget() {
    node.trade.forwarded.clear();
  }

  @Test
  void everyCallOfTheContractHasItsRow() {
    assertThat(Samples.methods().stream().map(MethodDescriptor::getFullMethodName))
        .containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
  }

  /** Whoever reaches what is not its own leaves a record, whatever the call is called. */
  @Test
  void everyChangeThatAnOfficeMayMakeIsRecorded() {
    for (MethodDescriptor<?, ?> method : Samples.methods()) {
      if (Samples.reads(method)) continue;
      for (Role role : Role.values()) {
        if (!reach(ALLOWED.getOrDefault(method.getFullMethodName(), ""), role).equals("any"))
          continue;
        int before = node.trade.trail.records.size();
        var _ = callAs(role, method, Owner.ALICE);
        assertThat(node.trade.trail.records)
            .as("%s as %s", method.getFullMethodName(), role)
            .hasSizeGreaterThan(before);
      }
    }
  }

  /** Every call, as every role, about its own things and about somebody else's. */
  @TestFactory
  Stream<DynamicTest> everyCallAnswersTheRolesOfItsRowAsFarAsTheyReachAndNoOther() {
    return Samples.methods().stream()
        .flatMap(
            method ->
                Stream.of(Role.values())
                    .map(
                        role ->
                            DynamicTest.dynamicTest(
                                method.getFullMethodName() + " as " + role.claim(),
                                () -> holdToTheTable(method, role))));
  }

  private static void holdToTheTable(MethodDescriptor<?, ?> method, Role role) {
    node.trade.forwarded.clear();
    String name = method.getFullMethodName();
    switch (reach(ALLOWED.getOrDefault(name, ""), role)) {
      case "any" -> {
        for (Owner owner : List.of(Owner.ALICE, Owner.BOB))
          assertThat(code(callAs(role, method, owner)))
              .isNotIn(Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED);
      }
      case "own" -> {
        assertThat(code(callAs(role, method, Owner.ALICE)))
            .isNotIn(Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED);
        assertThat(node.trade.forwarded).isNotEmpty();
        if (UNDER_THE_CALLERS_NAME.contains(name)) {
          assertThat(node.trade.forwarded)
              .allSatisfy(said -> assertThat(said).contains(nameOf(role)));
        } else {
          node.trade.forwarded.clear();
          assertThat(code(callAs(role, method, Owner.BOB)))
              .isIn(Code.NOT_FOUND, Code.PERMISSION_DENIED);
          assertThat(node.trade.forwarded).isEmpty();
        }
      }
      default -> {
        StatusRuntimeException failure = callAs(role, method, Owner.ALICE);
        assertThat(code(failure)).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(EdgeNode.reason(failure)).isEqualTo("ROLE_REQUIRED");
        assertThat(node.trade.forwarded).isEmpty();
      }
    }
  }

  /** How far a role reaches by a row: {@code own}, {@code any}, or nowhere. */
  private static String reach(String row, Role role) {
    for (String part : row.split(", ")) {
      List<String> words = List.of(part.split(" "));
      if (words.contains(role.claim()) || words.contains("*")) return words.getFirst();
    }
    return "";
  }

  /** A member, a voter and a liquidator are Alice, who owns what {@link Owner#ALICE} says. */
  private static String nameOf(Role role) {
    return switch (role) {
      case MEMBER, LIQUIDATOR, VOTER -> "alice";
      case VENUE -> "venue-1";
      case ORACLE -> "oracle-1";
      case CUSTODIAN, OPERATOR, AUDITOR -> "someone";
    };
  }

  private static <Q, A> @Nullable StatusRuntimeException callAs(
      Role role, MethodDescriptor<Q, A> method, Owner owner) {
    ClientInterceptor token =
        TOKENS.computeIfAbsent(role, each -> node.as(nameOf(each), Set.of(each)));
    return exchange(
        method, ClientInterceptors.intercept(node.channel, token), Samples.request(method, owner));
  }

  @Test
  void nothingButHealthAnswersWithoutToken() {
    for (MethodDescriptor<?, ?> method : Samples.methods()) {
      StatusRuntimeException failure = call(method);
      assertThat(code(failure)).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(EdgeNode.reason(failure)).isEqualTo("TOKEN_MISSING");
    }
    StatusRuntimeException reflection = call(ServerReflectionGrpc.getServerReflectionInfoMethod());
    assertThat(code(reflection)).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(
            HealthGrpc.newBlockingStub(node.channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void reflectionNamesEveryServiceToWhoeverHasToken() throws Exception {
    List<String> services = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(node.channel)
            .withInterceptors(node.as("voter"))
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    response
                        .getListServicesResponse()
                        .getServiceList()
                        .forEach(service -> services.add(service.getName()));
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.countDown();
                  }

                  @Override
                  public void onCompleted() {
                    done.countDown();
                  }
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    requests.onCompleted();
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(services)
        .contains(
            ClearingServiceGrpc.SERVICE_NAME,
            AccountServiceGrpc.SERVICE_NAME,
            MarketServiceGrpc.SERVICE_NAME,
            InsuranceServiceGrpc.SERVICE_NAME,
            BrakeServiceGrpc.SERVICE_NAME,
            AdlServiceGrpc.SERVICE_NAME,
            LiquidationServiceGrpc.SERVICE_NAME);
  }

  @Test
  void refusesTokenThatHasExpired() {
    assertRefused(
        node.as(
            "operator",
            Set.of(Role.OPERATOR),
            Instant.now().minusSeconds(3_600),
            Duration.ofMinutes(1)),
        "TOKEN_EXPIRED");
  }

  @Test
  void refusesTokenThatAnotherKeySigned(@TempDir Path elsewhere) throws Exception {
    try (EdgeNode other = new EdgeNode(elsewhere)) {
      assertRefused(other.as("operator"), "TOKEN_FORGED");
    }
  }

  @Test
  void refusesTokenWhoseClaimsWereChanged() throws Exception {
    String[] parts = Files.readString(node.keys.token("voter")).split("\\.");
    String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    String changed =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.replace("voter", "operator").getBytes(StandardCharsets.UTF_8));
    assertRefused(EdgeNode.bearer(parts[0] + "." + changed + "." + parts[2]), "TOKEN_FORGED");
  }

  @Test
  void refusesTokenWithoutSignature() {
    String header = base64("{\"alg\":\"none\"}");
    String claims = base64("{\"sub\":\"operator\",\"roles\":[\"operator\"],\"exp\":9999999999}");
    assertRefused(EdgeNode.bearer(header + "." + claims + "."), "TOKEN_MALFORMED");
    assertRefused(EdgeNode.bearer("x".repeat(5_000)), "TOKEN_MALFORMED");
    assertRefused(EdgeNode.bearer(""), "TOKEN_MALFORMED");
  }

  @Test
  void memberSeesItsOwnAccountsOnly() {
    AccountServiceGrpc.AccountServiceBlockingStub alice = node.accounts("alice");
    assertThat(
            alice
                .getAccount(GetAccountRequest.newBuilder().setAccountId("a-1").build())
                .getAccount()
                .getMember())
        .isEqualTo("alice");
    node.trade.forwarded.clear();
    assertUnknown(
        () -> alice.getAccount(GetAccountRequest.newBuilder().setAccountId("b-1").build()));
    assertUnknown(
        () ->
            alice.setLeverageCap(
                SetLeverageCapRequest.newBuilder().setAccountId("b-1").setMaxLeverage(2).build()));
    assertUnknown(
        () ->
            alice
                .watchAccount(WatchAccountRequest.newBuilder().setAccountId("b-1").build())
                .hasNext());
    assertUnknown(() -> alice.getAccount(GetAccountRequest.newBuilder().setAccountId("x").build()));
    assertThat(node.trade.forwarded).isEmpty();
    alice.listAccounts(ListAccountsRequest.getDefaultInstance());
    assertThat(node.trade.forwarded).containsExactly("list alice after '' at most 101");
  }

  @Test
  void memberOpensAccountsForItselfOnly() {
    AccountServiceGrpc.AccountServiceBlockingStub alice = node.accounts("alice");
    alice.openAccount(OpenAccountRequest.newBuilder().setAccountId("a-9").build());
    assertThat(node.trade.forwarded).containsExactly("open a-9 for alice");
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                alice.openAccount(
                    OpenAccountRequest.newBuilder().setAccountId("b-9").setMember("bob").build()));
    assertThat(EdgeNode.reason(failure)).isEqualTo("OWN_ACCOUNTS_ONLY");
    assertThat(node.trade.forwarded).hasSize(1);
  }

  @Test
  void memberFindsTradesOfItsOwnAccountsOnly() {
    GetTradeRequest.Builder request =
        GetTradeRequest.newBuilder().setTradeId("t-1").setVenue("venue-1");
    ClearingServiceGrpc.ClearingServiceBlockingStub alice = node.clearing("alice");
    assertThat(alice.getTrade(request.setAccountId("a-1").build()).getRealisedProfit())
        .isEqualTo("-2.5");
    node.trade.forwarded.clear();
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> alice.getTrade(request.setAccountId("b-1").build()));
    assertThat(EdgeNode.reason(failure)).isEqualTo("UNKNOWN_TRADE");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void venueFindsItsOwnTradesOnly() {
    GetTradeRequest.Builder request =
        GetTradeRequest.newBuilder().setTradeId("t-1").setAccountId("b-1");
    ClearingServiceGrpc.ClearingServiceBlockingStub venue = node.clearing("venue-1");
    assertThat(venue.getTrade(request.build()).getVenue()).isEqualTo("venue-1");
    node.trade.forwarded.clear();
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> venue.getTrade(request.setVenue("venue-2").build()));
    assertThat(EdgeNode.reason(failure)).isEqualTo("UNKNOWN_TRADE");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void keysAndTokensAreReadableByTheirOwnerOnly() throws Exception {
    try (Stream<Path> files = Files.walk(home.resolve("dev"))) {
      assertThat(files)
          .hasSizeGreaterThan(15)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .endsWith("------"));
    }
  }

  private static void assertRefused(ClientInterceptor token, String reason) {
    StatusRuntimeException failure = call(AccountServiceGrpc.getListAccountsMethod(), token);
    assertThat(code(failure)).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(EdgeNode.reason(failure)).isEqualTo(reason);
    assertThat(node.trade.forwarded).isEmpty();
  }

  private static void assertUnknown(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(code(failure)).isEqualTo(Code.NOT_FOUND);
    assertThat(EdgeNode.reason(failure)).isEqualTo("UNKNOWN_ACCOUNT");
  }

  private static Code code(@Nullable StatusRuntimeException failure) {
    return failure == null ? Code.OK : failure.getStatus().getCode();
  }

  /** Makes any call with an empty request, and returns how it failed, or null when it did not. */
  private static @Nullable StatusRuntimeException call(
      MethodDescriptor<?, ?> method, ClientInterceptor... interceptors) {
    return callEmpty(method, ClientInterceptors.intercept(node.channel, interceptors));
  }

  private static <Q, A> @Nullable StatusRuntimeException callEmpty(
      MethodDescriptor<Q, A> method, Channel channel) {
    return exchange(method, channel, method.parseRequest(new ByteArrayInputStream(new byte[0])));
  }

  /** A stream is left after its first answer. */
  private static <Q, A> @Nullable StatusRuntimeException exchange(
      MethodDescriptor<Q, A> method, Channel channel, Q request) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
    try {
      if (method.getType() == MethodType.UNARY) {
        ClientCalls.blockingUnaryCall(channel, method, options, request);
      } else if (method.getType() == MethodType.SERVER_STREAMING) {
        try (Context.CancellableContext leaving = Context.current().withCancellation()) {
          leaving.run(
              () -> {
                Iterator<A> answers =
                    ClientCalls.blockingServerStreamingCall(channel, method, options, request);
                var _ = answers.hasNext();
              });
        }
      } else {
        var stream = ClientCalls.blockingBidiStreamingCall(channel, method, options);
        stream.write(request);
        stream.halfClose();
        stream.read();
      }
      return null;
    } catch (StatusRuntimeException failure) {
      return failure;
    } catch (StatusException failure) {
      return new StatusRuntimeException(failure.getStatus(), failure.getTrailers());
    } catch (InterruptedException failure) {
      throw new AssertionError(failure);
    }
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}

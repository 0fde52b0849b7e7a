package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
  /** Stated again on purpose, by name: a change of the table must be a change here. */
  private static final Map<String, String> ALLOWED =
      Map.ofEntries(
          Map.entry("novation.v1.ClearingService/SubmitTrade", "venue"),
          Map.entry("novation.v1.ClearingService/SubmitTrades", "venue"),
          Map.entry("novation.v1.ClearingService/GetTrade", "venue member operator auditor"),
          Map.entry("novation.v1.AccountService/OpenAccount", "member liquidator operator"),
          Map.entry("novation.v1.AccountService/Deposit", "custodian operator"),
          Map.entry("novation.v1.AccountService/SetLeverageCap", "member operator"),
          Map.entry("novation.v1.AccountService/GetAccount", "member liquidator operator auditor"),
          Map.entry(
              "novation.v1.AccountService/ListAccounts", "member liquidator operator auditor"),
          Map.entry(
              "novation.v1.AccountService/WatchAccount", "member liquidator operator auditor"),
          Map.entry(
              "novation.v1.AccountService/PreviewTrade", "member liquidator operator auditor"),
          Map.entry("novation.v1.AdlService/GetRank", "member operator auditor"),
          Map.entry("novation.v1.AdlService/WatchAdl", "*"),
          Map.entry("novation.v1.AdlService/GetReceipt", "*"),
          Map.entry("novation.v1.AdlService/ListWaves", "*"),
          Map.entry("novation.v1.MarketService/PublishPrices", "oracle"),
          Map.entry("novation.v1.MarketService/ReportQuotes", "venue"),
          Map.entry("novation.v1.MarketService/GetMarket", "*"),
          Map.entry("novation.v1.MarketService/ListMarkets", "*"),
          Map.entry("novation.v1.MarketService/WatchMarket", "*"),
          Map.entry(
              "novation.v1.LiquidationService/WatchAuctions",
              "liquidator member venue operator auditor"),
          Map.entry(
              "novation.v1.LiquidationService/ListAuctions",
              "liquidator member venue operator auditor"),
          Map.entry(
              "novation.v1.LiquidationService/GetAuction",
              "liquidator member venue operator auditor"),
          Map.entry("novation.v1.LiquidationService/PlaceBid", "liquidator"),
          Map.entry("novation.v1.LiquidationService/GetBid", "liquidator operator auditor"),
          Map.entry("novation.v1.InsuranceService/GetFund", "*"),
          Map.entry("novation.v1.InsuranceService/ListMovements", "*"),
          Map.entry("novation.v1.InsuranceService/WatchFund", "*"),
          Map.entry("novation.v1.InsuranceService/ContributeToFund", "operator"),
          Map.entry("novation.v1.BrakeService/SetPause", "operator"),
          Map.entry("novation.v1.BrakeService/ClearPause", "operator"),
          Map.entry("novation.v1.BrakeService/ListPauses", "*"));

  private static EdgeNode node;
  private static Path home;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    home = directory;
    node = new EdgeNode(directory);
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
  void everyCallAnswersTheRolesOfItsRowAndNoOther() {
    for (MethodDescriptor<?, ?> method : methods().toList()) {
      String allowed = ALLOWED.getOrDefault(method.getFullMethodName(), "");
      assertThat(allowed).as("row of %s", method.getFullMethodName()).isNotEmpty();
      for (Role role : Role.values()) {
        boolean may = allowed.equals("*") || List.of(allowed.split(" ")).contains(role.claim());
        StatusRuntimeException failure = call(method, node.as("someone", Set.of(role)));
        if (may) {
          assertThat(code(failure))
              .as("%s as %s", method.getFullMethodName(), role)
              .isNotIn(Code.PERMISSION_DENIED, Code.UNAUTHENTICATED);
        } else {
          assertThat(code(failure))
              .as("%s as %s", method.getFullMethodName(), role)
              .isEqualTo(Code.PERMISSION_DENIED);
          assertThat(EdgeNode.reason(failure)).isEqualTo("ROLE_REQUIRED");
        }
      }
    }
    assertThat(methods().map(MethodDescriptor::getFullMethodName))
        .containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
  }

  @Test
  void nothingButHealthAnswersWithoutToken() {
    for (MethodDescriptor<?, ?> method : methods().toList()) {
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

  private static Stream<MethodDescriptor<?, ?>> methods() {
    return Stream.of(
            ClearingServiceGrpc.getServiceDescriptor(),
            AccountServiceGrpc.getServiceDescriptor(),
            MarketServiceGrpc.getServiceDescriptor(),
            InsuranceServiceGrpc.getServiceDescriptor(),
            BrakeServiceGrpc.getServiceDescriptor(),
            AdlServiceGrpc.getServiceDescriptor(),
            LiquidationServiceGrpc.getServiceDescriptor())
        .map(ServiceDescriptor::getMethods)
        .flatMap(methods -> methods.stream().map(method -> method));
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
    return exchange(method, ClientInterceptors.intercept(node.channel, interceptors));
  }

  private static <Q, A> @Nullable StatusRuntimeException exchange(
      MethodDescriptor<Q, A> method, Channel channel) {
    Q empty = method.parseRequest(new ByteArrayInputStream(new byte[0]));
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
    try {
      if (method.getType() == MethodType.UNARY) {
        ClientCalls.blockingUnaryCall(channel, method, options, empty);
      } else if (method.getType() == MethodType.SERVER_STREAMING) {
        Iterator<A> answers =
            ClientCalls.blockingServerStreamingCall(channel, method, options, empty);
        var _ = answers.hasNext();
      } else {
        var stream = ClientCalls.blockingBidiStreamingCall(channel, method, options);
        stream.write(empty);
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

package org.novation.api.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.AcceptGiveUpRequest;
import org.novation.protocol.v1.AcceptGiveUpResponse;
import org.novation.protocol.v1.AccessServiceGrpc;
import org.novation.protocol.v1.AccountServiceGrpc;
import org.novation.protocol.v1.AdlServiceGrpc;
import org.novation.protocol.v1.ApproveActRequest;
import org.novation.protocol.v1.ApproveActResponse;
import org.novation.protocol.v1.ApproveCorrectionRequest;
import org.novation.protocol.v1.ApproveCorrectionResponse;
import org.novation.protocol.v1.ApproveWithdrawalRequest;
import org.novation.protocol.v1.ApproveWithdrawalResponse;
import org.novation.protocol.v1.AttestDepositRequest;
import org.novation.protocol.v1.AttestDepositResponse;
import org.novation.protocol.v1.BrakeServiceGrpc;
import org.novation.protocol.v1.CancelGiveUpRequest;
import org.novation.protocol.v1.CancelGiveUpResponse;
import org.novation.protocol.v1.CancelProposalRequest;
import org.novation.protocol.v1.CancelProposalResponse;
import org.novation.protocol.v1.CancelWithdrawalRequest;
import org.novation.protocol.v1.CancelWithdrawalResponse;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.CastVoteResponse;
import org.novation.protocol.v1.ClearPauseRequest;
import org.novation.protocol.v1.ClearPauseResponse;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.ContributeToFundRequest;
import org.novation.protocol.v1.ContributeToFundResponse;
import org.novation.protocol.v1.CorrectionServiceGrpc;
import org.novation.protocol.v1.CustodyServiceGrpc;
import org.novation.protocol.v1.DeclineGiveUpRequest;
import org.novation.protocol.v1.DeclineGiveUpResponse;
import org.novation.protocol.v1.DelegateRequest;
import org.novation.protocol.v1.DelegateResponse;
import org.novation.protocol.v1.DepositRequest;
import org.novation.protocol.v1.DepositResponse;
import org.novation.protocol.v1.DepositStakeRequest;
import org.novation.protocol.v1.DepositStakeResponse;
import org.novation.protocol.v1.DisputeWithdrawalRequest;
import org.novation.protocol.v1.DisputeWithdrawalResponse;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.ExecuteProposalResponse;
import org.novation.protocol.v1.GetAccountRequest;
import org.novation.protocol.v1.GetAccountResponse;
import org.novation.protocol.v1.GetAuctionRequest;
import org.novation.protocol.v1.GetAuctionResponse;
import org.novation.protocol.v1.GetBidRequest;
import org.novation.protocol.v1.GetBidResponse;
import org.novation.protocol.v1.GetCustodyRequest;
import org.novation.protocol.v1.GetCustodyResponse;
import org.novation.protocol.v1.GetFundRequest;
import org.novation.protocol.v1.GetFundResponse;
import org.novation.protocol.v1.GetMarketRequest;
import org.novation.protocol.v1.GetMarketResponse;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.GetProposalResponse;
import org.novation.protocol.v1.GetRankRequest;
import org.novation.protocol.v1.GetRankResponse;
import org.novation.protocol.v1.GetReceiptRequest;
import org.novation.protocol.v1.GetReceiptResponse;
import org.novation.protocol.v1.GetStakeRequest;
import org.novation.protocol.v1.GetStakeResponse;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.GetTradeResponse;
import org.novation.protocol.v1.GetTrailHeadRequest;
import org.novation.protocol.v1.GetTrailHeadResponse;
import org.novation.protocol.v1.GetWithdrawalRequest;
import org.novation.protocol.v1.GetWithdrawalResponse;
import org.novation.protocol.v1.GiveUpServiceGrpc;
import org.novation.protocol.v1.GovernanceServiceGrpc;
import org.novation.protocol.v1.InsuranceServiceGrpc;
import org.novation.protocol.v1.LiquidationServiceGrpc;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.ListCorrectionsResponse;
import org.novation.protocol.v1.ListGiveUpsRequest;
import org.novation.protocol.v1.ListGiveUpsResponse;
import org.novation.protocol.v1.ListMarketsRequest;
import org.novation.protocol.v1.ListMarketsResponse;
import org.novation.protocol.v1.ListMovementsRequest;
import org.novation.protocol.v1.ListMovementsResponse;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.ListParametersResponse;
import org.novation.protocol.v1.ListPausesRequest;
import org.novation.protocol.v1.ListPausesResponse;
import org.novation.protocol.v1.ListProposalsRequest;
import org.novation.protocol.v1.ListProposalsResponse;
import org.novation.protocol.v1.ListRevocationsRequest;
import org.novation.protocol.v1.ListRevocationsResponse;
import org.novation.protocol.v1.ListTrailRecordsRequest;
import org.novation.protocol.v1.ListTrailRecordsResponse;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.ListWavesResponse;
import org.novation.protocol.v1.ListWithdrawalsRequest;
import org.novation.protocol.v1.ListWithdrawalsResponse;
import org.novation.protocol.v1.MarketServiceGrpc;
import org.novation.protocol.v1.OpenAccountRequest;
import org.novation.protocol.v1.OpenAccountResponse;
import org.novation.protocol.v1.PermitGiveUpsRequest;
import org.novation.protocol.v1.PermitGiveUpsResponse;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.PlaceBidResponse;
import org.novation.protocol.v1.PreviewProposalRequest;
import org.novation.protocol.v1.PreviewProposalResponse;
import org.novation.protocol.v1.PreviewTradeRequest;
import org.novation.protocol.v1.PreviewTradeResponse;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.ProposeCorrectionResponse;
import org.novation.protocol.v1.ProposeGiveUpRequest;
import org.novation.protocol.v1.ProposeGiveUpResponse;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.ProposeResponse;
import org.novation.protocol.v1.RejectCorrectionRequest;
import org.novation.protocol.v1.RejectCorrectionResponse;
import org.novation.protocol.v1.ReportQuotesRequest;
import org.novation.protocol.v1.ReportQuotesResponse;
import org.novation.protocol.v1.RequestWithdrawalRequest;
import org.novation.protocol.v1.RequestWithdrawalResponse;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.RevokePrincipalResponse;
import org.novation.protocol.v1.RevokeTokenRequest;
import org.novation.protocol.v1.RevokeTokenResponse;
import org.novation.protocol.v1.SetLeverageCapRequest;
import org.novation.protocol.v1.SetLeverageCapResponse;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.SetPauseResponse;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.StakeTokensResponse;
import org.novation.protocol.v1.SubmitTradeRequest;
import org.novation.protocol.v1.SubmitTradeResponse;
import org.novation.protocol.v1.TightenRequest;
import org.novation.protocol.v1.TightenResponse;
import org.novation.protocol.v1.TrailServiceGrpc;
import org.novation.protocol.v1.TransferRequest;
import org.novation.protocol.v1.TransferResponse;
import org.novation.protocol.v1.UnstakeTokensRequest;
import org.novation.protocol.v1.UnstakeTokensResponse;
import org.novation.protocol.v1.WatchAccountRequest;
import org.novation.protocol.v1.WatchAccountResponse;
import org.novation.protocol.v1.WatchAdlRequest;
import org.novation.protocol.v1.WatchAdlResponse;
import org.novation.protocol.v1.WatchAuctionsRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.protocol.v1.WatchFundRequest;
import org.novation.protocol.v1.WatchFundResponse;
import org.novation.protocol.v1.WatchMarketRequest;
import org.novation.protocol.v1.WatchMarketResponse;
import org.novation.protocol.v1.WatchProposalsRequest;
import org.novation.protocol.v1.WatchProposalsResponse;
import org.novation.protocol.v1.WatchTransitionsRequest;
import org.novation.protocol.v1.WatchTransitionsResponse;
import org.novation.protocol.v1.WatchWithdrawalsRequest;
import org.novation.protocol.v1.WatchWithdrawalsResponse;
import org.novation.protocol.v1.WithdrawProposalRequest;
import org.novation.protocol.v1.WithdrawProposalResponse;

/**
 * A connection to a node, as one caller. Calls of one request give a future that fails with {@link
 * CallFailed}; each has a deadline and is retried by itself while the node is unavailable, which is
 * safe because every call carries its id. Safe for use by several threads. Futures complete on the
 * client's few threads: what follows them must not wait.
 */
public final class NovationClient implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(35); // The node answers within 30.
  private static final int THREADS = 2;

  private final Connection connection;
  private final Channel channel;

  /** What the callers of one connection share. */
  private record Connection(
      ManagedChannel channel,
      @Nullable Duration deadline,
      ExecutorService executor,
      ScheduledExecutorService timer) {
    CallOptions options() {
      return deadline == null
          ? CallOptions.DEFAULT
          : CallOptions.DEFAULT.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private NovationClient(Connection connection, @Nullable String token) {
    this.connection = connection;
    this.channel = token == null ? connection.channel() : authorized(connection.channel(), token);
  }

  /**
   * Prepares to call; nothing is sent before the first call.
   *
   * @throws IOException when the certificates to trust cannot be read or are none
   */
  public static NovationClient connect(Target target) throws IOException {
    ExecutorService executor =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("novation-client-", 1).daemon(true).factory());
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("novation-client-timer").daemon(true).factory());
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(target.endpoint(), trust(target))
            .executor(executor)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .maxInboundMessageSize(4 << 20)
            .defaultServiceConfig(retries())
            .enableRetry()
            .build();
    return new NovationClient(new Connection(channel, DEADLINE, executor, timer), target.token());
  }

  /**
   * Calls a node in the same process. A call goes as far as it gets within the caller's thread, and
   * its future completes on the thread of whoever works for the node: it has no deadline and is not
   * tried again.
   *
   * @param name of the node's server
   * @param worker the node's own, see {@link org.novation.api.Hands}
   */
  public static NovationClient local(String name, ScheduledExecutorService worker, String token) {
    ManagedChannel channel =
        InProcessChannelBuilder.forName(name)
            .directExecutor()
            .scheduledExecutorService(worker)
            .disableRetry()
            .build();
    return new NovationClient(new Connection(channel, null, worker, worker), token);
  }

  /** The same connection as somebody else. Closing either closes both. */
  public NovationClient as(String token) {
    return new NovationClient(connection, token);
  }

  private static ChannelCredentials trust(Target target) throws IOException {
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    if (target.authority() != null) tls.trustManager(certificates(target.authority()));
    Target.ClientIdentity own = target.identity();
    if (own != null) tls.keyManager(own.certificateChain().toFile(), own.privateKey().toFile());
    return tls.build();
  }

  /** Read here, because the channel would say of bad ones no more than that they are illegal. */
  private static TrustManager[] certificates(Path authority) throws IOException {
    try (InputStream in = Files.newInputStream(authority)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in))
        trusted.setCertificateEntry(Integer.toString(trusted.size()), each);
      if (trusted.size() == 0) throw new IOException("there is no certificate in it");
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      return factory.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new IOException("not PEM: " + e.getMessage(), e);
    }
  }

  private static Channel authorized(Channel channel, String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Calls of one request only: a stream of trades knows by itself what to send again. */
  private static Map<String, Object> retries() {
    List<Map<String, String>> calls =
        Stream.of(
                ClearingServiceGrpc.getServiceDescriptor(),
                CorrectionServiceGrpc.getServiceDescriptor(),
                GiveUpServiceGrpc.getServiceDescriptor(),
                AccountServiceGrpc.getServiceDescriptor(),
                MarketServiceGrpc.getServiceDescriptor(),
                InsuranceServiceGrpc.getServiceDescriptor(),
                BrakeServiceGrpc.getServiceDescriptor(),
                CustodyServiceGrpc.getServiceDescriptor(),
                GovernanceServiceGrpc.getServiceDescriptor(),
                AdlServiceGrpc.getServiceDescriptor(),
                AccessServiceGrpc.getServiceDescriptor(),
                TrailServiceGrpc.getServiceDescriptor(),
                LiquidationServiceGrpc.getServiceDescriptor())
            .map(ServiceDescriptor::getMethods)
            .flatMap(methods -> methods.stream())
            .filter(method -> method.getType() == MethodType.UNARY)
            .map(
                method ->
                    Map.of(
                        "service", String.valueOf(method.getServiceName()),
                        "method", String.valueOf(method.getBareMethodName())))
            .toList();
    Map<String, Object> policy =
        Map.of(
            "maxAttempts",
            4.0,
            "initialBackoff",
            "0.1s",
            "maxBackoff",
            "2s",
            "backoffMultiplier",
            3.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    return Map.of("methodConfig", List.of(Map.of("name", calls, "retryPolicy", policy)));
  }

  /** What a future gives, waiting for it; throws the {@link CallFailed} that it failed with. */
  public static <A> A await(CompletableFuture<A> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof CallFailed failed) throw failed;
      throw e;
    }
  }

  // ---- give-ups

  /** Proposes to give a leg of a trade up to another account. */
  public CompletableFuture<ProposeGiveUpResponse> proposeGiveUp(ProposeGiveUpRequest request) {
    return call(GiveUpServiceGrpc.getProposeGiveUpMethod(), request);
  }

  /** Takes a leg over. */
  public CompletableFuture<AcceptGiveUpResponse> acceptGiveUp(AcceptGiveUpRequest request) {
    return call(GiveUpServiceGrpc.getAcceptGiveUpMethod(), request);
  }

  /** Will not take a leg over. */
  public CompletableFuture<DeclineGiveUpResponse> declineGiveUp(DeclineGiveUpRequest request) {
    return call(GiveUpServiceGrpc.getDeclineGiveUpMethod(), request);
  }

  /** Keeps a leg after all. */
  public CompletableFuture<CancelGiveUpResponse> cancelGiveUp(CancelGiveUpRequest request) {
    return call(GiveUpServiceGrpc.getCancelGiveUpMethod(), request);
  }

  /** Accepts everything that an account gives up, or not any more. */
  public CompletableFuture<PermitGiveUpsResponse> permitGiveUps(PermitGiveUpsRequest request) {
    return call(GiveUpServiceGrpc.getPermitGiveUpsMethod(), request);
  }

  /** What is given up to an account. */
  public CompletableFuture<ListGiveUpsResponse> giveUps(String accountId) {
    return call(
        GiveUpServiceGrpc.getListGiveUpsMethod(),
        ListGiveUpsRequest.newBuilder().setAccountId(accountId).build());
  }

  // ---- corrections

  /** Proposes to put a trade right. */
  public CompletableFuture<ProposeCorrectionResponse> proposeCorrection(
      ProposeCorrectionRequest request) {
    return call(CorrectionServiceGrpc.getProposeCorrectionMethod(), request);
  }

  /** Has a correction done that somebody else proposed. */
  public CompletableFuture<ApproveCorrectionResponse> approveCorrection(
      String correctionId, String hash) {
    return call(
        CorrectionServiceGrpc.getApproveCorrectionMethod(),
        ApproveCorrectionRequest.newBuilder().setCorrectionId(correctionId).setHash(hash).build());
  }

  /** Leaves a trade as it is. */
  public CompletableFuture<RejectCorrectionResponse> rejectCorrection(String correctionId) {
    return call(
        CorrectionServiceGrpc.getRejectCorrectionMethod(),
        RejectCorrectionRequest.newBuilder().setCorrectionId(correctionId).build());
  }

  /** One page of corrections, the newest first. */
  public CompletableFuture<ListCorrectionsResponse> corrections(ListCorrectionsRequest request) {
    return call(CorrectionServiceGrpc.getListCorrectionsMethod(), request);
  }

  // ---- accounts

  /** Opens an account for a member; an empty member means the caller. */
  public CompletableFuture<OpenAccountResponse> openAccount(String accountId, String member) {
    return call(
        AccountServiceGrpc.getOpenAccountMethod(),
        OpenAccountRequest.newBuilder().setAccountId(accountId).setMember(member).build());
  }

  public CompletableFuture<DepositResponse> deposit(
      String depositId, String accountId, String asset, String amount) {
    return call(
        AccountServiceGrpc.getDepositMethod(),
        DepositRequest.newBuilder()
            .setDepositId(depositId)
            .setAccountId(accountId)
            .setAsset(asset)
            .setAmount(amount)
            .build());
  }

  /** Gives collateral of one account to another. */
  public CompletableFuture<TransferResponse> transfer(TransferRequest request) {
    return call(AccountServiceGrpc.getTransferMethod(), request);
  }

  /** Caps an account's leverage; 0 removes the cap. */
  public CompletableFuture<SetLeverageCapResponse> capLeverage(String accountId, int leverageMax) {
    return call(
        AccountServiceGrpc.getSetLeverageCapMethod(),
        SetLeverageCapRequest.newBuilder()
            .setAccountId(accountId)
            .setMaxLeverage(leverageMax)
            .build());
  }

  public CompletableFuture<GetAccountResponse> account(String accountId) {
    return call(
        AccountServiceGrpc.getGetAccountMethod(),
        GetAccountRequest.newBuilder().setAccountId(accountId).build());
  }

  /** One page of accounts. */
  public CompletableFuture<ListAccountsResponse> accounts(ListAccountsRequest request) {
    return call(AccountServiceGrpc.getListAccountsMethod(), request);
  }

  public CompletableFuture<PreviewTradeResponse> preview(PreviewTradeRequest request) {
    return call(AccountServiceGrpc.getPreviewTradeMethod(), request);
  }

  /** The account now and after its changes, newest state only. */
  public Updates<WatchAccountResponse> watchAccount(String accountId) {
    return updates(
        AccountServiceGrpc.getWatchAccountMethod(),
        WatchAccountRequest.newBuilder().setAccountId(accountId).build());
  }

  // ---- trades

  public CompletableFuture<SubmitTradeResponse> submit(org.novation.protocol.v1.Trade trade) {
    return call(
        ClearingServiceGrpc.getSubmitTradeMethod(),
        SubmitTradeRequest.newBuilder().setTrade(trade).build());
  }

  public CompletableFuture<GetTradeResponse> trade(GetTradeRequest request) {
    return call(ClearingServiceGrpc.getGetTradeMethod(), request);
  }

  /** A stream of trades; close it when done. */
  public TradeStream trades(TradeStream.Limits limits) {
    return new TradeStream(channel, limits, connection.executor(), connection.timer());
  }

  // ---- markets

  /** A stream of prices; close it when done. */
  public PriceStream prices() {
    return new PriceStream(channel);
  }

  public CompletableFuture<ReportQuotesResponse> report(ReportQuotesRequest request) {
    return call(MarketServiceGrpc.getReportQuotesMethod(), request);
  }

  public CompletableFuture<GetMarketResponse> market(String instrument) {
    return call(
        MarketServiceGrpc.getGetMarketMethod(),
        GetMarketRequest.newBuilder().setInstrument(instrument).build());
  }

  /** One page of markets. */
  public CompletableFuture<ListMarketsResponse> markets(ListMarketsRequest request) {
    return call(MarketServiceGrpc.getListMarketsMethod(), request);
  }

  /** The market now and after its changes, newest state only. */
  public Updates<WatchMarketResponse> watchMarket(String instrument) {
    return updates(
        MarketServiceGrpc.getWatchMarketMethod(),
        WatchMarketRequest.newBuilder().setInstrument(instrument).build());
  }

  // ---- auctions

  /** One page of the auctions that are open. */
  public CompletableFuture<ListAuctionsResponse> auctions(ListAuctionsRequest request) {
    return call(LiquidationServiceGrpc.getListAuctionsMethod(), request);
  }

  public CompletableFuture<GetAuctionResponse> auction(String auctionId) {
    return call(
        LiquidationServiceGrpc.getGetAuctionMethod(),
        GetAuctionRequest.newBuilder().setAuctionId(auctionId).build());
  }

  /** The open auctions now, and each after its changes, newest state only. */
  public Updates<WatchAuctionsResponse> watchAuctions(String instrument) {
    return updates(
        LiquidationServiceGrpc.getWatchAuctionsMethod(),
        WatchAuctionsRequest.newBuilder().setInstrument(instrument).build());
  }

  /** The accounts that are not healthy now, and then every transition, newest state only. */
  public Updates<WatchTransitionsResponse> watchTransitions() {
    return updates(
        LiquidationServiceGrpc.getWatchTransitionsMethod(),
        WatchTransitionsRequest.getDefaultInstance());
  }

  /** Auctions as they become known without end, told to a listener; close it when done. */
  public AuctionStream auctions(AuctionStream.Listener listener) {
    AuctionStream stream = new AuctionStream(channel, listener, connection.timer());
    stream.open();
    return stream;
  }

  /** Bids for a part of an auction; done when the part is the account's. */
  public CompletableFuture<PlaceBidResponse> place(PlaceBidRequest bid) {
    return call(LiquidationServiceGrpc.getPlaceBidMethod(), bid);
  }

  /** What became of an accepted bid. */
  public CompletableFuture<GetBidResponse> bid(GetBidRequest request) {
    return call(LiquidationServiceGrpc.getGetBidMethod(), request);
  }

  // ---- the insurance fund

  public CompletableFuture<GetFundResponse> fund() {
    return call(InsuranceServiceGrpc.getGetFundMethod(), GetFundRequest.getDefaultInstance());
  }

  /** One page of the fund's history, newest first. */
  public CompletableFuture<ListMovementsResponse> movements(ListMovementsRequest request) {
    return call(InsuranceServiceGrpc.getListMovementsMethod(), request);
  }

  /** Adds to the house's tranche. */
  public CompletableFuture<ContributeToFundResponse> contribute(
      String contributionId, String amount) {
    return call(
        InsuranceServiceGrpc.getContributeToFundMethod(),
        ContributeToFundRequest.newBuilder()
            .setContributionId(contributionId)
            .setAmount(amount)
            .build());
  }

  /** The fund now and after its changes, newest state only. */
  public Updates<WatchFundResponse> watchFund() {
    return updates(
        InsuranceServiceGrpc.getWatchFundMethod(), WatchFundRequest.getDefaultInstance());
  }

  // ---- brakes

  /** Pauses an operation. */
  public CompletableFuture<SetPauseResponse> pause(SetPauseRequest request) {
    return call(BrakeServiceGrpc.getSetPauseMethod(), request);
  }

  /** Lifts a pause. */
  public CompletableFuture<ClearPauseResponse> unpause(ClearPauseRequest request) {
    return call(BrakeServiceGrpc.getClearPauseMethod(), request);
  }

  /** What is paused. */
  public CompletableFuture<ListPausesResponse> pauses() {
    return call(BrakeServiceGrpc.getListPausesMethod(), ListPausesRequest.getDefaultInstance());
  }

  // ---- access

  /** Takes one token back. */
  public CompletableFuture<RevokeTokenResponse> revoke(RevokeTokenRequest request) {
    return call(AccessServiceGrpc.getRevokeTokenMethod(), request);
  }

  /** Takes all tokens of a caller back. */
  public CompletableFuture<RevokePrincipalResponse> revoke(RevokePrincipalRequest request) {
    return call(AccessServiceGrpc.getRevokePrincipalMethod(), request);
  }

  /** What is taken back. */
  public CompletableFuture<ListRevocationsResponse> revocations() {
    return call(
        AccessServiceGrpc.getListRevocationsMethod(), ListRevocationsRequest.getDefaultInstance());
  }

  /** Where the trail of privileged actions ends. */
  public CompletableFuture<GetTrailHeadResponse> trailHead() {
    return call(TrailServiceGrpc.getGetTrailHeadMethod(), GetTrailHeadRequest.getDefaultInstance());
  }

  /** One page of the trail, oldest first. */
  public CompletableFuture<ListTrailRecordsResponse> trail(ListTrailRecordsRequest request) {
    return call(TrailServiceGrpc.getListTrailRecordsMethod(), request);
  }

  // ---- custody

  /** A custodian's word that a transaction came in. */
  public CompletableFuture<AttestDepositResponse> attest(AttestDepositRequest request) {
    return call(CustodyServiceGrpc.getAttestDepositMethod(), request);
  }

  /** Asks for collateral to leave the house. */
  public CompletableFuture<RequestWithdrawalResponse> withdraw(RequestWithdrawalRequest request) {
    return call(CustodyServiceGrpc.getRequestWithdrawalMethod(), request);
  }

  /** A custodian's approval. */
  public CompletableFuture<ApproveWithdrawalResponse> approve(ApproveWithdrawalRequest request) {
    return call(CustodyServiceGrpc.getApproveWithdrawalMethod(), request);
  }

  /** A custodian's objection. */
  public CompletableFuture<DisputeWithdrawalResponse> dispute(DisputeWithdrawalRequest request) {
    return call(CustodyServiceGrpc.getDisputeWithdrawalMethod(), request);
  }

  /** Calls a withdrawal off. */
  public CompletableFuture<CancelWithdrawalResponse> cancel(CancelWithdrawalRequest request) {
    return call(CustodyServiceGrpc.getCancelWithdrawalMethod(), request);
  }

  /** One page of withdrawals, oldest first. */
  public CompletableFuture<ListWithdrawalsResponse> withdrawals(ListWithdrawalsRequest request) {
    return call(CustodyServiceGrpc.getListWithdrawalsMethod(), request);
  }

  /** One withdrawal, however long ago. */
  public CompletableFuture<GetWithdrawalResponse> withdrawal(
      String accountId, String withdrawalId) {
    return call(
        CustodyServiceGrpc.getGetWithdrawalMethod(),
        GetWithdrawalRequest.newBuilder()
            .setAccountId(accountId)
            .setWithdrawalId(withdrawalId)
            .build());
  }

  /** Withdrawals as they change; of all accounts when none is named. */
  public Updates<WatchWithdrawalsResponse> watchWithdrawals(String accountId) {
    return updates(
        CustodyServiceGrpc.getWatchWithdrawalsMethod(),
        WatchWithdrawalsRequest.newBuilder().setAccountId(accountId).build());
  }

  /** Who the custodians are and what lies in the vaults. */
  public CompletableFuture<GetCustodyResponse> custody() {
    return call(CustodyServiceGrpc.getGetCustodyMethod(), GetCustodyRequest.getDefaultInstance());
  }

  // ---- governance

  /** Makes a draft of a proposal. */
  public CompletableFuture<ProposeResponse> propose(ProposeRequest request) {
    return call(GovernanceServiceGrpc.getProposeMethod(), request);
  }

  /** Stands behind a draft. */
  public CompletableFuture<DepositStakeResponse> depositStake(DepositStakeRequest request) {
    return call(GovernanceServiceGrpc.getDepositStakeMethod(), request);
  }

  /** Takes a proposal back. */
  public CompletableFuture<WithdrawProposalResponse> withdrawProposal(
      WithdrawProposalRequest request) {
    return call(GovernanceServiceGrpc.getWithdrawProposalMethod(), request);
  }

  /** Votes. */
  public CompletableFuture<CastVoteResponse> castVote(CastVoteRequest request) {
    return call(GovernanceServiceGrpc.getCastVoteMethod(), request);
  }

  /** Puts in force what has succeeded and waited. */
  public CompletableFuture<ExecuteProposalResponse> executeProposal(
      ExecuteProposalRequest request) {
    return call(GovernanceServiceGrpc.getExecuteProposalMethod(), request);
  }

  /** Stakes tokens of an account. */
  public CompletableFuture<StakeTokensResponse> stake(StakeTokensRequest request) {
    return call(GovernanceServiceGrpc.getStakeTokensMethod(), request);
  }

  /** Asks for staked tokens back. */
  public CompletableFuture<UnstakeTokensResponse> unstake(UnstakeTokensRequest request) {
    return call(GovernanceServiceGrpc.getUnstakeTokensMethod(), request);
  }

  /** Gives a vote away, or takes it back. */
  public CompletableFuture<DelegateResponse> delegate(DelegateRequest request) {
    return call(GovernanceServiceGrpc.getDelegateMethod(), request);
  }

  /** Asks the council to tighten. */
  public CompletableFuture<TightenResponse> tighten(TightenRequest request) {
    return call(GovernanceServiceGrpc.getTightenMethod(), request);
  }

  /** Asks the council to stop a proposal. */
  public CompletableFuture<CancelProposalResponse> cancelProposal(CancelProposalRequest request) {
    return call(GovernanceServiceGrpc.getCancelProposalMethod(), request);
  }

  /** Approves an act of the council. */
  public CompletableFuture<ApproveActResponse> approveAct(ApproveActRequest request) {
    return call(GovernanceServiceGrpc.getApproveActMethod(), request);
  }

  /** One proposal. */
  public CompletableFuture<GetProposalResponse> proposal(GetProposalRequest request) {
    return call(GovernanceServiceGrpc.getGetProposalMethod(), request);
  }

  /** Whom a proposal would put under margin. */
  public CompletableFuture<PreviewProposalResponse> previewProposal(
      PreviewProposalRequest request) {
    return call(GovernanceServiceGrpc.getPreviewProposalMethod(), request);
  }

  /** What is voted and what waits for the council. */
  public CompletableFuture<ListProposalsResponse> proposals(ListProposalsRequest request) {
    return call(GovernanceServiceGrpc.getListProposalsMethod(), request);
  }

  /** What an account has staked. */
  public CompletableFuture<GetStakeResponse> stakeOf(GetStakeRequest request) {
    return call(GovernanceServiceGrpc.getGetStakeMethod(), request);
  }

  /** One page of what is in force. */
  public CompletableFuture<ListParametersResponse> parameters(ListParametersRequest request) {
    return call(GovernanceServiceGrpc.getListParametersMethod(), request);
  }

  /** Proposals as they change. */
  public Updates<WatchProposalsResponse> watchProposals() {
    return updates(
        GovernanceServiceGrpc.getWatchProposalsMethod(),
        WatchProposalsRequest.getDefaultInstance());
  }

  // ---- deleveraging

  /** How near an account's positions are to being deleveraged. */
  public CompletableFuture<GetRankResponse> rank(String accountId) {
    return call(
        AdlServiceGrpc.getGetRankMethod(),
        GetRankRequest.newBuilder().setAccountId(accountId).build());
  }

  /** One page of waves, newest first. */
  public CompletableFuture<ListWavesResponse> waves(ListWavesRequest request) {
    return call(AdlServiceGrpc.getListWavesMethod(), request);
  }

  /** The newest wave and what comes after, newest state only. */
  public Updates<WatchAdlResponse> watchAdl() {
    return updates(AdlServiceGrpc.getWatchAdlMethod(), WatchAdlRequest.getDefaultInstance());
  }

  /** The parts of a wave's receipt, as JSON in UTF-8. */
  public Updates<GetReceiptResponse> receipt(String waveId) {
    return updates(
        AdlServiceGrpc.getGetReceiptMethod(),
        GetReceiptRequest.newBuilder().setWaveId(waveId).build());
  }

  // ---- the node

  /** Whether the node says that it serves. */
  public CompletableFuture<Boolean> serving() {
    return call(HealthGrpc.getCheckMethod(), HealthCheckRequest.getDefaultInstance())
        .thenApply(response -> response.getStatus() == HealthCheckResponse.ServingStatus.SERVING);
  }

  private <Q, A> CompletableFuture<A> call(MethodDescriptor<Q, A> method, Q request) {
    CompletableFuture<A> answer = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(
        channel.newCall(method, connection.options()),
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(A response) {
            answer.complete(response);
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(CallFailed.of(failure));
          }

          @Override
          public void onCompleted() {}
        });
    return answer;
  }

  private <Q, A> Updates<A> updates(MethodDescriptor<Q, A> method, Q request) {
    return new Updates<>(
        ClientCalls.blockingV2ServerStreamingCall(channel, method, CallOptions.DEFAULT, request));
  }

  /** Ends the connection; open calls fail. */
  @Override
  public void close() {
    connection.channel().shutdownNow();
    connection.timer().shutdownNow();
    connection.executor().shutdown();
  }
}

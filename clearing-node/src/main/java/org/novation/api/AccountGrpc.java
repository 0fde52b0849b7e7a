package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort.AccountView;
import org.novation.api.AccountPort.Opened;
import org.novation.api.AccountPort.Preview;
import org.novation.api.AccountPort.Watch;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.protocol.v1.AccountServiceGrpc.AccountServiceImplBase;
import org.novation.protocol.v1.AccountSummary;
import org.novation.protocol.v1.DepositRequest;
import org.novation.protocol.v1.DepositResponse;
import org.novation.protocol.v1.GetAccountRequest;
import org.novation.protocol.v1.GetAccountResponse;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.OpenAccountRequest;
import org.novation.protocol.v1.OpenAccountResponse;
import org.novation.protocol.v1.PreviewTradeRequest;
import org.novation.protocol.v1.PreviewTradeResponse;
import org.novation.protocol.v1.SetLeverageCapRequest;
import org.novation.protocol.v1.SetLeverageCapResponse;
import org.novation.protocol.v1.Side;
import org.novation.protocol.v1.TransferRequest;
import org.novation.protocol.v1.TransferResponse;
import org.novation.protocol.v1.WatchAccountRequest;
import org.novation.protocol.v1.WatchAccountResponse;

/** Accounts, as the contract has them. */
final class AccountGrpc extends AccountServiceImplBase {
  private static final int LEVERAGE_MAX = 100;

  private static final Problem ONLY_BY_CUSTODIANS =
      Problem.of(
          Code.FAILED_PRECONDITION,
          "ONLY_BY_CUSTODIANS",
          "no single token credits an account here: custodians attest what has arrived");

  private final AccountPort accounts;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;
  private final Edge edge;
  private final boolean creditsByToken;

  AccountGrpc(
      AccountPort accounts,
      Ownership ownership,
      Supplier<Catalogue> catalogue,
      Edge edge,
      boolean creditsByToken) {
    this.accounts = accounts;
    this.ownership = ownership;
    this.catalogue = catalogue;
    this.edge = edge;
    this.creditsByToken = creditsByToken;
  }

  @Override
  public void openAccount(OpenAccountRequest request, StreamObserver<OpenAccountResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    String member = member(Caller.current(), request.getMember());
    Stages.answer(accounts.open(accountId, member), call, catalogue, AccountGrpc::opened);
  }

  /** A member opens for itself alone. */
  private static String member(Caller caller, String named) {
    if (caller.reachesAny()) return Fields.id("member", named);
    if (named.isEmpty() || named.equals(caller.name())) return caller.name();
    throw notYours(caller);
  }

  private static Problem.Found notYours(Caller caller) {
    return new Problem.Found(
        Problem.of(
            Code.PERMISSION_DENIED,
            "OWN_ACCOUNTS_ONLY",
            "as a member you reach the accounts of " + caller.name() + " alone",
            "member",
            caller.name()));
  }

  private static OpenAccountResponse opened(Opened opened) {
    return OpenAccountResponse.newBuilder()
        .setAccountId(opened.accountId())
        .setMember(opened.member())
        .setOpenedAtMs(opened.openedAtMs())
        .build();
  }

  @Override
  public void deposit(DepositRequest request, StreamObserver<DepositResponse> call) {
    String depositId = Fields.id("deposit_id", request.getDepositId());
    String accountId = Fields.id("account_id", request.getAccountId());
    Catalogue listed = catalogue.get();
    int decimals = listed.asset(Fields.asset("asset", request.getAsset(), listed)).decimals();
    long amount = Fields.amount("amount", request.getAmount(), decimals);
    if (!creditsByToken) throw new Problem.Found(ONLY_BY_CUSTODIANS);
    Stages.answer(
        accounts.deposit(accountId, depositId, request.getAsset(), amount),
        call,
        catalogue,
        balance ->
            DepositResponse.newBuilder()
                .setDepositId(depositId)
                .setBalance(Decimals.format(balance, decimals))
                .build());
  }

  @Override
  public void transfer(TransferRequest request, StreamObserver<TransferResponse> call) {
    String transferId = Fields.id("transfer_id", request.getTransferId());
    String fromId = Fields.id("account_id", request.getAccountId());
    String toId = Fields.id("to_account_id", request.getToAccountId());
    if (fromId.equals(toId)) {
      throw Fields.found(
          "to_account_id", "SAME_ACCOUNT", "an account gives itself nothing", "account", toId);
    }
    Catalogue listed = catalogue.get();
    int decimals = listed.asset(Fields.asset("asset", request.getAsset(), listed)).decimals();
    long amount = Fields.amount("amount", request.getAmount(), decimals);
    if (toId.equals(HouseAccount.STAKES))
      throw new Problem.Found(
          Refusals.problem(new Rejection.UnknownAccount(toId), listed)); // Staking gives it tokens.
    Stages.answer(
        ofOwn(
            fromId, () -> accounts.transfer(fromId, transferId, toId, request.getAsset(), amount)),
        call,
        catalogue,
        balance ->
            TransferResponse.newBuilder()
                .setTransferId(transferId)
                .setBalance(Decimals.format(balance, decimals))
                .build());
  }

  @Override
  public void setLeverageCap(
      SetLeverageCapRequest request, StreamObserver<SetLeverageCapResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    int cap = request.getMaxLeverage();
    if (cap < 0 || cap > LEVERAGE_MAX) {
      throw Fields.found(
          "max_leverage",
          "MALFORMED",
          "0 removes the cap, 1 to 100 set it",
          "value",
          Integer.toString(cap));
    }
    Stages.answer(
        ofOwn(accountId, () -> accounts.capLeverage(accountId, cap)),
        call,
        catalogue,
        capped -> SetLeverageCapResponse.newBuilder().setMaxLeverage(capped).build());
  }

  @Override
  public void getAccount(GetAccountRequest request, StreamObserver<GetAccountResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    Stages.answer(
        ofOwn(accountId, () -> accounts.get(accountId)),
        call,
        catalogue,
        view -> GetAccountResponse.newBuilder().setAccount(Accounts.write(view)).build());
  }

  @Override
  public void listAccounts(ListAccountsRequest request, StreamObserver<ListAccountsResponse> call) {
    Caller caller = Caller.current();
    int size = Fields.pageSize(request.getPageSize());
    String after =
        request.getPageToken().isEmpty() ? "" : Fields.id("page_token", request.getPageToken());
    String member = membersListed(caller, request.getMember());
    // One more than asked for tells whether there is a next page.
    Stages.finish(accounts.list(member, after, size + 1), call, found -> page(found, size));
  }

  private static @Nullable String membersListed(Caller caller, String named) {
    if (caller.reachesAny()) return named.isEmpty() ? null : Fields.id("member", named);
    if (named.isEmpty() || named.equals(caller.name())) return caller.name();
    throw notYours(caller);
  }

  private static ListAccountsResponse page(List<Opened> found, int size) {
    ListAccountsResponse.Builder page = ListAccountsResponse.newBuilder();
    for (Opened opened : found.subList(0, Math.min(size, found.size()))) {
      page.addAccounts(
          AccountSummary.newBuilder()
              .setAccountId(opened.accountId())
              .setMember(opened.member())
              .setOpenedAtMs(opened.openedAtMs()));
    }
    if (found.size() > size) page.setNextPageToken(found.get(size - 1).accountId());
    return page.build();
  }

  @Override
  public void watchAccount(WatchAccountRequest request, StreamObserver<WatchAccountResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    Conflating<Answer<AccountView>, WatchAccountResponse> states =
        new Conflating<>(
            (ServerCallStreamObserver<WatchAccountResponse>) call,
            edge,
            answer -> watched(Stages.value(answer, catalogue)));
    CompletableFuture<@Nullable Void> gone = new CompletableFuture<>();
    states.start(() -> gone.complete(null));
    ownership
        .holds(Caller.current(), accountId)
        .whenComplete(
            (own, failure) -> {
              if (failure != null) {
                states.fail(Stages.problem(failure));
              } else if (own) {
                Watch watch = accounts.watch(accountId, states::offer);
                var _ = gone.thenRun(watch::close);
              } else {
                states.offer(new Answer.Refused<>(new Rejection.UnknownAccount(accountId)));
              }
            });
  }

  private static WatchAccountResponse watched(AccountView view) {
    return WatchAccountResponse.newBuilder()
        .setAccount(Accounts.write(view))
        .setSequenceNumber(view.sequenceNumber())
        .build();
  }

  @Override
  public void previewTrade(PreviewTradeRequest request, StreamObserver<PreviewTradeResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    Catalogue listed = catalogue.get();
    Perpetual perpetual =
        listed.perpetual(Fields.instrument("instrument", request.getInstrument(), listed));
    long priceTicks = Fields.priceTicks("price", request.getPrice(), perpetual);
    long lots = Fields.lots("quantity", request.getQuantity(), perpetual);
    Fields.requireCountable("quantity", perpetual, priceTicks, lots);
    long signedLots = lots * sign(request.getSide());
    Stages.answer(
        ofOwn(
            accountId,
            () -> accounts.preview(accountId, perpetual.symbol(), priceTicks, signedLots)),
        call,
        catalogue,
        this::previewed);
  }

  private static int sign(Side side) {
    return switch (side) {
      case SIDE_BUY -> 1;
      case SIDE_SELL -> -1;
      case SIDE_UNSPECIFIED, UNRECOGNIZED ->
          throw Fields.found("side", "MALFORMED", "a side is SIDE_BUY or SIDE_SELL");
    };
  }

  private PreviewTradeResponse previewed(Preview preview) {
    PreviewTradeResponse.Builder response =
        PreviewTradeResponse.newBuilder()
            .setBefore(Accounts.write(preview.before()))
            .setAfter(Accounts.write(preview.after()))
            .setFee(Decimals.micros(preview.feeMicros()))
            .setFeeRate(Decimals.ppm(preview.after().market().catalogue().fees().tradePpm()))
            .setAllowed(preview.refused() == null);
    if (preview.refused() != null) {
      response.setReason(Refusals.problem(preview.refused(), catalogue.get()).reason());
    }
    return response.build();
  }

  /**
   * Asks the trade only when the account is within the caller's reach; else it is as if there were
   * none.
   */
  private <T> CompletionStage<Answer<T>> ofOwn(
      String accountId, Supplier<CompletionStage<Answer<T>>> then) {
    return ownership
        .holds(Caller.current(), accountId)
        .thenCompose(
            own ->
                own
                    ? then.get()
                    : CompletableFuture.completedFuture(
                        new Answer.Refused<>(new Rejection.UnknownAccount(accountId))));
  }
}

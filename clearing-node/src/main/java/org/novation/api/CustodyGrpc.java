package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Rejection;
import org.novation.custody.CustodyActor.Answer;
import org.novation.custody.CustodyActor.Done;
import org.novation.custody.CustodyActor.Figures;
import org.novation.custody.CustodyActor.Refused;
import org.novation.custody.CustodyActor.TryAgain;
import org.novation.custody.CustodyActor.Withdrawals;
import org.novation.custody.CustodyCommand;
import org.novation.custody.CustodySnapshot;
import org.novation.custody.Deposit;
import org.novation.custody.Outcome;
import org.novation.custody.Purpose;
import org.novation.custody.Withdrawal.State;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.ApproveWithdrawalRequest;
import org.novation.protocol.v1.ApproveWithdrawalResponse;
import org.novation.protocol.v1.AttestDepositRequest;
import org.novation.protocol.v1.AttestDepositResponse;
import org.novation.protocol.v1.CancelWithdrawalRequest;
import org.novation.protocol.v1.CancelWithdrawalResponse;
import org.novation.protocol.v1.Custodian;
import org.novation.protocol.v1.CustodyAsset;
import org.novation.protocol.v1.CustodyServiceGrpc.CustodyServiceImplBase;
import org.novation.protocol.v1.DisputeWithdrawalRequest;
import org.novation.protocol.v1.DisputeWithdrawalResponse;
import org.novation.protocol.v1.GetCustodyRequest;
import org.novation.protocol.v1.GetCustodyResponse;
import org.novation.protocol.v1.GetWithdrawalRequest;
import org.novation.protocol.v1.GetWithdrawalResponse;
import org.novation.protocol.v1.ListWithdrawalsRequest;
import org.novation.protocol.v1.ListWithdrawalsResponse;
import org.novation.protocol.v1.RequestWithdrawalRequest;
import org.novation.protocol.v1.RequestWithdrawalResponse;
import org.novation.protocol.v1.Vault;
import org.novation.protocol.v1.WatchWithdrawalsRequest;
import org.novation.protocol.v1.WatchWithdrawalsResponse;
import org.novation.protocol.v1.Withdrawal;
import org.novation.protocol.v1.WithdrawalState;

/** Custody, as the contract has it. */
final class CustodyGrpc extends CustodyServiceImplBase {
  private static final int PAGE_MAX = 500;
  private static final int UNREAD_MAX = 1_000;

  private final CustodyPort custody;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;
  private final Edge edge;

  CustodyGrpc(CustodyPort custody, Ownership ownership, Supplier<Catalogue> catalogue, Edge edge) {
    this.custody = custody;
    this.ownership = ownership;
    this.catalogue = catalogue;
    this.edge = edge;
  }

  // ---- in

  @Override
  public void attestDeposit(
      AttestDepositRequest request, StreamObserver<AttestDepositResponse> call) {
    requireCustody();
    CustodyCommand.AttestDeposit command =
        new CustodyCommand.AttestDeposit(
            request.getChain(),
            request.getTransaction(),
            request.getAsset(),
            amount(request.getAsset(), request.getAmount()),
            request.getAddress(),
            Fields.id("account_id", request.getAccountId()),
            request.getBlock(),
            request.getExpiresAtMs(),
            Fields.id("custodian", request.getCustodian()),
            request.getSignature());
    String depositId = request.getChain() + ':' + request.getTransaction();
    Stages.finish(
        custody.ask(command),
        call,
        answer -> {
          Deposit deposit = done(answer).deposit();
          Deposit.Stage stage = deposit == null ? Deposit.Stage.CREDITED : deposit.stage();
          return AttestDepositResponse.newBuilder()
              .setDepositId(depositId)
              .setConfirmed(stage != Deposit.Stage.ATTESTED)
              .setCredited(stage == Deposit.Stage.CREDITED)
              .build();
        });
  }

  // ---- out

  @Override
  public void requestWithdrawal(
      RequestWithdrawalRequest request, StreamObserver<RequestWithdrawalResponse> call) {
    requireCustody();
    CustodyCommand.RequestWithdrawal command =
        new CustodyCommand.RequestWithdrawal(
            Fields.id("account_id", request.getAccountId()),
            Fields.id("withdrawal_id", request.getWithdrawalId()),
            request.getChain(),
            request.getAsset(),
            amount(request.getAsset(), request.getAmount()),
            request.getAddress(),
            request.getExpiresAtMs());
    Stages.finish(
        ofOwn(command.account(), command.withdrawalId(), () -> custody.ask(command)),
        call,
        answer ->
            RequestWithdrawalResponse.newBuilder()
                .setWithdrawal(written(answer, command.account(), command.withdrawalId()))
                .build());
  }

  @Override
  public void approveWithdrawal(
      ApproveWithdrawalRequest request, StreamObserver<ApproveWithdrawalResponse> call) {
    vote(
        request.getAccountId(),
        request.getWithdrawalId(),
        Purpose.APPROVE_WITHDRAWAL,
        request.getCustodian(),
        request.getSignature(),
        call,
        after -> ApproveWithdrawalResponse.newBuilder().setWithdrawal(after).build());
  }

  @Override
  public void disputeWithdrawal(
      DisputeWithdrawalRequest request, StreamObserver<DisputeWithdrawalResponse> call) {
    vote(
        request.getAccountId(),
        request.getWithdrawalId(),
        Purpose.DISPUTE_WITHDRAWAL,
        request.getCustodian(),
        request.getSignature(),
        call,
        after -> DisputeWithdrawalResponse.newBuilder().setWithdrawal(after).build());
  }

  @Override
  public void cancelWithdrawal(
      CancelWithdrawalRequest request, StreamObserver<CancelWithdrawalResponse> call) {
    if (!request.getCustodian().isEmpty()) {
      vote(
          request.getAccountId(),
          request.getWithdrawalId(),
          Purpose.CANCEL_WITHDRAWAL,
          request.getCustodian(),
          request.getSignature(),
          call,
          after -> CancelWithdrawalResponse.newBuilder().setWithdrawal(after).build());
      return;
    }
    requireCustody();
    String account = Fields.id("account_id", request.getAccountId());
    String id = Fields.id("withdrawal_id", request.getWithdrawalId());
    // Without a signature it is the owner's to say, and nobody's who merely reaches all accounts.
    if (Caller.current().reachesAny())
      throw Fields.found("custodian", "MALFORMED", "who does not own the account signs");
    Stages.finish(
        ofOwn(account, id, () -> custody.ask(new CustodyCommand.CancelWithdrawal(account, id))),
        call,
        answer ->
            CancelWithdrawalResponse.newBuilder()
                .setWithdrawal(written(answer, account, id))
                .build());
  }

  private <A> void vote(
      String accountId,
      String withdrawalId,
      Purpose purpose,
      String custodian,
      String signature,
      StreamObserver<A> call,
      Function<Withdrawal, A> write) {
    requireCustody();
    String account = Fields.id("account_id", accountId);
    String id = Fields.id("withdrawal_id", withdrawalId);
    Stages.finish(
        custody.ask(
            new CustodyCommand.Vote(
                account, id, purpose, Fields.id("custodian", custodian), signature)),
        call,
        answer -> write.apply(written(answer, account, id)));
  }

  // ---- reading

  @Override
  public void listWithdrawals(
      ListWithdrawalsRequest request, StreamObserver<ListWithdrawalsResponse> call) {
    requireCustody();
    String account = accountToRead(request.getAccountId());
    int size = Math.min(PAGE_MAX, Fields.pageSize(request.getPageSize()));
    long after = token(request.getPageToken());
    Stages.finish(
        ofOwn(account, "", () -> custody.list(account, after, size)),
        call,
        answer -> page(withdrawals(answer), size));
  }

  private ListWithdrawalsResponse page(
      List<org.novation.custody.Withdrawal> withdrawals, int size) {
    ListWithdrawalsResponse.Builder page = ListWithdrawalsResponse.newBuilder();
    withdrawals.forEach(each -> page.addWithdrawals(write(each)));
    // A full page may be the last: then the next one is empty.
    if (withdrawals.size() == size)
      page.setNextPageToken(Long.toString(withdrawals.getLast().number()));
    return page.build();
  }

  private static long token(String token) {
    if (token.isEmpty()) return 0;
    try {
      return Long.parseLong(token);
    } catch (NumberFormatException e) {
      throw Fields.found("page_token", "MALFORMED", "this is no token of a page", "value", token);
    }
  }

  @Override
  public void getWithdrawal(
      GetWithdrawalRequest request, StreamObserver<GetWithdrawalResponse> call) {
    requireCustody();
    String account = Fields.id("account_id", request.getAccountId());
    String id = Fields.id("withdrawal_id", request.getWithdrawalId());
    Stages.finish(
        ofOwn(account, id, () -> custody.find(account, id)),
        call,
        answer ->
            GetWithdrawalResponse.newBuilder().setWithdrawal(written(answer, account, id)).build());
  }

  @Override
  public void watchWithdrawals(
      WatchWithdrawalsRequest request, StreamObserver<WatchWithdrawalsResponse> call) {
    requireCustody();
    String account = accountToRead(request.getAccountId());
    ConflatingMany<org.novation.custody.Withdrawal, WatchWithdrawalsResponse> states =
        new ConflatingMany<>(
            (ServerCallStreamObserver<WatchWithdrawalsResponse>) call,
            edge,
            UNREAD_MAX,
            each -> WatchWithdrawalsResponse.newBuilder().setWithdrawal(write(each)).build());
    CompletableFuture<@Nullable Void> gone = new CompletableFuture<>();
    states.start(() -> gone.complete(null));
    CompletionStage<Boolean> may =
        account.isEmpty()
            ? CompletableFuture.completedFuture(true)
            : ownership.holds(Caller.current(), account);
    var _ =
        may.thenAccept(
            own -> {
              if (!own) {
                Rejection unknown = new Rejection.UnknownAccount(account);
                call.onError(Refusals.problem(unknown, catalogue.get()).toException());
                return;
              }
              Set<String> heard = ConcurrentHashMap.newKeySet(); // While the list is on its way.
              AccountPort.Watch watch =
                  custody.listen(
                      each -> {
                        if (!account.isEmpty() && !each.account().equals(account)) return;
                        if (heard.size() < UNREAD_MAX) heard.add(key(each));
                        states.offer(key(each), each);
                      });
              var _ = gone.thenRun(watch::close);
              var _ =
                  custody
                      .list(account, 0, PAGE_MAX)
                      .thenAccept(
                          answer -> {
                            for (var each : withdrawals(answer)) {
                              if (!(each.state() instanceof State.Closed)
                                  && !heard.contains(key(each))) states.offer(key(each), each);
                            }
                          });
            });
  }

  private static String key(org.novation.custody.Withdrawal of) {
    return of.account() + '/' + of.id();
  }

  @Override
  public void getCustody(GetCustodyRequest request, StreamObserver<GetCustodyResponse> call) {
    requireCustody();
    Stages.finish(custody.read(), call, this::figures);
  }

  private GetCustodyResponse figures(Answer answer) {
    if (!(answer instanceof Figures of)) throw unavailable(answer);
    GetCustodyResponse.Builder response =
        GetCustodyResponse.newBuilder()
            .setHouse(of.house())
            .setSetVersion(of.custodians().version())
            .setAttestationsNeeded(of.custodians().attestationsNeeded())
            .setApprovalsNeeded(of.custodians().approvalsNeeded())
            .setObjectionsNeeded(of.custodians().objectionsNeeded());
    for (org.novation.custody.Custodian one : of.custodians().custodians())
      response.addCustodians(Custodian.newBuilder().setName(one.name()).setKey(one.key()));
    for (CustodySnapshot.Held held : of.vaults()) {
      String asset = held.vault().asset();
      response.addVaults(
          Vault.newBuilder()
              .setAsset(asset)
              .setChain(held.vault().chain())
              .setAmount(CustodyProblems.text(asset, held.amount(), catalogue.get())));
    }
    Catalogue listed = catalogue.get();
    for (int asset = 0; asset < listed.assets(); asset++) {
      response.addAssets(
          CustodyAsset.newBuilder()
              .setSymbol(listed.asset(asset).symbol())
              .setDecimals(listed.asset(asset).decimals()));
    }
    return response.build();
  }

  // ---- what several need

  private void requireCustody() {
    if (custody.isThere()) return;
    throw new Problem.Found(
        Problem.of(
            Code.FAILED_PRECONDITION, "NO_CUSTODY", "this house has no custodians configured"));
  }

  /** Empty: of all accounts, which only those may read who may read each. */
  private static String accountToRead(String accountId) {
    if (accountId.isEmpty() && Caller.current().reachesAny()) return "";
    return Fields.id("account_id", accountId);
  }

  private long amount(String asset, String text) {
    Catalogue listed = catalogue.get();
    int decimals = listed.asset(Fields.asset("asset", asset, listed)).decimals();
    return Fields.amount("amount", text, decimals);
  }

  /** Asks only what is within the caller's reach; else it is as if there were no such thing. */
  private CompletionStage<Answer> ofOwn(
      String account, String withdrawalId, Supplier<CompletionStage<Answer>> then) {
    if (account.isEmpty()) return then.get();
    return ownership
        .holds(Caller.current(), account)
        .thenCompose(
            own -> {
              if (own) return then.get();
              throw new Problem.Found(CustodyProblems.unknown(account, withdrawalId));
            });
  }

  private Done done(Answer answer) {
    if (answer instanceof Done done) return done;
    if (answer instanceof Refused(var why))
      throw new Problem.Found(CustodyProblems.problem(why, catalogue));
    throw unavailable(answer);
  }

  private static List<org.novation.custody.Withdrawal> withdrawals(Answer answer) {
    if (answer instanceof Withdrawals of) return of.withdrawals();
    throw unavailable(answer);
  }

  private static Problem.Found unavailable(Answer answer) {
    String why = answer instanceof TryAgain(var what) ? what : "custody could not answer this";
    return new Problem.Found(Problem.unavailable(why));
  }

  private Withdrawal written(Answer answer, String account, String withdrawalId) {
    org.novation.custody.Withdrawal withdrawal = done(answer).withdrawal();
    if (withdrawal == null) throw new Problem.Found(CustodyProblems.unknown(account, withdrawalId));
    return write(withdrawal);
  }

  private Withdrawal write(org.novation.custody.Withdrawal of) {
    Withdrawal.Builder to =
        Withdrawal.newBuilder()
            .setNumber(of.number())
            .setAccountId(of.account())
            .setWithdrawalId(of.id())
            .setChain(of.chain())
            .setAsset(of.asset())
            .setAmount(CustodyProblems.text(of.asset(), of.amount(), catalogue.get()))
            .setAmountUnits(of.amount())
            .setAddress(of.address())
            .setRequestedAtMs(of.requestedAtMs())
            .setExpiresAtMs(of.expiresAtMs())
            .setNonce(of.nonce());
    for (org.novation.custody.Withdrawal.Vote vote : of.votes()) {
      if (vote.purpose() == Purpose.APPROVE_WITHDRAWAL) to.addApprovals(vote.custodian());
      else to.addObjections(vote.custodian());
    }
    switch (of.state()) {
      case State.Holding _ -> to.setState(WithdrawalState.WITHDRAWAL_STATE_HOLDING);
      case State.Open open ->
          to.setState(WithdrawalState.WITHDRAWAL_STATE_OPEN)
              .setReleasableFromMs(open.releasableFromMs());
      case State.Closing(var outcome, var why, _) ->
          to.setState(write(outcome)).setRefusal(CustodyProblems.sentence(why));
      case State.Closed(var outcome, var why, _) ->
          to.setState(write(outcome)).setRefusal(CustodyProblems.sentence(why));
    }
    return to.build();
  }

  private static WithdrawalState write(Outcome outcome) {
    return switch (outcome) {
      case SETTLED -> WithdrawalState.WITHDRAWAL_STATE_SETTLED;
      case REFUSED -> WithdrawalState.WITHDRAWAL_STATE_REFUSED;
      case CANCELLED -> WithdrawalState.WITHDRAWAL_STATE_CANCELLED;
      case EXPIRED -> WithdrawalState.WITHDRAWAL_STATE_EXPIRED;
      case DISPUTED -> WithdrawalState.WITHDRAWAL_STATE_DISPUTED;
    };
  }
}

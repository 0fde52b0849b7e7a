package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Rejection;
import org.novation.governance.Amendment;
import org.novation.governance.Change;
import org.novation.governance.Choice;
import org.novation.governance.Draft;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Done;
import org.novation.governance.GovernanceActor.Found;
import org.novation.governance.GovernanceActor.Listed;
import org.novation.governance.GovernanceActor.Refused;
import org.novation.governance.GovernanceActor.StakeFound;
import org.novation.governance.GovernanceActor.Summary;
import org.novation.governance.GovernanceActor.TryAgain;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.GovernanceSnapshot;
import org.novation.governance.Impact;
import org.novation.governance.ParameterSet;
import org.novation.governance.Proposal;
import org.novation.governance.Refusal;
import org.novation.governance.Setting;
import org.novation.governance.Stage;
import org.novation.instrument.Catalogue;
import org.novation.insurance.CoverTwo;
import org.novation.money.Decimals;
import org.novation.protocol.v1.AccountCount;
import org.novation.protocol.v1.ApproveActRequest;
import org.novation.protocol.v1.ApproveActResponse;
import org.novation.protocol.v1.CancelProposalRequest;
import org.novation.protocol.v1.CancelProposalResponse;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.CastVoteResponse;
import org.novation.protocol.v1.ChangeEffect;
import org.novation.protocol.v1.CouncilAct;
import org.novation.protocol.v1.DelegateRequest;
import org.novation.protocol.v1.DelegateResponse;
import org.novation.protocol.v1.DepositStakeRequest;
import org.novation.protocol.v1.DepositStakeResponse;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.ExecuteProposalResponse;
import org.novation.protocol.v1.FigureChange;
import org.novation.protocol.v1.FigureInForce;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.GetProposalResponse;
import org.novation.protocol.v1.GetStakeRequest;
import org.novation.protocol.v1.GetStakeResponse;
import org.novation.protocol.v1.GovernanceServiceGrpc.GovernanceServiceImplBase;
import org.novation.protocol.v1.HealthBucket;
import org.novation.protocol.v1.LeavingStake;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.ListParametersResponse;
import org.novation.protocol.v1.ListProposalsRequest;
import org.novation.protocol.v1.ListProposalsResponse;
import org.novation.protocol.v1.ParameterChange;
import org.novation.protocol.v1.ParameterInForce;
import org.novation.protocol.v1.PreviewProposalRequest;
import org.novation.protocol.v1.PreviewProposalResponse;
import org.novation.protocol.v1.ProposalStage;
import org.novation.protocol.v1.ProposalSummary;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.ProposeResponse;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.StakeTokensResponse;
import org.novation.protocol.v1.TightenRequest;
import org.novation.protocol.v1.TightenResponse;
import org.novation.protocol.v1.UnstakeTokensRequest;
import org.novation.protocol.v1.UnstakeTokensResponse;
import org.novation.protocol.v1.VoteChoice;
import org.novation.protocol.v1.WatchProposalsRequest;
import org.novation.protocol.v1.WatchProposalsResponse;
import org.novation.protocol.v1.WithdrawProposalRequest;
import org.novation.protocol.v1.WithdrawProposalResponse;

/** Governance, as the contract has it. Tokens travel as decimals of six places. */
final class GovernanceGrpc extends GovernanceServiceImplBase {
  private static final int MICROS = 6;
  private static final int PAGE_MAX = 200;
  private static final int UNREAD_MAX = 1_000;

  private final GovernancePort governance;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;
  private final Edge edge;

  GovernanceGrpc(
      GovernancePort governance, Ownership ownership, Supplier<Catalogue> catalogue, Edge edge) {
    this.governance = governance;
    this.ownership = ownership;
    this.catalogue = catalogue;
    this.edge = edge;
  }

  // ---- voters

  @Override
  public void propose(ProposeRequest request, StreamObserver<ProposeResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Propose(
            Fields.id("proposal_id", request.getProposalId()),
            request.getIssuedAtMs(),
            account,
            request.getTitle(),
            request.getText(),
            amendments(request.getAmendmentsList()),
            tokens("deposit", request.getDeposit())),
        call,
        version -> ProposeResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void depositStake(DepositStakeRequest request, StreamObserver<DepositStakeResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Deposit(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            Fields.id("proposal_id", request.getProposalId()),
            account,
            tokens("amount", request.getAmount())),
        call,
        version -> DepositStakeResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void withdrawProposal(
      WithdrawProposalRequest request, StreamObserver<WithdrawProposalResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Withdraw(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            Fields.id("proposal_id", request.getProposalId()),
            account),
        call,
        version -> WithdrawProposalResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void castVote(CastVoteRequest request, StreamObserver<CastVoteResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Vote(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            Fields.id("proposal_id", request.getProposalId()),
            account,
            choice(request.getChoice()),
            request.getSha256()),
        call,
        version -> CastVoteResponse.newBuilder().setVersion(version).build());
  }

  private static Choice choice(VoteChoice choice) {
    return switch (choice) {
      case VOTE_CHOICE_IN_FAVOUR -> Choice.IN_FAVOUR;
      case VOTE_CHOICE_AGAINST -> Choice.AGAINST;
      case VOTE_CHOICE_ABSTAIN -> Choice.ABSTAIN;
      case VOTE_CHOICE_UNSPECIFIED, UNRECOGNIZED ->
          throw Fields.found("choice", "MALFORMED", "say in favour, against or abstain");
    };
  }

  @Override
  public void executeProposal(
      ExecuteProposalRequest request, StreamObserver<ExecuteProposalResponse> call) {
    ask(
        new GovernanceCommand.Execute(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            Fields.id("proposal_id", request.getProposalId())),
        call,
        version -> ExecuteProposalResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void stakeTokens(StakeTokensRequest request, StreamObserver<StakeTokensResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Stake(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            account,
            tokens("amount", request.getAmount())),
        call,
        version -> StakeTokensResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void unstakeTokens(
      UnstakeTokensRequest request, StreamObserver<UnstakeTokensResponse> call) {
    String account = account(request.getAccountId());
    ofOwn(
        account,
        new GovernanceCommand.Unstake(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            account,
            tokens("amount", request.getAmount())),
        call,
        version -> UnstakeTokensResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void delegate(DelegateRequest request, StreamObserver<DelegateResponse> call) {
    String account = account(request.getAccountId());
    String delegate = request.getDelegate();
    ofOwn(
        account,
        new GovernanceCommand.Delegate(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            account,
            delegate.isEmpty() ? "" : Fields.id("delegate", delegate)),
        call,
        version -> DelegateResponse.newBuilder().setVersion(version).build());
  }

  // ---- the council

  @Override
  public void tighten(TightenRequest request, StreamObserver<TightenResponse> call) {
    ask(
        new GovernanceCommand.Tighten(
            Fields.id("act_id", request.getActId()),
            request.getIssuedAtMs(),
            Fields.id("council_member", request.getCouncilMember()),
            Fields.reason("reason", request.getReason()),
            amendments(request.getAmendmentsList()),
            request.getSignature()),
        call,
        version -> TightenResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void cancelProposal(
      CancelProposalRequest request, StreamObserver<CancelProposalResponse> call) {
    ask(
        new GovernanceCommand.Cancel(
            Fields.id("act_id", request.getActId()),
            request.getIssuedAtMs(),
            Fields.id("council_member", request.getCouncilMember()),
            Fields.reason("reason", request.getReason()),
            Fields.id("proposal_id", request.getProposalId()),
            request.getSignature()),
        call,
        version -> CancelProposalResponse.newBuilder().setVersion(version).build());
  }

  @Override
  public void approveAct(ApproveActRequest request, StreamObserver<ApproveActResponse> call) {
    ask(
        new GovernanceCommand.Approve(
            Fields.id("command_id", request.getCommandId()),
            request.getIssuedAtMs(),
            Fields.id("council_member", request.getCouncilMember()),
            Fields.id("act_id", request.getActId()),
            request.getSha256(),
            request.getSignature()),
        call,
        version -> ApproveActResponse.newBuilder().setVersion(version).build());
  }

  // ---- reading

  @Override
  public void getProposal(GetProposalRequest request, StreamObserver<GetProposalResponse> call) {
    requireGovernance();
    String id = Fields.id("proposal_id", request.getProposalId());
    String voter = request.getVoter().isEmpty() ? "" : Fields.id("voter", request.getVoter());
    Stages.finish(
        governance.find(id, voter), call, answer -> write(found(answer, id).proposal(), voter));
  }

  private static GetProposalResponse write(Proposal of, String voter) {
    GetProposalResponse.Builder to =
        GetProposalResponse.newBuilder()
            .setProposal(write(Summary.of(of)))
            .setText(of.text())
            .setSha256(of.sha256())
            .setWeight(text(of.weights().getOrDefault(voter, 0L)))
            .setDeposited(text(of.deposits().getOrDefault(voter, 0L)));
    of.changes().forEach(each -> to.addChanges(write(each)));
    Proposal.Ballot ballot = of.ballots().get(voter);
    if (ballot != null)
      to.setVoted(
          switch (ballot.choice()) {
            case IN_FAVOUR -> VoteChoice.VOTE_CHOICE_IN_FAVOUR;
            case AGAINST -> VoteChoice.VOTE_CHOICE_AGAINST;
            case ABSTAIN -> VoteChoice.VOTE_CHOICE_ABSTAIN;
          });
    return to.build();
  }

  @Override
  public void previewProposal(
      PreviewProposalRequest request, StreamObserver<PreviewProposalResponse> call) {
    requireGovernance();
    CompletionStage<GovernancePort.Preview> preview =
        switch (request.getOfCase()) {
          case DRAFT -> preview(request.getDraft().getAmendmentsList());
          case PROPOSAL_ID, OF_NOT_SET ->
              preview(Fields.id("proposal_id", request.getProposalId()));
        };
    Stages.finish(preview, call, GovernanceGrpc::write);
  }

  private CompletionStage<GovernancePort.Preview> preview(String proposalId) {
    return governance
        .find(proposalId, "")
        .thenCompose(answer -> governance.preview(open(found(answer, proposalId).proposal())));
  }

  private CompletionStage<GovernancePort.Preview> preview(
      List<org.novation.protocol.v1.Amendment> amendments) {
    var changes = amendments(amendments);
    Draft draft = Draft.of(governance.inForce(), changes, governance.nowMs());
    if (draft.refusal() != null)
      throw new Problem.Found(GovernanceProblems.problem(draft.refusal()));
    return governance.preview(draft);
  }

  /** Of what has ended nobody needs to know what it would do. */
  private static Proposal open(Proposal proposal) {
    if (proposal.stage().open()) return proposal;
    String stage = proposal.stage().getClass().getSimpleName();
    throw new Problem.Found(
        GovernanceProblems.problem(new Refusal.WrongStage(proposal.id(), stage)));
  }

  private static GovernanceSnapshot.Kept found(Answer answer, String id) {
    if (!(answer instanceof Found(var proposal))) throw unavailable();
    if (proposal == null)
      throw new Problem.Found(GovernanceProblems.problem(new Refusal.UnknownProposal(id)));
    return proposal;
  }

  private static PreviewProposalResponse write(GovernancePort.Preview preview) {
    Impact of = preview.impact();
    PreviewProposalResponse.Builder to =
        PreviewProposalResponse.newBuilder()
            .setAsOfMs(preview.asOfMs())
            .setAccounts(preview.asked())
            .setLookedAt(of.accounts())
            .setUnreckoned(of.unreckoned())
            .setBelowInitialBefore(write(of.belowInitialBefore()))
            .setBelowInitialAfter(write(of.belowInitialAfter()))
            .setNewlyBelowInitial(write(of.newlyBelowInitial()))
            .setBelowMaintenanceBefore(write(of.belowMaintenanceBefore()))
            .setBelowMaintenanceAfter(write(of.belowMaintenanceAfter()))
            .setNewlyBelowMaintenance(write(of.newlyBelowMaintenance()))
            .setCoverTwoBefore(coverTwo(of.lossesBefore(), preview))
            .setCoverTwoAfter(coverTwo(of.lossesAfter(), preview))
            .setFundAvailable(text(preview.fundAvailableMicros()));
    for (int n = 0; n < of.healthBefore().size(); n++)
      to.addDistribution(
          HealthBucket.newBuilder()
              .setBelowPpm(n < Impact.BUCKETS_PPM.size() ? Impact.BUCKETS_PPM.get(n) : -1)
              .setBefore(write(of.healthBefore().get(n)))
              .setAfter(write(of.healthAfter().get(n))));
    return to.build();
  }

  private static String coverTwo(CoverTwo losses, GovernancePort.Preview preview) {
    return text(losses.against(preview.fundAvailableMicros()).losses().micros());
  }

  private static AccountCount write(Impact.Count of) {
    return AccountCount.newBuilder()
        .setAccounts(of.accounts())
        .setNotional(text(of.notionalMicros()))
        .build();
  }

  @Override
  public void listProposals(
      ListProposalsRequest request, StreamObserver<ListProposalsResponse> call) {
    requireGovernance();
    Stages.finish(
        governance.list(),
        call,
        answer -> {
          if (!(answer instanceof Listed listed)) throw unavailable();
          ListProposalsResponse.Builder to =
              ListProposalsResponse.newBuilder()
                  .setStaked(text(listed.stakedMicros()))
                  .setHeld(text(listed.heldMicros()));
          for (Summary each : listed.proposals()) {
            if (each.at().open() || !request.getOpenOnly()) to.addProposals(write(each));
          }
          listed.acts().forEach(each -> to.addActs(write(each)));
          return to.build();
        });
  }

  @Override
  public void getStake(GetStakeRequest request, StreamObserver<GetStakeResponse> call) {
    requireGovernance();
    String account = account(request.getAccountId());
    Stages.finish(
        own(account, () -> governance.stake(account)),
        call,
        answer -> {
          if (!(answer instanceof StakeFound of)) throw unavailable();
          GetStakeResponse.Builder to =
              GetStakeResponse.newBuilder()
                  .setStaked(text(of.stakedMicros()))
                  .setFree(text(of.freeMicros()))
                  .setDelegate(of.delegate())
                  .setWeight(text(of.weightMicros()));
          of.leaving()
              .forEach(
                  each ->
                      to.addLeaving(
                          LeavingStake.newBuilder()
                              .setCommandId(each.unstakeId())
                              .setAmount(text(each.micros()))
                              .setReleaseAtMs(each.releaseAtMs())));
          return to.build();
        });
  }

  @Override
  public void listParameters(
      ListParametersRequest request, StreamObserver<ListParametersResponse> call) {
    requireGovernance();
    int size = Math.min(PAGE_MAX, Fields.pageSize(request.getPageSize()));
    int from = token(request.getPageToken());
    long nowMs = governance.nowMs();
    ParameterSet set = governance.inForce();
    List<Setting> found =
        set.settings().entrySet().stream()
            .filter(each -> each.getKey().toString().startsWith(request.getPathPrefix()))
            .map(each -> each.getValue())
            .skip(from)
            .limit(size + 1L)
            .toList();
    ListParametersResponse.Builder page =
        ListParametersResponse.newBuilder()
            .setVersion(set.version())
            .setAsOfMs(nowMs)
            .setHouse(set.house(nowMs));
    for (Setting each : found.subList(0, Math.min(size, found.size())))
      page.addParameters(write(each, nowMs));
    if (found.size() > size) page.setNextPageToken(Integer.toString(from + size));
    call.onNext(page.build());
    call.onCompleted();
  }

  private static int token(String token) {
    if (token.isEmpty()) return 0;
    try {
      int from = Integer.parseInt(token);
      if (from >= 0) return from;
    } catch (NumberFormatException e) {
      // As one below zero.
    }
    throw Fields.found("page_token", "MALFORMED", "this is no token of a page", "value", token);
  }

  @Override
  public void watchProposals(
      WatchProposalsRequest request, StreamObserver<WatchProposalsResponse> call) {
    requireGovernance();
    ConflatingMany<Summary, WatchProposalsResponse> states =
        new ConflatingMany<>(
            (ServerCallStreamObserver<WatchProposalsResponse>) call,
            edge,
            UNREAD_MAX,
            each -> WatchProposalsResponse.newBuilder().setProposal(write(each)).build());
    Set<String> heard = ConcurrentHashMap.newKeySet(); // While the list is on its way.
    AccountPort.Watch watch =
        governance.listen(
            each -> {
              if (heard.size() < UNREAD_MAX) heard.add(each.id());
              states.offer(each.id(), each);
            });
    states.start(watch::close);
    var _ =
        governance
            .list()
            .thenAccept(
                answer -> {
                  if (!(answer instanceof Listed listed)) return;
                  for (Summary each : listed.proposals()) {
                    if (each.at().open() && !heard.contains(each.id()))
                      states.offer(each.id(), each);
                  }
                });
  }

  // ---- what several need

  private void requireGovernance() {
    if (governance.isThere()) return;
    throw new Problem.Found(
        Problem.of(
            Code.FAILED_PRECONDITION,
            "NO_GOVERNANCE",
            "this house runs by its configuration: nothing is voted"));
  }

  private static String account(String accountId) {
    return Fields.id("account_id", accountId);
  }

  private static long tokens(String field, String text) {
    return Fields.amount(field, text, MICROS);
  }

  private static String text(long micros) {
    return Decimals.format(micros, MICROS);
  }

  private static List<Amendment> amendments(List<org.novation.protocol.v1.Amendment> amendments) {
    return amendments.stream()
        .map(
            each ->
                new Amendment(
                    each.getPath(),
                    each.getBaseVersion(),
                    each.getFiguresList().stream()
                        .map(figure -> new Entry(figure.getName(), figure.getText()))
                        .toList()))
        .toList();
  }

  private <A> void ofOwn(
      String account,
      GovernanceCommand.Asked command,
      StreamObserver<A> call,
      LongFunction<A> write) {
    requireGovernance();
    Stages.finish(
        own(account, () -> governance.ask(command)), call, answer -> write.apply(version(answer)));
  }

  private <A> void ask(
      GovernanceCommand.Asked command, StreamObserver<A> call, LongFunction<A> write) {
    requireGovernance();
    Stages.finish(governance.ask(command), call, answer -> write.apply(version(answer)));
  }

  /** Asks only for an account within the caller's reach; else it is as if there were none. */
  private CompletionStage<Answer> own(String account, Supplier<CompletionStage<Answer>> then) {
    return ownership
        .holds(Caller.current(), account)
        .thenCompose(
            own -> {
              if (own) return then.get();
              throw new Problem.Found(
                  Refusals.problem(new Rejection.UnknownAccount(account), catalogue.get()));
            });
  }

  private static long version(Answer answer) {
    return switch (answer) {
      case Done(var version, _) -> version;
      case Refused(var why) -> throw new Problem.Found(GovernanceProblems.problem(why));
      case Found _, Listed _, StakeFound _, TryAgain _ -> throw unavailable();
    };
  }

  private static Problem.Found unavailable() {
    return new Problem.Found(Problem.unavailable("governance could not answer this"));
  }

  private static ProposalSummary write(Summary of) {
    ProposalSummary.Builder to =
        ProposalSummary.newBuilder()
            .setProposalId(of.id())
            .setProposer(of.proposer())
            .setTitle(of.title())
            .setCreatedAtMs(of.createdAtMs())
            .addAllPaths(of.paths())
            .setStaked(text(of.stakedMicros()))
            .setInFavour(text(of.inFavourMicros()))
            .setAgainst(text(of.againstMicros()))
            .setAbstaining(text(of.abstainingMicros()));
    switch (of.at()) {
      case Stage.Draft(var until) -> at(to, ProposalStage.PROPOSAL_STAGE_DRAFT, until);
      case Stage.Voting voting ->
          at(to, ProposalStage.PROPOSAL_STAGE_VOTING, voting.endsAtMs())
              .setQuorumPpm(voting.quorumPpm())
              .setThresholdPpm(voting.thresholdPpm());
      case Stage.Timelocked(var from, var until) ->
          at(to, ProposalStage.PROPOSAL_STAGE_TIMELOCKED, from).setExecutableUntilMs(until);
      case Stage.Executed(var at, _) -> at(to, ProposalStage.PROPOSAL_STAGE_EXECUTED, at);
      case Stage.Defeated(var at) -> at(to, ProposalStage.PROPOSAL_STAGE_DEFEATED, at);
      case Stage.ShortOfQuorum(var at) -> at(to, ProposalStage.PROPOSAL_STAGE_SHORT_OF_QUORUM, at);
      case Stage.Expired(var at) -> at(to, ProposalStage.PROPOSAL_STAGE_EXPIRED, at);
      case Stage.Outdated(var at) -> at(to, ProposalStage.PROPOSAL_STAGE_OUTDATED, at);
      case Stage.Cancelled(var at, var reason) ->
          at(to, ProposalStage.PROPOSAL_STAGE_CANCELLED, at).setStageReason(reason);
      case Stage.Withdrawn(var at) -> at(to, ProposalStage.PROPOSAL_STAGE_WITHDRAWN, at);
    }
    return to.build();
  }

  private static ProposalSummary.Builder at(
      ProposalSummary.Builder to, ProposalStage stage, long untilMs) {
    return to.setStage(stage).setStageUntilMs(untilMs);
  }

  private static CouncilAct write(GovernanceSnapshot.Waiting of) {
    CouncilAct.Builder to =
        CouncilAct.newBuilder()
            .setActId(of.id())
            .setReason(of.reason())
            .setCancels(of.cancels())
            .setSha256(of.sha256())
            .addAllApprovedBy(of.approvedBy())
            .setUntilMs(of.untilMs());
    of.act().changes().forEach(each -> to.addChanges(write(each)));
    return to.build();
  }

  private static ParameterChange write(Change of) {
    ParameterChange.Builder to =
        ParameterChange.newBuilder().setPath(of.path().toString()).setBaseVersion(of.baseVersion());
    for (Change.Row row : of.rows())
      to.addFigures(
          FigureChange.newBuilder()
              .setName(row.figure().name())
              .setBefore(row.before())
              .setAfter(row.after())
              .setLastsMs(row.lastsMs())
              .setEffect(
                  switch (row.effect()) {
                    case TIGHTENS -> ChangeEffect.CHANGE_EFFECT_TIGHTENS;
                    case LOOSENS -> ChangeEffect.CHANGE_EFFECT_LOOSENS;
                    case UNCLEAR -> ChangeEffect.CHANGE_EFFECT_UNCLEAR;
                    case NONE -> ChangeEffect.CHANGE_EFFECT_UNSPECIFIED;
                  }));
    return to.build();
  }

  private static ParameterInForce write(Setting of, long nowMs) {
    ParameterInForce.Builder to =
        ParameterInForce.newBuilder()
            .setPath(of.to().path().toString())
            .setVersion(of.version())
            .setSinceMs(of.sinceMs());
    for (Setting.Way way : of.ways(nowMs))
      to.addFigures(
          FigureInForce.newBuilder()
              .setName(way.figure().name())
              .setNow(way.now())
              .setVoted(way.voted())
              .setSettlesAtMs(way.endsAtMs()));
    return to.build();
  }
}

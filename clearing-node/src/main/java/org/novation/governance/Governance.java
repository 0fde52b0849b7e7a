package org.novation.governance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.novation.governance.Amendments.Refused;
import org.novation.governance.GovernanceCommand.Advance;
import org.novation.governance.GovernanceCommand.Approve;
import org.novation.governance.GovernanceCommand.Asked;
import org.novation.governance.GovernanceCommand.Cancel;
import org.novation.governance.GovernanceCommand.Delegate;
import org.novation.governance.GovernanceCommand.Deposit;
import org.novation.governance.GovernanceCommand.Execute;
import org.novation.governance.GovernanceCommand.NoteNotTaken;
import org.novation.governance.GovernanceCommand.NoteReturned;
import org.novation.governance.GovernanceCommand.NoteTaken;
import org.novation.governance.GovernanceCommand.Propose;
import org.novation.governance.GovernanceCommand.SetUp;
import org.novation.governance.GovernanceCommand.Stake;
import org.novation.governance.GovernanceCommand.Tighten;
import org.novation.governance.GovernanceCommand.Unstake;
import org.novation.governance.GovernanceCommand.Vote;
import org.novation.governance.GovernanceCommand.Withdraw;
import org.novation.governance.GovernanceEvent.ActApproved;
import org.novation.governance.GovernanceEvent.ActBegun;
import org.novation.governance.GovernanceEvent.ActDone;
import org.novation.governance.GovernanceEvent.ActLapsed;
import org.novation.governance.GovernanceEvent.Delegated;
import org.novation.governance.GovernanceEvent.Deposited;
import org.novation.governance.GovernanceEvent.Executed;
import org.novation.governance.GovernanceEvent.HouseSetUp;
import org.novation.governance.GovernanceEvent.Origin;
import org.novation.governance.GovernanceEvent.ProposalCancelled;
import org.novation.governance.GovernanceEvent.ProposalExpired;
import org.novation.governance.GovernanceEvent.ProposalOutdated;
import org.novation.governance.GovernanceEvent.ProposalWithdrawn;
import org.novation.governance.GovernanceEvent.Proposed;
import org.novation.governance.GovernanceEvent.StakeAsked;
import org.novation.governance.GovernanceEvent.StakeNotTaken;
import org.novation.governance.GovernanceEvent.StakeReleased;
import org.novation.governance.GovernanceEvent.StakeReturned;
import org.novation.governance.GovernanceEvent.Staked;
import org.novation.governance.GovernanceEvent.UnstakeBegun;
import org.novation.governance.GovernanceEvent.Voted;
import org.novation.governance.GovernanceEvent.VotesCounted;
import org.novation.governance.GovernanceEvent.VotingBegun;
import org.novation.governance.Proposal.Ballot;
import org.novation.governance.Stakes.Leaving;

/**
 * Governance as its journal tells it. Immutable: {@link #decide} reads only this state and its
 * arguments, {@link #apply} gives the state after an event and throws on one that cannot follow.
 *
 * @param events how many made this state; the number of the last
 * @param atMs of the last event: time never runs backwards here, whatever the clock does
 * @param proposals by id, in the order in which they were made; the open ones, and the newest of
 *     those that have ended
 * @param acts of the council that wait for approval, by id
 * @param origins of the newest commands
 */
public record Governance(
    long events,
    long atMs,
    ParameterSet parameters,
    Stakes stakes,
    Map<String, Proposal> proposals,
    Map<String, Act> acts,
    Origins origins) {
  /** Most proposals that are open at the same time. */
  public static final int OPEN_MAX = 64;

  /** So many that have ended are kept; the journal has all. */
  public static final int ENDED_MAX = 256;

  /**
   * Most acts of one member that wait for approval; a further one takes the place of his oldest, so
   * that no single key keeps the rest of a council from acting.
   */
  public static final int ACTS_PER_MEMBER = 2;

  /** So long an act waits for approval: a signature of today serves nobody tomorrow. */
  public static final long ACT_MS = 3_600_000;

  /** No halt of the council's ends later than this from now; a vote can make a longer one. */
  public static final long HALT_MS_MAX = 7 * Pace.DAY_MS;

  /** A deposit is at least this part of what a draft needs, which bounds how many there are. */
  static final long DEPOSIT_SHARE = 10;

  /** Before what voters cannot be called: see {@link Author}. */
  private static final String EXECUTED = "proposal/";

  private static final String COUNCIL = "council/";

  private static final Set<Topic> NEEDED =
      Set.of(
          Topic.COLLATERAL,
          Topic.PRICES,
          Topic.LIQUIDATION,
          Topic.FEES,
          Topic.WITHDRAWALS,
          Topic.VOTING,
          Topic.KILL_SWITCH);

  /** Nothing has happened yet. */
  public static final Governance EMPTY =
      new Governance(
          0, Long.MIN_VALUE, ParameterSet.NONE, Stakes.NONE, Map.of(), Map.of(), Origins.NONE);

  public Governance {
    proposals = Collections.unmodifiableMap(proposals);
    acts = Collections.unmodifiableMap(acts);
  }

  // ---- what it says

  /** A proposal; null when it is unknown, or ended long ago. */
  public @Nullable Proposal proposal(String id) {
    return proposals.get(id);
  }

  /** What of a stake can leave: what does not stand behind an open proposal. */
  public long freeMicros(String voter) {
    long behind = 0;
    for (Proposal each : proposals.values())
      behind = Math.addExact(behind, each.deposits().getOrDefault(voter, 0L));
    return stakes.stakedMicros(voter) - behind;
  }

  /** Whether the kill switch keeps a proposal from being executed: it is lifted first. */
  boolean stops(Proposal proposal) {
    return parameters.killed()
        && !proposal.changes().stream().allMatch(each -> each.path().topic() == Topic.KILL_SWITCH);
  }

  /** Why these changes are not for a council to make at a time; null when they are. */
  @Nullable Refusal looser(List<Change> changes, long nowMs) {
    try {
      new Steps(this, nowMs).requireTighter(changes);
      return null;
    } catch (Refused loose) {
      return loose.why();
    }
  }

  /** When time alone brings something about next; Long.MAX_VALUE for never. */
  public long nextAtMs() {
    long next = Long.MAX_VALUE;
    for (Leaving each : stakes.leaving()) next = Math.min(next, each.releaseAtMs());
    for (Act each : acts.values()) next = Math.min(next, each.untilMs());
    for (Proposal each : proposals.values()) {
      next =
          switch (each.stage()) {
            case Stage.Draft draft -> Math.min(next, draft.untilMs());
            case Stage.Voting voting -> Math.min(next, voting.endsAtMs());
            case Stage.Timelocked locked -> Math.min(next, locked.untilMs());
            default -> next;
          };
    }
    return next;
  }

  // ---- decide

  /**
   * Judges a command at a house time. What time has brought about by then comes first, whatever the
   * command.
   */
  public Decision decide(GovernanceCommand command, long nowMs) {
    long now = Math.max(nowMs, atMs);
    try {
      if (command instanceof Asked asked && origins.knows(author(asked), origin(asked), now))
        return new Decision.Accepted(List.of());
      Steps steps = new Steps(this, now);
      advance(steps);
      steps.decide(command);
      return new Decision.Accepted(steps.events);
    } catch (Refused refused) {
      return new Decision.Refused(refused.why());
    }
  }

  private static Origin origin(Asked asked) {
    return new Origin(asked.id(), asked.issuedAtMs(), Proposal.sha256(asked.toString()));
  }

  /** Whose id a command's is. An execution is anybody's, and its proposal's only. */
  private static String author(Asked asked) {
    return switch (asked) {
      case Stake c -> c.voter();
      case Unstake c -> c.voter();
      case Delegate c -> c.voter();
      case Propose c -> c.proposer();
      case Deposit c -> c.voter();
      case Withdraw c -> c.proposer();
      case Vote c -> c.voter();
      case Execute c -> EXECUTED + c.proposalId();
      case GovernanceCommand.OfCouncil c -> COUNCIL + c.member();
    };
  }

  /** What is due at a time. */
  private static void advance(Steps steps) {
    for (Leaving each : steps.at.stakes.leaving()) {
      if (steps.now >= each.releaseAtMs())
        steps.add(
            new StakeReleased(
                steps.number(), steps.now, each.unstakeId(), each.voter(), each.micros()));
    }
    for (Act each : steps.at.acts.values()) {
      if (steps.now >= each.untilMs())
        steps.add(new ActLapsed(steps.number(), steps.now, each.id()));
    }
    for (Proposal each : steps.at.proposals.values()) {
      if (each.stage() instanceof Stage.Voting voting && steps.now >= voting.endsAtMs())
        steps.add(counted(steps.number(), steps.now, each, voting));
    }
    for (Proposal each : steps.at.proposals.values()) {
      boolean expired =
          switch (each.stage()) {
            case Stage.Draft draft -> steps.now >= draft.untilMs();
            case Stage.Timelocked locked -> steps.now >= locked.untilMs();
            default -> false;
          };
      if (expired) steps.add(new ProposalExpired(steps.number(), steps.now, each.id()));
    }
  }

  /** Times run from when the vote ended, however late it is counted. */
  static VotesCounted counted(long number, long atMs, Proposal proposal, Stage.Voting voting) {
    Outcome outcome =
        Counting.of(proposal.stakedMicros(), voting.quorumPpm(), voting.thresholdPpm())
            .outcome(proposal.votes());
    boolean succeeded = outcome == Outcome.SUCCEEDED;
    long fromMs = voting.endsAtMs() + voting.timelockMs();
    return new VotesCounted(
        number,
        atMs,
        proposal.id(),
        outcome,
        proposal.inFavourMicros(),
        proposal.againstMicros(),
        proposal.abstainingMicros(),
        succeeded ? fromMs : 0,
        succeeded ? fromMs + voting.executionMs() : 0);
  }

  /** One command's decisions, each made on what those before it led to. */
  private static final class Steps {
    private Governance at;
    private final long now;
    private final List<GovernanceEvent> events = new ArrayList<>();

    Steps(Governance at, long now) {
      this.at = at;
      this.now = now;
    }

    long number() {
      return at.events + 1;
    }

    void add(GovernanceEvent event) {
      at = at.apply(event);
      events.add(event);
    }

    void decide(GovernanceCommand command) throws Refused {
      if (command instanceof Asked && at.parameters.version() == 0)
        throw new Refused(new Refusal.NotSetUp());
      switch (command) {
        case Advance _ -> {}
        case SetUp setUp -> setUp(setUp);
        case Stake stake -> stake(stake);
        case NoteTaken(var asked) -> taken(asked);
        case NoteNotTaken(var asked, var why) -> notTaken(asked, why);
        case NoteReturned(var released) -> returned(released);
        case Unstake unstake -> unstake(unstake);
        case Delegate delegate -> delegate(delegate);
        case Propose propose -> propose(propose);
        case Deposit deposit -> deposit(deposit);
        case Withdraw withdraw -> withdraw(withdraw);
        case Vote vote -> vote(vote);
        case Execute execute -> execute(execute);
        case Tighten tighten -> tighten(tighten);
        case Cancel cancel -> cancel(cancel);
        case Approve approve -> approve(approve);
      }
    }

    private void setUp(SetUp setUp) throws Refused {
      if (at.parameters.version() != 0)
        throw new Refused(new Refusal.SetUpAlready(at.parameters.version()));
      ParameterSet first = ParameterSet.first(setUp.parameters(), now);
      Set<Topic> there =
          first.settings().keySet().stream().map(Path::topic).collect(Collectors.toSet());
      for (Topic needed : Topic.values()) {
        if (NEEDED.contains(needed) && !there.contains(needed))
          throw new Refused(new Refusal.SetUpLacks(needed.word()));
      }
      Amendments.requireInBounds(first, now);
      add(new HouseSetUp(number(), now, first.written()));
    }

    // ---- stakes

    private void stake(Stake stake) throws Refused {
      requirePositive(stake.micros());
      Stakes stakes = at.stakes;
      long then = stakes.stakedMicros(stake.voter()) + stake.micros();
      long coming = stakes.asked().stream().mapToLong(Stakes.Asked::micros).sum();
      if (stake.micros() > Long.MAX_VALUE - stakes.heldMicros() - coming)
        throw new Refused(new Refusal.TooManyTokens(stake.micros()));
      if (then < Stakes.LEAST_MICROS)
        throw new Refused(new Refusal.StakeTooSmall(then, Stakes.LEAST_MICROS));
      if (stakes.asked().stream().anyMatch(each -> each.voter().equals(stake.voter())))
        throw new Refused(new Refusal.StakeUnderWay(stake.voter()));
      if (stakes.stakedMicros(stake.voter()) == 0
          && stakes.holders().size() + stakes.asked().size() >= Stakes.HOLDERS_MAX)
        throw new Refused(new Refusal.TooManyStakers(Stakes.HOLDERS_MAX));
      add(new StakeAsked(number(), now, origin(stake), stake.voter(), stake.micros()));
    }

    private void taken(long asked) {
      Stakes.Asked asking = at.stakes.asked(asked);
      if (asking != null)
        add(new Staked(number(), now, asking.origin(), asking.voter(), asking.micros()));
    }

    private void notTaken(long asked, String why) {
      Stakes.Asked asking = at.stakes.asked(asked);
      if (asking != null) add(new StakeNotTaken(number(), now, asked, asking.voter(), why));
    }

    private void returned(long released) {
      Stakes.Returning back = at.stakes.returning(released);
      if (back != null) add(new StakeReturned(number(), now, released, back.voter()));
    }

    private void unstake(Unstake unstake) throws Refused {
      if (at.stakes.leaves(unstake.voter(), unstake.id())) throw taken(unstake);
      requirePositive(unstake.micros());
      requireFree(unstake.voter(), unstake.micros());
      long left = at.stakes.stakedMicros(unstake.voter()) - unstake.micros();
      long least = Math.min(left, unstake.micros());
      if (left != 0 && least < Stakes.LEAST_MICROS)
        throw new Refused(new Refusal.StakeTooSmall(least, Stakes.LEAST_MICROS));
      if (at.stakes.leaving(unstake.voter()) >= Stakes.LEAVING_PER_VOTER_MAX)
        throw new Refused(
            new Refusal.TooManyLeaving(unstake.voter(), Stakes.LEAVING_PER_VOTER_MAX));
      if (at.stakes.leaving().size() + at.stakes.returning().size() >= Stakes.HOLDERS_MAX)
        throw new Refused(new Refusal.TooManyStakers(Stakes.HOLDERS_MAX));
      long releaseAtMs = now + at.parameters.voting(now).unstakeMs();
      add(
          new UnstakeBegun(
              number(), now, origin(unstake), unstake.voter(), unstake.micros(), releaseAtMs));
    }

    private void delegate(Delegate delegate) throws Refused {
      if (delegate.delegate().equals(delegate.voter()))
        throw new Refused(new Refusal.DelegatedToSelf(delegate.voter()));
      if (at.stakes.stakedMicros(delegate.voter()) == 0)
        throw new Refused(new Refusal.InsufficientStake(Stakes.LEAST_MICROS, 0));
      add(new Delegated(number(), now, origin(delegate), delegate.voter(), delegate.delegate()));
    }

    // ---- proposals

    private void propose(Propose propose) throws Refused {
      if (at.proposals.containsKey(propose.id())) throw taken(propose);
      Parameter.Voting rules = at.parameters.voting(now);
      long open = at.proposals.values().stream().filter(each -> each.stage().open()).count();
      if (open >= OPEN_MAX) throw new Refused(new Refusal.TooManyProposals(open, OPEN_MAX));
      requireText(propose.title(), Proposal.TITLE_MAX);
      requireText(propose.text(), Proposal.TEXT_MAX);
      requireDeposit(propose.depositMicros(), rules);
      requireFree(propose.proposer(), propose.depositMicros());
      List<Change> changes = new Amendments(at.parameters).changes(propose.amendments(), now);
      add(
          new Proposed(
              number(),
              now,
              origin(propose),
              propose.proposer(),
              propose.title(),
              propose.text(),
              changes.stream().map(Change::written).toList(),
              Proposal.hash(propose.title(), propose.text(), changes),
              propose.depositMicros(),
              now + rules.draftMs(),
              at.stakes.stakedMicros()));
      beginVoting(propose.id());
    }

    private void deposit(Deposit deposit) throws Refused {
      Proposal proposal = proposal(deposit.proposalId());
      if (!(proposal.stage() instanceof Stage.Draft)) throw wrongStage(proposal);
      requireDeposit(deposit.micros(), at.parameters.voting(now));
      requireFree(deposit.voter(), deposit.micros());
      add(
          new Deposited(
              number(), now, origin(deposit), proposal.id(), deposit.voter(), deposit.micros()));
      beginVoting(proposal.id());
    }

    private void beginVoting(String proposalId) throws Refused {
      Parameter.Voting rules = at.parameters.voting(now);
      if (proposal(proposalId).depositMicros() < rules.depositMicros()) return;
      add(
          new VotingBegun(
              number(),
              now,
              proposalId,
              now + rules.votingMs(),
              rules.quorumPpm(),
              rules.thresholdPpm(),
              rules.timelockMs(),
              rules.executionMs()));
    }

    private void withdraw(Withdraw withdraw) throws Refused {
      Proposal proposal = proposal(withdraw.proposalId());
      if (!proposal.proposer().equals(withdraw.proposer()))
        throw new Refused(new Refusal.NotTheProposer(proposal.id()));
      if (!(proposal.stage() instanceof Stage.Draft || proposal.stage() instanceof Stage.Voting))
        throw wrongStage(proposal);
      add(new ProposalWithdrawn(number(), now, origin(withdraw), proposal.id()));
    }

    private void vote(Vote vote) throws Refused {
      Proposal proposal = proposal(vote.proposalId());
      if (!(proposal.stage() instanceof Stage.Voting)) throw wrongStage(proposal);
      if (!proposal.sha256().equals(vote.sha256()))
        throw new Refused(new Refusal.OtherContent(proposal.id(), proposal.sha256()));
      long weight = proposal.weights().getOrDefault(vote.voter(), 0L);
      if (weight == 0) throw new Refused(new Refusal.NoWeight(proposal.id(), vote.voter()));
      add(
          new Voted(
              number(), now, origin(vote), proposal.id(), vote.voter(), vote.choice(), weight));
    }

    private void execute(Execute execute) throws Refused {
      Proposal proposal = proposal(execute.proposalId());
      if (!(proposal.stage() instanceof Stage.Timelocked locked)) throw wrongStage(proposal);
      if (now < locked.fromMs())
        throw new Refused(new Refusal.TimelockHolds(proposal.id(), locked.fromMs()));
      if (!Proposal.hash(proposal.title(), proposal.text(), proposal.changes())
          .equals(proposal.sha256()))
        throw new IllegalStateException(proposal.id() + " is not what was voted");
      if (at.stops(proposal)) throw new Refused(new Refusal.KillSwitchThrown());
      List<Setting.Written> settings = settings(proposal.changes());
      add(
          new Executed(
              number(),
              now,
              origin(execute),
              proposal.id(),
              at.parameters.version() + 1,
              settings));
      outdate();
      // What a member has approved counts by his name, whose key may be another's from now on.
      if (proposal.changes().stream().anyMatch(each -> each.path().topic() == Topic.COUNCIL))
        at.acts.values().forEach(this::lapse);
    }

    /** The changes as settings of the next version; each is still of what there is. */
    private List<Setting.Written> settings(List<Change> changes) throws Refused {
      for (Change change : changes) requireSame(change);
      new Amendments(at.parameters).requireSound(changes, now);
      return at.parameters.next(changes, now);
    }

    private void requireSame(Change change) throws Refused {
      long version = at.parameters.version(change.path());
      if (version != change.baseVersion())
        throw new Refused(
            new Refusal.VersionMoved(change.path().toString(), change.baseVersion(), version));
    }

    /** Ends what was meant for parameters that are no longer there. */
    private void outdate() {
      for (Proposal each : at.proposals.values()) {
        if (!each.stage().open()) continue;
        for (Change change : each.changes()) {
          long version = at.parameters.version(change.path());
          if (version == change.baseVersion()) continue;
          add(new ProposalOutdated(number(), now, each.id(), version));
          break;
        }
      }
    }

    // ---- the council

    private void tighten(Tighten tighten) throws Refused {
      requirePower(tighten);
      requireText(tighten.reason(), Proposal.TITLE_MAX);
      List<Change> changes = new Amendments(at.parameters).changes(tighten.amendments(), now);
      requireTighter(changes);
      begin(tighten, tighten.member(), tighten.reason(), changes, "");
    }

    private void cancel(Cancel cancel) throws Refused {
      requirePower(cancel);
      requireText(cancel.reason(), Proposal.TITLE_MAX);
      requireCancellable(cancel.proposalId());
      begin(cancel, cancel.member(), cancel.reason(), List.of(), cancel.proposalId());
    }

    private void begin(
        Asked asked, String member, String reason, List<Change> changes, String cancels)
        throws Refused {
      if (at.acts.containsKey(asked.id())) throw taken(asked);
      List<Act> own =
          at.acts.values().stream().filter(each -> each.begunBy().equals(member)).toList();
      for (int n = 0; n <= own.size() - ACTS_PER_MEMBER; n++) lapse(own.get(n));
      add(
          new ActBegun(
              number(),
              now,
              origin(asked),
              member,
              reason,
              changes.stream().map(Change::written).toList(),
              cancels,
              Proposal.hash(reason, cancels, changes),
              now + ACT_MS));
    }

    private void lapse(Act act) {
      add(new ActLapsed(number(), now, act.id()));
    }

    private void approve(Approve approve) throws Refused {
      Parameter.Council council = requirePower(approve);
      Act act = at.acts.get(approve.actId());
      if (act == null) throw new Refused(new Refusal.UnknownAct(approve.actId()));
      if (!act.sha256().equals(approve.sha256()))
        throw new Refused(new Refusal.OtherContent(act.id(), act.sha256()));
      if (!act.approvedBy().contains(approve.member()))
        add(new ActApproved(number(), now, origin(approve), act.id(), approve.member()));
      // Whoever has left the council meanwhile does not count.
      long approvals =
          at.acts.getOrDefault(act.id(), act).approvedBy().stream().filter(council::has).count();
      if (approvals < council.needed()) return;
      if (act.cancels().isEmpty()) {
        requireTighter(act.changes());
        add(
            new ActDone(
                number(), now, act.id(), at.parameters.version() + 1, settings(act.changes())));
        outdate();
      } else {
        requireCancellable(act.cancels());
        add(new ProposalCancelled(number(), now, act.cancels(), act.id(), act.reason()));
        add(new ActDone(number(), now, act.id(), at.parameters.version(), List.of()));
      }
    }

    private Parameter.Council requirePower(GovernanceCommand.OfCouncil command) throws Refused {
      String member = command.member();
      Parameter.Council council = at.parameters.only(now, Parameter.Council.class);
      if (council == null || !council.has(member))
        throw new Refused(new Refusal.NotOnCouncil(member));
      if (now >= council.expiresAtMs())
        throw new Refused(new Refusal.CouncilExpired(council.expiresAtMs()));
      if (at.parameters.killed()) throw new Refused(new Refusal.KillSwitchThrown());
      byte[] message = CouncilMessage.bytes(at.parameters.house(now), command);
      if (!council.signed(member, message, command.signature()))
        throw new Refused(new Refusal.BadSignature(member));
      return council;
    }

    /** Every figure that changes is tighter than it was, and stays so at every time from now on. */
    private void requireTighter(List<Change> changes) throws Refused {
      for (Change change : changes) {
        String path = change.path().toString();
        for (Change.Row row : change.rows()) {
          String name = row.figure().name();
          if (row.effect() != Effect.TIGHTENS)
            throw new Refused(new Refusal.NotTighter(path, name, row.before(), row.after()));
          if (change.after() instanceof Parameter.Halt
              && Long.parseLong(row.after()) > now + HALT_MS_MAX)
            throw new Refused(
                new Refusal.HaltTooLong(
                    path, name, Long.parseLong(row.after()), now + HALT_MS_MAX));
        }
        Setting setting = at.parameters.setting(change.path());
        if (setting == null) continue;
        // A change begins all ways of a parameter anew, and would give one that tightens more time.
        // What has no tighter side waits: nobody is held up in tightening by a vote on funding.
        for (Figure figure : Schema.of(setting.to()).figures()) {
          if (figure.tightens() == Tightens.BY_VOTE_ONLY) continue;
          if (setting.effect(figure) != Effect.LOOSENS && setting.endsAtMs(figure) > now)
            throw new Refused(
                new Refusal.TighteningUnderWay(path, figure.name(), setting.endsAtMs(figure)));
        }
      }
    }

    private void requireCancellable(String proposalId) throws Refused {
      Proposal proposal = proposal(proposalId);
      if (!proposal.stage().open()) throw wrongStage(proposal);
      if (proposal.beyondCouncil()) throw new Refused(new Refusal.BeyondCouncil(proposalId));
    }

    // ---- what is asked of many

    private Proposal proposal(String id) throws Refused {
      Proposal proposal = at.proposals.get(id);
      if (proposal == null) throw new Refused(new Refusal.UnknownProposal(id));
      return proposal;
    }

    private static Refused wrongStage(Proposal proposal) {
      return new Refused(
          new Refusal.WrongStage(proposal.id(), proposal.stage().getClass().getSimpleName()));
    }

    /** What is there under an id was not made by this command: that would be known. */
    private static Refused taken(Asked asked) {
      return new Refused(new Refusal.DuplicateWithOtherContent(asked.id()));
    }

    private static void requirePositive(long micros) throws Refused {
      if (micros <= 0) throw new Refused(new Refusal.AmountNotPositive(micros));
    }

    private void requireFree(String voter, long micros) throws Refused {
      long free = at.freeMicros(voter);
      if (micros > free) throw new Refused(new Refusal.InsufficientStake(micros, free));
    }

    private static void requireDeposit(long micros, Parameter.Voting rules) throws Refused {
      long least = Math.ceilDiv(rules.depositMicros(), DEPOSIT_SHARE);
      if (micros < least) throw new Refused(new Refusal.DepositTooSmall(micros, least));
    }

    private static void requireText(String text, int most) throws Refused {
      if (text.isBlank() || text.length() > most)
        throw new Refused(new Refusal.TextNotUsable(text.length(), most));
    }
  }

  // ---- apply

  /**
   * The state after an event. Judges nothing again.
   *
   * @throws IllegalStateException when the event cannot follow
   */
  public Governance apply(GovernanceEvent event) {
    if (event.number() != events + 1)
      throw new IllegalStateException("event " + event.number() + " cannot follow " + events);
    Governance then =
        switch (event) {
          case HouseSetUp e -> with(parameters(e.settings(), 1));
          case StakeAsked e ->
              with(stakes.with(new Stakes.Asked(e.number(), e.origin(), e.voter(), e.micros())));
          case StakeNotTaken e -> with(stakes.withoutAskedOf(asked(e.asked()).voter()));
          case Staked e -> with(stakes.withoutAskedOf(e.voter()).changed(e.voter(), e.micros()));
          case UnstakeBegun e ->
              with(
                  stakes.leaves(
                      new Leaving(e.origin().id(), e.voter(), e.micros(), e.releaseAtMs())));
          case StakeReleased e ->
              with(
                  stakes.released(
                      e.unstakeId(),
                      e.atMs(),
                      new Stakes.Returning(e.number(), e.voter(), e.micros())));
          case StakeReturned e -> with(stakes.returned(e.released()));
          case Delegated e -> with(stakes.delegated(e.voter(), e.delegate()));
          case Proposed e -> with(proposed(e));
          case Deposited e ->
              change(e.proposalId(), each -> each.withDeposit(e.voter(), e.micros()));
          case VotingBegun e ->
              stage(
                  e.proposalId(),
                  new Stage.Voting(
                      e.endsAtMs(),
                      e.quorumPpm(),
                      e.thresholdPpm(),
                      e.timelockMs(),
                      e.executionMs()));
          case Voted e ->
              change(
                  e.proposalId(), each -> each.with(e.voter(), new Ballot(e.choice(), e.micros())));
          case VotesCounted e ->
              stage(
                  e.proposalId(),
                  switch (e.outcome()) {
                    case SUCCEEDED -> new Stage.Timelocked(e.fromMs(), e.untilMs());
                    case DEFEATED -> new Stage.Defeated(e.atMs());
                    case SHORT_OF_QUORUM -> new Stage.ShortOfQuorum(e.atMs());
                  });
          case Executed e ->
              with(parameters(e.settings(), e.version()))
                  .stage(e.proposalId(), new Stage.Executed(e.atMs(), e.version()));
          case ProposalExpired e -> stage(e.proposalId(), new Stage.Expired(e.atMs()));
          case ProposalOutdated e -> stage(e.proposalId(), new Stage.Outdated(e.atMs()));
          case ProposalWithdrawn e -> stage(e.proposalId(), new Stage.Withdrawn(e.atMs()));
          case ProposalCancelled e ->
              stage(e.proposalId(), new Stage.Cancelled(e.atMs(), e.reason()));
          case ActBegun e -> with(begun(e), e.origin().id());
          case ActApproved e -> with(approved(e), e.actId());
          case ActDone e ->
              (e.settings().isEmpty() ? this : with(parameters(e.settings(), e.version())))
                  .with(null, e.actId());
          case ActLapsed e -> with(null, e.actId());
        };
    return new Governance(
        event.number(),
        event.atMs(),
        then.parameters,
        then.stakes,
        then.proposals,
        then.acts,
        origins(event));
  }

  private Stakes.Asked asked(long number) {
    Stakes.Asked asked = stakes.asked(number);
    if (asked == null) throw new IllegalStateException("nothing is asked for under " + number);
    return asked;
  }

  private Origins origins(GovernanceEvent event) {
    long atMs = event.atMs();
    return switch (event) {
      case StakeAsked e -> origins.with(e.voter(), e.origin(), atMs);
      case Staked e -> origins.with(e.voter(), e.origin(), atMs);
      case StakeNotTaken e -> origins.without(e.voter(), asked(e.asked()).origin().id());
      case UnstakeBegun e -> origins.with(e.voter(), e.origin(), atMs);
      case Delegated e -> origins.with(e.voter(), e.origin(), atMs);
      case Proposed e -> origins.with(e.proposer(), e.origin(), atMs);
      case Deposited e -> origins.with(e.voter(), e.origin(), atMs);
      case Voted e -> origins.with(e.voter(), e.origin(), atMs);
      case Executed e -> origins.with(EXECUTED + e.proposalId(), e.origin(), atMs);
      case ProposalWithdrawn e -> origins.with(open(e.proposalId()).proposer(), e.origin(), atMs);
      case ActBegun e -> origins.with(COUNCIL + e.member(), e.origin(), atMs);
      case ActApproved e -> origins.with(COUNCIL + e.member(), e.origin(), atMs);
      case HouseSetUp _,
          StakeReleased _,
          StakeReturned _,
          VotingBegun _,
          VotesCounted _,
          ProposalExpired _,
          ProposalOutdated _,
          ProposalCancelled _,
          ActDone _,
          ActLapsed _ ->
          origins;
    };
  }

  private ParameterSet parameters(List<Setting.Written> settings, long version) {
    if (version != parameters.version() + 1)
      throw new IllegalStateException(
          "version " + version + " cannot follow " + parameters.version());
    return parameters.with(settings.stream().map(Setting.Written::setting).toList(), version);
  }

  private Proposal proposed(Proposed e) {
    return new Proposal(
        e.origin().id(),
        e.proposer(),
        e.atMs(),
        e.title(),
        e.text(),
        e.sha256(),
        e.changes().stream().map(Change.Written::read).toList(),
        e.stakedMicros(),
        stakes.weights(),
        Map.of(e.proposer(), e.depositMicros()),
        Map.of(),
        new Stage.Draft(e.draftUntilMs()),
        0,
        0,
        0);
  }

  private static Act begun(ActBegun e) {
    return new Act(
        e.origin().id(),
        e.reason(),
        e.changes().stream().map(Change.Written::read).toList(),
        e.cancels(),
        e.sha256(),
        List.of(e.member()),
        e.untilMs());
  }

  private Act approved(ActApproved e) {
    Act act = acts.get(e.actId());
    if (act == null) throw new IllegalStateException("no act " + e.actId());
    List<String> approvedBy = new ArrayList<>(act.approvedBy());
    approvedBy.add(e.member());
    return new Act(
        act.id(),
        act.reason(),
        act.changes(),
        act.cancels(),
        act.sha256(),
        approvedBy,
        act.untilMs());
  }

  private Governance stage(String proposalId, Stage stage) {
    return change(proposalId, each -> each.with(stage));
  }

  private Governance change(String proposalId, UnaryOperator<Proposal> change) {
    return with(change.apply(open(proposalId)));
  }

  private Proposal open(String proposalId) {
    Proposal proposal = proposals.get(proposalId);
    if (proposal == null || !proposal.stage().open())
      throw new IllegalStateException(proposalId + " is not open");
    return proposal;
  }

  /** With a proposal; of those that have ended the oldest go when they are too many. */
  private Governance with(Proposal proposal) {
    Map<String, Proposal> then = new LinkedHashMap<>(proposals);
    then.put(proposal.id(), proposal);
    List<String> ended =
        then.values().stream().filter(each -> !each.stage().open()).map(Proposal::id).toList();
    for (int n = 0; n < ended.size() - ENDED_MAX; n++) then.remove(ended.get(n));
    return new Governance(events, atMs, parameters, stakes, then, acts, origins);
  }

  private Governance with(ParameterSet other) {
    return new Governance(events, atMs, other, stakes, proposals, acts, origins);
  }

  private Governance with(Stakes other) {
    return new Governance(events, atMs, parameters, other, proposals, acts, origins);
  }

  /** With an act, or without the one of this id. */
  private Governance with(@Nullable Act act, String actId) {
    Map<String, Act> then = new LinkedHashMap<>(acts);
    if (act == null) then.remove(actId);
    else then.put(actId, act);
    return new Governance(events, atMs, parameters, stakes, proposals, then, origins);
  }
}

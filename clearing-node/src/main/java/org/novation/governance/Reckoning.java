package org.novation.governance;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.governance.GovernanceEvent.ActApproved;
import org.novation.governance.GovernanceEvent.ActBegun;
import org.novation.governance.GovernanceEvent.ActDone;
import org.novation.governance.GovernanceEvent.Executed;
import org.novation.governance.GovernanceEvent.ProposalCancelled;
import org.novation.governance.GovernanceEvent.ProposalExpired;
import org.novation.governance.GovernanceEvent.Proposed;
import org.novation.governance.GovernanceEvent.StakeReleased;
import org.novation.governance.GovernanceEvent.UnstakeBegun;
import org.novation.governance.GovernanceEvent.Voted;
import org.novation.governance.GovernanceEvent.VotesCounted;
import org.novation.governance.GovernanceEvent.VotingBegun;

/**
 * Reckons again, from the state before an event, what the event says was decided, for whoever
 * audits a journal: votes and their weight, times, approvals, and every figure of a new version.
 *
 * <p>Whose signature it was cannot be reckoned again: the journal keeps the hash of a command that
 * was signed, not the signature.
 */
public final class Reckoning {
  private final Governance before;

  private Reckoning(Governance before) {
    this.before = before;
  }

  /**
   * What is wrong with an event that follows a state; null when it is what the rules say.
   *
   * @throws IllegalStateException when it names what there is not
   */
  public static @Nullable String problem(Governance before, GovernanceEvent event) {
    Reckoning reckoning = new Reckoning(before);
    return switch (event) {
      case UnstakeBegun begun -> reckoning.of(begun);
      case StakeReleased released -> reckoning.of(released);
      case Proposed proposed -> reckoning.of(proposed);
      case VotingBegun begun -> reckoning.of(begun);
      case Voted voted -> reckoning.of(voted);
      case VotesCounted counted -> reckoning.of(counted);
      case Executed executed -> reckoning.of(executed);
      case ProposalExpired expired -> reckoning.of(expired);
      case ProposalCancelled cancelled -> reckoning.of(cancelled);
      case ActBegun begun -> reckoning.of(begun);
      case ActApproved approved -> reckoning.of(approved);
      case ActDone done -> reckoning.of(done);
      case GovernanceEvent.HouseSetUp _,
          GovernanceEvent.StakeAsked _,
          GovernanceEvent.StakeNotTaken _,
          GovernanceEvent.Staked _,
          GovernanceEvent.StakeReturned _,
          GovernanceEvent.Delegated _,
          GovernanceEvent.Deposited _,
          GovernanceEvent.ProposalOutdated _,
          GovernanceEvent.ProposalWithdrawn _,
          GovernanceEvent.ActLapsed _ ->
          null;
    };
  }

  // ---- stakes

  private @Nullable String of(UnstakeBegun begun) {
    return begun.releaseAtMs() == begun.atMs() + voting(begun).unstakeMs()
        ? null
        : "lets a stake leave at another time than the rules say";
  }

  private @Nullable String of(StakeReleased released) {
    boolean due =
        before.stakes().leaving().stream()
            .anyMatch(
                each ->
                    each.unstakeId().equals(released.unstakeId())
                        && each.voter().equals(released.voter())
                        && each.micros() == released.micros()
                        && each.releaseAtMs() <= released.atMs());
    return due ? null : "releases what is not leaving, or not yet";
  }

  // ---- proposals

  private @Nullable String of(Proposed proposed) {
    List<Change> changes = proposed.changes().stream().map(Change.Written::read).toList();
    if (!Proposal.hash(proposed.title(), proposed.text(), changes).equals(proposed.sha256()))
      return "proposes under the hash of another text";
    if (proposed.stakedMicros() != before.stakes().stakedMicros())
      return "proposes with other stakes than there are";
    return null;
  }

  private @Nullable String of(VotingBegun begun) {
    Parameter.Voting rules = voting(begun);
    VotingBegun expected =
        new VotingBegun(
            begun.number(),
            begun.atMs(),
            begun.proposalId(),
            begun.atMs() + rules.votingMs(),
            rules.quorumPpm(),
            rules.thresholdPpm(),
            rules.timelockMs(),
            rules.executionMs());
    if (!begun.equals(expected)) return "is voted by other rules than those in force";
    return proposal(begun.proposalId()).depositMicros() < rules.depositMicros()
        ? "is voted without its deposit"
        : null;
  }

  private @Nullable String of(Voted voted) {
    Proposal proposal = proposal(voted.proposalId());
    if (!(proposal.stage() instanceof Stage.Voting voting) || voted.atMs() >= voting.endsAtMs())
      return "counts a vote outside its time";
    return proposal.weights().getOrDefault(voted.voter(), 0L) == voted.micros()
        ? null
        : "counts a vote for another weight than it has";
  }

  private @Nullable String of(VotesCounted counted) {
    Proposal proposal = proposal(counted.proposalId());
    if (!(proposal.stage() instanceof Stage.Voting voting) || counted.atMs() < voting.endsAtMs())
      return "counts votes before the vote is over";
    VotesCounted expected = Governance.counted(counted.number(), counted.atMs(), proposal, voting);
    if (counted.outcome() != expected.outcome())
      return "says " + counted.outcome() + " where the votes say " + expected.outcome();
    return counted.equals(expected) ? null : "says other votes or times than were voted";
  }

  private @Nullable String of(Executed executed) {
    Proposal proposal = proposal(executed.proposalId());
    if (!(proposal.stage() instanceof Stage.Timelocked locked)
        || executed.atMs() < locked.fromMs()
        || executed.atMs() >= locked.untilMs()) return "executes a proposal outside its time";
    if (!Proposal.hash(proposal.title(), proposal.text(), proposal.changes())
        .equals(proposal.sha256())) return "executes another text than was voted";
    if (before.stops(proposal)) return "executes what the kill switch stops";
    return settings(proposal.changes(), executed.settings(), executed.atMs());
  }

  private @Nullable String of(ProposalExpired expired) {
    long dueMs =
        switch (proposal(expired.proposalId()).stage()) {
          case Stage.Draft draft -> draft.untilMs();
          case Stage.Timelocked locked -> locked.untilMs();
          default -> Long.MAX_VALUE;
        };
    return expired.atMs() < dueMs ? "lets a proposal expire before its time" : null;
  }

  /** Whether a version sets what was decided, from what was in force, and nothing else. */
  private @Nullable String settings(
      List<Change> changes, List<Setting.Written> written, long atMs) {
    ParameterSet parameters = before.parameters();
    for (Change change : changes) {
      if (parameters.version(change.path()) != change.baseVersion())
        return "changes " + change.path() + " as it no longer is";
    }
    return written.equals(parameters.next(changes, atMs))
        ? null
        : "sets other parameters than were decided";
  }

  // ---- the council

  private @Nullable String of(ActBegun begun) {
    List<Change> changes = begun.changes().stream().map(Change.Written::read).toList();
    if (!Proposal.hash(begun.reason(), begun.cancels(), changes).equals(begun.sha256()))
      return "begins an act under the hash of another";
    return powerless(begun.member(), begun.atMs());
  }

  private @Nullable String of(ActApproved approved) {
    if (act(approved.actId()).approvedBy().contains(approved.member()))
      return approved.member() + " approves twice";
    return powerless(approved.member(), approved.atMs());
  }

  private @Nullable String of(ActDone done) {
    Act act = act(done.actId());
    if (!act.cancels().isEmpty()) // It was counted when that was cancelled.
    return done.settings().isEmpty() ? null : "sets parameters by an act that cancels";
    String few = approved(act, done.atMs());
    if (few != null) return few;
    Refusal loose = before.looser(act.changes(), done.atMs());
    if (loose != null) return "is not for a council to do: " + loose;
    return settings(act.changes(), done.settings(), done.atMs());
  }

  private @Nullable String of(ProposalCancelled cancelled) {
    Act act = act(cancelled.actId());
    if (!act.cancels().equals(cancelled.proposalId()) || !act.reason().equals(cancelled.reason()))
      return "cancels by an act that was for something else";
    if (proposal(cancelled.proposalId()).beyondCouncil()) return "cancels what no council may";
    return approved(act, cancelled.atMs());
  }

  /** Whoever has left the council meanwhile does not count, nor does one that has no powers. */
  private @Nullable String approved(Act act, long atMs) {
    Parameter.Council council = council(atMs);
    long approvals =
        council == null ? 0 : act.approvedBy().stream().distinct().filter(council::has).count();
    if (council == null || approvals < council.needed())
      return "is done with the approval of " + approvals;
    return atMs < act.untilMs() ? null : "is done after it has lapsed";
  }

  private @Nullable String powerless(String member, long atMs) {
    Parameter.Council council = council(atMs);
    return council != null && council.has(member) ? null : member + " acts without power";
  }

  /** The council that may act at a time; null when there is none that may. */
  private Parameter.@Nullable Council council(long atMs) {
    Parameter.Council council = before.parameters().only(atMs, Parameter.Council.class);
    return council == null || atMs >= council.expiresAtMs() || before.parameters().killed()
        ? null
        : council;
  }

  // ---- what there is

  private Parameter.Voting voting(GovernanceEvent event) {
    return before.parameters().voting(event.atMs());
  }

  private Proposal proposal(String id) {
    Proposal proposal = before.proposal(id);
    if (proposal == null) throw new IllegalStateException("there is no proposal " + id);
    return proposal;
  }

  private Act act(String id) {
    Act act = before.acts().get(id);
    if (act == null) throw new IllegalStateException("there is no act " + id);
    return act;
  }
}

package org.novation.governance;

import java.util.List;

/**
 * What happened in governance. History is append-only: add a record, never change a released one.
 * Parameters are written as texts of their figures, see {@link Entry}.
 */
public sealed interface GovernanceEvent {
  /** The how many-th event this is. */
  long number();

  /** House time. */
  long atMs();

  /** The command that an event answers. {@code content} is the SHA-256 of all of it. */
  record Origin(String id, long issuedAtMs, String content) {}

  /** The house begins with these parameters. */
  record HouseSetUp(long number, long atMs, List<Setting.Written> settings)
      implements GovernanceEvent {
    public HouseSetUp {
      settings = List.copyOf(settings);
    }
  }

  /** The voter's account is asked for tokens, under this number. */
  record StakeAsked(long number, long atMs, Origin origin, String voter, long micros)
      implements GovernanceEvent {}

  /** The account does not give them: they count as never asked for. */
  record StakeNotTaken(long number, long atMs, long asked, String voter, String why)
      implements GovernanceEvent {}

  /** The account has given them. */
  record Staked(long number, long atMs, Origin origin, String voter, long micros)
      implements GovernanceEvent {}

  record UnstakeBegun(
      long number, long atMs, Origin origin, String voter, long micros, long releaseAtMs)
      implements GovernanceEvent {}

  /** A stake is its owner's again: his account is to have it, under this number. */
  record StakeReleased(long number, long atMs, String unstakeId, String voter, long micros)
      implements GovernanceEvent {}

  /** The account has what was released under a number. */
  record StakeReturned(long number, long atMs, long released, String voter)
      implements GovernanceEvent {}

  record Delegated(long number, long atMs, Origin origin, String voter, String delegate)
      implements GovernanceEvent {}

  /** A draft; the stakes of now are what it will be voted by. */
  record Proposed(
      long number,
      long atMs,
      Origin origin,
      String proposer,
      String title,
      String text,
      List<Change.Written> changes,
      String sha256,
      long depositMicros,
      long draftUntilMs,
      long stakedMicros)
      implements GovernanceEvent {
    public Proposed {
      changes = List.copyOf(changes);
    }
  }

  record Deposited(
      long number, long atMs, Origin origin, String proposalId, String voter, long micros)
      implements GovernanceEvent {}

  /** Enough stand behind a draft. The rules of now are those that it is voted by. */
  record VotingBegun(
      long number,
      long atMs,
      String proposalId,
      long endsAtMs,
      long quorumPpm,
      long thresholdPpm,
      long timelockMs,
      long executionMs)
      implements GovernanceEvent {}

  record Voted(
      long number,
      long atMs,
      Origin origin,
      String proposalId,
      String voter,
      Choice choice,
      long micros)
      implements GovernanceEvent {}

  /** The vote is over. What succeeded can be executed between the two times, else they are 0. */
  record VotesCounted(
      long number,
      long atMs,
      String proposalId,
      Outcome outcome,
      long inFavourMicros,
      long againstMicros,
      long abstainingMicros,
      long fromMs,
      long untilMs)
      implements GovernanceEvent {}

  /** A new version is in force. */
  record Executed(
      long number,
      long atMs,
      Origin origin,
      String proposalId,
      long version,
      List<Setting.Written> settings)
      implements GovernanceEvent {
    public Executed {
      settings = List.copyOf(settings);
    }
  }

  record ProposalExpired(long number, long atMs, String proposalId) implements GovernanceEvent {}

  /** What it changes was changed by another. */
  record ProposalOutdated(long number, long atMs, String proposalId, long version)
      implements GovernanceEvent {}

  record ProposalWithdrawn(long number, long atMs, Origin origin, String proposalId)
      implements GovernanceEvent {}

  /** The council has stopped it, by an act. */
  record ProposalCancelled(long number, long atMs, String proposalId, String actId, String reason)
      implements GovernanceEvent {}

  /** A member of the council asks the others. {@code cancels} is empty unless it cancels. */
  record ActBegun(
      long number,
      long atMs,
      Origin origin,
      String member,
      String reason,
      List<Change.Written> changes,
      String cancels,
      String sha256,
      long untilMs)
      implements GovernanceEvent {
    public ActBegun {
      changes = List.copyOf(changes);
    }
  }

  record ActApproved(long number, long atMs, Origin origin, String actId, String member)
      implements GovernanceEvent {}

  /** Enough have approved: done. A new version is in force where there are settings. */
  record ActDone(long number, long atMs, String actId, long version, List<Setting.Written> settings)
      implements GovernanceEvent {
    public ActDone {
      settings = List.copyOf(settings);
    }
  }

  /** Too few approved in time, or before its member began others, or the council was another. */
  record ActLapsed(long number, long atMs, String actId) implements GovernanceEvent {}
}

package org.novation.governance;

import java.util.List;

/**
 * What is asked of governance. Who asks is who the edge knows him to be. The id counts once: again
 * with the same content changes nothing, however often.
 */
public sealed interface GovernanceCommand {
  /** A command of somebody. {@code issuedAtMs} is part of it: a retry carries the first one's. */
  sealed interface Asked extends GovernanceCommand {
    String id();

    long issuedAtMs();
  }

  /**
   * A command of a member of the council, who signed it: see {@link CouncilMessage}. Whoever
   * carries it here does not matter beside that.
   */
  sealed interface OfCouncil extends Asked {
    String member();

    /** 128 hexadecimal digits; empty before it is signed. */
    String signature();

    /** The same with a signature. */
    OfCouncil signed(String signature);
  }

  /** To begin with these parameters, unless the house is set up already. */
  record SetUp(List<Parameter> parameters) implements GovernanceCommand {
    public SetUp {
      parameters = List.copyOf(parameters);
    }
  }

  /** To do what time alone has brought about. */
  record Advance() implements GovernanceCommand {}

  /** The account has given the tokens of this asking: they are staked. */
  record NoteTaken(long asked) implements GovernanceCommand {}

  /** The account has not given the tokens of this asking, and never will. */
  record NoteNotTaken(long asked, String why) implements GovernanceCommand {}

  /** The account has the tokens of this release. */
  record NoteReturned(long released) implements GovernanceCommand {}

  /** To stake tokens, which the voter's account is asked for: it counts once it has given them. */
  record Stake(String id, long issuedAtMs, String voter, long micros) implements Asked {}

  /** To take tokens back, after the delay. */
  record Unstake(String id, long issuedAtMs, String voter, long micros) implements Asked {}

  /** To give one's vote to somebody, or back to oneself: empty. */
  record Delegate(String id, long issuedAtMs, String voter, String delegate) implements Asked {}

  /** To propose; the id is the proposal's. The proposer's own stake stands behind it first. */
  record Propose(
      String id,
      long issuedAtMs,
      String proposer,
      String title,
      String text,
      List<Amendment> amendments,
      long depositMicros)
      implements Asked {
    public Propose {
      amendments = List.copyOf(amendments);
    }
  }

  /** To stand behind a draft with a part of one's stake. */
  record Deposit(String id, long issuedAtMs, String proposalId, String voter, long micros)
      implements Asked {}

  /** To take one's proposal back before it has succeeded. */
  record Withdraw(String id, long issuedAtMs, String proposalId, String proposer)
      implements Asked {}

  /** To vote, or to vote otherwise. {@code sha256} is the hash of what was read. */
  record Vote(
      String id, long issuedAtMs, String proposalId, String voter, Choice choice, String sha256)
      implements Asked {}

  /** To put in force what has succeeded and waited; anybody may. */
  record Execute(String id, long issuedAtMs, String proposalId) implements Asked {}

  /** A member of the council: to tighten or halt; the id is the act's. */
  record Tighten(
      String id,
      long issuedAtMs,
      String member,
      String reason,
      List<Amendment> amendments,
      String signature)
      implements OfCouncil {
    public Tighten {
      amendments = List.copyOf(amendments);
    }

    @Override
    public Tighten signed(String signature) {
      return new Tighten(id, issuedAtMs, member, reason, amendments, signature);
    }
  }

  /** A member of the council: to stop a proposal; the id is the act's. */
  record Cancel(
      String id, long issuedAtMs, String member, String reason, String proposalId, String signature)
      implements OfCouncil {
    @Override
    public Cancel signed(String signature) {
      return new Cancel(id, issuedAtMs, member, reason, proposalId, signature);
    }
  }

  /** Another member of the council: to approve an act, which is done when enough have. */
  record Approve(
      String id, long issuedAtMs, String member, String actId, String sha256, String signature)
      implements OfCouncil {
    @Override
    public Approve signed(String signature) {
      return new Approve(id, issuedAtMs, member, actId, sha256, signature);
    }
  }
}

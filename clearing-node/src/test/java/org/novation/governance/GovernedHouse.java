package org.novation.governance;

import java.util.ArrayList;
import java.util.List;

/** A house's governance and its journal, for those who read it. */
public final class GovernedHouse {
  public static final long UNIT = House.UNIT;

  public final List<GovernanceEvent> journal = new ArrayList<>();
  private Governance governance = Governance.EMPTY;
  private long nowMs = House.NOW;

  private void does(GovernanceCommand command) {
    for (GovernanceEvent event : House.events(governance, command, nowMs)) {
      governance = governance.apply(event);
      journal.add(event);
    }
  }

  /**
   * Ann stakes 600,000 and Bob 400,000; a proposal of Ann's passes and is executed; then Bob takes
   * 100,000 back, and Cleo is asked for 5 that she never gives.
   */
  public GovernedHouse afterAVote() {
    does(new GovernanceCommand.SetUp(House.parameters()));
    stake("ann", 600_000 * UNIT);
    stake("bob", 400_000 * UNIT);
    does(new GovernanceCommand.Stake("stake-cleo", nowMs, "cleo", 5 * UNIT));
    does(new GovernanceCommand.NoteNotTaken(journal.getLast().number(), "she has none"));
    does(
        new GovernanceCommand.Propose(
            "p",
            nowMs,
            "ann",
            "Dearer",
            "A dearer house.",
            List.of(House.amend(governance, "fees/house", "tradePpm", "210")),
            10_000 * UNIT));
    Proposal proposal = governance.proposal("p");
    if (proposal == null) throw new AssertionError("no proposal");
    does(
        new GovernanceCommand.Vote(
            "v-ann", nowMs, "p", "ann", Choice.IN_FAVOUR, proposal.sha256()));
    does(new GovernanceCommand.Vote("v-bob", nowMs, "p", "bob", Choice.AGAINST, proposal.sha256()));
    pass(5 * House.DAY);
    pass(3 * House.DAY);
    does(new GovernanceCommand.Execute("x", nowMs, "p"));
    does(new GovernanceCommand.Unstake("u-bob", nowMs, "bob", 100_000 * UNIT));
    pass(14 * House.DAY);
    for (GovernanceEvent event : List.copyOf(journal))
      if (event instanceof GovernanceEvent.StakeReleased released)
        does(new GovernanceCommand.NoteReturned(released.number()));
    return this;
  }

  /**
   * And then the council narrows the band of BTC-PERP, and stops another proposal of Ann's, which
   * is voted.
   */
  public GovernedHouse afterActsOfTheCouncil() {
    afterAVote();
    Amendment narrower = House.amend(governance, "contract/BTC-PERP", "bandPpm", "40000");
    does(new GovernanceCommand.Tighten("t", nowMs, "k1", "volatile", List.of(narrower), ""));
    approve("t");
    Amendment dearer = House.amend(governance, "fees/house", "tradePpm", "220");
    does(
        new GovernanceCommand.Propose(
            "q", nowMs, "ann", "Dearer", "Dearer still.", List.of(dearer), 10_000 * UNIT));
    does(new GovernanceCommand.Cancel("c", nowMs, "k1", "a theft", "q", ""));
    approve("c");
    return this;
  }

  private void approve(String actId) {
    Act act = governance.acts().get(actId);
    if (act == null) throw new AssertionError("no act");
    for (String member : List.of("k2", "k3"))
      does(new GovernanceCommand.Approve(actId + member, nowMs, member, actId, act.sha256(), ""));
  }

  /** The snapshot of before ids were each author's own that a house of these events has. */
  public static GovernanceSnapshotV2 older(List<GovernanceEvent> events) {
    GovernanceSnapshot of = GovernanceSnapshot.of(after(Governance.EMPTY, events));
    return new GovernanceSnapshotV2(
        of.number(),
        of.atMs(),
        of.version(),
        of.settings(),
        of.holders(),
        of.leaving(),
        of.asked(),
        of.returning(),
        of.proposals(),
        of.acts(),
        of.authors().stream().flatMap(each -> each.known().stream()).toList(),
        of.forgottenThroughMs());
  }

  /** The snapshot of a house that went on from such a one. */
  public static GovernanceSnapshot goneOn(GovernanceSnapshotV2 from, List<GovernanceEvent> then) {
    return GovernanceSnapshot.of(after(from.upgraded().governance(), then));
  }

  private static Governance after(Governance before, List<GovernanceEvent> events) {
    Governance then = before;
    for (GovernanceEvent event : events) then = then.apply(event);
    return then;
  }

  private void stake(String voter, long micros) {
    does(new GovernanceCommand.Stake("stake-" + voter, nowMs, voter, micros));
    does(new GovernanceCommand.NoteTaken(journal.getLast().number()));
  }

  private void pass(long ms) {
    nowMs += ms;
    does(new GovernanceCommand.Advance());
  }
}

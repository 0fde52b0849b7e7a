package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.novation.governance.House.DAY;
import static org.novation.governance.House.HOUR;
import static org.novation.governance.House.NOW;
import static org.novation.governance.House.UNIT;
import static org.novation.governance.House.after;
import static org.novation.governance.House.amend;
import static org.novation.governance.House.events;
import static org.novation.governance.House.refusal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.novation.governance.GovernanceCommand.Advance;
import org.novation.governance.GovernanceCommand.Approve;
import org.novation.governance.GovernanceCommand.Cancel;
import org.novation.governance.GovernanceCommand.Delegate;
import org.novation.governance.GovernanceCommand.Deposit;
import org.novation.governance.GovernanceCommand.Execute;
import org.novation.governance.GovernanceCommand.Propose;
import org.novation.governance.GovernanceCommand.SetUp;
import org.novation.governance.GovernanceCommand.Stake;
import org.novation.governance.GovernanceCommand.Tighten;
import org.novation.governance.GovernanceCommand.Unstake;
import org.novation.governance.GovernanceCommand.Vote;
import org.novation.governance.GovernanceCommand.Withdraw;
import org.novation.governance.Parameter.Contract;
import org.novation.instrument.Asset;

/** Proposals from draft to end, and everything that is refused on the way. */
final class GovernanceTest {
  private static final long DEPOSIT = 10_000 * UNIT;
  private static final String BAND = "contract/BTC-PERP";

  /** anna holds 600,000, bert 300,000, carl 100,000 of a million. */
  private final Governance house = staked();

  private static Governance staked() {
    Governance house = House.setUp();
    house = after(house, new Stake("s1", NOW, "anna", 600_000 * UNIT), NOW);
    house = after(house, new Stake("s2", NOW, "bert", 300_000 * UNIT), NOW);
    return after(house, new Stake("s3", NOW, "carl", 100_000 * UNIT), NOW);
  }

  // ---- the life of a proposal

  @Test
  void putsInForceWhatSucceededAndWaited() {
    Governance voting = proposed(house, "p", band("60000"));
    Proposal proposal = get(voting, "p");
    assertThat(proposal.stage())
        .isEqualTo(new Stage.Voting(NOW + 5 * DAY, 100_000, 500_000, 3 * DAY, 7 * DAY));
    Governance voted =
        vote(vote(voting, "p", "bert", Choice.IN_FAVOUR), "p", "carl", Choice.AGAINST);
    Governance locked = after(voted, new Advance(), NOW + 5 * DAY);
    assertThat(get(locked, "p").stage())
        .isEqualTo(new Stage.Timelocked(NOW + 8 * DAY, NOW + 15 * DAY));
    assertThat(refusal(locked, execute("x", "p"), NOW + 8 * DAY - 1))
        .isEqualTo(new Refusal.TimelockHolds("p", NOW + 8 * DAY));
    Governance executed = after(locked, execute("x", "p"), NOW + 8 * DAY);
    assertThat(get(executed, "p").stage()).isEqualTo(new Stage.Executed(NOW + 8 * DAY, 2));
    assertThat(executed.parameters().version()).isEqualTo(2);
    assertThat(bandPpm(executed)).isEqualTo(60_000);
    assertThat(get(executed, "p").votes()).isEqualTo(Votes.of(300_000 * UNIT, 100_000 * UNIT, 0));
    assertThat(executed.freeMicros("anna")).as("the deposit is free").isEqualTo(600_000 * UNIT);
  }

  @Test
  void waitsAsADraftForStakesToStandBehindIt() {
    Governance draft = after(house, propose("p", "anna", DEPOSIT / 10, band("60000")), NOW);
    assertThat(get(draft, "p").stage()).isEqualTo(new Stage.Draft(NOW + 3 * DAY));
    assertThat(refusal(draft, ballot("v", "p", "anna", Choice.IN_FAVOUR, draft), NOW))
        .isEqualTo(new Refusal.WrongStage("p", "Draft"));
    Governance voting =
        after(draft, new Deposit("d", NOW, "p", "bert", DEPOSIT * 9 / 10), NOW + DAY);
    assertThat(get(voting, "p").stage()).isInstanceOf(Stage.Voting.class);
    assertThat(get(after(draft, new Advance(), NOW + 3 * DAY), "p").stage())
        .isEqualTo(new Stage.Expired(NOW + 3 * DAY));
  }

  @Test
  void endsDefeatedOrShortOfItsQuorum() {
    Governance voting = proposed(house, "p", band("60000"));
    Governance against = vote(voting, "p", "anna", Choice.AGAINST);
    assertThat(get(after(against, new Advance(), NOW + 5 * DAY), "p").stage())
        .isEqualTo(new Stage.Defeated(NOW + 5 * DAY));
    Governance more = after(house, new Stake("s4", NOW, "dora", 99_000 * UNIT), NOW);
    Governance few = vote(proposed(more, "p", band("60000")), "p", "dora", Choice.IN_FAVOUR);
    assertThat(get(after(few, new Advance(), NOW + 5 * DAY), "p").stage())
        .isEqualTo(new Stage.ShortOfQuorum(NOW + 5 * DAY));
  }

  @Test
  void expiresWhenNobodyExecutesItInTime() {
    Governance locked = succeeded(house, "p", band("60000"));
    assertThat(refusal(locked, execute("x", "p"), NOW + 15 * DAY))
        .isEqualTo(new Refusal.WrongStage("p", "Expired"));
    Governance expired = after(locked, new Advance(), NOW + 15 * DAY);
    assertThat(get(expired, "p").stage()).isEqualTo(new Stage.Expired(NOW + 15 * DAY));
    assertThat(bandPpm(expired)).isEqualTo(50_000);
  }

  @Test
  void isTakenBackByWhoMadeItAloneAndBeforeItSucceeded() {
    Governance voting = proposed(house, "p", band("60000"));
    assertThat(refusal(voting, new Withdraw("w", NOW, "p", "bert"), NOW))
        .isEqualTo(new Refusal.NotTheProposer("p"));
    assertThat(get(after(voting, new Withdraw("w", NOW, "p", "anna"), NOW), "p").stage())
        .isEqualTo(new Stage.Withdrawn(NOW));
    assertThat(
            refusal(
                succeeded(house, "p", band("60000")),
                new Withdraw("w", NOW, "p", "anna"),
                NOW + 6 * DAY))
        .isEqualTo(new Refusal.WrongStage("p", "Timelocked"));
  }

  @Test
  void isCancelledByTheCouncilUnlessItDecidesOnTheCouncil() {
    Governance locked = succeeded(house, "p", band("60000"));
    Governance cancelled =
        council(locked, new Cancel("c", NOW, "k1", "a mistake", "p", ""), NOW + 6 * DAY);
    assertThat(get(cancelled, "p").stage())
        .isEqualTo(new Stage.Cancelled(NOW + 6 * DAY, "a mistake"));
    Amendment renewal =
        amend(house, "council/house", "expiresAtMs", Long.toString(NOW + 300 * DAY));
    Governance renewed = succeeded(house, "q", renewal);
    assertThat(refusal(renewed, new Cancel("c", NOW, "k1", "ours", "q", ""), NOW + 6 * DAY))
        .isEqualTo(new Refusal.BeyondCouncil("q"));
    Governance executed = after(renewed, execute("x", "q"), NOW + 8 * DAY);
    assertThat(House.voted(executed, "council/house"))
        .isEqualTo(new Parameter.Council(House.members("k", 5), 3, NOW + 300 * DAY));
  }

  /** Else whoever wants something past the council would bundle it with a renewal by a ms. */
  @Test
  void decidesOnTheCouncilOrTheKillSwitchAlone() {
    Amendment renewal =
        amend(house, "council/house", "expiresAtMs", Long.toString(NOW + 180 * DAY + 1));
    Amendment kill = amend(house, "kill-switch/house", "thrown", "1");
    Parameter eth = new Parameter.Collateral(new Asset("ETH", 9, 900_000, 0, 1_000_000, false));
    assertThat(bundled(House.list(eth), renewal))
        .isEqualTo(new Refusal.StandsAlone("council/house"));
    assertThat(bundled(kill, band("60000")))
        .isEqualTo(new Refusal.StandsAlone("kill-switch/house"));
    assertThat(bundled(renewal, kill)).isEqualTo(new Refusal.StandsAlone("council/house"));
    List<Amendment> acted = List.of(kill, band("40000"));
    assertThat(refusal(house, new Tighten("t", NOW, "k1", "r", acted, ""), NOW))
        .isEqualTo(new Refusal.StandsAlone("kill-switch/house"));
  }

  private Refusal bundled(Amendment... amendments) {
    return refusal(
        house, new Propose("p", NOW, "anna", "t", "x", List.of(amendments), DEPOSIT), NOW);
  }

  /** A proposal on the rules of voting is the council's to stop: bundling hides nothing in it. */
  @Test
  void isCancelledByTheCouncilThoughItDecidesOnVotingToo() {
    Governance both =
        after(
            house,
            new Propose(
                "p",
                NOW,
                "anna",
                "t",
                "x",
                List.of(band("60000"), amend(house, "voting/house", "quorumPpm", "200000")),
                DEPOSIT),
            NOW);
    Governance cancelled = council(both, new Cancel("c", NOW, "k1", "a trick", "p", ""), NOW);
    assertThat(get(cancelled, "p").stage()).isEqualTo(new Stage.Cancelled(NOW, "a trick"));
  }

  // ---- what an approval binds to

  @Test
  void countsNoVoteOnAnotherTextThanTheOneThatWasRead() {
    Governance voting = proposed(house, "p", band("60000"));
    String sha256 = get(voting, "p").sha256();
    assertThat(
            refusal(
                voting, new Vote("v", NOW, "p", "anna", Choice.IN_FAVOUR, "read elsewhere"), NOW))
        .isEqualTo(new Refusal.OtherContent("p", sha256));
    Change change = get(voting, "p").changes().getFirst();
    assertThat(Proposal.hash("title of p", "why", List.of(change))).isEqualTo(sha256);
    assertThat(Proposal.hash("title of p", "why not", List.of(change))).isNotEqualTo(sha256);
    assertThat(Proposal.hash("title of pw", "hy", List.of(change))).isNotEqualTo(sha256);
    assertThat(
            Proposal.hash(
                "title of p", "why", List.of(new Change(change.before(), 7, change.after()))))
        .isNotEqualTo(sha256);
  }

  @Test
  void mustBeVotedAgainWhenAnotherProposalWasFasterOnTheSameParameter() {
    Governance both = succeeded(house, "p", band("60000"));
    both = succeededToo(proposedAt(both, "q", band("70000"), NOW + 5 * DAY), "q", NOW + 5 * DAY);
    Governance executed = after(both, execute("x", "p"), NOW + 11 * DAY);
    assertThat(get(executed, "q").stage()).isEqualTo(new Stage.Outdated(NOW + 11 * DAY));
    assertThat(refusal(executed, execute("y", "q"), NOW + 13 * DAY))
        .isEqualTo(new Refusal.WrongStage("q", "Outdated"));
    assertThat(bandPpm(executed)).isEqualTo(60_000);
    assertThat(refusal(executed, propose("r", "anna", DEPOSIT, band("70000")), NOW + 13 * DAY))
        .as("what it saw is gone")
        .isEqualTo(new Refusal.VersionMoved(BAND, 1, 2));
  }

  @Test
  void leavesAProposalOnAnotherParameterAlone() {
    Governance both = succeeded(house, "p", band("60000"));
    Amendment fees = amend(house, "fees/house", "tradePpm", "300");
    both = succeededToo(proposedAt(both, "q", fees, NOW + 5 * DAY), "q", NOW + 5 * DAY);
    Governance executed = after(both, execute("x", "p"), NOW + 8 * DAY);
    executed = after(executed, execute("y", "q"), NOW + 13 * DAY);
    assertThat(House.voted(executed, "fees/house")).isEqualTo(new Parameter.Fees(300, 500_000));
    assertThat(executed.parameters().version()).isEqualTo(3);
    assertThat(executed.parameters().version(new Path(Topic.CONTRACT, "BTC-PERP"))).isEqualTo(2);
  }

  @Test
  void mustBeVotedAgainWhenTheCouncilTightenedTheSameParameter() {
    Governance voting = proposed(house, "p", band("60000"));
    Governance tightened =
        council(voting, new Tighten("t", NOW, "k1", "now", List.of(band("40000")), ""), NOW);
    assertThat(get(tightened, "p").stage()).isEqualTo(new Stage.Outdated(NOW));
    assertThat(tightened.freeMicros("anna")).isEqualTo(600_000 * UNIT);
  }

  @Test
  void executesNothingButTheLiftingOfAKillSwitchThatIsThrown() {
    Governance killed =
        council(
            succeeded(house, "p", band("60000")),
            new Tighten(
                "t",
                NOW,
                "k1",
                "stolen keys",
                List.of(amend(house, "kill-switch/house", "thrown", "1")),
                ""),
            NOW + 5 * DAY);
    assertThat(refusal(killed, execute("x", "p"), NOW + 8 * DAY))
        .isEqualTo(new Refusal.KillSwitchThrown());
    Amendment lift = amend(killed, "kill-switch/house", "thrown", "0");
    Governance lifted =
        succeededToo(proposedAt(killed, "q", lift, NOW + 5 * DAY), "q", NOW + 5 * DAY);
    lifted = after(lifted, execute("y", "q"), NOW + 13 * DAY);
    assertThat(lifted.parameters().killed()).isFalse();
    assertThat(bandPpm(after(lifted, execute("x", "p"), NOW + 14 * DAY))).isEqualTo(60_000);
  }

  // ---- who votes with what

  @Test
  void countsStakesAsTheyWereWhenTheProposalWasMade() {
    Governance voting = proposed(house, "p", band("60000"));
    Governance later = after(voting, new Stake("late", NOW, "dora", 900_000 * UNIT), NOW);
    later = after(later, new Unstake("u", NOW, "bert", 300_000 * UNIT), NOW);
    assertThat(refusal(later, ballot("v", "p", "dora", Choice.AGAINST, later), NOW))
        .isEqualTo(new Refusal.NoWeight("p", "dora"));
    Governance voted = vote(later, "p", "bert", Choice.IN_FAVOUR);
    assertThat(get(voted, "p").inFavourMicros()).isEqualTo(300_000 * UNIT);
    assertThat(get(voted, "p").stakedMicros()).isEqualTo(1_000_000 * UNIT);
  }

  @Test
  void countsADelegatedStakeOnceAndNoFarther() {
    Governance given = after(house, new Delegate("g1", NOW, "bert", "carl"), NOW);
    given = after(given, new Delegate("g2", NOW, "carl", "anna"), NOW);
    Governance voting = proposed(given, "p", band("60000"));
    assertThat(refusal(voting, ballot("v", "p", "bert", Choice.AGAINST, voting), NOW))
        .isEqualTo(new Refusal.NoWeight("p", "bert"));
    Governance voted =
        vote(vote(voting, "p", "carl", Choice.AGAINST), "p", "anna", Choice.IN_FAVOUR);
    assertThat(get(voted, "p").votes()).isEqualTo(Votes.of(700_000 * UNIT, 300_000 * UNIT, 0));
    Governance back = after(given, new Delegate("g3", NOW, "bert", ""), NOW);
    assertThat(back.stakes().weights()).containsEntry("bert", 300_000 * UNIT);
    assertThat(refusal(house, new Delegate("g", NOW, "bert", "bert"), NOW))
        .isEqualTo(new Refusal.DelegatedToSelf("bert"));
  }

  @Test
  void letsAVoterChangeHisMindAndCountsHimOnce() {
    Governance voting = proposed(house, "p", band("60000"));
    Governance voted =
        vote(vote(voting, "p", "bert", Choice.IN_FAVOUR), "p", "bert", Choice.ABSTAIN);
    assertThat(get(voted, "p").votes()).isEqualTo(Votes.of(0, 0, 300_000 * UNIT));
    assertThat(refusal(voted, ballot("z", "p", "bert", Choice.AGAINST, voted), NOW + 5 * DAY))
        .as("the vote is over")
        .isInstanceOf(Refusal.WrongStage.class);
  }

  @Test
  void letsNoStakeLeaveThatStandsBehindAProposalNorAnyBeforeItsTime() {
    Governance voting = proposed(house, "p", band("60000"));
    assertThat(refusal(voting, new Unstake("u", NOW, "anna", 600_000 * UNIT), NOW))
        .isEqualTo(new Refusal.InsufficientStake(600_000 * UNIT, 590_000 * UNIT));
    Governance leaving = after(voting, new Unstake("u", NOW, "anna", 590_000 * UNIT), NOW);
    assertThat(leaving.stakes().heldMicros()).isEqualTo(1_000_000 * UNIT);
    assertThat(events(leaving, new Advance(), NOW + 14 * DAY - 1))
        .noneMatch(GovernanceEvent.StakeReleased.class::isInstance);
    Governance gone = after(leaving, new Advance(), NOW + 14 * DAY);
    assertThat(gone.stakes().returning())
        .extracting(Stakes.Returning::micros)
        .containsExactly(590_000 * UNIT);
    assertThat(gone.stakes().leaving()).isEmpty();
  }

  @Test
  void refusesStakesThatDoNotCount() {
    assertThat(refusal(house, new Stake("x", NOW, "dora", 0), NOW))
        .isEqualTo(new Refusal.AmountNotPositive(0));
    assertThat(refusal(house, new Stake("x", NOW, "dora", UNIT - 1), NOW))
        .isEqualTo(new Refusal.StakeTooSmall(UNIT - 1, UNIT));
    assertThat(refusal(house, new Stake("x", NOW, "dora", Long.MAX_VALUE), NOW))
        .isEqualTo(new Refusal.TooManyTokens(Long.MAX_VALUE));
    assertThat(refusal(house, new Unstake("x", NOW, "carl", 100_000 * UNIT - 1), NOW))
        .isEqualTo(new Refusal.StakeTooSmall(1, UNIT));
    assertThat(refusal(house, new Delegate("x", NOW, "dora", "anna"), NOW))
        .isEqualTo(new Refusal.InsufficientStake(UNIT, 0));
  }

  // ---- what is checked at submission

  @Test
  void refusesWhatBreaksAHardBoundWithItsNumbers() {
    assertThat(asked(amend(house, BAND, "bandPpm", "500001")))
        .isEqualTo(new Refusal.OutOfBounds(BAND, "bandPpm", 500_001, 1_000, 500_000));
    assertThat(asked(amend(house, "collateral/BTC", "weightPpm", "1000001")))
        .isEqualTo(new Refusal.OutOfBounds("collateral/BTC", "weightPpm", 1_000_001, 0, 1_000_000));
    assertThat(asked(amend(house, BAND, "maintenance", "0:25000,150000000000000:30000")))
        .isEqualTo(new Refusal.MaintenanceNotBelowInitial(BAND, 0, 25_000, 25_000));
    assertThat(asked(amend(house, BAND, "maintenance", "0:12500")))
        .isEqualTo(
            new Refusal.BreaksRule(
                BAND, "initial and maintenance ladders must have the same brackets"));
    assertThat(asked(amend(house, BAND, "initial", "0:30000,0:40000")))
        .isInstanceOf(Refusal.BreaksRule.class);
    assertThat(asked(amend(house, BAND, "tick", "0.2")))
        .isEqualTo(new Refusal.FixedFigure(BAND, "tick", "0.2"));
    assertThat(asked(amend(house, BAND, "scaling.openInterestUpperMicros", "0")))
        .isEqualTo(
            new Refusal.LimitTakenAway(
                BAND, "scaling.openInterestUpperMicros", 100_000_000 * UNIT));
    assertThat(asked(amend(house, "custodians/house", "approvals", "2")))
        .as("Drift's two of five")
        .isEqualTo(
            new Refusal.BreaksRule(
                "custodians/house", "approvals are more than half of the custodians"));
    assertThat(asked(amend(house, "voting/house", "timelockMs", "0")))
        .isEqualTo(new Refusal.OutOfBounds("voting/house", "timelockMs", 0, 2 * DAY, 30 * DAY));
    assertThat(asked(amend(house, "council/house", "expiresAtMs", Long.toString(NOW + 366 * DAY))))
        .isEqualTo(
            new Refusal.OutOfBounds(
                "council/house", "expiresAtMs", NOW + 366 * DAY, 0, NOW + 365 * DAY));
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThat(asked(amend(house, BAND, "bandPpm", "many")))
        .isEqualTo(new Refusal.UnreadableFigure(BAND, "bandPpm", "many"));
    assertThat(asked(amend(house, BAND, "bandPpm", "050000")))
        .isEqualTo(new Refusal.UnreadableFigure(BAND, "bandPpm", "050000"));
    assertThat(asked(amend(house, BAND, "bandPpm", "99999999999999999999")))
        .isInstanceOf(Refusal.UnreadableFigure.class);
    assertThat(asked(amend(house, BAND, "leverage", "1")))
        .isEqualTo(new Refusal.UnknownFigure(BAND, "leverage"));
    assertThat(asked(amend(house, BAND, "bandPpm", "1001", "bandPpm", "1002")))
        .isEqualTo(new Refusal.UnknownFigure(BAND, "bandPpm"));
    assertThat(asked(amend(house, "nothing/x")))
        .isEqualTo(new Refusal.UnknownParameter("nothing/x"));
    assertThat(asked(amend(house, "fees/other", "tradePpm", "1", "fundSharePpm", "2")))
        .isEqualTo(new Refusal.UnknownParameter("fees/other"));
    assertThat(asked(amend(house, BAND, "bandPpm", "50000")))
        .isEqualTo(new Refusal.NothingChanges(BAND));
    assertThat(asked(amend(house, "contract/SOL-PERP", "bandPpm", "50000")))
        .isEqualTo(new Refusal.MissingFigure("contract/SOL-PERP", "underlying"));
  }

  /** Voting and unstaking get shorter by a tenth a day, drafts longer at once. */
  @Test
  void letsStakesLeaveNoSoonerThanAVoteEndsOnTheWayThereEither() {
    assertThat(asked(voting(7 * DAY, 2 * DAY, 8 * DAY)))
        .isEqualTo(
            new Refusal.BreaksRule("voting/house", "stakes leave no sooner than a vote ends"));
    assertThat(asked(voting(7 * DAY, DAY, 8 * DAY)))
        .as("sooner on the third day")
        .isEqualTo(
            new Refusal.BreaksRule("voting/house", "stakes leave no sooner than a vote ends"));
    assertThat(proposed(house, "p", voting(3 * DAY, DAY, 8 * DAY)).proposals()).hasSize(1);
  }

  private Amendment voting(long draftMs, long votingMs, long unstakeMs) {
    return amend(
        house,
        "voting/house",
        "draftMs",
        Long.toString(draftMs),
        "votingMs",
        Long.toString(votingMs),
        "unstakeMs",
        Long.toString(unstakeMs));
  }

  @Test
  void listsNothingWithoutAnIndexAndKeepsItsQuorum() {
    Parameter sol = new Parameter.Contract(House.perpetual("SOL-PERP", "SOL"), false);
    Parameter fake = new Parameter.Collateral(new Asset("CVT", 6, 900_000, 0, 1_000, false));
    assertThat(asked(House.list(sol))).isEqualTo(new Refusal.NoOracles("contract/SOL-PERP", "SOL"));
    assertThat(asked(House.list(fake))).isEqualTo(new Refusal.NoOracles("collateral/CVT", "CVT"));
    assertThat(asked(amend(house, "prices/house", "quorum", "5")))
        .isEqualTo(new Refusal.OraclesBelowQuorum("BTC", 4, 5));
    Parameter oracles = new Parameter.Oracles("SOL", List.of("o1", "o2", "o3"));
    Governance together =
        after(
            house,
            new Propose(
                "p", NOW, "anna", "t", "x", List.of(House.list(sol), House.list(oracles)), DEPOSIT),
            NOW);
    assertThat(get(together, "p").changes()).hasSize(2);
  }

  @Test
  void startsListedCollateralAtNothing() {
    Parameter eth = new Parameter.Collateral(new Asset("ETH", 9, 900_000, 0, 1_000_000, false));
    Governance executed =
        after(succeeded(house, "p", House.list(eth)), execute("x", "p"), NOW + 8 * DAY);
    Setting setting = Objects.requireNonNull(executed.parameters().setting(eth.path()));
    assertThat(((Parameter.Collateral) setting.at(NOW + 8 * DAY)).terms().weightPpm()).isZero();
    assertThat(executed.parameters().catalogue(NOW + 8 * DAY).asset(2).weightPpm()).isZero();
    assertThat(executed.parameters().catalogue(NOW + 100 * DAY).asset(2).weightPpm())
        .isEqualTo(900_000);
  }

  @Test
  void changesNothingOfWhatTheHouseSettlesIn() {
    assertThat(asked(amend(house, "collateral/USDC", "weightPpm", "999999")))
        .isEqualTo(new Refusal.SettlementAsset("collateral/USDC"));
  }

  @Test
  void boundsWhatItKeeps() {
    assertThat(refusal(house, new Propose("p", NOW, "anna", "t", "x", List.of(), DEPOSIT), NOW))
        .isEqualTo(new Refusal.ChangesNotCountable(0, 8));
    assertThat(
            refusal(
                house,
                new Propose("p", NOW, "anna", " ", "x", List.of(band("60000")), DEPOSIT),
                NOW))
        .isEqualTo(new Refusal.TextNotUsable(1, 200));
    assertThat(
            refusal(
                house,
                new Propose(
                    "p", NOW, "anna", "t", "x".repeat(20_001), List.of(band("60000")), DEPOSIT),
                NOW))
        .isEqualTo(new Refusal.TextNotUsable(20_001, 20_000));
    assertThat(refusal(house, propose("p", "anna", DEPOSIT / 10 - 1, band("60000")), NOW))
        .isEqualTo(new Refusal.DepositTooSmall(DEPOSIT / 10 - 1, DEPOSIT / 10));
    Governance full = house;
    for (int n = 0; n < Governance.OPEN_MAX; n++)
      full = after(full, propose("p" + n, "anna", DEPOSIT / 10, band("60000")), NOW);
    assertThat(refusal(full, propose("p", "bert", DEPOSIT / 10, band("60000")), NOW))
        .isEqualTo(new Refusal.TooManyProposals(64, 64));
  }

  @Test
  void forgetsTheOldestThatEnded() {
    Governance now = house;
    for (int n = 0; n < Governance.ENDED_MAX + 10; n++) {
      now = after(now, proposal("p" + n, NOW + n), NOW);
      now = after(now, new Withdraw("w" + n, NOW + n, "p" + n, "anna"), NOW);
    }
    assertThat(now.proposals())
        .hasSize(Governance.ENDED_MAX)
        .doesNotContainKey("p9")
        .containsKey("p10");
  }

  // ---- commands

  @Test
  void countsACommandOnce() {
    Stake again = new Stake("s1", NOW, "anna", 600_000 * UNIT);
    assertThat(events(house, again, NOW + DAY)).isEmpty();
    assertThat(refusal(house, new Stake("s1", NOW, "anna", 1 * UNIT), NOW))
        .isEqualTo(new Refusal.DuplicateWithOtherContent("s1"));
    assertThat(refusal(house, new Stake("x", NOW + 60_001, "anna", UNIT), NOW))
        .isEqualTo(new Refusal.InTheFuture(NOW + 60_001, NOW + 60_000));
    Governance much = house;
    for (int n = 0; n < Origins.KNOWN_OF_ONE_MAX; n++)
      much = after(much, new Delegate("n" + n, NOW + n, "anna", "bert"), NOW);
    assertThat(refusal(much, again, NOW + DAY))
        .as("forgotten, but never counted again")
        .isEqualTo(new Refusal.TooOld(NOW, NOW));
  }

  @Test
  void keepsAnOpenProposalWhateverIdsSomebodySpends() {
    Governance locked = succeeded(house, "p", band("60000"));
    Governance spent = spent(locked, "carl", NOW + 5 * DAY, NOW + 5 * DAY);
    long later = NOW + 6 * DAY;
    Propose other =
        new Propose("p", later, "carl", "mine", "x", List.of(band("70000")), DEPOSIT / 10);
    assertThat(refusal(spent, other, later)).isEqualTo(new Refusal.DuplicateWithOtherContent("p"));
    Propose byBert =
        new Propose("p", later, "bert", "mine", "x", List.of(band("70000")), DEPOSIT / 10);
    assertThat(refusal(locked, byBert, later))
        .isEqualTo(new Refusal.DuplicateWithOtherContent("p"));
    assertThat(get(after(spent, execute("x", "p"), NOW + 8 * DAY), "p").stage())
        .isInstanceOf(Stage.Executed.class);
    Tighten act = new Tighten("t", NOW, "k1", "now", List.of(band("40000")), "");
    Governance waiting = after(house, act, NOW);
    assertThat(refusal(waiting, new Tighten("t", NOW, "k2", "r", List.of(band("30000")), ""), NOW))
        .as("nor is an act of the council another's")
        .isEqualTo(new Refusal.DuplicateWithOtherContent("t"));
  }

  @Test
  void givesBackWhatLeavesUnderOneIdOfTwo() {
    Governance leaving = after(house, new Unstake("u", NOW, "carl", 10_000 * UNIT), NOW);
    leaving = after(leaving, new Unstake("u", NOW, "bert", 20_000 * UNIT), NOW);
    leaving = spent(leaving, "carl", NOW + 1, NOW + 1);
    Unstake again = new Unstake("u", NOW + DAY, "carl", 30_000 * UNIT);
    assertThat(refusal(leaving, again, NOW + DAY))
        .isEqualTo(new Refusal.DuplicateWithOtherContent("u"));
    Governance released = after(leaving, new Advance(), NOW + 14 * DAY);
    assertThat(released.stakes().returning())
        .extracting(Stakes.Returning::voter, Stakes.Returning::micros)
        .containsExactly(tuple("carl", 10_000 * UNIT), tuple("bert", 20_000 * UNIT));
    assertThat(released.stakes().heldMicros()).isEqualTo(1_000_000 * UNIT);
  }

  /** As a journal of before ids were each voter's own may have it. */
  @Test
  void givesBackEachOfTwoStakesThatLeftUnderTheSameId() {
    Stakes stakes =
        house
            .stakes()
            .leaves(new Stakes.Leaving("u", "carl", UNIT, NOW + 2))
            .leaves(new Stakes.Leaving("u", "carl", UNIT, NOW + 1))
            .leaves(new Stakes.Leaving("u", "bert", 2 * UNIT, NOW + 2));
    Governance leaving =
        new Governance(
            house.events(),
            house.atMs(),
            house.parameters(),
            stakes,
            house.proposals(),
            house.acts(),
            house.origins());
    Governance first = after(leaving, new Advance(), NOW + 1);
    assertThat(first.stakes().leaving())
        .extracting(Stakes.Leaving::voter, Stakes.Leaving::releaseAtMs)
        .containsExactly(tuple("carl", NOW + 2), tuple("bert", NOW + 2));
    Governance both = after(first, new Advance(), NOW + 2);
    assertThat(both.stakes().returning())
        .extracting(Stakes.Returning::micros)
        .containsExactly(UNIT, UNIT, 2 * UNIT);
    assertThat(both.stakes().heldMicros()).isEqualTo(1_000_000 * UNIT);
  }

  @Test
  void twoVotersMayAskForStakesUnderTheSameId() {
    Governance asking = House.setUp();
    for (String voter : List.of("anna", "bert"))
      for (GovernanceEvent event : events(asking, new Stake("s", NOW, voter, UNIT), NOW))
        asking = asking.apply(event);
    long annas = asking.stakes().asked().getFirst().number();
    Governance given = after(asking, new GovernanceCommand.NoteTaken(annas), NOW);
    assertThat(given.stakes().asked()).extracting(Stakes.Asked::voter).containsExactly("bert");
    assertThat(given.stakes().stakedMicros()).isEqualTo(UNIT);
  }

  @Test
  void stopsNobodyButHimselfWhoSpendsIdsOfTheFuture() {
    Governance spent = spent(house, "carl", NOW, NOW + 60_000);
    long later = NOW + 1_000;
    assertThat(refusal(spent, new Delegate("g", later, "carl", "anna"), later))
        .isInstanceOf(Refusal.TooOld.class);
    assertThat(events(spent, new Delegate("g", later, "bert", "anna"), later)).hasSize(1);
    Tighten act = new Tighten("t", later, "k1", "now", List.of(band("40000")), "");
    assertThat(events(spent, act, later)).hasSize(1);
    assertThat(events(spent, new Stake("s2", NOW, "bert", 300_000 * UNIT), later))
        .as("nor does anybody forget for his sake")
        .isEmpty();
  }

  @Test
  void remembersSoManyCommandsInAllAndFewerOfWhoeverHasMost() {
    Map<String, Author> many = new LinkedHashMap<>();
    for (int n = 0; n < Origins.AUTHORS_MAX; n++) {
      List<GovernanceEvent.Origin> known =
          n < Origins.KNOWN_MAX - 1 ? List.of(origin("o", NOW + n)) : List.of();
      many.put("a" + n, new Author("a" + n, known, NOW));
    }
    Origins full = new Origins(many, NOW - DAY).with("a7", origin("second", NOW + 8), NOW + 9);
    assertThat(full.authors()).hasSize(Origins.AUTHORS_MAX);
    assertThat(known(full)).isEqualTo(Origins.KNOWN_MAX);
    Origins more = full.with("a9", origin("second", NOW + DAY), NOW + 9);
    assertThat(known(more)).isEqualTo(Origins.KNOWN_MAX);
    assertThat(more.authors().get("a7"))
        .as("whoever has most, and was heard of longest ago")
        .isEqualTo(new Author("a7", List.of(origin("second", NOW + 8)), NOW + 7));
    assertThat(more.forgottenThroughMs()).isEqualTo(NOW - DAY);
    assertThat(more.with("new", origin("o", NOW), NOW + 9).forgottenThroughMs())
        .as("of the one who was heard of longest ago")
        .isEqualTo(NOW);
    Author ahead = new Author("a0", List.of(origin("o", NOW + DAY)), NOW);
    many.put("a0", ahead);
    assertThat(new Origins(many, NOW).with("new", origin("o", NOW), NOW + 9).forgottenThroughMs())
        .as("what is everybody's is never in the future")
        .isEqualTo(NOW + 9);
  }

  @Test
  void countsNothingTwiceThatASnapshotOfBeforeKnew() {
    GovernanceSnapshotV2 older =
        new GovernanceSnapshotV2(
            house.events(),
            NOW,
            1,
            house.parameters().written(),
            List.copyOf(house.stakes().holders().values()),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(origin("s1", NOW + 5), origin("s2", NOW)),
            NOW - DAY);
    Governance upgraded = older.upgraded().governance();
    assertThat(refusal(upgraded, new Unstake("s1", NOW + 5, "anna", UNIT), NOW + HOUR))
        .isEqualTo(new Refusal.TooOld(NOW + 5, NOW + 5));
    assertThat(events(upgraded, new Unstake("s1", NOW + 6, "anna", UNIT), NOW + HOUR)).hasSize(1);
    assertThat(upgraded.stakes()).isEqualTo(house.stakes());
  }

  private static int known(Origins origins) {
    return origins.authors().values().stream().mapToInt(each -> each.known().size()).sum();
  }

  private static GovernanceEvent.Origin origin(String id, long issuedAtMs) {
    return new GovernanceEvent.Origin(id, issuedAtMs, "c");
  }

  /** With as many commands of a voter's as would once make everybody's forgotten. */
  private static Governance spent(Governance house, String voter, long nowMs, long issuedAtMs) {
    Governance spent = house;
    for (int n = 0; n < 2 * 4_096; n++) {
      long atMs = nowMs + n / Origins.KNOWN_OF_ONE_MAX;
      Delegate delegate = new Delegate("d" + n, issuedAtMs + atMs - nowMs, voter, "");
      if (spent.decide(delegate, atMs) instanceof Decision.Accepted(var events))
        for (GovernanceEvent event : events) spent = spent.apply(event);
    }
    return spent;
  }

  @Test
  void doesNothingBeforeItIsSetUpAndIsSetUpOnce() {
    assertThat(refusal(Governance.EMPTY, new Stake("s", NOW, "anna", UNIT), NOW))
        .isEqualTo(new Refusal.NotSetUp());
    assertThat(refusal(house, new SetUp(House.parameters()), NOW))
        .isEqualTo(new Refusal.SetUpAlready(1));
    List<Parameter> few = new ArrayList<>(House.parameters());
    few.removeIf(Parameter.Voting.class::isInstance);
    assertThat(refusal(Governance.EMPTY, new SetUp(few), NOW))
        .isEqualTo(new Refusal.SetUpLacks("voting"));
  }

  @Test
  void neverRunsBackInTimeAndRefusesAnEventThatCannotFollow() {
    Governance later = after(house, new Stake("s9", NOW, "dora", UNIT), NOW + DAY);
    assertThat(after(later, new Stake("s10", NOW, "dora", UNIT), NOW).atMs()).isEqualTo(NOW + DAY);
    GovernanceEvent event = events(house, new Stake("s9", NOW, "dora", UNIT), NOW).getFirst();
    assertThatThrownBy(() -> later.apply(event)).hasMessageContaining("cannot follow");
  }

  @Test
  void saysWhenTimeAloneBringsSomethingAbout() {
    assertThat(house.nextAtMs()).isEqualTo(Long.MAX_VALUE);
    Governance voting = proposed(house, "p", band("60000"));
    assertThat(voting.nextAtMs()).isEqualTo(NOW + 5 * DAY);
    Governance begun =
        after(
            voting,
            new Tighten(
                "t",
                NOW,
                "k1",
                "r",
                List.of(amend(house, "halt/*", "tradingUntilMs", Long.toString(NOW + DAY))),
                ""),
            NOW);
    assertThat(begun.nextAtMs()).isEqualTo(NOW + HOUR);
  }

  @Test
  void stakesCountOnceTheAccountHasGivenThemAndUnderTheSameIdNeverTwice() {
    Governance empty = House.setUp();
    Stake stake = new Stake("s1", NOW, "anna", 5 * UNIT);
    GovernanceEvent.StakeAsked asked =
        (GovernanceEvent.StakeAsked) events(empty, stake, NOW).getFirst();
    Governance asking = empty.apply(asked);
    assertThat(asking.stakes().stakedMicros("anna")).isZero();
    assertThat(asking.stakes().heldMicros()).isZero();
    assertThat(refusal(asking, new Stake("s2", NOW, "anna", UNIT), NOW))
        .isEqualTo(new Refusal.StakeUnderWay("anna"));
    assertThat(events(asking, stake, NOW)).as("a retry").isEmpty();

    Governance refused =
        after(asking, new GovernanceCommand.NoteNotTaken(asked.number(), "it has none"), NOW);
    assertThat(refused.stakes()).isEqualTo(Stakes.NONE);
    assertThat(events(refused, stake, NOW)).as("another attempt").hasSize(1);

    GovernanceCommand given = new GovernanceCommand.NoteTaken(asked.number());
    Governance staked = after(asking, given, NOW);
    assertThat(staked.stakes().heldMicros()).isEqualTo(5 * UNIT);
    assertThat(events(staked, given, NOW)).as("told again").isEmpty();
    assertThat(events(staked, stake, NOW)).isEmpty();
  }

  /** A thousandth of a cent at a time one voter would fill what all stakes leave by. */
  @Test
  void noVoterKeepsTheOthersFromUnstaking() {
    assertThat(refusal(house, new Unstake("u", NOW, "anna", UNIT - 1), NOW))
        .isEqualTo(new Refusal.StakeTooSmall(UNIT - 1, UNIT));
    Governance leaving = house;
    for (int n = 0; n < Stakes.LEAVING_PER_VOTER_MAX; n++)
      leaving = after(leaving, new Unstake("u" + n, NOW, "anna", UNIT), NOW);
    assertThat(refusal(leaving, new Unstake("u", NOW, "anna", UNIT), NOW))
        .isEqualTo(new Refusal.TooManyLeaving("anna", 8));
    Governance released = after(leaving, new Advance(), NOW + 14 * DAY);
    assertThat(refusal(released, new Unstake("u", NOW, "anna", UNIT), NOW + 14 * DAY))
        .as("and as long as they are on their way back")
        .isEqualTo(new Refusal.TooManyLeaving("anna", 8));
    assertThat(
            after(leaving, new Unstake("v", NOW, "carl", 100_000 * UNIT), NOW).stakes().leaving())
        .hasSize(9);
  }

  @Test
  void tokensAreHereUntilTheAccountHasThemAgain() {
    Governance staked = after(House.setUp(), new Stake("s1", NOW, "anna", 5 * UNIT), NOW);
    Governance leaving = after(staked, new Unstake("u1", NOW, "anna", 5 * UNIT), NOW);
    Governance released = after(leaving, new Advance(), NOW + 14 * DAY);
    assertThat(released.stakes().leaving()).isEmpty();
    assertThat(released.stakes().heldMicros()).isEqualTo(5 * UNIT);
    long number = released.stakes().returning().getFirst().number();
    GovernanceCommand returned = new GovernanceCommand.NoteReturned(number);
    Governance back = after(released, returned, NOW + 14 * DAY);
    assertThat(back.stakes().heldMicros()).isZero();
    assertThat(events(back, returned, NOW + 14 * DAY)).as("told again").isEmpty();
  }

  @Test
  void showsBeforeAndAfterOfWhatChanges() {
    Change change = get(proposed(house, "p", band("60000")), "p").changes().getFirst();
    assertThat(change.rows())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.figure().name()).isEqualTo("bandPpm");
              assertThat(row.before()).isEqualTo("50000");
              assertThat(row.after()).isEqualTo("60000");
              assertThat(row.effect()).isEqualTo(Effect.LOOSENS);
            });
  }

  // ---- what these tests do again and again

  private Amendment band(String ppm) {
    return amend(house, BAND, "bandPpm", ppm);
  }

  private Refusal asked(Amendment amendment) {
    return refusal(house, propose("p", "anna", DEPOSIT, amendment), NOW);
  }

  private Propose proposal(String id, long issuedAtMs) {
    return new Propose(id, issuedAtMs, "anna", id, "why", List.of(band("60000")), DEPOSIT);
  }

  private static Propose propose(String id, String who, long micros, Amendment amendment) {
    return new Propose(id, NOW, who, "title of " + id, "why", List.of(amendment), micros);
  }

  private static Governance proposed(Governance house, String id, Amendment amendment) {
    return proposedAt(house, id, amendment, NOW);
  }

  private static Governance proposedAt(
      Governance house, String id, Amendment amendment, long nowMs) {
    return after(house, propose(id, "anna", DEPOSIT, amendment), nowMs);
  }

  private static Governance succeeded(Governance house, String id, Amendment amendment) {
    return succeededToo(proposed(house, id, amendment), id, NOW);
  }

  private static Governance succeededToo(Governance proposed, String id, long nowMs) {
    Governance voted =
        after(proposed, ballot("v-" + id, id, "anna", Choice.IN_FAVOUR, proposed), nowMs);
    return after(voted, new Advance(), nowMs + 5 * DAY);
  }

  private static Governance vote(Governance house, String id, String voter, Choice choice) {
    String command = "v-" + id + voter + house.events();
    return after(house, ballot(command, id, voter, choice, house), NOW);
  }

  private static Vote ballot(
      String command, String id, String voter, Choice choice, Governance house) {
    return new Vote(command, NOW, id, voter, choice, get(house, id).sha256());
  }

  private static Execute execute(String command, String id) {
    return new Execute(command, NOW, id);
  }

  private static Governance council(Governance house, GovernanceCommand.Asked act, long nowMs) {
    Governance begun = after(house, act, nowMs);
    Act waiting = Objects.requireNonNull(begun.acts().get(act.id()));
    for (String member : List.of("k2", "k3"))
      begun =
          after(
              begun,
              new Approve(act.id() + member, NOW, member, act.id(), waiting.sha256(), ""),
              nowMs);
    return begun;
  }

  private static Proposal get(Governance house, String id) {
    return Objects.requireNonNull(house.proposal(id));
  }

  private static long bandPpm(Governance house) {
    return ((Contract) House.voted(house, BAND)).terms().bandPpm();
  }
}

package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.GovernedHouse.UNIT;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.CollateralReceived;
import org.novation.account.AccountEvent.CollateralSent;
import org.novation.clearing.HouseAccount;
import org.novation.custody.CustodyEvent;
import org.novation.custody.SignatureVectors;
import org.novation.governance.Change;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceEvent;
import org.novation.governance.GovernanceEvent.ActApproved;
import org.novation.governance.GovernanceEvent.ActBegun;
import org.novation.governance.GovernanceEvent.ActDone;
import org.novation.governance.GovernanceEvent.Executed;
import org.novation.governance.GovernanceEvent.ProposalCancelled;
import org.novation.governance.GovernanceEvent.StakeAsked;
import org.novation.governance.GovernanceEvent.StakeReleased;
import org.novation.governance.GovernanceEvent.Staked;
import org.novation.governance.GovernanceEvent.Voted;
import org.novation.governance.GovernanceEvent.VotesCounted;
import org.novation.governance.GovernanceEvent.VotingBegun;
import org.novation.governance.GovernanceSnapshot;
import org.novation.governance.GovernanceSnapshotV2;
import org.novation.governance.GovernedHouse;
import org.novation.governance.Outcome;
import org.novation.governance.Proposal;
import org.novation.governance.Setting;
import org.novation.insurance.Cause;
import org.novation.insurance.FundEvent;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.TestJournal.Stored;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.market.MarketEvent;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.risk.Health;

/** What governance and its voters' accounts wrote passes; changed in what counts it does not. */
final class GovernanceAuditTest {
  private static final String GOVERNANCE = GovernanceActor.TYPE + "|" + GovernanceActor.ID;
  private static final Health HEALTH = new Health(0, 0, 0, 0);

  private List<GovernanceEvent> events = List.of();
  private final Map<String, List<AccountEvent>> accounts = new TreeMap<>();

  private final List<Stored> meanwhile = new ArrayList<>();
  private final List<Stored> later = new ArrayList<>();

  @BeforeEach
  void aVoteAndWhatItsVotersStaked() {
    events = new GovernedHouse().afterAVote().journal;
    for (String voter : List.of("ann", "bob")) {
      open(voter);
      write(voter, n -> new CollateralDeposited(n, 1, "d-" + voter, "NOVA", 1_000_000 * UNIT));
    }
    open(HouseAccount.STAKES);
    for (GovernanceEvent event : List.copyOf(events)) {
      if (event instanceof StakeAsked asked && accounts.containsKey(asked.voter()))
        give("stake-" + asked.number(), asked.voter(), HouseAccount.STAKES, asked.micros());
      if (event instanceof StakeReleased released)
        give(
            "unstake-" + released.number(),
            HouseAccount.STAKES,
            released.voter(),
            released.micros());
    }
  }

  private interface Numbered {
    AccountEvent at(long number);
  }

  private List<AccountEvent> of(String account) {
    return accounts.computeIfAbsent(account, _ -> new ArrayList<>());
  }

  private void open(String account) {
    accounts.put(account, new ArrayList<>());
    write(account, n -> new AccountEvent.AccountOpened(n, 1, account, "m"));
  }

  private void write(String account, Numbered event) {
    List<AccountEvent> own = of(account);
    own.add(event.at(own.size() + 1));
  }

  private void give(String id, String from, String to, long micros) {
    write(from, n -> new CollateralSent(n, 1, 1, id, to, "NOVA", micros, HEALTH));
    write(
        to,
        n -> new CollateralReceived(n, 1, 1, id, from, 1, "NOVA", micros, Long.MIN_VALUE, HEALTH));
  }

  @Test
  void findsNothingWrongInWhatTheyWrote() {
    assertThat(found()).isEqualTo("nothing");
  }

  @Test
  void saysWhatIsStakedAndWhatTheHouseHoldsOfIt() {
    String staked = Long.toString(900_000 * UNIT);
    assertThat(audited(List.of()).stakes())
        .isEqualTo(
            new AuditReport.StakesLine(2, events.size(), "NOVA", 2, staked, "0", "0", staked));
    // Bob's tokens are released, and nobody has said yet that he has them again.
    events = events.subList(0, events.size() - 1);
    of(HouseAccount.STAKES).removeLast();
    of("bob").removeLast();
    String back = Long.toString(100_000 * UNIT);
    assertThat(audited(List.of()).stakes())
        .isEqualTo(
            new AuditReport.StakesLine(
                2, events.size(), "NOVA", 2, staked, "0", back, Long.toString(1_000_000 * UNIT)));
  }

  @Test
  void takesSnapshotsOfBeforeIdsWereEachVotersOwnAndNoticesWhatElseIsWrongInThem() {
    List<GovernanceEvent> begun = events.subList(0, 6);
    GovernanceSnapshotV2 older = GovernedHouse.older(begun);
    GovernanceSnapshot newer =
        GovernedHouse.goneOn(older, events.subList(begun.size(), events.size()));
    assertThat(found(List.of(stored(begun.size(), older), stored(events.size(), newer))))
        .isEqualTo("nothing");
    assertThat(found(List.of(stored(begun.size() + 1, older)))).contains("differs");
  }

  private static Stored stored(int number, Record snapshot) {
    return new Stored(GOVERNANCE, number, snapshot);
  }

  @Test
  void noticesAVoteOfAnotherWeightAndAnOutcomeThatTheVotesDoNotSay() {
    change(
        Voted.class,
        was ->
            new Voted(
                was.number(),
                was.atMs(),
                was.origin(),
                was.proposalId(),
                was.voter(),
                was.choice(),
                was.micros() + 1));
    assertThat(found()).contains("another weight");
    aVoteAndWhatItsVotersStaked();
    change(
        VotesCounted.class,
        was ->
            new VotesCounted(
                was.number(),
                was.atMs(),
                was.proposalId(),
                Outcome.DEFEATED,
                was.inFavourMicros(),
                was.againstMicros(),
                was.abstainingMicros(),
                0,
                0));
    assertThat(found()).contains("where the votes say");
  }

  @Test
  void noticesWhatIsExecutedBeforeItsTimelockIsOver() {
    long earlier = first(VotesCounted.class).fromMs() - 1;
    change(
        Executed.class,
        was ->
            new Executed(
                was.number(),
                earlier,
                was.origin(),
                was.proposalId(),
                was.version(),
                was.settings()));
    assertThat(found()).contains("outside its time");
  }

  @Test
  void noticesAVoteByOtherRulesThanThoseInForce() {
    change(
        VotingBegun.class,
        was ->
            new VotingBegun(
                was.number(),
                was.atMs(),
                was.proposalId(),
                was.endsAtMs(),
                was.quorumPpm() / 2,
                was.thresholdPpm(),
                was.timelockMs(),
                was.executionMs()));
    assertThat(found()).contains("other rules than those in force");
  }

  @Test
  void noticesAVersionThatSetsOtherThanWasVoted() {
    change(Executed.class, was -> with(was, in(was.settings(), "210", "211")));
    assertThat(found()).contains("sets other parameters than were decided");
    aVoteAndWhatItsVotersStaked();
    change(Executed.class, was -> with(was, List.of()));
    assertThat(found()).contains("sets other parameters than were decided");
    aVoteAndWhatItsVotersStaked();
    change(Executed.class, was -> with(was, in(was.settings(), "200", "100"))); // From elsewhere.
    assertThat(found()).contains("sets other parameters than were decided");
  }

  private static Executed with(Executed was, List<Setting.Written> settings) {
    return new Executed(
        was.number(), was.atMs(), was.origin(), was.proposalId(), was.version(), settings);
  }

  /** The settings, with another text where there was one. */
  private static List<Setting.Written> in(
      List<Setting.Written> settings, String text, String other) {
    return settings.stream()
        .map(
            was ->
                new Setting.Written(
                    was.path(),
                    was.sinceMs(),
                    was.version(),
                    entries(was.from(), text, other),
                    entries(was.to(), text, other)))
        .toList();
  }

  private static List<Entry> entries(List<Entry> entries, String text, String other) {
    return entries.stream()
        .map(was -> was.text().equals(text) ? new Entry(was.figure(), other) : was)
        .toList();
  }

  @Test
  void noticesAnActOfTheCouncilThatTooFewApprovedOrSomebodyElse() {
    actsOfTheCouncil();
    assertThat(found()).isEqualTo("nothing");
    ActDone done = first(ActDone.class);
    int last = events.indexOf(done) - 1; // The approval of the third.
    events = new ArrayList<>(events.subList(0, last));
    events.add(new ActDone(last + 1L, done.atMs(), done.actId(), done.version(), done.settings()));
    assertThat(found()).contains("is done with the approval of 2");
    actsOfTheCouncil();
    change(ActApproved.class, was -> by("k1", was));
    assertThat(found()).contains("k1 approves twice");
    actsOfTheCouncil();
    change(ActApproved.class, was -> by("zoe", was));
    assertThat(found()).contains("zoe acts without power");
  }

  private static ActApproved by(String member, ActApproved was) {
    return new ActApproved(was.number(), was.atMs(), was.origin(), was.actId(), member);
  }

  @Test
  void noticesACouncilThatLoosensOrSetsOtherThanItApproved() {
    actsOfTheCouncil();
    change(ActDone.class, was -> with(was, in(was.settings(), "40000", "30000")));
    assertThat(found()).contains("sets other parameters than were decided");
    actsOfTheCouncil();
    change(
        ActBegun.class,
        was -> {
          List<Change.Written> wider =
              was.changes().stream()
                  .map(
                      each ->
                          new Change.Written(
                              each.path(),
                              each.baseVersion(),
                              each.before(),
                              entries(each.after(), "40000", "60000")))
                  .toList();
          List<Change> changes = wider.stream().map(Change.Written::read).toList();
          return new ActBegun(
              was.number(),
              was.atMs(),
              was.origin(),
              was.member(),
              was.reason(),
              wider,
              was.cancels(),
              Proposal.hash(was.reason(), was.cancels(), changes),
              was.untilMs());
        });
    change(ActDone.class, was -> with(was, in(was.settings(), "40000", "60000")));
    assertThat(found()).contains("is not for a council to do");
  }

  private static ActDone with(ActDone was, List<Setting.Written> settings) {
    return new ActDone(was.number(), was.atMs(), was.actId(), was.version(), settings);
  }

  @Test
  void noticesAProposalThatIsCancelledByAnActForSomethingElse() {
    actsOfTheCouncil();
    change(
        ProposalCancelled.class,
        was ->
            new ProposalCancelled(
                was.number(), was.atMs(), was.proposalId(), was.actId(), "no reason"));
    assertThat(found()).contains("an act that was for something else");
  }

  private void actsOfTheCouncil() {
    aVoteAndWhatItsVotersStaked();
    events = new GovernedHouse().afterActsOfTheCouncil().journal;
  }

  @Test
  void noticesAReleaseOfMoreThanLeavesAndStakesThatAreNotAllThere() {
    change(
        StakeReleased.class,
        was ->
            new StakeReleased(
                was.number(), was.atMs(), was.unstakeId(), was.voter(), was.micros() + 1));
    assertThat(found()).contains("releases what is not leaving");
    aVoteAndWhatItsVotersStaked();
    List<AccountEvent> stakes = of(HouseAccount.STAKES);
    CollateralReceived was = (CollateralReceived) stakes.get(1);
    stakes.set(
        1,
        new CollateralReceived(
            was.number(),
            was.atMs(),
            was.parameterVersion(),
            was.transferId(),
            was.from(),
            was.sentAtMs(),
            was.asset(),
            was.amount() - 1,
            was.forgottenThroughMs(),
            was.health()));
    assertThat(found())
        .isEqualTo("holds 899999999999 of the token where 900000000000 are staked or under way");
  }

  @Test
  void noticesAStakeThatNoAccountGaveAndOneOfMoreThanItGave() {
    of("ann").removeLast();
    of(HouseAccount.STAKES).remove(1);
    renumber(HouseAccount.STAKES);
    assertThat(found()).contains("is done, but not on the account's books");
    aVoteAndWhatItsVotersStaked();
    change(
        Staked.class,
        was -> new Staked(was.number(), was.atMs(), was.origin(), was.voter(), was.micros() + 1));
    assertThat(found()).isNotEqualTo("nothing");
  }

  @Test
  void noticesTokensThatLeaveTheStakesThoughNobodyReleasedThem() {
    give("unstake-7777", HouseAccount.STAKES, "ann", UNIT);
    assertThat(found()).contains("takes from the stakes what nobody asked for");
  }

  @Test
  void noticesTokensThatComeIntoTheStakesFromNowhere() {
    give("gift", "ann", HouseAccount.STAKES, UNIT);
    assertThat(found()).contains("gives to the stakes what nobody asked for");
    aVoteAndWhatItsVotersStaked();
    write(HouseAccount.STAKES, n -> new CollateralDeposited(n, 1, "d", "NOVA", UNIT));
    assertThat(found()).contains("stakes of nobody's");
  }

  @Test
  void noticesAnEventThatGoesByAVersionThatIsNotInForceYet() {
    assertThat(first(Executed.class).version()).isEqualTo(2);
    meanwhile.add(fed(1, 1));
    later.add(fed(2, 2));
    later.add(fed(3, 0)); // From before events said it.
    assertThat(found()).isEqualTo("nothing");
    later.add(fed(4, 3));
    assertThat(found()).isEqualTo("goes by version 3, but the newest there was is 2");
    later.clear();
    meanwhile.set(0, fed(1, 2));
    assertThat(found()).isEqualTo("goes by version 2, but the newest there was is 1");
  }

  @ParameterizedTest
  @MethodSource("ofEveryRoom")
  void holdsEveryRoomToTheVersionsThatThereWere(String persistenceId, Record event) {
    later.add(new Stored(persistenceId, 1, event));
    assertThat(found()).isEqualTo("goes by version 3, but the newest there was is 2");
  }

  static Stream<Arguments> ofEveryRoom() {
    return Stream.of(
        Arguments.of("fund|main", fed(1, 3).record()),
        Arguments.of(
            "custody|main", new CustodyEvent.CustodiansAdopted(1, 1, SignatureVectors.set(1), 3)),
        Arguments.of("market|BTC", new MarketEvent.HourClosed(3_600_000, List.of(), 3)),
        Arguments.of("market|BTC", new MarketEvent.Halted("BTC-PERP", 1, 2, 3, 4, 5, 6, 3)),
        Arguments.of("market|BTC", new MarketEvent.Reopened("BTC-PERP", 1, 3)),
        Arguments.of(
            "auction|x.1",
            new AuctionEvent.AuctionOpened(
                1,
                1,
                "x.1",
                "x",
                "a",
                1,
                3,
                10_000,
                10_000,
                new AuctionTerms(1_000, 100, 10, 10, 1_000, 1_000, 1_000, 0, 0),
                List.of(new Slice.Leg("BTC-PERP", 1, 100, 1)))),
        Arguments.of(
            AccountActor.persistenceId("c").id(),
            new CollateralSent(1, 1, 3, "t", "d", "USDC", 1, HEALTH)));
  }

  private static Stored fed(long number, long parameterVersion) {
    return new Stored(
        "fund|main",
        number,
        new FundEvent.Contributed(
            number, 1, "c-" + number, Cause.HOUSE, "", 1, 1, Long.MIN_VALUE, parameterVersion));
  }

  // ---- breaking and reading it

  private void renumber(String account) {
    List<AccountEvent> own = of(account);
    for (int i = 0; i < own.size(); i++) {
      long number = i + 1L;
      if (own.get(i) instanceof CollateralReceived was)
        own.set(
            i,
            new CollateralReceived(
                number,
                was.atMs(),
                was.parameterVersion(),
                was.transferId(),
                was.from(),
                was.sentAtMs(),
                was.asset(),
                was.amount(),
                was.forgottenThroughMs(),
                was.health()));
      else if (own.get(i) instanceof CollateralSent was)
        own.set(
            i,
            new CollateralSent(
                number,
                was.atMs(),
                was.parameterVersion(),
                was.transferId(),
                was.to(),
                was.asset(),
                was.amount(),
                was.health()));
    }
  }

  private <E extends GovernanceEvent> E first(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).findFirst().orElseThrow();
  }

  private <E extends GovernanceEvent> void change(Class<E> kind, UnaryOperator<E> how) {
    E was = first(kind);
    events.set(events.indexOf(was), how.apply(was));
  }

  private String found() {
    return found(List.of());
  }

  private String found(List<Stored> snapshots) {
    Violation violation = audited(snapshots).violation();
    return violation == null ? "nothing" : violation.what();
  }

  private AuditReport audited(List<Stored> snapshots) {
    List<Stored> rows = new ArrayList<>();
    accounts.forEach(
        (account, own) -> {
          String id = AccountActor.persistenceId(account).id();
          for (int i = 0; i < own.size(); i++) rows.add(new Stored(id, i + 1, (Record) own.get(i)));
        });
    for (int i = 0; i < events.size(); i++) {
      rows.add(new Stored(GOVERNANCE, i + 1, (Record) events.get(i)));
      if (i == 0) rows.addAll(meanwhile); // The house is set up, and nothing is voted yet.
    }
    rows.addAll(later);
    try (Store store = Store.open(new StoreConfig.H2Memory("governance-" + UUID.randomUUID()))) {
      TestJournal.store(store.dataSource(), rows, snapshots);
      return Auditor.audit(store.dataSource(), "USDC");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}

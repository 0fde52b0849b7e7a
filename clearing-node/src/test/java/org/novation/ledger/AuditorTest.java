package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.CollateralReceived;
import org.novation.account.AccountEvent.CollateralSent;
import org.novation.account.AccountEvent.FeesCharged;
import org.novation.account.AccountEvent.FeesPaid;
import org.novation.account.AccountEvent.HandOverDeferred;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.Mark;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.AccountEvent.TransferTaken;
import org.novation.account.Leg;
import org.novation.account.Markets;
import org.novation.account.TransferOrder;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionEvent;
import org.novation.clearing.CorrectionEvent.CorrectionApproved;
import org.novation.clearing.GiveUp;
import org.novation.clearing.GiveUpEvent.GiveUpAccepted;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.instrument.Coins;
import org.novation.instrument.Fees;
import org.novation.ledger.AuditReport.Violation;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.risk.Health;

/**
 * A journal that live accounts wrote passes; broken in any way it does not, and the auditor says
 * where.
 */
final class AuditorTest {
  @ParameterizedTest
  @EnumSource
  void findsNothingWrongInWhatAccountsWrote(TestStore kind) throws SQLException {
    TestJournal journal = TestJournal.ofSeed(1);
    try (Store store = Store.open(kind.fresh())) {
      journal.store(store.dataSource());
      AuditReport report = Auditor.audit(store.dataSource(), "USDC");
      assertThat(report.violation()).isNull();
      assertThat(report.sums()).isEqualTo(new AuditReport.Sums("0", "0", "0", "0", "0"));
      assertThat(report.accounts()).isEqualTo(5);
      assertThat(report.events())
          .isEqualTo(journal.ids().stream().mapToLong(id -> journal.events(id).size()).sum());
      assertThat(report.deposits()).isEqualTo(6);
      assertThat(report.snapshots()).isPositive();
      assertThat(report.trades()).isPositive();
      assertThat(report.undelivered()).isPositive().isLessThan(report.trades());
      assertThat(report.instruments())
          .hasSize(2)
          .allSatisfy(line -> assertThat(line.holders()).isPositive());
      assertThat(report.assets())
          .containsExactly(
              new AuditReport.AssetLine("BTC", "123456789", "123456789"),
              new AuditReport.AssetLine(
                  "USDC", Long.toString(100_000 * Markets.UNIT), report.assets().get(1).held()));
    }
  }

  @Test
  void findsNothingWrongInManyJournals() throws SQLException {
    for (long seed = 100; seed < 130; seed++) {
      assertThat(audit(TestJournal.ofSeed(seed)).violation()).as("seed " + seed).isNull();
    }
  }

  @Test
  void readsEventsThatShareRowsAsIfEachHadItsOwn() throws SQLException {
    TestJournal whole = TestJournal.ofSeed(2);
    TestJournal broken = TestJournal.ofSeed(2);
    Violation alone = withoutAnAppliedLeg(broken);
    for (int together : new int[] {2, 3, Together.MAX}) {
      try (Store store = memory();
          Store shared = memory();
          Store other = memory()) {
        whole.store(store.dataSource());
        whole.store(shared.dataSource(), together);
        assertThat(Auditor.audit(shared.dataSource(), "USDC"))
            .isEqualTo(Auditor.audit(store.dataSource(), "USDC"));
        broken.store(other.dataSource(), together);
        assertThat(Auditor.audit(other.dataSource(), "USDC").violation()).isEqualTo(alone);
      }
    }
  }

  @Test
  void namesTheRowThatHoldsMoreThanItsEvents() throws SQLException {
    try (Store store = memory()) {
      TestJournal.ofSeed(8).store(store.dataSource(), 2);
      execute(
          store,
          "UPDATE \"event_journal\" SET \"event_payload\" = \"event_payload\" || X'00'"
              + " WHERE \"persistence_id\" = 'account|b' AND \"sequence_number\" = 3");
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .satisfies(at("b", 3, "journal.together.v1"));
    }
  }

  @Test
  void findsNothingInAnEmptyJournal() throws SQLException {
    assertThat(audit(new TestJournal())).satisfies(report -> assertThat(report.holds()).isTrue());
  }

  /** With room for seven legs the rest goes to files, and nothing changes. */
  @Test
  void matchesLegsInFilesAsInMemory() throws SQLException {
    TestJournal whole = TestJournal.ofSeed(2);
    TestJournal broken = TestJournal.ofSeed(2);
    Violation inMemory = withoutAnAppliedLeg(broken);
    try (Store store = memory();
        Store other = memory()) {
      whole.store(store.dataSource());
      assertThat(Auditor.audit(store.dataSource(), "USDC", null, null, 7))
          .isEqualTo(Auditor.audit(store.dataSource(), "USDC"));
      broken.store(other.dataSource());
      assertThat(Auditor.audit(other.dataSource(), "USDC", null, null, 7).violation())
          .isEqualTo(inMemory);
    }
  }

  @Test
  void keepsTheBooksInTheAssetThatTheHouseSettlesIn() throws SQLException {
    TestJournal journal = new TestJournal();
    delivered(journal);
    for (String id : journal.ids()) {
      journal
          .events(id)
          .replaceAll(
              event ->
                  event instanceof CollateralDeposited(var n, var ms, var deposit, _, var amount)
                      ? new CollateralDeposited(n, ms, deposit, "EURC", amount)
                      : event);
    }
    try (Store store = memory()) {
      journal.store(store.dataSource());
      AuditReport report = Auditor.audit(store.dataSource(), "EURC");
      assertThat(report.violation()).isNull();
      String all = Long.toString(2_000 * Markets.UNIT);
      assertThat(report.assets()).containsExactly(new AuditReport.AssetLine("EURC", all, all));
    }
  }

  // ---- broken journals

  @ParameterizedTest
  @EnumSource
  void namesTheFirstEventThatIsMissing(TestStore kind) throws SQLException {
    try (Store store = Store.open(kind.fresh())) {
      TestJournal.ofSeed(3).store(store.dataSource());
      execute(
          store,
          "DELETE FROM \"event_journal\" WHERE \"persistence_id\" = 'account|c' AND"
              + " \"sequence_number\" = 5");
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .isEqualTo(new Violation("c", 5, "the event is missing: the next one has number 6"));
    }
  }

  /** The account's own numbers are whole then; its counterparty shows that something was lost. */
  @Test
  void noticesThatTheLastEventIsMissing() throws SQLException {
    TestJournal journal = new TestJournal();
    Trade trade = delivered(journal);
    journal.events(trade.first()).removeLast();
    assertThat(audit(journal).violation())
        .isEqualTo(
            new Violation(
                trade.last(), 3, "a trade never reached its other account, nor is it on its way"));
  }

  @Test
  void namesTheEventThatWasRenumbered() throws SQLException {
    TestJournal journal = TestJournal.ofSeed(4);
    CollateralDeposited first = (CollateralDeposited) journal.events("b").get(1);
    journal
        .events("b")
        .set(
            1,
            new CollateralDeposited(
                7, first.atMs(), first.depositId(), first.asset(), first.amount()));
    assertThat(audit(journal).violation()).satisfies(at("b", 2, "event 7 follows event 1"));
  }

  static Stream<String> figuresOfALeg() {
    return Arrays.stream(Leg.class.getRecordComponents()).map(RecordComponent::getName);
  }

  /**
   * Each figure, on the novated and on the applied side: whatever is changed, the books do not
   * agree any more.
   */
  @ParameterizedTest
  @MethodSource("figuresOfALeg")
  void noticesAnyFigureOfALegThatWasChanged(String figure) throws SQLException {
    for (boolean novated : List.of(true, false)) {
      TestJournal journal = TestJournal.ofSeed(5);
      Place place = lastDelivered(journal, novated);
      replaceLeg(journal, place, novated, leg -> change(leg, figure));
      Violation violation = audit(journal).violation();
      if (violation == null) throw new AssertionError("unnoticed: " + place + ", " + figure);
      assertThat(violation.account()).as(violation.toString()).isNotEmpty();
      assertThat(violation.sequenceNumber()).isPositive();
    }
  }

  /** The time one later, the mark 31 higher: in 32 bits of Java's own hash these cancel out. */
  @Test
  void noticesChangedFiguresThatAWeakHashWouldNot() throws SQLException {
    TestJournal journal = TestJournal.ofSeed(5);
    Place place = lastDelivered(journal, false);
    replaceLeg(journal, place, false, leg -> change(leg, "novatedAtMs"));
    replaceLeg(journal, place, false, leg -> change(leg, "markTicks", 31));
    assertThat(audit(journal).violation())
        .satisfies(at(place.account(), place.number(), "the two legs of a trade differ"));
  }

  @Test
  void namesTheChangeOfStateWhoseEquityIsNotWhatTheBooksAreWorth() throws SQLException {
    TestJournal journal = changeOfState();
    int at = journal.events("y").size() - 1;
    MarginStateChanged changed = (MarginStateChanged) journal.events("y").get(at);
    assertThat(audit(journal).violation()).isNull();
    Health health = changed.health();
    Health other =
        new Health(
            health.equityMicros() - 1,
            health.initialEquityMicros(),
            health.initialMarginMicros(),
            health.maintenanceMarginMicros());
    journal.events("y").set(at, with(changed, other, changed.marks()));
    assertThat(audit(journal).violation()).satisfies(at("y", at + 1, "but is worth"));
    journal.events("y").set(at, with(changed, health, List.of()));
    assertThat(audit(journal).violation()).satisfies(at("y", at + 1, "has no mark of a position"));
  }

  /** Account y buys, and the price falls until it is called. */
  private static TestJournal changeOfState() {
    TestJournal journal = new TestJournal();
    journal.open("y", 100 * Markets.UNIT);
    journal.open("z", 1_000 * Markets.UNIT);
    journal.trade("BTC-PERP", 3, "y", "z");
    for (long mark = 99; mark > 0; mark--) {
      journal.market(mark, 0);
      List<Record> events = journal.events("y");
      if (events.getLast() instanceof AccountEvent.LiquidationChanged) events.removeLast();
      if (journal.events("y").getLast() instanceof MarginStateChanged) return journal;
    }
    throw new AssertionError("no price brought y to a threshold");
  }

  @Test
  void namesWhoWasSparedItsHandOverThoughInsolventOrAgainstTheCount() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("y", 120 * Markets.UNIT);
    journal.open("z", 1_000 * Markets.UNIT);
    journal.trade("BTC-PERP", 10, "y", "z");
    journal.market(90, 0);
    journal.spare("y");
    assertThat(audit(journal).violation()).isNull();
    List<Record> events = journal.events("y");
    int at = events.size() - 2; // The offer is closed after it.
    HandOverDeferred spared = (HandOverDeferred) events.get(at);
    events.set(at, with(spared, 2, 20, 90));
    assertThat(audit(journal).violation()).satisfies(at("y", at + 1, "miscounts"));
    events.set(at, with(spared, 1, 21, 90));
    assertThat(audit(journal).violation()).satisfies(at("y", at + 1, "but is worth"));
    events.set(at, with(spared, 1, -80, 80));
    assertThat(audit(journal).violation()).satisfies(at("y", at + 1, "and insolvent"));
  }

  private static HandOverDeferred with(
      HandOverDeferred spared, long times, long equityUnits, long mark) {
    return new HandOverDeferred(
        spared.number(),
        spared.atMs(),
        spared.parameterVersion(),
        spared.auctionId(),
        spared.liquidationId(),
        times,
        spared.gate(),
        new Health(equityUnits * Markets.UNIT, 0, 0, 0),
        List.of(new Mark("BTC-PERP", mark, 0)));
  }

  private static MarginStateChanged with(
      MarginStateChanged changed, Health health, List<Mark> marks) {
    return new MarginStateChanged(
        changed.number(),
        changed.atMs(),
        changed.parameterVersion(),
        changed.from(),
        changed.to(),
        health,
        marks);
  }

  @Test
  void namesEveryInstrumentThatDoesNotAddUp() {
    TestJournal journal = new TestJournal();
    for (String id : List.of("y", "z")) journal.open(id, 10_000 * Markets.UNIT);
    journal.trade("BTC-PERP", 3, "y", "z");
    journal.trade("ETH-PERP", 2, "z", "y");
    BookTotals totals = new BookTotals();
    totals.add(journal.account("y"), Markets.CATALOGUE);
    assertThat(totals.imbalance()).contains("BTC-PERP: lots 3", "ETH-PERP: lots -2");
    totals.add(journal.account("z"), Markets.CATALOGUE);
    assertThat(totals.imbalance()).isEmpty();
  }

  /** Owes 10 beyond what 1.5 BTC count for; positions and coins are sold. */
  private static TestJournal ofCoins() {
    TestJournal journal = new TestJournal();
    journal.open("y", 120 * Markets.UNIT);
    journal.open("x", 10_000 * Markets.UNIT);
    journal.open("z", 10_000 * Markets.UNIT);
    journal.deposit("y", "btc", "BTC", 150_000_000);
    journal.trade("BTC-PERP", 10, "y", "z");
    journal.market(75, 0);
    journal.liquidate("y", "x");
    assertThat(journal.account("y").portfolio().cashMicros()).isPositive();
    return journal;
  }

  @Test
  void matchesCoinsThatChangedHandsByTheirTransfer() throws SQLException {
    AuditReport report = audit(ofCoins());
    assertThat(report.violation()).isNull();
    assertThat(report.assets())
        .contains(new AuditReport.AssetLine("BTC", "150000000", "150000000"));
  }

  @Test
  void namesCoinsThatGrewOnTheirWay() throws SQLException {
    TestJournal journal = ofCoins();
    take(
        journal,
        leg -> Coins.are(leg.instrument()) ? change(leg, "lots") : leg,
        TransferTaken::fundMicros);
    assertThat(String.valueOf(audit(journal).violation())).contains("account x");
  }

  @Test
  void namesWhatTheFundIsSaidToHavePaidThatGrewOnItsWay() throws SQLException {
    TestJournal journal = ofCoins();
    take(journal, leg -> leg, taken -> taken.fundMicros() + 1);
    assertThat(String.valueOf(audit(journal).violation())).contains("account x");
  }

  /** As x took what it was handed, but otherwise. */
  private static void take(
      TestJournal journal, UnaryOperator<Leg> change, ToLongFunction<TransferTaken> fundMicros) {
    List<Record> events = journal.events("x");
    for (int n = 0; n < events.size(); n++) {
      if (!(events.get(n) instanceof TransferTaken taken)) continue;
      events.set(
          n,
          new TransferTaken(
              taken.number(),
              taken.atMs(),
              taken.parameterVersion(),
              taken.transferId(),
              taken.from(),
              taken.handedAtMs(),
              taken.legs().stream().map(change).toList(),
              taken.cashMicros(),
              taken.losses(),
              taken.forgottenThroughMs(),
              taken.health(),
              fundMicros.applyAsLong(taken)));
    }
  }

  /** One trade undone after funding was due, and one settled at another price. */
  private static TestJournal ofCorrections() {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.open("b", 1_000 * Markets.UNIT);
    Trade one = Objects.requireNonNull(journal.novate("BTC-PERP", 5, "a", "b"));
    Trade two = Objects.requireNonNull(journal.novate("BTC-PERP", 3, "a", "b"));
    journal.deliver(one.last());
    journal.market(110, 2_000_000);
    journal.correct(correction("c", one, Correction.Kind.BUST, 0));
    journal.correct(correction("d", two, Correction.Kind.PRICE, -30 * Markets.UNIT));
    return journal;
  }

  private static Correction correction(
      String id, Trade trade, Correction.Kind kind, long buyerPays) {
    return correction(id, trade, kind, buyerPays, 0, 0);
  }

  private static Correction correction(
      String id, Trade trade, Correction.Kind kind, long buyerPays, long buyerFee, long sellerFee) {
    return new Correction(
        id,
        kind,
        trade.venue(),
        trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        trade.lots(),
        trade.buyer(),
        trade.seller(),
        trade.executedAtMs(),
        Markets.NOW_MS,
        0,
        buyerPays == 0 ? 0 : 90,
        buyerPays,
        "why",
        "ana",
        Markets.NOW_MS,
        buyerFee,
        sellerFee);
  }

  /** One trade undone, and one settled at a dearer price, each side paying by its own version. */
  private static TestJournal ofReturnedFees(long buyersMore) {
    TestJournal journal = new TestJournal();
    journal.open("a", 10_000 * Markets.UNIT);
    journal.open("b", 10_000 * Markets.UNIT);
    journal.open(HouseAccount.REVENUE, Markets.UNIT);
    journal.charge(new Fees(500, 0));
    Trade one = Objects.requireNonNull(journal.novate("BTC-PERP", 10, "a", "b"));
    Trade two = Objects.requireNonNull(journal.novate("BTC-PERP", 3, "a", "b"));
    journal.charge(new Fees(300, 0));
    journal.deliver(one.last());
    boolean buyerIsLast = one.last().equals("a");
    long buyers = buyerIsLast ? 500 : 300;
    long sellers = buyerIsLast ? 300 : 500;
    journal.correct(
        correction(
            "c", one, Correction.Kind.BUST, 0, 1_000 * buyers + buyersMore, 1_000 * sellers));
    journal.correct(
        correction(
            "d", two, Correction.Kind.PRICE, 30 * Markets.UNIT, -30 * buyers, -30 * sellers));
    return journal;
  }

  @Test
  void findsNothingWrongInFeesThatAreGivenBackAsTheyWereCharged() throws SQLException {
    AuditReport report = audit(ofReturnedFees(0));
    assertThat(report.violation()).isNull();
    assertThat(report.sums()).isEqualTo(new AuditReport.Sums("0", "0", "0", "0", "0"));
  }

  @Test
  void namesAFeeOfWhichMoreOrLessIsGivenBackThanWasCharged() throws SQLException {
    for (long more : List.of(1, -1, -500_000))
      assertThat(audit(ofReturnedFees(more)).violation())
          .satisfies(at("correction|house", 1, "gives back"));
  }

  @Test
  void namesAFeeThatIsGivenBackAndWasNeverCharged() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 10_000 * Markets.UNIT);
    journal.open("b", 10_000 * Markets.UNIT);
    journal.open(HouseAccount.REVENUE, Markets.UNIT);
    Trade one = Objects.requireNonNull(journal.novate("BTC-PERP", 10, "a", "b"));
    journal.deliver(one.last());
    journal.correct(correction("c", one, Correction.Kind.BUST, 0, 0, 5));
    assertThat(audit(journal).violation()).satisfies(at("correction|house", 1, "never charged"));
  }

  @Test
  void namesAFeeThatIsSaidToBeGivenBackAndIsNot() throws SQLException {
    TestJournal journal = ofReturnedFees(0);
    journal.corrections().add(new CorrectionEvent.FeeSettled(Markets.NOW_MS, "c", "a"));
    assertThat(audit(journal).violation())
        .satisfies(at("correction|house", journal.corrections().size(), "no fee of a is due"));
  }

  @Test
  void findsNothingWrongInTradesThatWerePutRight() throws SQLException {
    AuditReport report = audit(ofCorrections());
    assertThat(report.violation()).isNull();
    assertThat(report.sums()).isEqualTo(new AuditReport.Sums("0", "0", "0", "0", "0"));
  }

  @Test
  void namesACorrectionThatNobodyApproved() throws SQLException {
    for (int approval : List.of(1, 4)) {
      TestJournal journal = ofCorrections();
      List<Record> kept = List.copyOf(journal.corrections().subList(0, approval));
      journal.corrections().clear();
      journal.corrections().addAll(kept);
      assertThat(String.valueOf(audit(journal).violation()))
          .as("without the event after the first " + approval)
          .contains("as nobody has agreed");
    }
  }

  @Test
  void namesAnApprovalByWhoeverProposedOrOfSomethingElse() throws SQLException {
    for (CorrectionApproved wrong :
        List.of(
            new CorrectionApproved(Markets.NOW_MS, "c", hash(ofCorrections()), "ana"),
            new CorrectionApproved(Markets.NOW_MS, "c", "0".repeat(64), "ben"))) {
      TestJournal journal = ofCorrections();
      journal.corrections().set(1, wrong);
      assertThat(audit(journal).violation()).satisfies(at("correction|house", 2, "approve"));
    }
  }

  private static String hash(TestJournal journal) {
    return ((CorrectionApproved) journal.corrections().get(1)).hash();
  }

  @Test
  void namesACorrectionThatIsSaidToBeBookedAndIsNot() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.open("b", 1_000 * Markets.UNIT);
    Trade one = Objects.requireNonNull(journal.novate("BTC-PERP", 5, "a", "b"));
    journal.deliver(one.last());
    journal.corrections().addAll(ofCorrections().corrections().subList(0, 3));
    assertThat(audit(journal).violation())
        .satisfies(at("correction|house", 3, "said to be booked"));
  }

  @Test
  void namesACorrectionOfATradeThatNeverWas() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.corrections().addAll(ofCorrections().corrections().subList(0, 2));
    assertThat(audit(journal).violation()).satisfies(at("correction|house", 2, "nobody committed"));
  }

  /** Of a twentieth of one in a hundred; what both have paid goes to the house alone. */
  private static TestJournal ofFees() {
    TestJournal journal = new TestJournal();
    journal.open("a", 10_000 * Markets.UNIT);
    journal.open("b", 10_000 * Markets.UNIT);
    journal.open(HouseAccount.REVENUE, Markets.UNIT);
    journal.trade("BTC-PERP", 10, "a", "b");
    journal.charge(new Fees(500, 0));
    journal.trade("BTC-PERP", 7, "a", "b");
    journal.trade("BTC-PERP", 3, "b", "a");
    journal.payFees("a");
    journal.remit("a");
    journal.payFees("b"); // Still on its way.
    journal.trade("BTC-PERP", 1, "a", "b");
    return journal;
  }

  @Test
  void followsFeesFromTheTradesThatCostThemToTheHouse() throws SQLException {
    TestJournal journal = ofFees();
    for (String id : journal.ids()) journal.snapshot(id);
    assertThat(audit(journal).violation()).isNull();
    assertThat(journal.events("a")).hasAtLeastOneElementOfType(FeesCharged.class);
    assertThat(journal.events(HouseAccount.REVENUE))
        .hasAtLeastOneElementOfType(CollateralReceived.class);
  }

  @Test
  void namesFeesThatNoTradeCost() throws SQLException {
    TestJournal journal = ofFees();
    journal
        .events("b")
        .replaceAll(
            event ->
                event instanceof FeesCharged f
                    ? new FeesCharged(
                        f.number(), f.atMs(), f.parameterVersion(), f.tradePpm(), f.micros() + 1)
                    : event);
    assertThat(audit(journal).violation())
        .satisfies(found -> assertThat(found.what()).startsWith("pays fees of"));
  }

  @Test
  void namesFeesOfWhichTheHouseGotLess() throws SQLException {
    TestJournal journal = ofFees();
    journal
        .events("a")
        .replaceAll(
            event ->
                event instanceof FeesPaid p
                    ? new FeesPaid(
                        p.number(),
                        p.atMs(),
                        p.parameterVersion(),
                        p.paymentId(),
                        p.asset(),
                        0,
                        p.houseMicros() - 1)
                    : event);
    assertThat(audit(journal).violation()).isNotNull();
  }

  private static GiveUp legOf(Trade trade, String to) {
    return new GiveUp("venue", trade.tradeId(), "BTC-PERP", 100, 5, "a", to, Markets.NOW_MS);
  }

  private static TestJournal ofGiveUp() {
    TestJournal journal = new TestJournal();
    for (String id : List.of("a", "b", "c", "d")) journal.open(id, 1_000 * Markets.UNIT);
    Trade trade = Objects.requireNonNull(journal.novate("BTC-PERP", 5, "a", "b"));
    journal.deliver(trade.last());
    journal.giveUp(legOf(trade, "c"), Markets.NOW_MS);
    return journal;
  }

  @Test
  void namesALegThatWasGivenUpAsNobodyAccepted() throws SQLException {
    assertThat(audit(ofGiveUp()).violation()).isNull();
    TestJournal journal = ofGiveUp();
    journal.giveUps("c").clear();
    assertThat(String.valueOf(audit(journal).violation())).contains("as nobody has agreed");
    TestJournal unpermitted = ofGiveUp();
    GiveUpAccepted accepted = (GiveUpAccepted) unpermitted.giveUps("c").get(1);
    unpermitted.giveUps("c").set(1, new GiveUpAccepted(2, accepted.atMs(), accepted.key(), true));
    assertThat(audit(unpermitted).violation())
        .satisfies(at("give-up|c", 2, "nobody has permitted"));
  }

  @Test
  void namesALegThatWasGivenUpTwice() throws SQLException {
    TestJournal journal = new TestJournal();
    for (String id : List.of("a", "b", "c", "d")) journal.open(id, 1_000 * Markets.UNIT);
    Trade trade = Objects.requireNonNull(journal.novate("BTC-PERP", 5, "a", "b"));
    journal.deliver(trade.last());
    journal.giveUp(legOf(trade, "c"), Markets.NOW_MS);
    journal.giveUp(legOf(trade, "d"), Markets.NOW_MS + 1); // The giver has forgotten the first.
    assertThat(String.valueOf(audit(journal).violation())).contains("given up is booked twice");
  }

  /** Cash that has arrived, and coins that are on their way. */
  private static TestJournal ofTransfers() {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.open("b", 1_000 * Markets.UNIT);
    journal.deposit("a", "btc", "BTC", 150_000_000);
    journal.send("a", new TransferOrder("one", "b", "USDC", 400 * Markets.UNIT));
    journal.remit("a");
    journal.send("b", new TransferOrder("one", "a", "USDC", 100 * Markets.UNIT));
    journal.send("a", new TransferOrder("two", "b", "BTC", 50_000_000));
    return journal;
  }

  @Test
  void matchesWhatOneAccountGaveAnotherOrFindsItInItsOutbox() throws SQLException {
    TestJournal journal = ofTransfers();
    for (String id : journal.ids()) journal.snapshot(id);
    AuditReport report = audit(journal);
    assertThat(report.violation()).isNull();
    assertThat(report.snapshots()).isEqualTo(2);
    assertThat(report.assets())
        .contains(new AuditReport.AssetLine("BTC", "150000000", "150000000"));
  }

  @Test
  void namesWhatAnAccountTookThatNobodyGave() throws SQLException {
    TestJournal journal = ofTransfers();
    journal.events("a").removeIf(CollateralSent.class::isInstance);
    assertThat(String.valueOf(audit(journal).violation())).contains("account");
    TestJournal changed = ofTransfers();
    changed
        .events("b")
        .replaceAll(event -> event instanceof CollateralReceived got ? with(got, 401) : event);
    assertThat(audit(changed).violation()).satisfies(at("b", 3, "differ"));
  }

  @Test
  void namesWhatWasGivenAndIsNowhere() throws SQLException {
    TestJournal journal = ofTransfers();
    int last = journal.events("a").size();
    journal
        .events("a")
        .add(new AccountEvent.OutboxAcknowledged(last + 1, Markets.NOW_MS, List.of(2L)));
    assertThat(audit(journal).violation()).satisfies(at("a", last, "never reached"));
  }

  @Test
  void namesWhatIsTakenTwice() throws SQLException {
    TestJournal journal = ofTransfers();
    CollateralReceived got = (CollateralReceived) journal.events("b").get(2);
    int next = journal.events("b").size() + 1;
    journal
        .events("b")
        .add(
            new CollateralReceived(
                next,
                got.atMs(),
                got.parameterVersion(),
                got.transferId(),
                got.from(),
                got.sentAtMs(),
                got.asset(),
                got.amount(),
                got.forgottenThroughMs(),
                got.health()));
    assertThat(audit(journal).violation()).satisfies(at("b", next, "booked twice"));
  }

  private static CollateralReceived with(CollateralReceived got, long units) {
    return new CollateralReceived(
        got.number(),
        got.atMs(),
        got.parameterVersion(),
        got.transferId(),
        got.from(),
        got.sentAtMs(),
        got.asset(),
        units * Markets.UNIT,
        got.forgottenThroughMs(),
        got.health());
  }

  @Test
  void namesTheEventWhoseProfitWasChanged() throws SQLException {
    TestJournal journal = TestJournal.ofSeed(6);
    Place place = lastDelivered(journal, false);
    replaceLeg(journal, place, false, leg -> change(leg, "realisedMicros"));
    assertThat(audit(journal).violation())
        .satisfies(at(place.account(), place.number(), "but the books say"));
  }

  /** The whole trade once more, on both sides, and each of them consistent in itself. */
  @Test
  void namesTheSecondOfTwoBookingsOfOneTrade() throws SQLException {
    TestJournal journal = new TestJournal();
    Trade trade = delivered(journal);
    for (String id : List.of(trade.first(), trade.last())) {
      TradesCleared booked = (TradesCleared) journal.events(id).get(2);
      journal
          .events(id)
          .add(
              new TradesCleared(
                  journal.events(id).size() + 1,
                  booked.atMs(),
                  booked.parameterVersion(),
                  booked.novated(),
                  booked.applied(),
                  List.of(),
                  booked.forgottenThroughMs(),
                  booked.health()));
    }
    assertThat(audit(journal).violation())
        .satisfies(at(trade.last(), 5, "a trade is booked twice"));
  }

  @Test
  void namesTheNovationWhoseOtherLegIsMissing() throws SQLException {
    TestJournal journal = TestJournal.ofSeed(7);
    Violation violation = withoutAnAppliedLeg(journal);
    assertThat(audit(journal).violation()).isEqualTo(violation);
  }

  @Test
  void namesALegThatNobodyCommitted() throws SQLException {
    TestJournal journal = new TestJournal();
    Trade trade = delivered(journal);
    List<Record> events = journal.events(trade.last());
    while (events.size() > 2) events.removeLast();
    assertThat(audit(journal).violation())
        .isEqualTo(new Violation(trade.first(), 3, "a trade is on this account and on no other"));
  }

  @Test
  void namesADepositThatIsBookedTwice() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    CollateralDeposited first = (CollateralDeposited) journal.events("a").get(1);
    journal
        .events("a")
        .add(
            new CollateralDeposited(
                3, first.atMs(), first.depositId(), first.asset(), first.amount()));
    assertThat(audit(journal).violation()).satisfies(at("a", 3, "a deposit is booked twice"));
  }

  @Test
  void namesAnAccountThatWasNeverOpened() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.events("ghost").add(new LeverageCapped(1, 0, 5));
    assertThat(audit(journal).violation()).satisfies(at("ghost", 1, "was never opened"));
  }

  @Test
  void namesTheSnapshotThatIsNotWhatTheEventsAddUpTo() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.snapshot("a");
    CollateralDeposited first = (CollateralDeposited) journal.events("a").get(1);
    journal
        .events("a")
        .set(
            1,
            new CollateralDeposited(
                2, first.atMs(), first.depositId(), first.asset(), first.amount() + 1));
    assertThat(audit(journal).violation()).satisfies(at("a", 2, "the snapshot is not what"));
  }

  @Test
  void namesTheSnapshotOfEventsThatAreGone() throws SQLException {
    TestJournal journal = new TestJournal();
    journal.open("a", 1_000 * Markets.UNIT);
    journal.deposit("a", "second", "USDC", 5);
    journal.snapshot("a");
    journal.events("a").removeLast();
    assertThat(audit(journal).violation())
        .satisfies(at("a", 3, "a snapshot, but no event until it"));
  }

  @Test
  void namesTheEventThatCannotBeRead() throws SQLException {
    try (Store store = memory()) {
      TestJournal.ofSeed(8).store(store.dataSource());
      String where = " WHERE \"persistence_id\" = 'account|b' AND \"sequence_number\" = 3";
      execute(store, "UPDATE \"event_journal\" SET \"event_payload\" = X'8301'" + where);
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .satisfies(at("b", 3, "cannot be read"));
      execute(
          store,
          "UPDATE \"event_journal\" SET \"event_ser_manifest\" = 'account.unheard-of.v1'" + where);
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .satisfies(at("b", 3, "unknown manifest"));
      execute(store, "UPDATE \"event_journal\" SET \"event_ser_id\" = 4" + where);
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .satisfies(at("b", 3, "serializer 4"));
      execute(store, "UPDATE \"event_journal\" SET \"deleted\" = TRUE" + where);
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation())
          .satisfies(at("b", 3, "marked as deleted"));
    }
  }

  // ---- breaking them

  private record Place(String account, long number, int leg) {}

  /** The last leg of a trade that is on both its accounts. */
  private static Place lastDelivered(TestJournal journal, boolean novated) {
    List<Place> places = new ArrayList<>();
    for (String id : journal.ids()) {
      for (int i = 0; i < journal.events(id).size(); i++) {
        if (!(journal.events(id).get(i) instanceof TradesCleared cleared)) continue;
        List<Leg> legs = novated ? cleared.novated() : cleared.applied();
        for (int leg = 0; leg < legs.size(); leg++) {
          if (novated && journal.account(id).outbox().containsValue(legs.get(leg))) continue;
          places.add(new Place(id, i + 1, leg));
        }
      }
    }
    return places.getLast();
  }

  private static void replaceLeg(
      TestJournal journal, Place place, boolean novated, Function<Leg, Leg> change) {
    TradesCleared cleared =
        (TradesCleared) journal.events(place.account()).get((int) place.number() - 1);
    List<Leg> legs = new ArrayList<>(novated ? cleared.novated() : cleared.applied());
    legs.set(place.leg(), change.apply(legs.get(place.leg())));
    setLegs(
        journal,
        place,
        cleared,
        novated ? legs : cleared.novated(),
        novated ? cleared.applied() : legs);
  }

  private static void setLegs(
      TestJournal journal,
      Place place,
      TradesCleared cleared,
      List<Leg> novated,
      List<Leg> applied) {
    journal
        .events(place.account())
        .set(
            (int) place.number() - 1,
            new TradesCleared(
                cleared.number(),
                cleared.atMs(),
                cleared.parameterVersion(),
                novated,
                applied,
                cleared.acknowledged(),
                cleared.forgottenThroughMs(),
                cleared.health()));
  }

  /** A trade of two accounts that have nothing else to do. */
  private static Trade delivered(TestJournal journal) {
    journal.open("y", 1_000 * Markets.UNIT);
    journal.open("z", 1_000 * Markets.UNIT);
    Trade trade = journal.novate("BTC-PERP", 3, "y", "z");
    if (trade == null) throw new AssertionError("refused");
    journal.deliver(trade.last());
    return trade;
  }

  /**
   * Adds such a trade and empties the event that books its second leg; tells the novation that must
   * be named.
   */
  private static Violation withoutAnAppliedLeg(TestJournal journal) {
    Trade trade = delivered(journal);
    Place place = new Place(trade.first(), 3, 0);
    TradesCleared cleared = (TradesCleared) journal.events(trade.first()).get(2);
    setLegs(journal, place, cleared, List.of(), List.of());
    return new Violation(
        trade.last(), 3, "a trade never reached its other account, nor is it on its way");
  }

  /** A number one greater, a text one letter longer. */
  private static Leg change(Leg leg, String figure) {
    return change(leg, figure, 1);
  }

  private static Leg change(Leg leg, String figure, long by) {
    Map<String, Object> values = new HashMap<>();
    for (RecordComponent component : Leg.class.getRecordComponents()) {
      try {
        values.put(component.getName(), component.getAccessor().invoke(leg));
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
    values.compute(
        figure, (_, value) -> value instanceof Long number ? (Object) (number + by) : value + "x");
    Object[] arguments = figuresOfALeg().map(values::get).toArray();
    try {
      return (Leg) Leg.class.getDeclaredConstructors()[0].newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Consumer<Violation> at(String account, long number, String what) {
    return violation -> {
      assertThat(violation.account()).isEqualTo(account);
      assertThat(violation.sequenceNumber()).isEqualTo(number);
      assertThat(violation.what()).contains(what);
    };
  }

  private static AuditReport audit(TestJournal journal) throws SQLException {
    try (Store store = memory()) {
      journal.store(store.dataSource());
      return Auditor.audit(store.dataSource(), "USDC");
    }
  }

  private static Store memory() {
    return Store.open(new StoreConfig.H2Memory("audit-" + UUID.randomUUID()));
  }

  private static void execute(Store store, String sql) throws SQLException {
    try (Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

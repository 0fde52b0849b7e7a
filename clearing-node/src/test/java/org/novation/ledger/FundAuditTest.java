package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.Seeds;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.DebtSettled;
import org.novation.account.AccountEvent.SurplusPaid;
import org.novation.insurance.Cap;
import org.novation.insurance.Cause;
import org.novation.insurance.Fund;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundDecision;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundSnapshot;
import org.novation.insurance.FundTerms;
import org.novation.insurance.InsuranceFundActor;
import org.novation.ledger.AuditReport.FundLine;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.TestJournal.Stored;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;

/** What a fund wrote passes; changed in any way it does not, and the auditor says where. */
final class FundAuditTest {
  private static final long HOUR = 3_600_000;
  private static final String ACCOUNT = AccountActor.persistenceId("a").id();
  private static final String ID = InsuranceFundActor.persistenceId("main").id();
  private static final FundPolicy POLICY =
      new FundPolicy(100, 1_000, HOUR, 100_000, 300_000, 150_000, 8 * HOUR, 16);

  private final Fund fund = new Fund();
  private final List<FundEvent> events = new ArrayList<>();
  private final List<FundSnapshot> snapshots = new ArrayList<>();

  /** What the other side of the fund's money wrote. */
  private final List<AccountEvent> account =
      new ArrayList<>(
          List.of(
              new AccountEvent.AccountOpened(1, 1, "a", "member"),
              new AccountEvent.CollateralDeposited(2, 1, "d", "USDC", 1_000_000)));

  private long nowMs = 400_000 * HOUR;

  @ParameterizedTest
  @EnumSource
  void findsNothingWrongInWhatAFundWrote(TestStore kind) throws SQLException {
    randomDays(1);
    FundCommand open = new FundCommand.ReserveDraw("open", "a", 1, nowMs);
    accept(open);
    try (Store store = Store.open(kind.fresh())) {
      store(store);
      AuditReport report = Auditor.audit(store.dataSource(), "USDC");
      assertThat(report.violation()).isNull();
      assertThat(report.funds())
          .containsExactly(
              new FundLine(
                  "main",
                  events.size(),
                  fund.openDraws().size(),
                  Long.toString(fund.contributedMicros()),
                  Long.toString(fund.paidMicros()),
                  Long.toString(fund.houseMicros()),
                  Long.toString(fund.balanceMicros()),
                  Long.toString(fund.reservedMicros())));
      assertThat(fund.paidMicros()).isPositive();
    }
  }

  @Test
  void findsNothingWrongInManyFunds() {
    Seeds.each(
        20,
        seed -> {
          FundAuditTest one = new FundAuditTest();
          one.randomDays(seed);
          assertThat(one.violation()).isNull();
        });
  }

  /** Each figure of each event is held to what was before or to what comes after. */
  @Test
  void noticesEveryAmountThatSomebodyChanges() {
    randomDays(2);
    for (int i = 0; i < events.size(); i++) {
      FundEvent event = events.get(i);
      for (FundEvent changed : changes(event)) {
        events.set(i, changed);
        assertThat(violation()).as(event + " became " + changed).isNotNull();
      }
      events.set(i, event);
    }
    assertThat(violation()).isNull();
  }

  @Test
  void namesTheFundAndTheEvent() {
    accept(new FundCommand.Contribute("f", Cause.FEE, "", 100, nowMs));
    accept(new FundCommand.ReserveDraw("l", "a", 30, nowMs));
    accept(new FundCommand.SettleDraw("l", 20));
    change(
        DrawSettled.class,
        end -> new DrawSettled(end.number(), end.atMs(), "l", "a", 21, 0, 10, 1));
    int at = events.size();
    while (!(events.get(at - 1) instanceof DrawSettled)) at--;
    assertThat(violation())
        .isEqualTo(new Violation(ID, at, "pays 21 and returns 10 of a grant of 30"))
        .hasToString(
            "fund|main, sequence number " + at + ": pays 21 and returns 10 of a grant of 30");
  }

  @Test
  void noticesMoneyThatTheFundSaysItPaidAndNoAccountGot() {
    randomDays(6);
    int at = account.size() - 1;
    while (!(account.get(at) instanceof DebtSettled settled) || settled.paidMicros() == 0) at--;
    DebtSettled honest = (DebtSettled) account.get(at);
    account.set(
        at,
        new DebtSettled(
            honest.number(),
            honest.atMs(),
            honest.liquidationId(),
            honest.drawId(),
            honest.paidMicros() - 1,
            0,
            List.of(),
            0));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo(
            "the fund paid "
                + honest.paidMicros()
                + ", but accounts got "
                + (honest.paidMicros() - 1));
  }

  @Test
  void noticesAnAccountThatTellsAnotherFigureThanTheFundPaid() {
    randomDays(6);
    int at = account.size() - 1;
    while (!(account.get(at) instanceof DebtSettled settled) || settled.paidMicros() == 0) at--;
    DebtSettled honest = (DebtSettled) account.get(at);
    account.set(
        at,
        new DebtSettled(
            honest.number(),
            honest.atMs(),
            honest.liquidationId(),
            honest.drawId(),
            honest.paidMicros(),
            honest.handedMicros(),
            honest.losses(),
            1));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("tells of 1 that the fund paid, and is to tell of 0");
  }

  @Test
  void noticesASurplusThatNoAccountSent() {
    randomDays(7);
    account.removeIf(SurplusPaid.class::isInstance);
    for (int i = 0; i < account.size(); i++) {
      if (account.get(i) instanceof DebtSettled settled) {
        account.set(
            i,
            new DebtSettled(
                i + 1,
                settled.atMs(),
                "l",
                settled.drawId(),
                settled.paidMicros(),
                0,
                List.of(),
                0));
      }
    }
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("a contribution is not what an account sent");
  }

  @Test
  void noticesThatTheHouseDidNotPayFirst() {
    accept(new FundCommand.Contribute("h", Cause.HOUSE, "", 20, nowMs));
    accept(new FundCommand.Contribute("f", Cause.FEE, "", 100, nowMs));
    accept(new FundCommand.ReserveDraw("l", "a", 30, nowMs));
    change(
        DrawReserved.class,
        out ->
            new DrawReserved(
                out.number(),
                out.atMs(),
                "l",
                "a",
                30,
                out.issuedAtMs(),
                19,
                11,
                out.boundBy(),
                out.blockStartMs(),
                out.dayStartMs(),
                out.forgottenThroughMs(),
                1,
                out.ofLiquidation(),
                out.eventCapMicros()));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("takes 19 from the house's tranche, which owes 20");
  }

  @Test
  void noticesThatTheHouseWasRepaidFirst() {
    accept(new FundCommand.Contribute("h", Cause.HOUSE, "", 20, nowMs));
    accept(new FundCommand.Contribute("f", Cause.FEE, "", 100, nowMs));
    accept(new FundCommand.ReserveDraw("l", "a", 30, nowMs));
    accept(new FundCommand.SettleDraw("l", 25));
    change(
        DrawSettled.class, end -> new DrawSettled(end.number(), end.atMs(), "l", "a", 25, 5, 0, 1));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("repays the house before the fund");
  }

  @Test
  void noticesThatTheGateWasMovedOnAWrongFigure() {
    accept(new FundCommand.Contribute("f", Cause.FEE, "", 100, nowMs));
    accept(new FundCommand.ReserveDraw("l", "a", 40, nowMs));
    change(
        GateChanged.class,
        gate -> new GateChanged(gate.number(), gate.atMs(), gate.open(), 61, gate.peakMicros(), 1));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("says that 61 is available, but it is 60");
  }

  @Test
  void noticesAnEventThatIsMissing() {
    randomDays(3);
    events.remove(7);
    assertThat(violation()).isNotNull();
  }

  /** The fund itself has forgotten the id by then. */
  @Test
  void noticesAContributionAndADrawThatAreBookedTwiceHoweverLate() {
    accept(new FundCommand.Contribute("again", Cause.FEE, "", 100, nowMs));
    accept(new FundCommand.ReserveDraw("again", "a", 1, nowMs));
    accept(new FundCommand.SettleDraw("again", 1));
    for (int n = 0; n < 40; n++) {
      nowMs++;
      accept(new FundCommand.Contribute("f-" + n, Cause.FEE, "", 100, nowMs));
      accept(new FundCommand.ReserveDraw("l-" + n, "a", 1, nowMs));
      accept(new FundCommand.SettleDraw("l-" + n, 1));
    }
    assertThat(fund.draw("again")).isNull();
    int size = events.size();
    nowMs++;
    // As a fund would that did not look its ids up.
    apply(new Contributed(size + 1, nowMs, "again", Cause.FEE, "", 100, nowMs, Long.MIN_VALUE, 1));
    assertThat(Objects.requireNonNull(violation()).what())
        .startsWith("a contribution is booked twice (the other: fund|main, sequence number 1)");
    events.removeLast();
    DrawReserved first =
        (DrawReserved)
            events.stream().filter(DrawReserved.class::isInstance).findFirst().orElseThrow();
    events.add(
        new DrawReserved(
            size + 1,
            nowMs,
            "again",
            "a",
            1,
            nowMs,
            0,
            1,
            Cap.NONE,
            first.blockStartMs(),
            first.dayStartMs(),
            Long.MIN_VALUE,
            1,
            "",
            0));
    assertThat(Objects.requireNonNull(violation()).what()).startsWith("a draw is booked twice");
  }

  @Test
  void noticesThatTheDrawsOfALiquidationGotMoreThanItsCap() {
    accept(new FundCommand.Contribute("f", Cause.FEE, "", 10_000, nowMs));
    long cap = POLICY.eventCapMicros();
    accept(new FundCommand.ReserveDraw("l.1", "l", "a", cap - 3, nowMs));
    accept(new FundCommand.ReserveDraw("l.debt", "l", "a", 3, nowMs));
    assertThat(violation()).isNull();
    DrawReserved debt = (DrawReserved) events.getLast();
    events.set(events.size() - 1, with(debt, 4, 4, Cap.NONE));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("grants 4, but its liquidation l may get 3");
    events.set(events.size() - 1, with(debt, 3, 2, Cap.EVENT));
    assertThat(Objects.requireNonNull(violation()).what())
        .isEqualTo("grants 2, but its liquidation l may get 3");
  }

  private static DrawReserved with(DrawReserved out, long asked, long granted, Cap boundBy) {
    return new DrawReserved(
        out.number(),
        out.atMs(),
        out.liquidationId(),
        out.account(),
        asked,
        out.issuedAtMs(),
        0,
        granted,
        boundBy,
        out.blockStartMs(),
        out.dayStartMs(),
        out.forgottenThroughMs(),
        out.parameterVersion(),
        out.ofLiquidation(),
        out.eventCapMicros());
  }

  @Test
  void noticesASnapshotThatIsNotWhatTheEventsAddUpTo() {
    randomDays(4);
    FundSnapshot honest = snapshots.getFirst();
    List<FundEvent> all = List.copyOf(events);
    accept(new FundCommand.Contribute("more", Cause.FEE, "", 1, nowMs));
    FundSnapshot other = fund.snapshot();
    events.clear();
    events.addAll(all);
    snapshots.set(0, renumbered(other, honest.number()));
    assertThat(violation())
        .isEqualTo(
            new Violation(
                ID, honest.number(), "the snapshot is not what the events until it add up to"));
  }

  @Test
  void noticesASnapshotOfEventsThatAreGone() {
    randomDays(5);
    snapshots.add(renumbered(fund.snapshot(), events.size() + 3));
    assertThat(violation())
        .isEqualTo(
            new Violation(ID, events.size() + 3, "there is a snapshot, but no event until it"));
  }

  // ---- making it

  private void randomDays(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    accept(new FundCommand.Contribute("house", Cause.HOUSE, "", 200, nowMs));
    accept(new FundCommand.Contribute("first", Cause.FEE, "", 2_000, nowMs));
    for (int n = 0; n < 60; n++) {
      nowMs += random.nextLong(HOUR / 2);
      switch (random.nextInt(4)) {
        case 0 ->
            accept(
                new FundCommand.Contribute(
                    "c-" + n, Cause.SURPLUS, "a", 1 + random.nextInt(50), nowMs));
        case 1 -> accept(new FundCommand.CheckGate());
        default -> {
          accept(new FundCommand.ReserveDraw("d-" + n, "a", 1 + random.nextInt(120), nowMs));
          long granted = Objects.requireNonNull(fund.draw("d-" + n)).grantedMicros();
          if (granted > 0)
            accept(new FundCommand.SettleDraw("d-" + n, random.nextLong(granted + 1)));
        }
      }
      if (n % 20 == 10) snapshots.add(fund.snapshot());
    }
  }

  private void accept(FundCommand command) {
    FundDecision decision = fund.decide(command, new FundTerms(1, POLICY), nowMs);
    ((FundDecision.Accepted) decision).events().forEach(this::apply);
  }

  private void apply(FundEvent event) {
    fund.apply(event);
    events.add(event);
    if (event instanceof Contributed in && in.cause() == Cause.SURPLUS) {
      account.add(new SurplusPaid(account.size() + 1, nowMs, in.id(), in.amountMicros()));
    } else if (event instanceof DrawSettled end) {
      account.add(
          new DebtSettled(
              account.size() + 1,
              nowMs,
              "l",
              end.liquidationId(),
              end.paidMicros(),
              0,
              List.of(),
              0));
    }
  }

  private static FundSnapshot renumbered(FundSnapshot of, long number) {
    return new FundSnapshot(
        number,
        of.atMs(),
        of.houseMicros(),
        of.balanceMicros(),
        of.reservedMicros(),
        of.contributedMicros(),
        of.paidMicros(),
        of.gateOpen(),
        of.dayStartMs(),
        of.dayUsedMicros(),
        of.blockStartMs(),
        of.blockUsed(),
        of.peaks(),
        of.draws(),
        of.drawsForgottenThroughMs(),
        of.contributions(),
        of.contributionsForgottenThroughMs(),
        of.history());
  }

  private <T extends FundEvent> void change(Class<T> type, UnaryOperator<T> change) {
    events.replaceAll(e -> type.isInstance(e) ? change.apply(type.cast(e)) : e);
  }

  private static List<FundEvent> changes(FundEvent event) {
    return switch (event) {
      case Contributed(
              var number,
              var at,
              var id,
              var cause,
              var account,
              var amount,
              var issued,
              var forgot,
              var _) ->
          List.of(
              new Contributed(number, at, id, cause, account, -amount, issued, forgot, 1),
              new Contributed(
                  number, at - 30 * 24 * HOUR, id, cause, account, amount, issued, forgot, 1));
      case DrawReserved(
              var number,
              var at,
              var id,
              var account,
              var requested,
              var issued,
              var house,
              var balance,
              var by,
              var block,
              var day,
              var forgot,
              var _,
              var of,
              var cap) ->
          List.of(
              new DrawReserved(
                  number, at, id, account, requested, issued, house + 1, balance, by, block, day,
                  forgot, 1, of, cap),
              new DrawReserved(
                  number,
                  at,
                  id,
                  account,
                  requested,
                  issued,
                  house,
                  requested + 1,
                  by,
                  block,
                  day,
                  forgot,
                  1,
                  of,
                  cap),
              new DrawReserved(
                  number,
                  at,
                  id,
                  account,
                  requested,
                  issued,
                  house,
                  balance,
                  by == Cap.NONE ? Cap.DAY : Cap.NONE,
                  block,
                  day,
                  forgot,
                  1,
                  of,
                  cap));
      case DrawSettled(
              var number,
              var at,
              var id,
              var account,
              var paid,
              var house,
              var balance,
              var _) ->
          List.of(
              new DrawSettled(number, at, id, account, paid + 1, house, balance, 1),
              new DrawSettled(number, at, id, account, paid - 1, house, balance, 1),
              new DrawSettled(number, at, id, account, paid - 1, house + 1, balance, 1),
              new DrawSettled(number, at, id, account + "x", paid, house, balance, 1),
              new DrawSettled(number, at, id + "x", account, paid, house, balance, 1));
      case GateChanged(var number, var at, var open, var available, var peak, var _) ->
          List.of(
              new GateChanged(number, at, !open, available, peak, 1),
              new GateChanged(number, at, open, available + 1, peak, 1));
    };
  }

  // ---- auditing it

  private void store(Store store) throws SQLException {
    List<Stored> rows = new ArrayList<>();
    for (int i = 0; i < account.size(); i++)
      rows.add(new Stored(ACCOUNT, i + 1, (Record) account.get(i)));
    for (int i = 0; i < events.size(); i++) rows.add(new Stored(ID, i + 1, (Record) events.get(i)));
    List<Stored> taken =
        snapshots.stream().map(taking -> new Stored(ID, taking.number(), taking)).toList();
    TestJournal.store(store.dataSource(), rows, taken);
  }

  private @Nullable Violation violation() {
    try (Store store = Store.open(new StoreConfig.H2Memory("fund-" + UUID.randomUUID()))) {
      store(store);
      return Auditor.audit(store.dataSource(), "USDC").violation();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}

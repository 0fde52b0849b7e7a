package org.novation.insurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.novation.insurance.FundCommand.CheckGate;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundCommand.SettleDraw;
import org.novation.insurance.FundDecision.Accepted;
import org.novation.insurance.FundDecision.LookUp;
import org.novation.insurance.FundDecision.Refused;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.Movement.Kind;

final class FundTest {
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;

  /** 100 per event, 150 per account and hour, 300 per day; 30 % and 15 % below the peak of 8 h. */
  private static final FundPolicy POLICY =
      new FundPolicy(100, 150, HOUR, 300, 300_000, 150_000, 8 * HOUR, 16);

  private static final FundPolicy UNCAPPED =
      new FundPolicy(
          FundPolicy.CAP_MAX_MICROS,
          FundPolicy.CAP_MAX_MICROS,
          HOUR,
          FundPolicy.CAP_MAX_MICROS,
          300_000,
          150_000,
          8 * HOUR,
          16);

  private final Fund fund = new Fund();
  private final List<FundEvent> journal = new ArrayList<>();
  private long now = 20_000 * DAY;

  @Test
  void paysFromTheTrancheOfTheHouseFirst() {
    contribute("h-1", Cause.HOUSE, 30);
    contribute("f-1", Cause.FEE, 1_000);

    assertThat(draw("l-1", "a", 50).grantedMicros()).isEqualTo(50);
    assertThat(fund.houseMicros()).isZero();
    assertThat(fund.balanceMicros()).isEqualTo(980);
    assertThat(fund.reservedMicros()).isEqualTo(50);
  }

  @Test
  void returnsWhatWasNotPaidToTheBalanceFirst() {
    contribute("h-1", Cause.HOUSE, 30);
    contribute("s-1", Cause.SURPLUS, 1_000);
    draw("l-1", "a", 50);

    accept(new SettleDraw("l-1", 10), POLICY); // 20 of the balance and 20 of the house return.
    assertThat(fund.houseMicros()).isEqualTo(20);
    assertThat(fund.balanceMicros()).isEqualTo(1_000);
    assertThat(fund.reservedMicros()).isZero();
    assertThat(fund.paidMicros()).isEqualTo(10);
  }

  @Test
  void givesTheSameAnswerToTheSameDrawAndRefusesAnother() {
    contribute("f-1", Cause.FEE, 1_000);
    Draw first = draw("l-1", "a", 50);

    assertThat(decide(new ReserveDraw("l-1", "a", 50, now), POLICY))
        .isEqualTo(new Accepted(List.of()));
    assertThat(fund.draw("l-1")).isEqualTo(first);
    assertThat(refusal(new ReserveDraw("l-1", "a", 51, now)))
        .isEqualTo(new FundRefusal.DuplicateWithOtherContent("l-1"));
    assertThat(refusal(new ReserveDraw("l-1", "b", 50, now)))
        .isEqualTo(new FundRefusal.DuplicateWithOtherContent("l-1"));
    assertThat(fund.reservedMicros()).isEqualTo(50);
  }

  @Test
  void whatIsGivenBackBeforeItWasAskedForHoldsNothingWhenItComes() {
    contribute("f-1", Cause.FEE, 1_000);
    accept(new SettleDraw("l-1", 0), POLICY);
    assertThat(decide(new SettleDraw("l-1", 0), POLICY)).isEqualTo(new Accepted(List.of()));
    assertThat(refusal(new ReserveDraw("l-1", "a", 50, now)))
        .isEqualTo(new FundRefusal.DuplicateWithOtherContent("l-1"));
    assertThat(fund.availableMicros()).isEqualTo(1_000);
    assertThat(fund.openDraws()).isEmpty();
  }

  @Test
  void settlesOnceHoweverOftenItIsTold() {
    contribute("f-1", Cause.FEE, 1_000);
    draw("l-1", "a", 50);
    accept(new SettleDraw("l-1", 40), POLICY);

    assertThat(decide(new SettleDraw("l-1", 40), POLICY)).isEqualTo(new Accepted(List.of()));
    assertThat(refusal(new SettleDraw("l-1", 41)))
        .isEqualTo(new FundRefusal.DuplicateWithOtherContent("l-1"));
    assertThat(refusal(new SettleDraw("l-2", 1))).isEqualTo(new FundRefusal.UnknownDraw("l-2"));
    assertThat(fund.heldMicros()).isEqualTo(960);
  }

  @Test
  void neverSettlesMoreThanWasGranted() {
    contribute("f-1", Cause.FEE, 1_000);
    draw("l-1", "a", 50);
    assertThat(refusal(new SettleDraw("l-1", 51))).isEqualTo(new FundRefusal.BeyondGrant(51, 50));
    assertThat(refusal(new SettleDraw("l-1", -1))).isEqualTo(new FundRefusal.AmountNotPositive(-1));
  }

  @Test
  void grantsInPartAndNamesTheTightestCap() {
    contribute("f-1", Cause.FEE, 10_000);
    Draw event = draw("l-1", "a", 101);
    assertThat(event.grantedMicros()).isEqualTo(100);
    assertThat(event.boundBy()).isEqualTo(Cap.EVENT);
    Draw block = draw("l-2", "a", 100);
    assertThat(block.grantedMicros()).isEqualTo(50);
    assertThat(block.boundBy()).isEqualTo(Cap.ACCOUNT_BLOCK);
    assertThat(draw("l-3", "b", 100).boundBy()).isEqualTo(Cap.NONE);
    Draw day = draw("l-4", "c", 100);
    assertThat(day.grantedMicros()).isEqualTo(50);
    assertThat(day.boundBy()).isEqualTo(Cap.DAY);
  }

  private Draw drawOf(String liquidation, String id, long micros) {
    // Of another account each: theirs is another cap.
    accept(new ReserveDraw(id, liquidation, "of " + id, micros, now), POLICY);
    return Objects.requireNonNull(fund.draw(id));
  }

  @Test
  void theDrawsOfALiquidationShareItsCapAndWhatOneGivesBackIsTheOthers() {
    contribute("f-1", Cause.FEE, 10_000);
    assertThat(drawOf("l", "l.1", 70).grantedMicros()).isEqualTo(70);
    Draw second = drawOf("l", "l.2", 70);
    assertThat(second.grantedMicros()).isEqualTo(30);
    assertThat(second.boundBy()).isEqualTo(Cap.EVENT);
    accept(new SettleDraw("l.1", 10), POLICY);
    assertThat(fund.liquidationUsedMicros("l")).isEqualTo(40);
    assertThat(new Fund(fund.snapshot()).liquidationUsedMicros("l")).isEqualTo(40);
    assertThat(drawOf("l", "l.3", 70).grantedMicros()).isEqualTo(60);
    Draw none = drawOf("l", "l.4", 70);
    assertThat(none.grantedMicros()).isZero();
    assertThat(none.boundBy()).isEqualTo(Cap.EVENT);
    assertThat(drawOf("another", "m", 70).grantedMicros()).isEqualTo(70);
  }

  @Test
  void aDebtIsNotCutShortWhileAPledgeOfItsLiquidationIsOpen() {
    contribute("f-1", Cause.FEE, 10_000);
    drawOf("l", "l.1", 90);
    ReserveDraw debt = new ReserveDraw("l.debt", "l", "a", 20, now);
    assertThat(refusal(debt)).isEqualTo(new FundRefusal.Busy(1));
    assertThat(new Fund(fund.snapshot()).decide(debt, new FundTerms(1, POLICY), now))
        .isEqualTo(new Refused(new FundRefusal.Busy(1)));
    assertThat(drawOf("l", "l.2.debt", 10).boundBy()).as("nothing is missing").isEqualTo(Cap.NONE);
    assertThat(drawOf("l", "l.2", 20).boundBy()).as("no debt").isEqualTo(Cap.EVENT);
    accept(new SettleDraw("l.2.debt", 10), POLICY);
    assertThat(refusal(debt)).as("the pledge is open").isEqualTo(new FundRefusal.Busy(1));
    accept(new SettleDraw("l.1", 60), POLICY);
    accept(debt, POLICY);
    assertThat(Objects.requireNonNull(fund.draw("l.debt")).grantedMicros()).isEqualTo(20);
    assertThat(drawOf("l", "l.3", 10).grantedMicros()).isEqualTo(10);
    assertThat(drawOf("m", "m.debt", 200).boundBy()).as("of another").isEqualTo(Cap.EVENT);
  }

  @Test
  void aDebtWaitsForNoPledgeForEver() {
    contribute("f-1", Cause.FEE, 10_000);
    drawOf("l", "l.1", 90);
    ReserveDraw debt = new ReserveDraw("l.debt", "l", "a", 20, now);
    now += Fund.DEBT_WAITS_MS - 1;
    assertThat(refusal(debt)).isEqualTo(new FundRefusal.Busy(1));
    now++;
    accept(debt, POLICY);
    assertThat(Objects.requireNonNull(fund.draw("l.debt")).grantedMicros()).isEqualTo(10);
  }

  @Test
  void aDrawOfBeforeItNamedItsLiquidationIsOneOfItsOwn() {
    contribute("f-1", Cause.FEE, 10_000);
    fund.apply(
        new FundEvent.DrawReserved(
            2, now, "l.1", "a", 70, now, 0, 70, Cap.NONE, 0, 0, Long.MIN_VALUE, 1, "", 0));
    assertThat(fund.liquidationUsedMicros("l.1")).isEqualTo(70);
    // Asked again by whoever names it now, and answered as it was.
    assertThat(decide(new ReserveDraw("l.1", "l", "a", 70, now), POLICY))
        .isEqualTo(new Accepted(List.of()));
    assertThat(drawOf("l", "l.2", 70).grantedMicros()).isEqualTo(70);
  }

  @Test
  void grantsWhatIsThereDownToNothingAndNotBelow() {
    contribute("f-1", Cause.FEE, 60);
    Draw all = draw("l-1", "a", 70);
    assertThat(all.grantedMicros()).isEqualTo(60);
    assertThat(all.boundBy()).isEqualTo(Cap.BALANCE);
    Draw nothing = draw("l-2", "b", 70);
    assertThat(nothing.grantedMicros()).isZero();
    assertThat(nothing.settled()).isTrue();
    assertThat(fund.openDraws()).containsExactly(all);
  }

  @Test
  void startsEachBlockAndEachDayAnew() {
    contribute("f-1", Cause.FEE, 10_000);
    draw("l-1", "a", 100);
    draw("l-2", "a", 100);
    now += HOUR;
    assertThat(draw("l-3", "a", 100).grantedMicros()).isEqualTo(100);
    now += HOUR;
    assertThat(draw("l-4", "a", 100).grantedMicros()).isEqualTo(50); // 300 in the day
    now += DAY;
    assertThat(draw("l-5", "a", 100).grantedMicros()).isEqualTo(100);
  }

  @Test
  void freesTheCapsByWhatReturns() {
    contribute("f-1", Cause.FEE, 10_000);
    draw("l-1", "a", 100);
    draw("l-2", "a", 50);
    accept(new SettleDraw("l-1", 20), POLICY);
    assertThat(draw("l-3", "a", 100).grantedMicros()).isEqualTo(80);
    assertThat(draw("l-4", "b", 100).grantedMicros()).isEqualTo(100);
    Draw day = draw("l-5", "c", 100); // 20, 50, 80 and 100 of 300.
    assertThat(day.grantedMicros()).isEqualTo(50);
    assertThat(day.boundBy()).isEqualTo(Cap.DAY);
  }

  /** Risk rules, section 10: it opens at 30 % under the peak and closes by another threshold. */
  @Test
  void opensTheGateThirtyPercentUnderItsPeakAndClosesItByALowerThreshold() {
    contribute("f-1", Cause.FEE, 1_000);
    assertThat(drawUncapped("l-1", 299)).isEmpty();
    assertThat(drawUncapped("l-2", 1))
        .containsExactly(new GateChanged(fund.events(), now, true, 700, 1_000, 1));
    assertThat(fund.gateOpen()).isTrue();
    contribute("f-2", Cause.FEE, 149);
    assertThat(fund.gateOpen()).isTrue();
    contribute("f-3", Cause.FEE, 1); // 850: 15 % below
    assertThat(fund.gateOpen()).isFalse();
  }

  @Test
  void measuresAgainstThePeakOfEightHoursOnly() {
    contribute("f-1", Cause.FEE, 1_000);
    drawUncapped("l-1", 300);
    assertThat(fund.gateOpen()).isTrue();
    now += 8 * HOUR;
    accept(new CheckGate(), UNCAPPED);
    assertThat(fund.gateOpen()).isTrue(); // 1,000 was there until eight hours ago.
    now += PeakWindow.SLOT_MS;
    accept(new CheckGate(), UNCAPPED);
    assertThat(fund.gateOpen()).isFalse();
    assertThat(fund.peakMicros(UNCAPPED, now)).isEqualTo(700);
  }

  @Test
  void opensTheGateWhenEmpty() {
    accept(new CheckGate(), POLICY);
    assertThat(fund.gateOpen()).isTrue();
    contribute("f-1", Cause.FEE, 1);
    assertThat(fund.gateOpen()).isFalse();
    draw("l-1", "a", 1);
    assertThat(fund.gateOpen()).isTrue();
  }

  @Test
  void asksForTheJournalWhereItMayHaveForgottenAnIdAndNeverForgetsAnOpenDraw() {
    ReserveDraw first = new ReserveDraw("l-1", "a", 1, now + 1);
    drawMoreThanItRemembers();
    assertThat(fund.draw("l-1")).isNull();
    assertThat(decide(first, POLICY)).isEqualTo(new LookUp("l-1"));
    assertThat(fund.decide(first, new FundTerms(1, POLICY), now, journalSays("l-1")))
        .isEqualTo(new Accepted(List.of()));
    assertThat(Objects.requireNonNull(journalSays("l-1").draw()).grantedMicros()).isEqualTo(1);
    assertThat(
            fund.decide(
                new ReserveDraw("l-1", "b", 1, now - 38),
                new FundTerms(1, POLICY),
                now,
                journalSays("l-1")))
        .isEqualTo(new Refused(new FundRefusal.DuplicateWithOtherContent("l-1")));
    assertThat(fund.openDraws()).extracting(Draw::liquidationId).containsExactly("l-0");
    assertThat(fund.snapshot().draws()).hasSizeLessThanOrEqualTo(16);
  }

  @Test
  void settlesOnceThoughTheDrawIsForgotten() {
    drawMoreThanItRemembers();
    SettleDraw late = new SettleDraw("l-1", 1);
    assertThat(decide(late, POLICY)).isEqualTo(new LookUp("l-1"));
    assertThat(fund.decide(late, new FundTerms(1, POLICY), now, journalSays("l-1")))
        .isEqualTo(new Accepted(List.of()));
    assertThat(
            fund.decide(
                new SettleDraw("l-1", 0), new FundTerms(1, POLICY), now, journalSays("l-1")))
        .isEqualTo(new Refused(new FundRefusal.DuplicateWithOtherContent("l-1")));
    assertThat(fund.decide(new SettleDraw("l", 1), new FundTerms(1, POLICY), now, journalSays("l")))
        .isEqualTo(new Refused(new FundRefusal.UnknownDraw("l")));
  }

  @Test
  void booksAContributionHoweverLateItComesAndOnlyOnce() {
    Contribute delayed = new Contribute("late", Cause.FEE, "", 7, now);
    Contribute first = new Contribute("f-0", Cause.FEE, "", 1, now);
    for (int n = 0; n < 40; n++, now++) contribute("f-" + n, Cause.FEE, 1);
    assertThat(decide(first, POLICY)).isEqualTo(new LookUp("f-0"));
    assertThat(fund.decide(first, new FundTerms(1, POLICY), now, journalSays("f-0")))
        .isEqualTo(new Accepted(List.of()));

    assertThat(decide(delayed, POLICY)).isEqualTo(new LookUp("late"));
    JournalSays nothing = journalSays("late");
    record(((Accepted) fund.decide(delayed, new FundTerms(1, POLICY), now, nothing)).events());
    assertThat(fund.heldMicros()).isEqualTo(47);
    assertThat(fund.decide(delayed, new FundTerms(1, POLICY), now, nothing))
        .isEqualTo(new Accepted(List.of()));
  }

  @Test
  void asksAgainWhereIdsWereForgottenSinceTheJournalWasRead() {
    for (int n = 0; n < 40; n++, now++) contribute("f-" + n, Cause.FEE, 1);
    Contribute delayed = new Contribute("late", Cause.FEE, "", 7, now - 40);
    JournalSays nothing = journalSays("late");
    record(((Accepted) fund.decide(delayed, new FundTerms(1, POLICY), now, nothing)).events());
    for (int n = 40; n < 80; n++, now++) contribute("f-" + n, Cause.FEE, 1);
    assertThat(fund.decide(delayed, new FundTerms(1, POLICY), now, nothing))
        .isEqualTo(new LookUp("late"));
    assertThat(fund.decide(delayed, new FundTerms(1, POLICY), now, journalSays("late")))
        .isEqualTo(new Accepted(List.of()));
  }

  @Test
  void takesNoOtherIdsEntryForItsOwnAndNoJournalWithAGap() {
    contribute("f-1", Cause.FEE, 1);
    assertThatThrownBy(
            () ->
                fund.decide(
                    new SettleDraw("l-1", 1), new FundTerms(1, POLICY), now, journalSays("l-2")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JournalSays.of("l").and(new GateChanged(2, now, true, 0, 0, 1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void isBusyWhileAllThatItRemembersIsOpen() {
    contribute("f-1", Cause.FEE, 10_000);
    for (int n = 0; n < 16; n++) draw("l-" + n, "a" + n, 1);
    assertThat(refusal(new ReserveDraw("l-16", "a", 1, now))).isEqualTo(new FundRefusal.Busy(16));
    accept(new SettleDraw("l-3", 1), POLICY);
    now += HOUR;
    assertThat(draw("l-16", "a", 1).grantedMicros()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNoAmountOrComesFromTheFuture() {
    assertThat(refusal(new ReserveDraw("l-1", "a", 0, now)))
        .isEqualTo(new FundRefusal.AmountNotPositive(0));
    assertThat(refusal(new Contribute("f-1", Cause.FEE, "", -5, now)))
        .isEqualTo(new FundRefusal.AmountNotPositive(-5));
    assertThat(refusal(new ReserveDraw("l-1", "a", 1, now + Fund.SKEW_MS + 1)))
        .isInstanceOf(FundRefusal.InTheFuture.class);
    contribute("f-2", Cause.FEE, 5);
    assertThat(refusal(new Contribute("f-3", Cause.FEE, "", Long.MAX_VALUE, now)))
        .isEqualTo(new FundRefusal.TooLarge(Long.MAX_VALUE));
  }

  @Test
  void tellsItsHistoryWithTheCauseOfEveryMovement() {
    contribute("h-1", Cause.HOUSE, 30);
    contribute("s-1", Cause.SURPLUS, 1_000);
    draw("l-1", "a", 50);
    accept(new SettleDraw("l-1", 45), POLICY);
    assertThat(fund.history())
        .extracting(Movement::kind)
        .containsExactly(Kind.HOUSE, Kind.SURPLUS, Kind.RESERVED, Kind.SETTLED);
    assertThat(fund.history().getLast())
        .isEqualTo(new Movement(4, now, Kind.SETTLED, "l-1", "a", 5, 0, 985, 0));
    for (int n = 0; n < Fund.HISTORY_MAX; n++, now++) contribute("f-" + n, Cause.FEE, 1);
    assertThat(fund.history()).hasSize(Fund.HISTORY_MAX);
  }

  @Test
  void saysOfEveryEventByWhichParametersItWasDecided() {
    decideBy(6, new FundCommand.CheckGate());
    decideBy(7, new Contribute("f-1", Cause.FEE, "", 1_000, now));
    decideBy(8, new ReserveDraw("l-1", "a", 100, now));
    decideBy(9, new SettleDraw("l-1", 60));
    decideBy(10, new SettleDraw("l-2", 0));
    List<Long> said = journal.stream().map(FundEvent::parameterVersion).toList();
    assertThat(said).containsExactly(6L, 7L, 7L, 8L, 9L, 10L);
    assertThat(journal.get(2)).as("and what came with it").isInstanceOf(GateChanged.class);
  }

  private void decideBy(long parameterVersion, FundCommand command) {
    record(
        ((Accepted) fund.decide(command, new FundTerms(parameterVersion, POLICY), now)).events());
  }

  @Test
  void stopsAtAnEventThatCannotFollow() {
    assertThatThrownBy(() -> fund.apply(new GateChanged(2, now, true, 0, 0, 1)))
        .isInstanceOf(IllegalStateException.class);
    contribute("f-1", Cause.FEE, 10);
    assertThatThrownBy(
            () ->
                fund.apply(
                    new FundEvent.DrawReserved(
                        2,
                        now,
                        "l",
                        "a",
                        11,
                        now,
                        0,
                        11,
                        Cap.NONE,
                        0,
                        0,
                        Long.MIN_VALUE,
                        1,
                        "",
                        0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("negative");
  }

  @Test
  void holdsTheHardBoundsOfItsPolicy() {
    assertThatThrownBy(() -> new FundPolicy(0, 1, HOUR, 1, 300_000, 150_000, HOUR, 16))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FundPolicy(1, 1, HOUR, 1, 300_000, 300_000, HOUR, 16))
        .hasMessageContaining("stop of deleveraging");
    assertThatThrownBy(() -> new FundPolicy(1, 1, HOUR, 1, 300_000, 150_000, 2 * DAY, 16))
        .hasMessageContaining("peak window");
  }

  private FundDecision decide(FundCommand command, FundPolicy policy) {
    return fund.decide(command, new FundTerms(1, policy), now);
  }

  private List<FundEvent> accept(FundCommand command, FundPolicy policy) {
    FundDecision decision = decide(command, policy);
    assertThat(decision).isInstanceOf(Accepted.class);
    List<FundEvent> events = ((Accepted) decision).events();
    record(events);
    return events;
  }

  private void record(List<FundEvent> events) {
    events.forEach(fund::apply);
    journal.addAll(events);
  }

  private JournalSays journalSays(String id) {
    JournalSays says = JournalSays.of(id);
    for (FundEvent event : journal) says = says.and(event);
    return says;
  }

  /** One, "l-0", stays open. */
  private void drawMoreThanItRemembers() {
    contribute("f-1", Cause.FEE, 10_000);
    draw("l-0", "a", 1);
    for (int n = 1; n < 40; n++) {
      now++;
      draw("l-" + n, "a", 1);
      accept(new SettleDraw("l-" + n, 1), POLICY);
    }
  }

  private FundRefusal refusal(FundCommand command) {
    FundDecision decision = decide(command, POLICY);
    assertThat(decision).isInstanceOf(Refused.class);
    return ((Refused) decision).why();
  }

  private void contribute(String id, Cause cause, long micros) {
    accept(new Contribute(id, cause, "", micros, now), POLICY);
  }

  private Draw draw(String id, String account, long micros) {
    accept(new ReserveDraw(id, account, micros, now), POLICY);
    return Objects.requireNonNull(fund.draw(id));
  }

  /** The change of the gate, if any. */
  private List<FundEvent> drawUncapped(String id, long micros) {
    return accept(new ReserveDraw(id, "a", micros, now), UNCAPPED).stream().skip(1).toList();
  }
}

package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.book;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.account.AccountEvent.ProfitPart;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.RealisedWindow;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveStep;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.MarketView;

/**
 * What waves take is charged where the profit stands, so that none is taken twice: an account with
 * 1,000 units that sold 10 lots at 100.
 */
final class TakenProfitTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = RealisedWindow.LOOK_BACK_MAX_MS;
  private static final String BTC = "BTC-PERP";

  private final Coordination coordination = new Coordination("main");
  private final List<AccountEvent> journal = new ArrayList<>();
  private Account winner = account("w", 1_000 * UNIT);
  private long nowMs = NOW_MS;

  TakenProfitTest() {
    book(winner, Markets.sells("w", "t", 10, 100), at(100));
  }

  private long cashUnits() {
    return winner.portfolio().cashMicros() / UNIT;
  }

  private List<Candidate> candidates(MarketView view) {
    return PositionReading.of(winner, view, nowMs, Map.of(), DAY_MS).candidates();
  }

  /** A whole wave over this one winner; says what it took, in units. */
  private long wave(long mark, long deficitUnits) {
    AdlInput input =
        new AdlInput(
            Coordination.waveId("main", coordination.waves() + 1),
            "main",
            HouseAccount.DEFAULT,
            nowMs,
            1,
            AdlPolicy.Kind.PRO_RATA,
            DAY_MS,
            100,
            0,
            deficitUnits * UNIT,
            List.of(new Exposure(BTC, 1, 0, deficitUnits * UNIT, mark, 0, UNIT)),
            candidates(at(mark)));
    coordination.begin(Receipt.of(input), nowMs).forEach(coordination::apply);
    long cash = cashUnits();
    for (AdlWave wave = coordination.wave(); wave != null; wave = coordination.wave()) {
      List<WaveCommand> results = new ArrayList<>();
      for (WaveStep step : wave.pending()) results.add(carryOut(step, mark));
      wave.decideAll(results, nowMs).events().forEach(coordination::apply);
      if (coordination.wave() != null) wave.next(nowMs).forEach(coordination::apply);
    }
    return cash - cashUnits();
  }

  private WaveCommand carryOut(WaveStep step, long mark) {
    if (step.kind() != WaveStep.Kind.TAKE) return new WaveCommand.Done(step.id(), step.micros(), 1);
    long taken = take(mark, step.id(), step.parts());
    return new WaveCommand.Done(step.id(), taken, winner.version());
  }

  private long take(long mark, String stepId, List<Taking> parts) {
    return take(at(mark), Math.max(1, coordination.waves()), stepId, parts);
  }

  private long take(MarketView view, long wave, String stepId, List<Taking> parts) {
    Batch batch = batch(view);
    Batch.Step done = batch.takeProfit(wave, stepId, parts, DAY_MS, true);
    apply(batch);
    assertThat(done).isInstanceOf(Batch.Step.Done.class);
    return ((Batch.Step.Done) done).micros();
  }

  private Batch batch(MarketView view) {
    return new Batch(winner, NO_HOLDS, view, LiquidationPolicy.DEFAULTS, nowMs);
  }

  private void apply(Batch batch) {
    for (AccountEvent event : batch.finish()) {
      winner.apply(event);
      journal.add(event);
    }
    assertThat(winner.cashIsExplained()).isTrue();
    assertThat(Account.of(winner.snapshot(), CATALOGUE).snapshot()).isEqualTo(winner.snapshot());
  }

  private void trade(String instrument, long lots, long price) {
    Batch batch = batch(at(price));
    Trade trade =
        new Trade(
            "venue",
            "t-" + winner.events() + instrument,
            instrument,
            price,
            Math.abs(lots),
            lots > 0 ? "w" : "somebody",
            lots > 0 ? "somebody" : "w",
            nowMs);
    assertThat(batch.judge(trade)).isNull();
    batch.novate(trade);
    apply(batch);
  }

  private static List<Taking> of(String instrument, long micros) {
    return List.of(new Taking(instrument, "w", micros, micros, 0));
  }

  @Test
  void aSecondWaveTakesNothingOfAWinnerThatHasWonNothingSince() {
    assertThat(wave(90, 60)).isEqualTo(60);
    assertThat(candidates(at(90)).getFirst().profitMicros()).isEqualTo(40 * UNIT);
    assertThat(wave(90, 60)).isEqualTo(40);
    assertThat(candidates(at(90)).getFirst().profitMicros()).isZero();
    assertThat(wave(90, 60)).isZero();
    assertThat(cashUnits()).isEqualTo(900); // And 100 of profit with the position.
  }

  @Test
  void elevenWavesForAHundredEachTakeTheHundredThatWasWonAndNoneOfTheDeposit() {
    long taken = 0;
    for (int n = 0; n < 11; n++) taken += wave(90, 100);
    assertThat(taken).isEqualTo(100);
    assertThat(cashUnits() + 100).as("equity").isEqualTo(1_000);
  }

  /** Nor when the coordinator asks for what it read before: the account knows what it gave. */
  @Test
  void takesOfEachInstrumentNoMoreThanIsThereWhenItIsAsked() {
    assertThat(take(90, "main-1.1.0", of(BTC, 100 * UNIT))).isEqualTo(100 * UNIT);
    assertThat(take(at(90), 1, "main-1.2.0", of(BTC, 100 * UNIT))).isZero();
    assertThat(take(at(88), 1, "main-1.3.0", of(BTC, 100 * UNIT))).isEqualTo(20 * UNIT);
    assertThat(take(at(88), 1, "main-1.4.0", of("ETH-PERP", 100 * UNIT))).isZero();
  }

  @Test
  void whatIsWonAfterATakingCanBeTaken() {
    assertThat(wave(90, 100)).isEqualTo(100);
    assertThat(wave(95, 100)).as("half of it is lost again").isZero();
    assertThat(wave(85, 100)).isEqualTo(50);
    assertThat(wave(85, 100)).isZero();
  }

  @Test
  void closingAndReopeningNeitherHidesProfitNorHasItTakenTwice() {
    assertThat(wave(90, 60)).isEqualTo(60);
    trade(BTC, 10, 90);
    assertThat(winner.chargedMicros(0)).isZero();
    trade(BTC, -1, 90);
    assertThat(wave(90, 100)).as("realised, less what was taken of it before").isEqualTo(40);
    assertThat(wave(90, 100)).isZero();
  }

  @Test
  void aReductionMovesItsShareOfWhatWasTakenIntoTheLookBackAndAFlipAllOfIt() {
    assertThat(take(90, "s", of(BTC, 70 * UNIT + 1))).isEqualTo(70 * UNIT + 1);
    trade(BTC, 3, 90);
    // Three tenths are 21 units and three tenths of a micro: what does not come out even stays.
    assertThat(winner.chargedMicros(0)).isEqualTo(49 * UNIT + 1);
    trade(BTC, 12, 90);
    assertThat(winner.chargedMicros(0)).isZero();
    assertThat(winner.realisedMicros(0, nowMs, DAY_MS)).isEqualTo(30 * UNIT - 1);
  }

  @Test
  void whatWasTakenLeavesTheLookBackTogetherWithTheProfitThatItWasTakenFrom() {
    assertThat(wave(90, 60)).isEqualTo(60);
    nowMs += 30 * HOUR_MS; // The position is open all the while.
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isEqualTo(40 * UNIT);
    trade(BTC, 10, 90);
    nowMs += 20 * HOUR_MS;
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isEqualTo(40 * UNIT);
    nowMs += 6 * HOUR_MS;
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isZero();
    trade(BTC, -10, 90);
    assertThat(winner.profitMicros(BTC, 85, nowMs, DAY_MS)).isEqualTo(50 * UNIT);
  }

  @Test
  void whatWasTakenOfRealisedProfitDoesNotOutliveItInTheLookBack() {
    trade(BTC, 10, 90);
    nowMs += 23 * HOUR_MS;
    assertThat(take(90, "s1", of(BTC, 100 * UNIT))).isEqualTo(100 * UNIT);
    nowMs += 7 * HOUR_MS;
    trade(BTC, -10, 90);
    trade(BTC, 10, 80);
    assertThat(winner.profitMicros(BTC, 80, nowMs, DAY_MS)).isEqualTo(100 * UNIT);
    assertThat(take(80, "s2", of(BTC, 60 * UNIT))).isEqualTo(60 * UNIT);
    assertThat(take(80, "s3", of(BTC, 60 * UNIT))).isEqualTo(40 * UNIT);
    nowMs += 30 * HOUR_MS;
    assertThat(winner.profitMicros(BTC, 80, nowMs, DAY_MS)).isZero();
  }

  /** Else no journal of those days would add up to its snapshots any more. */
  @Test
  void aTakingThatWasRecordedInTheFormBeforeWeighsInItsOwnHour() {
    trade(BTC, 10, 90);
    nowMs += 23 * HOUR_MS;
    List<ProfitPart> parts = List.of(new ProfitPart(BTC, 90, 100 * UNIT));
    winner.apply(
        new ProfitTaken(
            winner.events() + 1, nowMs, 1, "old", 100 * UNIT, 100 * UNIT, DAY_MS, parts, 0));
    nowMs += 7 * HOUR_MS;
    trade(BTC, -10, 90);
    trade(BTC, 10, 80);
    assertThat(winner.profitMicros(BTC, 80, nowMs, DAY_MS)).isZero();
  }

  /** The first 100 were lost again, so it is of the second that was taken. */
  @Test
  void whatWasTakenIsNotChargedToProfitThatWasLostAgain() {
    trade(BTC, 10, 90);
    nowMs += HOUR_MS;
    trade(BTC, -10, 90);
    trade(BTC, 10, 100);
    nowMs += HOUR_MS;
    trade(BTC, -10, 100);
    trade(BTC, 10, 90);
    assertThat(take(90, "s1", of(BTC, 100 * UNIT))).isEqualTo(100 * UNIT);
    nowMs += 24 * HOUR_MS; // Now the first is out, and the loss, but not the second.
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isZero();
  }

  /** As the queue closes: what it gave up by the price it has not realised, and nobody takes. */
  @Test
  void whatAClosingAtTheBankruptcyPriceGaveUpIsNoProfitThatCanBeTaken() {
    Batch batch = batch(at(90));
    Trade closing =
        new Trade(HouseAccount.VENUE, "main-1.1.0", BTC, 96, 5, "w", HouseAccount.DEFAULT, nowMs);
    assertThat(batch.close(closing, winner.version(), false, true))
        .isInstanceOf(Batch.Step.Done.class);
    apply(batch);
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isEqualTo((50 + 5 * 4) * UNIT);
    assertThat(take(90, "s", of(BTC, 100 * UNIT))).isEqualTo(70 * UNIT);
    assertThat(take(at(90), 1, "s2", of(BTC, 100 * UNIT))).isZero();
  }

  @Test
  void aTakingThatWasRecordedWithoutItsPartsChargesNothing() {
    winner.apply(
        new ProfitTaken(
            winner.events() + 1, nowMs, 1, "old", 60 * UNIT, 60 * UNIT, 0, List.of(), 0));
    assertThat(cashUnits()).isEqualTo(940);
    assertThat(winner.profitMicros(BTC, 90, nowMs, DAY_MS)).isEqualTo(100 * UNIT);
    assertThat(winner.snapshot().charged()).isEmpty();
  }

  /** What this very batch moves is written first: profit is what it is then. */
  @Test
  void asksToBeAskedAgainWhereTheSameWriteMovesThePosition() {
    Batch batch = batch(at(90));
    Trade closing =
        new Trade(HouseAccount.VENUE, "main-1.1.0", BTC, 90, 5, "w", HouseAccount.DEFAULT, nowMs);
    assertThat(batch.close(closing, winner.version(), false, true))
        .isInstanceOf(Batch.Step.Done.class);
    assertThat(batch.takeProfit(1, "s", of(BTC, UNIT), DAY_MS, true))
        .isInstanceOf(Batch.Step.NotNow.class);
  }

  /**
   * Random fills, marks, takings, reductions and flips. Within one look-back nothing is lost and
   * nothing counts twice: what counts is all that was realised less all that was taken; so the sum
   * of takings never exceeds the most that was won. Over days, charges stay with open positions.
   */
  @Test
  void noProfitIsTakenTwiceWhateverHappensBetween() {
    Seeds.each(
        400,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          boolean withinADay = random.nextBoolean();
          winner = account("w", 10_000_000 * UNIT);
          List<AccountEvent> whole = new ArrayList<>(opening());
          journal.clear();
          nowMs = NOW_MS;
          long[] taken = new long[2];
          long[] most = new long[2];
          long mark = 100;
          for (int n = 0; n < 60; n++) {
            nowMs += random.nextLong(withinADay ? HOUR_MS / 4 : 5 * HOUR_MS);
            if (random.nextInt(3) == 0) mark = random.nextLong(50, 151);
            int at = random.nextInt(2);
            String instrument = CATALOGUE.perpetual(at).symbol();
            long lots = lots(random, winner.portfolio().lots(at));
            if (random.nextBoolean()) {
              if (lots != 0) trade(instrument, lots, mark);
              continue;
            }
            List<Taking> asked = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
              String of = CATALOGUE.perpetual(i).symbol();
              if (i != at && random.nextBoolean()) continue;
              asked.addAll(of(of, random.nextLong(1, 3_000 * UNIT)));
              most[i] = Math.max(most[i], gross(i, mark));
            }
            take(at(mark), 1, "s" + n, asked);
            ProfitTaken event = (ProfitTaken) journal.getLast();
            for (ProfitPart part : event.parts())
              taken[CATALOGUE.instrumentListed(part.instrument())] += part.micros();
            for (int i = 0; i < 2; i++) {
              if (withinADay) assertThat(taken[i]).as("taken").isLessThanOrEqualTo(most[i]);
            }
            check(withinADay, taken);
          }
          whole.addAll(journal);
          Account replayed = new Account("w", CATALOGUE);
          int cut = random.nextInt(whole.size() - 2) + 2;
          for (AccountEvent event : whole.subList(0, cut)) replayed.apply(event);
          replayed = Account.of(replayed.snapshot(), CATALOGUE);
          for (AccountEvent event : whole.subList(cut, whole.size())) replayed.apply(event);
          assertThat(replayed.snapshot()).isEqualTo(winner.snapshot());
        });
  }

  private static List<AccountEvent> opening() {
    Account fresh = new Account("w", CATALOGUE);
    Batch batch = Markets.batch(fresh, at(100));
    batch.open("member-w");
    batch.deposit("first", "USDC", 10_000_000 * UNIT, Known.NO);
    return batch.finish();
  }

  private static long lots(SplittableRandom random, long held) {
    long lots =
        switch (random.nextInt(4)) {
          case 0 -> -held;
          case 1 -> -2 * held;
          default -> random.nextLong(-30, 31);
        };
    return Math.clamp(lots, -90 - held, 90 - held);
  }

  private long gross(int instrument, long mark) {
    int slot = winner.portfolio().slotOf(instrument);
    if (slot < 0) return 0;
    long notional =
        CATALOGUE.perpetual(instrument).notionalMicros(mark, winner.portfolio().lotsAt(slot));
    return notional
        - winner.portfolio().basisMicrosAt(slot)
        + winner.portfolio().realisedMicrosAt(slot);
  }

  private void check(boolean withinADay, long[] taken) {
    for (int slot = 0; slot < winner.portfolio().positions(); slot++) {
      long charged = winner.chargedMicros(slot);
      int instrument = winner.portfolio().instrumentAt(slot);
      assertThat(charged).isBetween(0L, taken[instrument]);
      if (winner.portfolio().lotsAt(slot) == 0) assertThat(charged).isZero();
      if (withinADay)
        assertThat(winner.realisedMicros(slot, nowMs, DAY_MS))
            .isEqualTo(winner.portfolio().realisedMicrosAt(slot) - taken[instrument]);
    }
  }

  @Test
  void anAccountThatIsFlatForADayHasNothingLeftThatCountsEitherWay() {
    assertThat(wave(90, 60)).isEqualTo(60);
    trade(BTC, 10, 90);
    nowMs += 26 * HOUR_MS;
    assertThat(winner.realisedMicros(BTC_PERP, nowMs, DAY_MS)).isZero();
  }
}

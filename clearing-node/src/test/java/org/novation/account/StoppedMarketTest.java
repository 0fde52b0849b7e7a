package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.ETH_PERP;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.with;
import static org.novation.account.Markets.withBtc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.AccountEvent.StepDeclined;
import org.novation.account.Batch.Step;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.AdlCoordinatorActor.CandidatesRead;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveStep;
import org.novation.deleveraging.WaveSummary;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.Brakes;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

/**
 * Deleveraging where a market may not be touched: an account with 1,000 units that sold 10 lots of
 * one contract and bought 5 of another, all at 100.
 */
final class StoppedMarketTest {
  private static final String BTC = "BTC-PERP";

  private final Account winner = account("w", 1_000 * UNIT);
  private final SaleDesk<String, String, String> desk = new SaleDesk<>(new Holds());
  private final List<AccountEvent> journal = new ArrayList<>();
  private long nowMs = NOW_MS;

  StoppedMarketTest() {
    book(winner, Markets.sells("w", "t", 10, 100), at(100));
    book(winner, Markets.trade("u", "ETH-PERP", 5, 100, "w", "somebody"), at(100));
  }

  private static MarketView view(long btc, PriceValidity ofBtc, long eth, PriceValidity ofEth) {
    return with(with(at(100), BTC_PERP, btc, 0, ofBtc), ETH_PERP, eth, 0, ofEth);
  }

  private static MarketView fresh() {
    return view(90, PriceValidity.FRESH, 100, PriceValidity.FRESH);
  }

  private static MarketView stale() {
    return view(90, PriceValidity.STALE, 100, PriceValidity.FRESH);
  }

  private CandidatesRead read(MarketView view) {
    return PositionReading.of(winner, view, nowMs, Map.of(), 0);
  }

  private Step ask(WaveStep step, MarketView view) {
    desk.step(1, step, HouseAccount.DEFAULT, NOW_MS, 0, false, "coordinator");
    Batch batch = new Batch(winner, NO_HOLDS, view, LiquidationPolicy.DEFAULTS, nowMs);
    Step answer = desk.decide(batch, nowMs).steps().getFirst().answer();
    for (AccountEvent event : batch.finish()) {
      winner.apply(event);
      journal.add(event);
    }
    return answer;
  }

  private static WaveStep taking(long units) {
    long micros = units * UNIT;
    List<Taking> parts = List.of(new Taking(BTC, "w", micros, micros, 0));
    return new WaveStep("main-1.1.0", WaveStep.Kind.TAKE, "", "w", 0, 0, 0, micros, parts);
  }

  private WaveStep closing() {
    return new WaveStep(
        "main-1.1.0", WaveStep.Kind.CLOSE, BTC, "w", winner.version(), 4, 90, 0, List.of());
  }

  @Test
  void aDeadMarketShieldsNothingElseAndCountsWithItsLossAlone() {
    CandidatesRead won = read(view(90, PriceValidity.FRESH, 120, PriceValidity.STALE));
    assertThat(won.heldUp()).isOne();
    assertThat(won.candidates()).extracting(Candidate::instrument).containsExactly(BTC);
    Candidate named = won.candidates().getFirst();
    assertThat(named.profitMicros()).isEqualTo(100 * UNIT);
    assertThat(named.equityMicros()).isEqualTo(1_100 * UNIT);
    assertThat(named.closableLots()).isEqualTo(10);
    CandidatesRead lost = read(view(90, PriceValidity.FRESH, 60, PriceValidity.STALE));
    assertThat(lost.candidates().getFirst().equityMicros()).isEqualTo(900 * UNIT);
    CandidatesRead both = read(view(90, PriceValidity.FRESH, 120, PriceValidity.FRESH));
    assertThat(both.heldUp()).isZero();
    assertThat(both.candidates()).hasSize(2);
    assertThat(both.candidates().getFirst().equityMicros()).isEqualTo(1_200 * UNIT);
  }

  @Test
  void ranksByTheLastMarksWhateverIsStopped() {
    MarketView free = view(90, PriceValidity.FRESH, 120, PriceValidity.FRESH);
    List<Candidate> expected = read(free).candidates();
    MarketView stale = view(90, PriceValidity.STALE, 120, PriceValidity.FRESH);
    Brakes paused = Brakes.NONE.withPause(Operation.ADL, Brakes.OPEN_ENDED);
    MarketView.Instrument market = free.instrument(ETH_PERP).braked(paused);
    MarketView braked = free.with(ETH_PERP, market, NOW_MS);
    for (MarketView each : List.of(free, stale, braked)) {
      CandidatesRead ranked = PositionReading.toRank(winner, each, nowMs);
      assertThat(ranked.candidates()).isEqualTo(expected);
      assertThat(ranked.heldUp()).isZero();
    }
    assertThat(read(stale).candidates()).hasSize(1);
    assertThat(read(braked).candidates()).hasSize(1);
    MarketView unpriced = view(90, PriceValidity.FRESH, 0, PriceValidity.NONE);
    assertThat(PositionReading.toRank(winner, unpriced, nowMs).candidates()).isEmpty();
  }

  @Test
  void whoseMarketNeverHadAMarkIsLeftOutAndSaysSo() {
    CandidatesRead read = read(view(90, PriceValidity.FRESH, 0, PriceValidity.NONE));
    assertThat(read.candidates()).isEmpty();
    assertThat(read.heldUp()).isEqualTo(2);
  }

  @Test
  void coinsWhosePriceIsNotToBeTrustedCountForNothing() {
    Batch batch = Markets.batch(winner, at(100));
    assertThat(batch.deposit("coins", "BTC", 100_000_000, Known.NO)).isNull();
    batch.finish().forEach(winner::apply);
    long with = read(fresh()).candidates().getFirst().equityMicros();
    MarketView untrusted = withBtc(fresh(), 100, PriceValidity.STALE);
    assertThat(with).isGreaterThan(1_100 * UNIT);
    assertThat(read(untrusted).candidates())
        .hasSize(2)
        .allSatisfy(each -> assertThat(each.equityMicros()).isEqualTo(1_100 * UNIT));
  }

  @Test
  void givesProfitAndClosesInAMarketThatIsFreshWhateverTheOthersAre() {
    MarketView other = view(90, PriceValidity.FRESH, 120, PriceValidity.STALE);
    assertThat(ask(closing(), other)).isInstanceOf(Step.Done.class);
    assertThat(winner.lots(BTC)).isEqualTo(-6);
    WaveStep taking = taking(60);
    assertThat(ask(taking, other)).isEqualTo(new Step.Done(60 * UNIT, winner.version()));
  }

  @Test
  void waitsForAPriceForHalfAMinuteAndThenGivesNothingForEver() {
    WaveStep taking = taking(60);
    for (long waited = 0; waited < SaleDesk.STEP_PATIENCE_MS; waited += 1_000) {
      assertThat(ask(taking, stale())).isInstanceOf(Step.NotNow.class);
      assertThat(desk.isEmpty()).as("it knows since when").isFalse();
      nowMs += 1_000;
    }
    assertThat(journal).isEmpty();
    assertThat(ask(taking, stale())).isEqualTo(new Step.Done(0, winner.version()));
    assertThat(journal).hasExactlyElementsOfTypes(ProfitTaken.class);
    assertThat(desk.isEmpty()).isTrue();
    assertThat(ask(taking, fresh())).isEqualTo(new Step.Done(0, winner.version()));
    assertThat(journal).hasSize(1);
  }

  @Test
  void whatIsBackInTimeIsDone() {
    assertThat(ask(taking(60), stale())).isInstanceOf(Step.NotNow.class);
    nowMs += SaleDesk.STEP_PATIENCE_MS;
    assertThat(ask(taking(60), fresh())).isEqualTo(new Step.Done(60 * UNIT, winner.version()));
  }

  /** So that the wave asks somebody else, and no late copy of the step closes the lots as well. */
  @Test
  void aClosingThatCouldNotBeDoneForHalfAMinuteNeverWillBe() {
    WaveStep closing = closing();
    assertThat(ask(closing, stale())).isInstanceOf(Step.NotNow.class);
    nowMs += SaleDesk.STEP_PATIENCE_MS;
    assertThat(ask(closing, stale())).isEqualTo(new Step.Changed(closing.version() + 1));
    assertThat(journal).hasExactlyElementsOfTypes(StepDeclined.class);
    assertThat(ask(closing, fresh())).isEqualTo(new Step.Changed(winner.version()));
    assertThat(winner.lots(BTC)).isEqualTo(-10);
    Account replayed = Account.of(winner.snapshot(), Markets.CATALOGUE);
    assertThat(replayed.version()).isEqualTo(winner.version()).isNotEqualTo(closing.version());
  }

  @Test
  void aMarketThatGoesStaleBetweenReceiptAndTakingDoesNotKeepTheWaveFromItsEnd() {
    Coordination coordination = new Coordination("main");
    wave(coordination, stale());
    WaveSummary over = Objects.requireNonNull(coordination.last());
    assertThat(over.takenMicros()).isZero();
    assertThat(over.uncoveredMicros()).isEqualTo(60 * UNIT);
    // Once there is a price again the next wave takes what this one could not.
    nowMs += 60_000;
    wave(coordination, fresh());
    assertThat(Objects.requireNonNull(coordination.last()).takenMicros()).isEqualTo(60 * UNIT);
  }

  /** The account is read by fresh prices, and asked by these. */
  private void wave(Coordination coordination, MarketView then) {
    long number = coordination.waves() + 1;
    AdlInput input =
        new AdlInput(
            Coordination.waveId("main", number),
            "main",
            HouseAccount.DEFAULT,
            nowMs,
            1,
            AdlPolicy.Kind.PRO_RATA,
            0,
            100,
            0,
            60 * UNIT,
            List.of(new Exposure(BTC, 1, 4, 60 * UNIT, 90, 0, UNIT)),
            read(fresh()).candidates());
    coordination.begin(Receipt.of(input), nowMs).forEach(coordination::apply);
    long untilMs = nowMs + 10 * SaleDesk.STEP_PATIENCE_MS;
    for (AdlWave wave = coordination.wave(); wave != null; wave = coordination.wave()) {
      assertThat(nowMs).as("it does not end").isLessThan(untilMs);
      List<WaveCommand> results = new ArrayList<>();
      for (WaveStep step : wave.pending()) {
        if (step.kind() == WaveStep.Kind.PAY)
          results.add(new WaveCommand.Done(step.id(), step.micros(), 1));
        else add(step, ask(step, then), results);
      }
      wave.decideAll(results, nowMs).events().forEach(coordination::apply);
      if (coordination.wave() != null) wave.next(nowMs).forEach(coordination::apply);
      nowMs += 1_000;
    }
  }

  private static void add(WaveStep step, Step answer, List<WaveCommand> results) {
    switch (answer) {
      case Step.Done(var micros, var version) ->
          results.add(new WaveCommand.Done(step.id(), micros, version));
      case Step.Changed(var version) -> results.add(new WaveCommand.Changed(step.id(), version));
      case Step.NotNow _, Step.Forgotten _ -> {} // It is asked again.
    }
  }
}

package org.novation.market;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.market.TestPerpetuals.CATALOGUE;
import static org.novation.market.TestPerpetuals.UNIT;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.brake.Pause;
import org.novation.brake.Pauses;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

final class MarketBookTest {
  private static final long HOUR = 3_600_000;
  private static final long NOW = 400_000 * HOUR;
  private static final List<String> ORACLES = List.of("a", "b", "c");
  private static final MarketTerms TERMS = MarketTerms.of(CATALOGUE, MarketRules.DEFAULTS, ORACLES);

  private final MarketBook book = new MarketBook("BTC", TERMS, 1);
  private long sequence;

  @Test
  void movesTheMarkOfThePerpetualAndThePriceOfTheAssetTogether() {
    price(100 * UNIT, NOW);
    MarketUpdate update = requireNonNull(book.update(NOW, false));
    assertThat(update.validity()).isEqualTo(PriceValidity.FRESH);
    assertThat(update.priceMicros()).isEqualTo(100_000_000);
    assertThat(update.instruments().getFirst().markTicks()).isEqualTo(1_000);
    assertThat(update.instruments().getFirst().indexTicks()).isEqualTo(1_000);
  }

  @Test
  void goesByOtherOraclesAndRulesAndListsMoreFromAVersionOn() {
    price(100 * UNIT, NOW);
    book.update(NOW, false);
    Perpetual first = CATALOGUE.perpetual(0);
    Perpetual second =
        new Perpetual(
            "BTC-2",
            "BTC",
            first.tick(),
            first.lot(),
            first.lotsPerTradeMax(),
            first.lotsPerAccountMax(),
            first.initial(),
            first.maintenance(),
            first.scaling(),
            first.profitCapMicros(),
            first.bandPpm(),
            first.funding(),
            first.halt());
    Catalogue more =
        new Catalogue(2, List.of(first, second), List.of(CATALOGUE.asset(0), CATALOGUE.asset(1)));
    book.govern(MarketTerms.of(more, MarketRules.DEFAULTS, List.of("b", "c", "d")));
    MarketUpdate update = requireNonNull(book.update(NOW, false));
    assertThat(update.instruments())
        .extracting(MarketUpdate.Instrument::symbol)
        .containsExactly(first.symbol(), "BTC-2");
    assertThat(update.validity()).as("two that stay are no quorum").isEqualTo(PriceValidity.STALE);
    Observation seen = new Observation(101 * UNIT, sequence + 1, NOW, 0);
    assertThat(book.observe("a", seen, NOW).refusal()).isNotNull();
    for (String oracle : List.of("b", "c", "d"))
      assertThat(book.observe(oracle, seen, NOW).refusal()).isNull();
    MarketUpdate fresh = requireNonNull(book.update(NOW, false));
    assertThat(fresh.validity()).isEqualTo(PriceValidity.FRESH);
    assertThat(fresh.instruments())
        .allSatisfy(line -> assertThat(line.indexTicks()).isEqualTo(1_010));
  }

  @Test
  void saysNothingTwiceUnlessAsked() {
    price(100 * UNIT, NOW);
    assertThat(requireNonNull(book.update(NOW, false)).number()).isEqualTo(1);
    assertThat(book.update(NOW, false)).isNull();
    assertThat(requireNonNull(book.update(NOW, true)).number()).isEqualTo(2);
  }

  @Test
  void saysNoPriceAfterARestartUntilAFreshQuorum() {
    book.observe("a", new Observation(100 * UNIT, 1, NOW, 0), NOW);
    book.observe("b", new Observation(100 * UNIT, 1, NOW, 0), NOW);
    MarketUpdate update = requireNonNull(book.update(NOW, false));
    assertThat(update.validity()).isEqualTo(PriceValidity.NONE);
    assertThat(update.priceMicros()).isZero();
    assertThat(update.instruments().getFirst().markTicks()).isZero();
  }

  @Test
  void goesStaleByTimeAloneAndKeepsItsPrices() {
    price(100 * UNIT, NOW);
    book.update(NOW, false);
    MarketUpdate later = requireNonNull(book.update(NOW + 15_001, false));
    assertThat(later.validity()).isEqualTo(PriceValidity.STALE);
    assertThat(later.instruments().getFirst().markTicks()).isEqualTo(1_000);
  }

  /** Worked number 4 of the risk rules: P 1 %, 8 h rate 0.95 %, hourly 0.11875 %. */
  @Test
  void closesAnHourWithTheFundingOfItsPremium() {
    MarketEvent.HourClosed closed = null;
    for (long at = NOW; at <= NOW + HOUR; at += 10_000) {
      closed = book.advance(at, Pauses.NONE);
      price(10_000 * UNIT, at);
      book.update(at, false);
      assertThat(book.quote("v", "BTC-PERP", bidAbove(at), at)).isNull();
    }
    MarketEvent.Closing closing = requireNonNull(closed).closings().getFirst();
    assertThat(closed.endMs()).isEqualTo(NOW + HOUR);
    assertThat(closing.samples()).isEqualTo(60);
    assertThat(closing.premiumPpm()).isEqualTo(10_000);
    assertThat(closing.ratePpm()).isEqualTo(9_500);
    // A lot of 0.001 at 10,000 is 10 USDC: 0.11875 % of it is 0.011875 USDC = 11,875 micros.
    assertThat(closing.fundingIndex()).isEqualTo(11_875_000_000L);
  }

  @Test
  void putsFundingInForceOnlyOnceItIsRecorded() {
    MarketEvent.HourClosed closed = closeOneHour();
    assertThat(fundingIndex(NOW + HOUR)).isZero();
    book.adopt(MarketState.EMPTY.apply(closed));
    assertThat(fundingIndex(NOW + HOUR)).isEqualTo(closed.closings().getFirst().fundingIndex());
  }

  @Test
  void continuesFundingWhereTheJournalLeftIt() {
    MarketState recorded = MarketState.EMPTY.apply(closeOneHour());
    MarketBook restarted = new MarketBook("BTC", TERMS, 2);
    restarted.recover(recorded);
    MarketUpdate update = requireNonNull(restarted.update(NOW + HOUR, false));
    assertThat(update.instruments().getFirst().fundingIndex())
        .isEqualTo(recorded.instruments().getFirst().fundingIndex())
        .isPositive();
    assertThat(update.incarnation()).isEqualTo(2);
    assertThat(restarted.advance(NOW + HOUR, Pauses.NONE)).isNull();
  }

  @Test
  void closesNoHourTwice() {
    MarketState recorded = MarketState.EMPTY.apply(closeOneHour());
    MarketBook restarted = new MarketBook("BTC", TERMS, 2);
    restarted.recover(recorded);
    restarted.advance(NOW + HOUR - 1, Pauses.NONE); // Its clock is a little behind the last one's.
    assertThat(restarted.advance(NOW + HOUR, Pauses.NONE)).isNull();
    assertThat(restarted.advance(NOW + 2 * HOUR, Pauses.NONE)).isNotNull();
  }

  @Test
  void saysTheEndOfAnHourUntilItIsRecordedAndThenNoMore() {
    MarketEvent.HourClosed closed = closeOneHour();
    book.recover(MarketState.EMPTY); // The write failed.
    price(200 * UNIT, NOW + HOUR + 1_000);
    book.update(NOW + HOUR + 1_000, false);
    MarketEvent.HourClosed again = requireNonNull(book.advance(NOW + HOUR + 1_000, Pauses.NONE));
    assertThat(again.endMs()).isEqualTo(closed.endMs());
    assertThat(again.closings().getFirst().indexTicks()).as("at the hour's end").isEqualTo(1_000);
    assertThat(again.closings().getFirst().fundingIndex())
        .isEqualTo(closed.closings().getFirst().fundingIndex());
    book.recover(MarketState.EMPTY.apply(closed)); // Another was not answered, but written.
    assertThat(requireNonNull(book.advance(NOW + 3 * HOUR, Pauses.NONE)).endMs())
        .isEqualTo(NOW + 2 * HOUR);
  }

  @Test
  void paysNothingForAnHourAtWhoseEndFundingIsPaused() {
    book.advance(NOW, Pauses.NONE);
    price(100 * UNIT, NOW);
    book.update(NOW, false);
    MarketEvent.Closing paused = closing(fundingPausedUntil(NOW + HOUR + 1));
    assertThat(paused.indexTicks()).isZero();
    assertThat(paused.fundingIndex()).isZero();
    assertThat(paused.ratePpm()).as("said all the same").isPositive();
    assertThat(closing(fundingPausedUntil(NOW + HOUR)).fundingIndex()).isPositive();
  }

  private MarketEvent.Closing closing(Pauses pauses) {
    return requireNonNull(book.advance(NOW + HOUR, pauses)).closings().getFirst();
  }

  private static Pauses fundingPausedUntil(long untilMs) {
    return new Pauses(List.of(new Pause(Operation.FUNDING, "BTC-PERP", untilMs, "why", "op", NOW)));
  }

  @Test
  void paysNothingWithoutAnIndex() {
    book.advance(NOW, Pauses.NONE);
    MarketEvent.HourClosed closed = requireNonNull(book.advance(NOW + HOUR, Pauses.NONE));
    assertThat(closed.closings().getFirst().indexTicks()).isZero();
    assertThat(closed.closings().getFirst().fundingIndex()).isZero();
  }

  @Test
  void refusesQuotesOfAnInstrumentOnAnotherUnderlying() {
    assertThat(book.quote("v", "ETH-PERP", bidAbove(NOW), NOW))
        .isEqualTo(new QuoteRefusal.UnknownInstrument("ETH-PERP"));
  }

  @Test
  void namesEverySymbolThatNeedsAPrice() {
    assertThat(MarketBook.symbols(CATALOGUE)).containsExactly("BTC");
  }

  // ---- halts

  private static final long HALT = 120_000;

  @Test
  void haltsWithTheVeryUpdateThatCarriesTheMove() {
    assertThat(halted(100, NOW)).isZero();
    assertThat(halted(111, NOW + 1_000)).isEqualTo(NOW + 1_000 + HALT);
    assertThat(book.brakes(NOW + 1_000))
        .containsExactly(halt(NOW + 1_000, 100, 111))
        .isEqualTo(book.brakes(NOW + 1_000));
  }

  @Test
  void reopensByItselfExactlyAtItsTime() {
    MarketState halted = haltedState();
    assertThat(book.brakes(NOW + HALT - 1)).isEmpty();
    MarketEvent.Reopened reopened = new MarketEvent.Reopened("BTC-PERP", NOW + HALT, 1);
    assertThat(book.brakes(NOW + HALT)).containsExactly(reopened);
    assertThat(book.brakes(NOW + HALT + 777))
        .as("whenever it is written")
        .containsExactly(reopened);
    book.adopt(halted.apply(reopened));
    assertThat(book.brakes(NOW + HALT + 777)).isEmpty();
    assertThat(
            requireNonNull(book.update(NOW + HALT, true)).instruments().getFirst().haltedUntilMs())
        .isZero();
  }

  @Test
  void prolongsAHaltWhenTheIndexMovesOn() {
    haltedState();
    assertThat(halted(124, NOW + 60_000)).isEqualTo(NOW + 60_000 + HALT);
    assertThat(book.brakes(NOW + 60_000)).containsExactly(halt(NOW + 60_000, 111, 124));
  }

  @Test
  void endsOneHaltBeforeItBeginsTheNext() {
    haltedState();
    halted(124, NOW + HALT);
    assertThat(book.brakes(NOW + HALT))
        .containsExactly(
            new MarketEvent.Reopened("BTC-PERP", NOW + HALT, 1), halt(NOW + HALT, 111, 124));
  }

  @Test
  void aHaltOutlivesTheMarketsActor() {
    MarketState recorded = haltedState();
    MarketBook restarted = new MarketBook("BTC", TERMS, 2);
    restarted.recover(recorded);
    MarketUpdate update = requireNonNull(restarted.update(NOW + 5, false));
    assertThat(update.instruments().getFirst().haltedUntilMs()).isEqualTo(NOW + HALT);
    assertThat(restarted.brakes(NOW + HALT)).hasSize(1);
  }

  /** Halted by 11 % at NOW. */
  private MarketState haltedState() {
    halted(100, NOW - 1);
    halted(111, NOW);
    MarketState recorded = MarketState.EMPTY.apply(book.brakes(NOW).getFirst());
    book.adopt(recorded);
    assertThat(book.brakes(NOW)).isEmpty();
    return recorded;
  }

  private static MarketEvent.Halted halt(long atMs, long from, long to) {
    return new MarketEvent.Halted(
        "BTC-PERP", atMs, atMs + HALT, from * UNIT, to * UNIT, 100_000, 300_000, 1);
  }

  private long halted(long price, long nowMs) {
    price(price * UNIT, nowMs);
    return requireNonNull(book.update(nowMs, true)).instruments().getFirst().haltedUntilMs();
  }

  // ---- outages

  @Test
  void holdsWithdrawalsUpForFiveMinutesAfterItsStart() {
    assertThat(requireNonNull(book.update(NOW, true)).withdrawableFromMs()).isZero();
    assertThat(withdrawableFrom(NOW + 1)).isEqualTo(NOW + 1 + 300_000);
    assertThat(withdrawableFrom(NOW + 2)).isEqualTo(NOW + 1 + 300_000);
  }

  @Test
  void holdsWithdrawalsUpAfterAMinuteWithoutAQuorum() {
    withdrawableFrom(NOW);
    long brief = NOW + 15_000 + 60_000;
    assertThat(withdrawableFrom(brief)).as("a minute").isEqualTo(NOW + 300_000);
    long outage = brief + 15_000 + 60_001;
    assertThat(requireNonNull(book.update(outage - 1, true)).validity())
        .isEqualTo(PriceValidity.STALE);
    assertThat(withdrawableFrom(outage)).isEqualTo(outage + 300_000);
  }

  private long withdrawableFrom(long nowMs) {
    price(100 * UNIT, nowMs);
    return requireNonNull(book.update(nowMs, true)).withdrawableFromMs();
  }

  private MarketEvent.HourClosed closeOneHour() {
    book.advance(NOW, Pauses.NONE);
    price(100 * UNIT, NOW);
    book.update(NOW, false);
    return requireNonNull(book.advance(NOW + HOUR, Pauses.NONE));
  }

  private long fundingIndex(long nowMs) {
    return requireNonNull(book.update(nowMs, true)).instruments().getFirst().fundingIndex();
  }

  private void price(long price, long nowMs) {
    sequence++;
    for (String oracle : ORACLES) {
      Observation seen = new Observation(price, sequence, nowMs, 0);
      assertThat(book.observe(oracle, seen, nowMs).refusal()).isNull();
    }
  }

  /** An impact bid of 10,100 over an index of 10,000. */
  private Quotes bidAbove(long nowMs) {
    return new Quotes(101_000, 101_000, 101_000, 101_000, sequence, nowMs);
  }
}

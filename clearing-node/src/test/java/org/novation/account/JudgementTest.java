package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.ETH_PERP;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.sells;
import static org.novation.account.Markets.trade;
import static org.novation.account.Markets.with;
import static org.novation.account.Markets.withBtc;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Rejection;
import org.novation.clearing.Rejection.Braked;
import org.novation.clearing.Rejection.InsufficientMargin;
import org.novation.clearing.Rejection.MarketStale;
import org.novation.clearing.Rejection.PositionLimit;
import org.novation.clearing.Rejection.ReduceOnly;
import org.novation.clearing.Rejection.TooLarge;
import org.novation.clearing.Rejection.UnknownInstrument;
import org.novation.clearing.Trade;
import org.novation.risk.Brake;
import org.novation.risk.Brakes;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

/** The table of the risk rules, section 6: what an account may do, on both sides of each bound. */
final class JudgementTest {
  private static @Nullable Rejection judge(Account account, Trade trade, MarketView view) {
    return judge(account, NO_HOLDS, trade, view);
  }

  private static @Nullable Rejection judge(
      Account account, Holds holds, Trade trade, MarketView view) {
    AccountSnapshot before = account.snapshot();
    Rejection why =
        Judgement.of(account.id(), account.portfolio(), holds, trade, view, NOW_MS).rejection();
    assertThat(account.snapshot()).isEqualTo(before);
    return why;
  }

  /** Long 10 at 100 on 100 of cash: margin call under a mark of 100, liquidation under 94.7. */
  private static Account longTen() {
    Account account = account("a", 100 * UNIT);
    book(account, buys("a", "opening", 10, 100), at(100));
    return account;
  }

  @Test
  void letsAnAccountDoAnythingDownToItsInitialMargin() {
    assertThat(judge(account("a", 100 * UNIT), buys("a", "t", 10, 100), at(100))).isNull();
    assertThat(judge(account("a", 100 * UNIT - 1), buys("a", "t", 10, 100), at(100)))
        .isEqualTo(new InsufficientMargin("a", 100 * UNIT, 100 * UNIT - 1));
  }

  @Test
  void countsWhatATradeLosesAgainstTheMark() {
    assertThat(judge(account("a", 110 * UNIT), buys("a", "t", 10, 101), at(100))).isNull();
    assertThat(judge(account("a", 110 * UNIT), buys("a", "t", 10, 102), at(100)))
        .isEqualTo(new InsufficientMargin("a", 120 * UNIT, 110 * UNIT));
  }

  @Test
  void passesEveryReductionUnderAMarginCallThatDoesNotLowerEquityPerMaintenance() {
    Account account = longTen();
    MarketView called = at(95); // Equity 50, initial 95, maintenance 47.5: 5 of equity a lot.
    assertThat(judge(account, sells("a", "t", 1, 90), called)).isNull();
    assertThat(judge(account, sells("a", "t", 1, 89), called))
        .isEqualTo(new InsufficientMargin("a", -9_500_000 + 6 * UNIT, -45 * UNIT));
    assertThat(judge(account, buys("a", "t", 1, 95), called))
        .isInstanceOf(InsufficientMargin.class);
    assertThat(judge(account, sells("a", "t", 10, 95), called)).isNull();
  }

  @Test
  void lowersNoBarrierForAnotherMarketUnderAMarginCall() {
    Account account = longTen();
    assertThat(judge(account, trade("t", "ETH-PERP", 1, 95, "a", "b"), at(95)))
        .isInstanceOf(InsufficientMargin.class);
  }

  @Test
  void takesReductionsAloneUnderMaintenanceMargin() {
    Account account = longTen();
    MarketView liquidation = at(94); // Equity 40, maintenance 47: 4 of equity a lot.
    assertThat(judge(account, sells("a", "t", 1, 90), liquidation)).isNull();
    assertThat(judge(account, sells("a", "t", 10, 94), liquidation)).isNull();
    assertThat(judge(account, sells("a", "t", 1, 89), liquidation))
        .isEqualTo(new ReduceOnly("a", 40 * UNIT, 47 * UNIT));
    assertThat(judge(account, buys("a", "t", 1, 94), liquidation))
        .isEqualTo(new ReduceOnly("a", 40 * UNIT, 47 * UNIT));
  }

  @Test
  void isUnderMaintenanceMarginOnlyStrictly() {
    // Long 10 from 100 at a mark of 94: 60 lost, maintenance 47.
    Account enough = account("a", 107 * UNIT);
    book(enough, buys("a", "opening", 10, 100), at(100));
    assertThat(judge(enough, buys("a", "t", 1, 94), at(94))).isInstanceOf(InsufficientMargin.class);
    Account oneMicroLess = account("a", 107 * UNIT - 1);
    book(oneMicroLess, buys("a", "opening", 10, 100), at(100));
    assertThat(judge(oneMicroLess, buys("a", "t", 1, 94), at(94)))
        .isEqualTo(new ReduceOnly("a", 47 * UNIT - 1, 47 * UNIT));
  }

  @Test
  void turnsAPositionAroundInLiquidationOnlyAsFarAsInitialMarginReaches() {
    Account account = longTen();
    // 40 of equity carry 4 lots short; 5 would need less maintenance than 10 long, and yet be new.
    assertThat(judge(account, sells("a", "t", 14, 94), at(94))).isNull();
    assertThat(judge(account, sells("a", "t", 15, 94), at(94))).isInstanceOf(ReduceOnly.class);
  }

  @Test
  void passesReductionsWithNegativeEquityThatLoseNothing() {
    Account account = longTen();
    MarketView under = at(89); // Equity -10.
    assertThat(judge(account, sells("a", "t", 1, 89), under)).isNull();
    assertThat(judge(account, sells("a", "t", 1, 88), under)).isInstanceOf(ReduceOnly.class);
  }

  @Test
  void doesNotLetTwoReductionsAddUpToANewPosition() {
    Account account = longTen();
    Holds holds = new Holds();
    holds.add(BTC_PERP, -8, -8 * 94 * UNIT);
    assertThat(judge(account, sells("a", "t", 8, 94), at(94))).isNull();
    assertThat(judge(account, holds, sells("a", "t", 8, 94), at(94)))
        .isInstanceOf(ReduceOnly.class);
    assertThat(judge(account, holds, sells("a", "t", 2, 94), at(94))).isNull();
    assertThat(judge(account, holds, sells("a", "t", 3, 94), at(94)))
        .isInstanceOf(ReduceOnly.class);
    // Under a margin call too: 8 more would be 6 short, which needs more than 2 long.
    Holds called = new Holds();
    called.add(BTC_PERP, -8, -8 * 95 * UNIT);
    assertThat(judge(account, called, sells("a", "t", 8, 95), at(95)))
        .isInstanceOf(InsufficientMargin.class);
  }

  @Test
  void reservesTheMarginOfHolds() {
    Account account = account("a", 100 * UNIT);
    Holds holds = new Holds();
    holds.add(ETH_PERP, 6, 600 * UNIT);
    assertThat(judge(account, holds, buys("a", "t", 4, 100), at(100))).isNull();
    assertThat(judge(account, holds, buys("a", "t", 5, 100), at(100)))
        .isEqualTo(new InsufficientMargin("a", 50 * UNIT, 40 * UNIT));
  }

  @Test
  void reservesWhatAHeldTradeLosesAgainstTheMark() {
    Account account = account("a", 100 * UNIT);
    Holds holds = new Holds();
    holds.add(ETH_PERP, 1, 150 * UNIT); // 50 over the mark, and 10 of margin.
    assertThat(judge(account, holds, buys("a", "t", 4, 100), at(100))).isNull();
    assertThat(judge(account, holds, buys("a", "t", 5, 100), at(100)))
        .isEqualTo(new InsufficientMargin("a", 50 * UNIT, 40 * UNIT));
  }

  @Test
  void countsNoGainOfAHeldTrade() {
    Account account = account("a", 100 * UNIT);
    Holds holds = new Holds();
    holds.add(ETH_PERP, 1, 50 * UNIT);
    assertThat(judge(account, holds, buys("a", "t", 9, 100), at(100))).isNull();
    assertThat(judge(account, holds, buys("a", "t", 10, 100), at(100)))
        .isInstanceOf(InsufficientMargin.class);
  }

  @Test
  void limitsThePositionWithItsHolds() {
    Account rich = account("a", 1_000_000 * UNIT);
    assertThat(judge(rich, buys("a", "t", 100, 100), at(100))).isNull();
    assertThat(judge(rich, buys("a", "t", 101, 100), at(100)))
        .isEqualTo(new PositionLimit("a", "BTC-PERP", 100));
    Holds holds = new Holds();
    holds.add(BTC_PERP, 60, 6_000 * UNIT);
    assertThat(judge(rich, holds, buys("a", "t", 40, 100), at(100))).isNull();
    assertThat(judge(rich, holds, buys("a", "t", 41, 100), at(100)))
        .isEqualTo(new PositionLimit("a", "BTC-PERP", 100));
    assertThat(judge(rich, holds, sells("a", "t", 100, 100), at(100))).isNull();
  }

  @Test
  void limitsThePositionThatTwoTurnsWouldAddUpTo() {
    Account rich = account("a", 1_000_000 * UNIT);
    book(rich, buys("a", "opening", 80, 100), at(100));
    Holds holds = new Holds();
    holds.add(BTC_PERP, -130, -13_000 * UNIT);
    assertThat(judge(rich, holds, sells("a", "t", 50, 100), at(100))).isNull();
    assertThat(judge(rich, holds, sells("a", "t", 51, 100), at(100)))
        .isEqualTo(new PositionLimit("a", "BTC-PERP", 100));
  }

  @Test
  void heedsTheLeverageThatTheAccountAllowsItself() {
    Account account = account("a", 100 * UNIT);
    Batch batch = batch(account, at(100));
    assertThat(batch.capLeverage(5)).isNull();
    batch.finish().forEach(account::apply);
    assertThat(judge(account, buys("a", "t", 5, 100), at(100))).isNull();
    assertThat(judge(account, buys("a", "t", 6, 100), at(100)))
        .isEqualTo(new InsufficientMargin("a", 120 * UNIT, 100 * UNIT));
  }

  @Test
  void countsNoProfitBeyondItsCapTowardInitialMargin() {
    Account account = account("a", 1_000 * UNIT);
    book(account, buys("a", "opening", 100, 100), at(100));
    // At 120 the profit is 2,000, of which 1,000 count: 2,000 less 1,200 of margin.
    assertThat(judge(account, trade("t", "ETH-PERP", 66, 120, "a", "b"), at(120))).isNull();
    assertThat(judge(account, trade("t", "ETH-PERP", 67, 120, "a", "b"), at(120)))
        .isEqualTo(new InsufficientMargin("a", 804 * UNIT, 800 * UNIT));
  }

  @Test
  void takesReductionsAloneOnAStalePrice() {
    Account account = account("a", 1_000_000 * UNIT);
    book(account, buys("a", "opening", 10, 100), at(100));
    MarketView stale = with(at(100), BTC_PERP, 100, 0, PriceValidity.STALE);
    assertThat(judge(account, sells("a", "t", 10, 100), stale)).isNull();
    assertThat(judge(account, sells("a", "t", 11, 100), stale))
        .isEqualTo(new MarketStale("BTC-PERP"));
    assertThat(judge(account, buys("a", "t", 1, 100), stale))
        .isEqualTo(new MarketStale("BTC-PERP"));
    assertThat(judge(account, trade("t", "ETH-PERP", 1, 100, "a", "b"), stale))
        .isEqualTo(new MarketStale("BTC-PERP"));
  }

  @Test
  void takesNoNewRiskOnStaleCollateral() {
    Account account = account("a", 100 * UNIT);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("btc", "BTC", 100_000_000, Known.NO)).isNull();
    batch.finish().forEach(account::apply);
    MarketView stale = withBtc(at(100), 100, PriceValidity.STALE);
    assertThat(judge(account, buys("a", "t", 1, 100), stale)).isEqualTo(new MarketStale("BTC"));
    assertThat(judge(account, buys("a", "t", 18, 100), at(100))).isNull();
    assertThat(judge(account, buys("a", "t", 19, 100), at(100)))
        .isEqualTo(new InsufficientMargin("a", 190 * UNIT, 180 * UNIT));
  }

  @Test
  void letsDivergedPricesMarginNewRisk() {
    MarketView diverged = with(at(100), BTC_PERP, 100, 0, PriceValidity.DIVERGED);
    assertThat(judge(account("a", 100 * UNIT), buys("a", "t", 10, 100), diverged)).isNull();
  }

  @Test
  void judgesNothingWithoutAnyPrice() {
    MarketView none = with(at(100), BTC_PERP, 0, 0, PriceValidity.NONE);
    assertThat(judge(longTen(), sells("a", "t", 1, 100), none))
        .isEqualTo(new MarketStale("BTC-PERP"));
  }

  @Test
  void countsFundingBeforeItIsSettled() {
    Account account = longTen();
    // 10 lots pay one unit each: equity 90 at a mark of 100.
    MarketView paying = with(at(100), BTC_PERP, 100, UNIT * 1_000_000, PriceValidity.FRESH);
    assertThat(judge(account, buys("a", "t", 1, 100), paying))
        .isEqualTo(new InsufficientMargin("a", 10 * UNIT, -10 * UNIT));
  }

  @Test
  void refusesWhatDoesNotFitALong() {
    Trade huge = buys("a", "t", Long.MAX_VALUE / 2, 100);
    assertThat(judge(account("a", UNIT), huge, at(100))).isEqualTo(new TooLarge("a"));
  }

  @Test
  void knowsItsInstruments() {
    Trade other = trade("t", "DOGE-PERP", 1, 1, "a", "b");
    assertThat(judge(account("a", UNIT), other, at(100)))
        .isEqualTo(new UnknownInstrument("DOGE-PERP"));
  }

  // ---- brakes

  private static MarketView braked(MarketView view, Brakes brakes) {
    return view.with(BTC_PERP, view.instrument(BTC_PERP).braked(brakes), NOW_MS);
  }

  @Test
  void takesReductionsAloneInAHaltAndNoneThroughZero() {
    Account account = account("a", 1_000 * UNIT);
    book(account, buys("a", "opening", 10, 100), at(100));
    MarketView halted = braked(at(100), Brakes.NONE.withHalt(NOW_MS + 1));
    Braked why = new Braked(Brake.HALT, "BTC-PERP", NOW_MS + 1);
    assertThat(judge(account, buys("a", "t", 1, 100), halted)).isEqualTo(why);
    assertThat(judge(account, sells("a", "t", 11, 100), halted)).isEqualTo(why);
    assertThat(judge(account, sells("a", "t", 10, 100), halted)).isNull();
    assertThat(judge(account, trade("t", "ETH-PERP", 1, 100, "a", "b"), halted)).isNull();
  }

  @Test
  void reopensAMarketByTheHousesTimeAlone() {
    Account account = account("a", 1_000 * UNIT);
    assertThat(
            judge(account, buys("a", "t", 1, 100), braked(at(100), Brakes.NONE.withHalt(NOW_MS))))
        .as("on the same view, at its time")
        .isNull();
  }

  @Test
  void takesNotEvenAReductionWhileTradingIsPaused() {
    Account account = longTen();
    MarketView paused = braked(at(100), Brakes.NONE.withPause(Operation.TRADING, NOW_MS + 1));
    assertThat(judge(account, sells("a", "t", 10, 100), paused))
        .isEqualTo(new Braked(Brake.PAUSE, "BTC-PERP", NOW_MS + 1));
    MarketView openEnded =
        braked(at(100), Brakes.NONE.withPause(Operation.TRADING, Brakes.OPEN_ENDED));
    assertThat(judge(account, sells("a", "t", 10, 100), openEnded))
        .isEqualTo(new Braked(Brake.PAUSE, "BTC-PERP", 0));
    MarketView over = braked(at(100), Brakes.NONE.withPause(Operation.TRADING, NOW_MS));
    assertThat(judge(account, sells("a", "t", 10, 100), over)).isNull();
    MarketView other = braked(at(100), Brakes.NONE.withPause(Operation.WITHDRAWALS, NOW_MS + 1));
    assertThat(judge(account, sells("a", "t", 10, 100), other)).isNull();
  }
}

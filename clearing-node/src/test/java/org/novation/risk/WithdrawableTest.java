package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.at;

import org.junit.jupiter.api.Test;

/** One lot at one tick is one unit, initial margin is 10 %: see the markets of the account room. */
final class WithdrawableTest {
  private static final Holds NO_HOLDS = new Holds();

  /** Worked number 7: cash 1,000, profit 5,000, notional 20,000. */
  @Test
  void letsNothingGoFromProfitThatIsNotRealised() {
    Portfolio portfolio = portfolio(1_000, 100, 150);
    Withdrawable left = Withdrawable.of(portfolio, NO_HOLDS, at(200));
    assertThat(left).isEqualTo(new Withdrawable(1_000 * UNIT, 2_000 * UNIT));
    assertThat(left.allowed()).isFalse();
  }

  @Test
  void countsLossesInFull() {
    Withdrawable left = Withdrawable.of(portfolio(5_000, 100, 250), NO_HOLDS, at(200));
    assertThat(left).isEqualTo(new Withdrawable(0, 2_000 * UNIT));
  }

  @Test
  void asksForATenthOfWhatPositionsAreWorthOrTheInitialMarginIfThatIsMore() {
    Portfolio portfolio = portfolio(2_000, 100, 200);
    assertThat(Withdrawable.of(portfolio, NO_HOLDS, at(200)).allowed()).isTrue();
    Portfolio less = portfolio.copy();
    less.credit(0, -1);
    assertThat(Withdrawable.of(less, NO_HOLDS, at(200)).allowed()).isFalse();
    Portfolio cautious = portfolio.copy();
    cautious.capLeverage(5);
    assertThat(Withdrawable.of(cautious, NO_HOLDS, at(200)).requiredMicros())
        .isEqualTo(4_000 * UNIT);
  }

  @Test
  void reckonsWithTradesThatMayStillCome() {
    Portfolio portfolio = portfolio(2_000, 0, 200);
    assertThat(Withdrawable.of(portfolio, NO_HOLDS, at(200)).requiredMicros()).isZero();
    Holds holds = new Holds();
    holds.add(0, 100, 20_000 * UNIT);
    assertThat(Withdrawable.of(portfolio, holds, at(200)).requiredMicros()).isEqualTo(2_000 * UNIT);
  }

  private static Portfolio portfolio(long cash, long lots, long boughtAt) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, cash * UNIT);
    if (lots != 0) {
      long notional = CATALOGUE.perpetual(0).notionalMicros(boughtAt, lots);
      portfolio.apply(0, portfolio.fill(0, lots, notional, 0, 0));
    }
    return portfolio;
  }
}

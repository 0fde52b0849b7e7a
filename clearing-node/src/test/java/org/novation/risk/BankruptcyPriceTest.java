package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.novation.risk.TestMarkets.cash;
import static org.novation.risk.TestMarkets.hold;

import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Perpetual;
import org.novation.risk.MarginStatement.Position;

final class BankruptcyPriceTest {
  /** Risk rules, section 15, number 1: cash -1,000, long 1 at mark 900, MM 7.5 %. */
  @Test
  void reachesTheWorkedNumberOfTheRiskRules() {
    MarketView view = new TestMarkets().with("BTC-PERP", "900", "0.1", "0.075").view();
    Portfolio portfolio = new Portfolio();
    hold(portfolio, view, "BTC-PERP", "1", "1000");

    MarginStatement statement = MarginStatement.of(portfolio, view);
    assertThat(statement.health().equityMicros()).isEqualTo(-100_000_000);
    assertThat(statement.positions().getFirst().bankruptcyText()).isEqualTo("1000");
  }

  @Test
  void splitsEquityByMaintenanceMargin() {
    MarketView view =
        new TestMarkets()
            .with("BTC-PERP", "50000", "0.2", "0.1")
            .with("ETH-PERP", "3000", "0.2", "0.1")
            .view();
    Portfolio portfolio = cash("800");
    hold(portfolio, view, "BTC-PERP", "-1", "50000");
    hold(portfolio, view, "ETH-PERP", "-10", "3000");

    MarginStatement statement = MarginStatement.of(portfolio, view);
    assertThat(statement.positions().get(0).bankruptcyText()).isEqualTo("50500");
    assertThat(statement.positions().get(1).bankruptcyText()).isEqualTo("3030");
  }

  @Test
  void hasNoPriceForALongThatItsShareCoversDownToNothing() {
    assertThat(price("100", "1", "100").bankruptcyText()).isEmpty();
    assertThat(price("100.01", "1", "100").bankruptcyText()).isEmpty();
    assertThat(price("99.99", "1", "100").bankruptcyText()).isEqualTo("0.01");
    assertThat(price("99.995", "1", "100").bankruptcyText()).isEqualTo("0.01");
  }

  @Test
  void hasNoPriceForAShortThatNoPriceCanSave() {
    assertThat(price("-100", "-1", "100").bankruptcyText()).isEmpty();
    assertThat(price("-99.99", "-1", "100").bankruptcyText()).isEqualTo("0.01");
  }

  @Test
  void roundsToTheTickThatLeavesTheAccountMore() {
    assertThat(price("10.005", "1", "100").bankruptcyText()).isEqualTo("90"); // 89.995
    assertThat(price("10.005", "-1", "100").bankruptcyText()).isEqualTo("110"); // 110.005
  }

  @Test
  void refusesToCloseMoreThanIsHeldOrTheOtherSide() {
    Perpetual perpetual =
        new TestMarkets().with("X-PERP", "1", "0.1", "0.05").view().catalogue().perpetual(0);
    assertThatThrownBy(() -> BankruptcyPrice.closingNotionalMicros(perpetual, 5, 1, 0, 6))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BankruptcyPrice.closingNotionalMicros(perpetual, 5, 1, 0, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The property that gives the price its name. */
  @Property(tries = 5_000)
  void leavesNothingOrAResidueWhenEveryPositionClosesThere(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio portfolio = books.portfolio();
    MarketView view = books.view();
    MarginStatement statement = MarginStatement.of(portfolio, view);
    long roundings = 0;
    boolean everyPrice = true;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      Position position = statement.positions().get(slot);
      if (position.lots() == 0) continue;
      OptionalLong ticks = position.bankruptcyTicks();
      if (ticks.isEmpty() && position.lots() < 0) return; // No price saves it: nothing to hold.
      everyPrice &= ticks.isPresent();
      int instrument = portfolio.instrumentAt(slot);
      long lots = -position.lots();
      // A long without a price is covered down to nothing: sold at the least price there is.
      long notional = position.perpetual().notionalMicros(ticks.orElse(1), lots);
      long index = view.instrument(instrument).fundingIndex();
      portfolio.apply(instrument, portfolio.fill(instrument, lots, notional, index, index));
      roundings += Math.abs(position.perpetual().notionalMicros(1, lots)) + 1;
    }

    assertThat(portfolio.flat()).isTrue();
    long left = Margin.health(portfolio, view).equityMicros();
    boolean hadPosition = roundings > 0;
    if (hadPosition) assertThat(left).isNotNegative();
    if (hadPosition && everyPrice) assertThat(left).isLessThan(roundings);
  }

  /** Closing in parts leaves the account no worse than its share says. */
  @Property(tries = 2_000)
  void asksForNoLessWhenClosedInParts(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    MarginStatement statement = MarginStatement.of(books.portfolio(), books.view());
    for (Position position : statement.positions()) {
      if (Math.abs(position.lots()) < 2) continue;
      long share =
          BankruptcyPrice.shareMicros(
              statement.health().equityMicros(),
              position.maintenanceMarginMicros(),
              statement.health().maintenanceMarginMicros());
      long whole = closing(position, share, position.lots());
      long half = position.lots() / 2;
      long parts =
          closing(position, share, half) + closing(position, share, position.lots() - half);
      assertThat(parts).isBetween(whole, whole + 1);
    }
  }

  private static long closing(Position position, long share, long lots) {
    return BankruptcyPrice.closingNotionalMicros(
        position.perpetual(), position.lots(), position.markTicks(), share, lots);
  }

  private static Position price(String cash, String quantity, String entry) {
    MarketView view = new TestMarkets().with("BTC-PERP", "100", "0.2", "0.1").view();
    Portfolio portfolio = cash(cash);
    hold(portfolio, view, "BTC-PERP", quantity, entry);
    return MarginStatement.of(portfolio, view).positions().getFirst();
  }
}

package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.risk.TestMarkets.cash;
import static org.novation.risk.TestMarkets.flat;
import static org.novation.risk.TestMarkets.hold;
import static org.novation.risk.TestMarkets.ladder;
import static org.novation.risk.TestMarkets.perpetual;

import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.novation.money.Increment;
import org.novation.risk.MarginStatement.Position;

final class LiquidationPriceTest {
  @Test
  void isTheFirstTickUnderMaintenanceOnTheWayDownForALong() {
    // 100 - 10 = 90 at entry less cash; p = 90 / (1 - 0.1) = 100 would be equality at 0.1.
    Position position = position("10", "1", "100", "100", "0.05");
    // 10 + p - 100 < 0.05 p  <=>  p < 94.7368...
    assertThat(position.liquidationText()).isEqualTo("94.73");
  }

  @Test
  void isTheFirstTickUnderMaintenanceOnTheWayUpForAShort() {
    // 10 + 100 - p < 0.05 p  <=>  p > 104.7619...
    assertThat(position("10", "-1", "100", "100", "0.05").liquidationText()).isEqualTo("104.77");
  }

  @Test
  void liquidatesStrictlyUnderMaintenance() {
    // 5 + p - 100 < 0.05 p  <=>  p < 100: at 100 it is exactly enough.
    assertThat(position("5", "1", "100", "100", "0.05").liquidationText()).isEqualTo("99.99");
    assertThat(position("5", "-1", "100", "100", "0.05").liquidationText()).isEqualTo("100.01");
  }

  @Test
  void namesWhereAnAccountThatIsUnderAlreadyWouldBeSafeAgain() {
    // 1 + p - 100 < 0.05 p  <=>  p < 104.2105...
    assertThat(position("1", "1", "100", "100", "0.05").liquidationText()).isEqualTo("104.21");
    // 1 + 100 - p < 0.05 p  <=>  p > 96.190...
    assertThat(position("1", "-1", "100", "100", "0.05").liquidationText()).isEqualTo("96.2");
  }

  @Test
  void hasNoneWhenNoMarkReachesIt() {
    assertThat(position("100", "1", "100", "100", "0.05").liquidationText()).isEmpty();
    assertThat(position("-200", "-1", "100", "100", "0.05").liquidationText()).isEmpty();
  }

  @Test
  void hasNoneWithoutAMark() {
    MarketView view =
        MarketView.unpriced(
            new TestMarkets().with("BTC-PERP", "100", "0.2", "0.1").view().catalogue(), 0);
    Portfolio portfolio = cash("10");
    hold(portfolio, view, "BTC-PERP", "1", "100");
    Position position = MarginStatement.of(portfolio, view).positions().getFirst();
    assertThat(position.liquidationTicks()).isEmpty();
    assertThat(position.bankruptcyTicks()).isEmpty();
  }

  @Test
  void followsTheBracketThatTheOtherPriceFallsInto() {
    // A short grows into the bracket from 1,000: beyond it each unit more asks 20 %, not 5 %.
    MarketView view =
        new TestMarkets()
            .with(
                perpetual(
                    "BTC-PERP",
                    Increment.of("0.01"),
                    Increment.of("0.001"),
                    ladder("0", "0.1", "1000", "0.4"),
                    ladder("0", "0.05", "1000", "0.2"),
                    0),
                "90")
            .view();
    Portfolio portfolio = cash("300");
    hold(portfolio, view, "BTC-PERP", "-10", "90");
    // 300 + 900 - 10 p < 2 p - 150  <=>  p > 112.5
    assertThat(MarginStatement.of(portfolio, view).positions().getFirst().liquidationText())
        .isEqualTo("112.51");
  }

  /** Against the whole account, revalued by the rules of margin at that mark and beside it. */
  @Property(tries = 5_000)
  void separatesTheMarksThatLiquidateFromThoseThatDoNot(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio portfolio = books.portfolio();
    MarketView view = books.view();
    MarginStatement statement = MarginStatement.of(portfolio, view);
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      Position position = statement.positions().get(slot);
      if (position.lots() == 0) continue;
      int instrument = portfolio.instrumentAt(slot);
      OptionalLong ticks = position.liquidationTicks();
      boolean atLeast = under(portfolio, view, instrument, 1);
      boolean atMost = under(portfolio, view, instrument, 1_000_000);
      if (ticks.isEmpty()) {
        assertThat(atLeast).isEqualTo(atMost);
        continue;
      }
      long beside = ticks.getAsLong() + (position.lots() > 0 ? 1 : -1);
      assertThat(under(portfolio, view, instrument, ticks.getAsLong())).isTrue();
      assertThat(under(portfolio, view, instrument, beside)).isFalse();
    }
  }

  private static boolean under(Portfolio portfolio, MarketView view, int instrument, long ticks) {
    MarketView.Instrument now = view.instrument(instrument);
    MarketView moved =
        view.with(
            instrument,
            new MarketView.Instrument(
                ticks, ticks, now.fundingIndex(), now.validity(), now.ladders()),
            0);
    return Margin.health(portfolio, moved).state() == MarginState.LIQUIDATION;
  }

  private static Position position(
      String cash, String quantity, String entry, String mark, String maintenance) {
    MarketView view =
        new TestMarkets()
            .with(
                perpetual(
                    "BTC-PERP",
                    Increment.of("0.01"),
                    Increment.of("0.001"),
                    flat("0.5"),
                    flat(maintenance),
                    0),
                mark)
            .view();
    Portfolio portfolio = cash(cash);
    hold(portfolio, view, "BTC-PERP", quantity, entry);
    return MarginStatement.of(portfolio, view).positions().getFirst();
  }
}

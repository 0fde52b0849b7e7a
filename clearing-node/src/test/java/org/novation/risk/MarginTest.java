package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.risk.TestMarkets.cash;
import static org.novation.risk.TestMarkets.flat;
import static org.novation.risk.TestMarkets.hold;
import static org.novation.risk.TestMarkets.perpetual;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

final class MarginTest {
  /** The table of the risk rules, section 6: what an account under initial margin may do. */
  @ParameterizedTest(name = "equity {0} / MM {1} to {2} / {3}: {5}")
  @CsvSource({
    "  100,  200,  100,  100, true,  'closing half at the mark'",
    "  100,  200,   50,  100, true,  'the ratio stays: equality passes'",
    "  100,  200,   49,  100, false, 'half is closed at so bad a price that the ratio falls'",
    "  100,  200,  100,  200, true,  'nothing changes'",
    "  100,  200,   99,  200, false, 'the same requirement for less equity'",
    "  100,  200,  101,  200, true,  'the same requirement for more equity'",
    "  100,  200, 9999,  201, false, 'the requirement rises, whatever the equity'",
    "  100,  200,  100,    0, true,  'closing everything at the mark'",
    "  100,  200,    0,    0, true,  'closing everything for all that is left'",
    "  100,  200,   -1,    0, false, 'closing everything into a debt'",
    "    0,  200,    0,  100, true,  'nothing left, half closed at the mark'",
    "    0,  200,   -1,  100, false, 'nothing left, half closed at a loss'",
    " -100,  200, -100,  100, true,  'in debt, half closed at the mark'",
    " -100,  200, -101,  100, false, 'in debt, half closed at a loss'",
    " -100,  200,  -99,  100, true,  'in debt, half closed at a gain'",
    " -100,  200, -100,  201, false, 'in debt, and more of it'",
  })
  void letsOnlyReductionsPassUnderInitialMargin(
      long equityBefore,
      long maintenanceBefore,
      long equityAfter,
      long maintenanceAfter,
      boolean passes,
      String why) {
    assertThat(
            Margin.reduces(
                health(equityBefore, maintenanceBefore), health(equityAfter, maintenanceAfter)))
        .as(why)
        .isEqualTo(passes);
  }

  @Property(tries = 10_000)
  void comparesTheRatioAsUnboundedIntegersDo(
      @ForAll @LongRange(min = 0) long equityBefore,
      @ForAll @LongRange(min = 0) long maintenanceBefore,
      @ForAll long equityAfter,
      @ForAll @LongRange(min = 0) long maintenanceAfter) {
    boolean expected =
        maintenanceAfter <= maintenanceBefore
            && BigInteger.valueOf(equityAfter)
                    .multiply(BigInteger.valueOf(maintenanceBefore))
                    .compareTo(
                        BigInteger.valueOf(equityBefore)
                            .multiply(BigInteger.valueOf(maintenanceAfter)))
                >= 0;
    assertThat(
            Margin.reduces(
                health(equityBefore, maintenanceBefore), health(equityAfter, maintenanceAfter)))
        .isEqualTo(expected);
  }

  /** Closing any part of any one position at the mark is always a reduction. */
  @Property(tries = 5_000)
  void passesEveryReductionAtTheMark(
      @ForAll long seed, @ForAll @LongRange(min = 1, max = 100) long percent) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio portfolio = books.portfolio();
    Health before = Margin.health(portfolio, books.view());
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      long lots = -portfolio.lotsAt(slot) * percent / 100;
      if (lots == 0) continue;
      int instrument = portfolio.instrumentAt(slot);
      MarketView.Instrument market = books.view().instrument(instrument);
      long notional =
          books.view().catalogue().perpetual(instrument).notionalMicros(market.markTicks(), lots);
      Portfolio after = portfolio.copy();
      long index = market.fundingIndex();
      after.apply(instrument, after.fill(instrument, lots, notional, index, index));
      Health then = Margin.health(after, books.view());
      assertThat(then.equityMicros()).isEqualTo(before.equityMicros());
      assertThat(Margin.reduces(before, then)).isTrue();
    }
  }

  @Test
  void countsProfitTowardInitialMarginUpToTheCapOnly() {
    Perpetual capped =
        perpetual(
            "BTC-PERP",
            Increment.of("0.01"),
            Increment.of("0.001"),
            flat("0.1"),
            flat("0.05"),
            30_000_000);
    MarketView view = new TestMarkets().with(capped, "150").view();
    Portfolio portfolio = cash("10");
    hold(portfolio, view, "BTC-PERP", "1", "100");
    Health health = Margin.health(portfolio, view);
    assertThat(health.equityMicros()).isEqualTo(60_000_000);
    assertThat(health.initialEquityMicros()).isEqualTo(40_000_000);
  }

  /** A cap near the largest long used to wrap around for an account at a loss. */
  @Test
  void leavesALossAloneUnderAnUnreachableProfitCap() {
    MarketView view = new TestMarkets().with("BTC-PERP", "50", "0.1", "0.05").view();
    Portfolio portfolio = cash("100");
    hold(portfolio, view, "BTC-PERP", "1", "100");
    Health health = Margin.health(portfolio, view);
    assertThat(health.initialEquityMicros()).isEqualTo(health.equityMicros()).isEqualTo(50_000_000);
  }

  @Property(tries = 5_000)
  void neverReckonsHoldsInTheAccountsFavour(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio portfolio = books.portfolio();
    Health without = Margin.health(portfolio, books.view());
    Health with = Margin.health(portfolio, books.holds(), books.view());
    assertThat(with.equityMicros()).isLessThanOrEqualTo(without.equityMicros());
    assertThat(with.freeMicros()).isLessThanOrEqualTo(without.freeMicros());
    assertThat(with.maintenanceMarginMicros())
        .isGreaterThanOrEqualTo(without.maintenanceMarginMicros());
  }

  private static Health health(long equity, long maintenance) {
    return new Health(equity, equity, maintenance, maintenance);
  }
}

package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.instrument.Asset;

/** What portfolios lose beyond their own money under the stress moves. */
final class StressMovesTest {
  private static final long UNIT = 1_000_000;
  private static final Asset BTC = new Asset("BTC", 8, 1_000_000, 0, 0, false);
  private static final Asset USDT = new Asset("USDT", 6, 1_000_000, 0, 0, true);

  private static MarketView view() {
    return new TestMarkets()
        .with("BTC-PERP", "60000", "0.05", "0.025")
        .with("ETH-PERP", "3000", "0.05", "0.025")
        .with(BTC, "60000", 1_000_000)
        .with(USDT, "1", 1_000_000)
        .view();
  }

  @Test
  void aLongLosesDownwardWhatItsCashDoesNotCover() {
    Portfolio portfolio = TestMarkets.cash("10000");
    TestMarkets.hold(portfolio, view(), "BTC-PERP", "1", "60000");
    // -50 %: 30,000 less 10,000 of its own; -33 %: 19,800; -20 %: 12,000; -10 %: 6,000, covered.
    assertThat(losses(portfolio))
        .containsExactly(20_000 * UNIT, 9_800 * UNIT, 2_000 * UNIT, 0L, 0L, 0L, 0L, 0L);
  }

  @Test
  void aShortLosesUpwardAndProfitsOfTheOtherMarketCount() {
    Portfolio portfolio = TestMarkets.cash("10000");
    TestMarkets.hold(portfolio, view(), "BTC-PERP", "-1", "60000");
    TestMarkets.hold(portfolio, view(), "ETH-PERP", "10", "3000");
    // +50 %: 30,000 lost, 15,000 won, 10,000 its own.
    assertThat(losses(portfolio)).containsExactly(0L, 0L, 0L, 0L, 0L, 0L, 0L, 5_000 * UNIT);
  }

  @Test
  void collateralFallsWithEveryPriceButAStablecoinDoesNot() {
    Portfolio coin = new Portfolio();
    coin.credit(1, 100_000_000); // One bitcoin.
    TestMarkets.hold(coin, view(), "BTC-PERP", "2", "60000");
    assertThat(losses(coin).getFirst()).as("60,000 less the 30,000 left").isEqualTo(30_000 * UNIT);
    Portfolio stable = new Portfolio();
    stable.credit(2, 60_000 * UNIT);
    TestMarkets.hold(stable, view(), "BTC-PERP", "2", "60000");
    assertThat(losses(stable).getFirst()).isZero();
  }

  @Test
  void saysNothingWhileAPriceIsMissing() {
    MarketView priced = view();
    Portfolio portfolio = TestMarkets.cash("1");
    TestMarkets.hold(portfolio, priced, "BTC-PERP", "1", "60000");
    MarketView unpriced = MarketView.unpriced(priced.catalogue(), 0);
    assertThat(StressMoves.lossMicros(portfolio, unpriced)).isNull();
    assertThat(StressMoves.lossMicros(TestMarkets.cash("1"), unpriced))
        .containsOnly(0L)
        .hasSameSizeAs(StressMoves.PPM);
  }

  /** Equity under a move is what margin says of the same portfolio at the moved marks. */
  @Test
  void agreesWithMarginAtTheMovedMarks() {
    Seeds.each(
        200,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Portfolio portfolio = TestMarkets.cash(Long.toString(random.nextLong(-20_000, 20_000)));
          for (String symbol : List.of("BTC-PERP", "ETH-PERP")) {
            long lots = random.nextLong(-5, 6);
            if (lots != 0)
              TestMarkets.hold(
                  portfolio,
                  view(),
                  symbol,
                  Long.toString(lots),
                  symbol.startsWith("B") ? "61000" : "2900");
          }
          List<Long> losses = losses(portfolio);
          for (int move = 0; move < StressMoves.PPM.size(); move++) {
            MarketView moved = view();
            for (int i = 0; i < 2; i++) {
              MarketView.Instrument now = moved.instrument(i);
              long ticks = now.markTicks() * (1_000_000 + StressMoves.PPM.get(move)) / 1_000_000;
              moved =
                  moved.with(
                      i,
                      new MarketView.Instrument(
                          ticks, ticks, now.fundingIndex(), now.validity(), now.ladders()),
                      1_000);
            }
            assertThat(losses.get(move))
                .isEqualTo(Math.max(0, -Margin.health(portfolio, moved).equityMicros()));
          }
        });
  }

  private static List<Long> losses(Portfolio portfolio) {
    return Objects.requireNonNull(StressMoves.lossMicros(portfolio, view()));
  }
}

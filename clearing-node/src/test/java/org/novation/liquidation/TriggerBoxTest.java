package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

final class TriggerBoxTest {
  private static final int POINTS = 8;

  @Property(tries = 100_000, shrinking = ShrinkingMode.OFF)
  void fullRevaluationInsideTheBoxGivesTheSameState(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    MarketView view = books.view(books.catalogue());
    Portfolio portfolio = books.portfolio(view);
    TriggerBox box = TriggerBox.around(portfolio, view);
    assertThat(box.contains(view)).isTrue();
    if (box.isEmpty()) return;
    assertThat(box.state()).isEqualTo(Margin.health(portfolio, view).state());
    for (int n = 0; n < POINTS; n++) {
      MarketView moved = books.inside(box, view);
      if (!box.exact()) moved = books.driftedWithinCorridor(moved);
      assertThat(box.contains(moved)).isTrue();
      assertThat(Margin.health(portfolio, moved).state()).isEqualTo(box.state());
    }
  }

  /** 10 units long from 1,000, cash 2,000, initial margin 5 %: equity = IM · 1.1 at p₀ below. */
  @Test
  void wakesASinglePositionWithinATickOfTheExactThreshold() {
    MarketView view = view(10_000, MarginLadders.fixed(flat(50_000), flat(25_000)));
    Portfolio portfolio = longTen(2_000_000_000L);
    TriggerBox box = TriggerBox.around(portfolio, view);
    assertThat(box.state()).isEqualTo(MarginState.HEALTHY);
    // Of the distance 1/51 is funding's; with it the threshold lies at 8,465.6 ticks of 0.1.
    long low = box.lowAt(0);
    Portfolio poorer = longTen(2_000_000_000L - fundingShareMicros());
    assertThat(stateAt(poorer, view, low)).isEqualTo(MarginState.HEALTHY);
    assertThat(stateAt(poorer, view, low - 2)).isEqualTo(MarginState.EARLY_WARNING);
  }

  private static long fundingShareMicros() {
    long room = 2_000_000_000L - 550_000_000L;
    return room / 51;
  }

  @Test
  void shrinksToTheMarketWhereNoMicroIsLeft() {
    MarketView view = view(10_000, MarginLadders.fixed(flat(50_000), flat(25_000)));
    TriggerBox box = TriggerBox.around(longTen(550_000_000L), view);
    assertThat(box.state()).isEqualTo(MarginState.HEALTHY);
    assertThat(box.lowAt(0)).isEqualTo(10_000);
  }

  @Test
  void givesAnAccountInsideTheCorridorAnExactBox() {
    MarginLadders corridor =
        new MarginLadders(
            flat(50_000), flat(25_000), flat(60_000), flat(30_000), flat(50_000), flat(25_000), 0);
    assertThat(TriggerBox.around(longTen(600_000_000L), view(10_000, corridor)).exact()).isTrue();
    assertThat(TriggerBox.around(longTen(2_000_000_000L), view(10_000, corridor)).exact())
        .isFalse();
  }

  @Test
  void watchesNothingForAnAccountWithCashAlone() {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, 1_000);
    MarketView view = view(10_000, MarginLadders.fixed(flat(50_000), flat(25_000)));
    assertThat(TriggerBox.around(portfolio, view).isEmpty()).isTrue();
  }

  @Test
  void promisesNothingWhileAPriceHasNeverBeenValid() {
    Catalogue catalogue = view(1, MarginLadders.fixed(flat(50_000), flat(25_000))).catalogue();
    TriggerBox box = TriggerBox.around(longTen(1), MarketView.unpriced(catalogue, 0));
    assertThat(box.priced()).isFalse();
    assertThat(box.isEmpty()).isFalse();
  }

  @Test
  void coinsWithoutWeightChangeNoBoundAndStillNameTheirHolder() {
    for (long seed = 0; seed < 2_000; seed++) {
      RandomBooks books = new RandomBooks(seed);
      MarketView view = books.view(books.catalogue());
      Portfolio portfolio = books.portfolio(view);
      TriggerBox without = TriggerBox.around(portfolio, view);
      int junk = view.catalogue().assets();
      MarketView unpriced = RandomBooks.withWeightless(view, 0, PriceValidity.NONE);
      MarketView stale = RandomBooks.withWeightless(view, 5_000_000, PriceValidity.STALE);
      portfolio.credit(junk, 1 + books.random().nextInt(1_000_000));
      for (MarketView each : List.of(unpriced, stale)) {
        TriggerBox with = TriggerBox.around(portfolio, each);
        assertThat(with.priced()).as("seed %d", seed).isTrue();
        assertThat(with.trusted()).as("seed %d", seed).isTrue();
        assertThat(with.state()).as("seed %d", seed).isEqualTo(without.state());
        assertThat(with.size()).as("seed %d", seed).isEqualTo(without.size() + 1);
        assertThat(bounds(with)).as("seed %d", seed).containsAllEntriesOf(bounds(without));
        assertThat(bounds(with).get(Variables.priceOf(junk)))
            .as("seed %d", seed)
            .isEqualTo(List.of(Long.MIN_VALUE, Long.MAX_VALUE));
      }
    }
  }

  private static Map<Integer, List<Long>> bounds(TriggerBox box) {
    Map<Integer, List<Long>> bounds = new HashMap<>();
    for (int n = 0; n < box.size(); n++)
      bounds.put(box.variableAt(n), List.of(box.lowAt(n), box.highAt(n)));
    return bounds;
  }

  private static MarginState stateAt(Portfolio portfolio, MarketView view, long ticks) {
    return Margin.health(portfolio, RandomBooks.with(view, Variables.markOf(0), ticks)).state();
  }

  private static Ladder flat(long ppm) {
    return new Ladder(new long[] {0}, new long[] {ppm});
  }

  private static Portfolio longTen(long cashMicros) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, cashMicros);
    portfolio.restore(0, 10, 10_000_000_000L, 0, 0, 0, 0);
    return portfolio;
  }

  private static MarketView view(long ticks, MarginLadders ladders) {
    Perpetual perpetual =
        new Perpetual(
            "BTC-PERP",
            "BTC",
            Increment.of("0.1"),
            Increment.of("1"),
            1_000,
            1_000,
            flat(50_000),
            flat(25_000),
            new Perpetual.Scaling(0, 0, 600_000, 3_000_000, 100_000, 900_000),
            Long.MAX_VALUE,
            100_000,
            new Perpetual.Funding(100, 500, 40_000));
    Catalogue catalogue =
        new Catalogue(1, List.of(perpetual), List.of(new Asset("USDC", 6, 1_000_000, 0, 0, false)));
    return MarketView.unpriced(catalogue, 0)
        .with(0, new MarketView.Instrument(ticks, ticks, 0, PriceValidity.FRESH, ladders), 0);
  }
}

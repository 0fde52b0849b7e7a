package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

final class CandidateReadingTest {
  @Test
  void readsAPositionWithWhatItWonAndWhatClosingItWouldDo() {
    MarketView view = view(900);
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, 5_000);
    portfolio.apply(
        0, portfolio.fill(0, -10, -10_000, 0, 0)); // Short 10 at 1,000; the mark is 900.

    List<Candidate> candidates =
        CandidateReading.of("anna", 7, portfolio, view, _ -> 40, new long[] {4}, _ -> true, 6_000);
    assertThat(candidates)
        .containsExactly(
            // Maintenance is 5 %: of 9,000 now, of 5,400 once the four that are needed close.
            new Candidate("X-PERP", "anna", 7, -10, -10_000, 1_000, 40, 6_000, 10, 450, 270));
    assertThat(candidates.getFirst().profitMicros()).isEqualTo(1_040);
    assertThat(candidates.getFirst().relieves()).isTrue();
  }

  @Test
  void readsNothingWhereThereIsNoPosition() {
    Portfolio portfolio = new Portfolio();
    portfolio.apply(0, portfolio.fill(0, 5, 4_000, 0, 0));
    portfolio.apply(0, portfolio.fill(0, -5, -4_500, 0, 0)); // Won 500 and is flat.
    assertThat(
            CandidateReading.of(
                "anna", 7, portfolio, view(900), _ -> 500, new long[] {4}, _ -> true, 500))
        .isEmpty();
  }

  /** A leg of a hedge: the requirement falls at first, then rises above where it was. */
  @Test
  void findsTheMostLotsThatDoNotRaiseTheRequirement() {
    assertThat(CandidateReading.closableLots(-10, closed -> Math.abs(4 - closed))).isEqualTo(8);
    assertThat(CandidateReading.closableLots(10, closed -> closed)).isZero();
    assertThat(CandidateReading.closableLots(10, closed -> 100 - closed)).isEqualTo(10);
    assertThat(CandidateReading.closableLots(10, _ -> 5)).isEqualTo(10);
    Seeds.each(
        2_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          long held = random.nextLong(1, 1L << 40);
          long lowest = random.nextLong(held);
          long least = CandidateReading.closableLots(held, closed -> Math.abs(lowest - closed));
          assertThat(least).isEqualTo(Math.min(held, 2 * lowest));
        });
  }

  /** Margin is each instrument's own: see the package. Where it nets one day, this says so. */
  @Test
  void ofTwoContractsOfOneUnderlyingEitherMayCloseForMarginSeesNoHedgeInThem() {
    MarketView view = view(900, "X-PERP", "X-QUARTER");
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, 5_000);
    portfolio.apply(0, portfolio.fill(0, -10, -10_000, 0, 0));
    portfolio.apply(1, portfolio.fill(1, 10, 9_500, 0, 0));
    List<Candidate> legs =
        CandidateReading.of("anna", 7, portfolio, view, _ -> 0, new long[2], _ -> true, 6_000);
    assertThat(legs).extracting(Candidate::closableLots).containsExactly(10L, 10L);
    assertThat(legs).extracting(Candidate::maintenanceMicros).containsOnly(900L);
  }

  @Test
  void boundsAllProfitsOfAnAccountByItsEquity() {
    assertThat(ProfitBase.of(new long[] {100, 300}, 1_000)).containsExactly(100, 300);
    assertThat(ProfitBase.of(new long[] {100, 300}, 40)).containsExactly(10, 30);
    assertThat(ProfitBase.of(new long[] {100, 300}, -1)).containsExactly(0, 0);
    assertThat(takeable(70, 70)).containsExactly(50, 20);
    assertThat(takeable(70, 5)).containsExactly(50, 5);
    assertThat(takeable(30, 70)).containsExactly(21, 9);
    assertThat(takeable(-30, 70)).containsExactly(0, 0);
  }

  /** Of 50 and 20 that are asked, where the first still is there and the second has these left. */
  private static long[] takeable(long equityMicros, long secondMicros) {
    return ProfitBase.takeable(new long[] {50, 20}, new long[] {50, secondMicros}, equityMicros);
  }

  @Test
  void remembersWhatWasRealisedForADayAndForgetsTheRest() {
    long hour = 3_600_000;
    RealisedWindow window = new RealisedWindow(List.of());
    for (int n = 0; n < 100; n++) window.add(n * hour, n);
    assertThat(window.hours()).hasSize(25);
    assertThat(window.within(99 * hour, 0)).isEqualTo(99);
    assertThat(window.within(99 * hour, 2 * hour)).isEqualTo(97 + 98 + 99);
    assertThat(window.within(99 * hour + 1, 24 * hour)).isEqualTo(25 * (75 + 99) / 2);
    window.add(50 * hour, -7); // A clock that ran backwards.
    assertThat(window.within(99 * hour, 0)).isEqualTo(92);
    assertThat(new RealisedWindow(window.hours()).hours()).isEqualTo(window.hours());
  }

  /**
   * Whichever hours leave next, no more counts than the more of what counted and what would count
   * then, less what was taken; where nothing was lost, as much as is left in all.
   */
  @Test
  void aTakingIsBorneByTheOldestProfitThatWasNotLostAgain() {
    long hour = 3_600_000;
    Seeds.each(
        2_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          boolean losses = random.nextBoolean();
          long lookBack = random.nextLong(25) * hour;
          RealisedWindow window = new RealisedWindow(List.of());
          long now = 0;
          for (int n = 0; n < 60; n++) {
            now += random.nextLong(5) * hour;
            window.add(now, random.nextLong(losses ? -100 : 0, 101));
            long counts = window.within(now, lookBack);
            if (counts <= 0) continue;
            RealisedWindow before = new RealisedWindow(window.hours());
            long taken = random.nextLong(counts + 1);
            window.take(now, lookBack, taken);
            assertThat(window.within(now, lookBack)).isEqualTo(counts - taken);
            assertThat(window.hours()).hasSameSizeAs(before.hours());
            for (long later = now; later <= now + lookBack; later += hour) {
              long left = window.within(later, lookBack);
              long whole = before.within(later, lookBack);
              if (losses)
                assertThat(left).isBetween(whole - taken, Math.max(counts, whole) - taken);
              else assertThat(left).isEqualTo(Math.min(whole, counts - taken));
            }
          }
        });
  }

  private static MarketView view(long markTicks) {
    return view(markTicks, "X-PERP");
  }

  /**
   * Contracts of one underlying. One tick of one lot is one micro; initial margin 10 %, maintenance
   * 5 %.
   */
  private static MarketView view(long markTicks, String... symbols) {
    Ladder initial = new Ladder(new long[] {0}, new long[] {100_000});
    Ladder maintenance = new Ladder(new long[] {0}, new long[] {50_000});
    List<Perpetual> perpetuals = new ArrayList<>();
    for (String symbol : symbols)
      perpetuals.add(
          new Perpetual(
              symbol,
              "X",
              new Increment(1, 6),
              new Increment(1, 0),
              1_000,
              1_000,
              initial,
              maintenance,
              new Perpetual.Scaling(0, 0, 1, 1_000_000, 1, 1),
              Long.MAX_VALUE,
              100_000,
              new Perpetual.Funding(0, 0, 1)));
    Asset usdc = new Asset("USDC", 6, 1_000_000, 0, 0, false);
    MarketView view = MarketView.unpriced(new Catalogue(1, perpetuals, List.of(usdc)), 0);
    MarketView.Instrument market =
        new MarketView.Instrument(
            markTicks,
            markTicks,
            0,
            PriceValidity.FRESH,
            MarginLadders.fixed(initial, maintenance));
    for (int n = 0; n < symbols.length; n++) view = view.with(n, market, 1);
    return view;
  }
}

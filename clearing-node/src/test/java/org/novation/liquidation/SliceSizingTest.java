package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.instrument.Asset;
import org.novation.instrument.Coins;
import org.novation.liquidation.Sizing.Cut;
import org.novation.liquidation.Sizing.NotNeeded;
import org.novation.liquidation.Sizing.Throttled;
import org.novation.liquidation.Sizing.Unpriced;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;
import org.novation.risk.TestMarkets;

final class SliceSizingTest {
  private static final LiquidationPolicy POLICY = LiquidationPolicy.DEFAULTS;
  private static final LiquidationPolicy NO_DUST = policy(20_000, 400_000, 0, 0);

  private static LiquidationPolicy policy(
      long bufferPpm, long penaltyPpm, long dustMicros, long leastMicros) {
    LiquidationPolicy d = POLICY;
    return new LiquidationPolicy(
        bufferPpm,
        penaltyPpm,
        d.feeCapPpm(),
        dustMicros,
        leastMicros,
        d.throttleMicrosPerMinute(),
        d.penaltyPhaseMs(),
        d.bankruptcyPhaseMs(),
        d.fundPhaseMs(),
        d.lastCallMs(),
        d.minimumBidPpm(),
        d.reservationMs(),
        d.standstillMsMax());
  }

  /** Long 10 at 1,000 with a rate of 5 %: M = 500; R* = (1.02·500 − 400)/0.62 = 177.419354... */
  @Test
  void reachesTheClosedFormWithOneBracket() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    Slice slice = cut(oneLong("400"), view, NO_DUST);
    assertThat(slice.legs())
        .containsExactly(new Slice.Leg("BTC-PERP", 3_549, 100_000, 177_450_000));
    assertThat(slice.releasedMicros()).isEqualTo(177_450_000);
    assertThat(slice.penaltyMicros()).isEqualTo(70_980_000);
    assertThat(slice.notionalMicros()).isEqualTo(3_549_000_000L);
    assertThat(slice.whole()).isFalse();
  }

  @Test
  void sellsNothingAtMaintenanceAndBufferAndALotOneMicroBelow() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    assertThat(SliceSizing.of(oneLong("510"), view, NO_DUST, LotBudget.UNLIMITED))
        .isEqualTo(new NotNeeded(510_000_000, 510_000_000));
    Slice slice = cut(oneLong("509.999999"), view, NO_DUST);
    assertThat(slice.legs().getFirst().lots()).isEqualTo(1);
  }

  @Test
  void sellsEverythingWhenEquityIsNegativeAndChargesNothingThen() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    Slice slice = cut(oneLong("-0.000001"), view, NO_DUST);
    assertThat(slice.whole()).isTrue();
    assertThat(slice.legs().getFirst().lots()).isEqualTo(10_000);
    assertThat(slice.penaltyMicros()).isZero();
    assertThat(slice.equityShareMicros()).isEqualTo(-1);
  }

  @Test
  void sellsEverythingWhenLessThanTheDustLimitWouldBeLeft() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    long left = 6_451_000_000L; // After the 3,549 lots of the closed form.
    assertThat(cut(oneLong("400"), view, policy(20_000, 400_000, left, 0)).whole()).isFalse();
    assertThat(cut(oneLong("400"), view, policy(20_000, 400_000, left + 1, 0)).whole()).isTrue();
  }

  @Test
  void sellsNoLessThanTheLeastSliceUnlessThereIsLessOrTheThrottleGrantsLess() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    Portfolio aHairUnder = oneLong("509.999999"); // A lot of 1 of notional would do.
    LiquidationPolicy least = policy(20_000, 400_000, 0, 1_000_000_000);
    assertThat(cut(aHairUnder, view, least).legs().getFirst().lots()).isEqualTo(1_000);
    LiquidationPolicy micro = policy(20_000, 400_000, 0, 1_000_000_001);
    assertThat(cut(aHairUnder, view, micro).legs().getFirst().lots()).isEqualTo(1_001);
    // Where more is needed, it changes nothing.
    assertThat(cut(oneLong("400"), view, least)).isEqualTo(cut(oneLong("400"), view, NO_DUST));
    LiquidationPolicy beyond = policy(20_000, 400_000, 0, 10_000_000_001L);
    assertThat(cut(aHairUnder, view, beyond).whole()).isTrue();
    Sizing throttled = SliceSizing.of(aHairUnder, view, beyond, (_, _) -> 7);
    assertThat(((Cut) throttled).slice().legs().getFirst().lots()).isEqualTo(7);
  }

  @Test
  void sellsTheSameShareOfEveryPositionWithinTheThrottle() {
    MarketView view =
        new TestMarkets()
            .with("BTC-PERP", "1000", "0.1", "0.05")
            .with("ETH-PERP", "100", "0.1", "0.05")
            .view();
    Portfolio portfolio = TestMarkets.cash("100");
    TestMarkets.hold(portfolio, view, "BTC-PERP", "10", "1000");
    TestMarkets.hold(portfolio, view, "ETH-PERP", "-20", "100");
    LotBudget budget = (instrument, _) -> instrument == 0 ? 1_000 : 100_000;
    Slice slice = ((Cut) SliceSizing.of(portfolio, view, NO_DUST, budget)).slice();
    assertThat(slice.legs().stream().map(Slice.Leg::lots)).containsExactly(1_000L, -2_000L);
    LotBudget none = (instrument, _) -> instrument;
    assertThat(SliceSizing.of(portfolio, view, NO_DUST, none)).isEqualTo(new Throttled("BTC-PERP"));
  }

  @Test
  void sellsNothingOnAPriceThatAllowsNoLiquidation() {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    MarketView.Instrument now = view.instrument(0);
    for (PriceValidity validity : PriceValidity.values()) {
      MarketView then =
          view.with(
              0,
              new MarketView.Instrument(
                  now.markTicks(), now.indexTicks(), now.fundingIndex(), validity, now.ladders()),
              0);
      Sizing sizing = SliceSizing.of(oneLong("400"), then, NO_DUST, LotBudget.UNLIMITED);
      if (validity == PriceValidity.FRESH) assertThat(sizing).isInstanceOf(Cut.class);
      else assertThat(sizing).isEqualTo(new Unpriced("BTC-PERP"));
    }
  }

  @Test
  void cutsASliceThatSufficesWhereOneStepLessDoesNot() {
    int[] partial = {0};
    int[] bracketed = {0};
    int[] raised = {0};
    int[] ofCoins = {0};
    int[] ofBoth = {0};
    Seeds.each(
        3_000,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null || slice.whole()) return;
          partial[0]++;
          long steps = random.steps(slice);
          long k = random.stepsOf(slice);
          assertThat(random.enough(slice)).as("sufficient").isTrue();
          assertThat(slice)
              .isEqualTo(SliceSizing.slice(random.portfolio, random.view, random.policy, k));
          if (k > 1) {
            Slice less = SliceSizing.slice(random.portfolio, random.view, random.policy, k - 1);
            assertThat(random.certainly(less)).as("minimal, %s of %s", k, steps).isFalse();
          }
          if (k > 16) {
            // Not only one step less: anything less.
            for (long tried = k - 1; tried > 0; tried /= 2) {
              Slice less = SliceSizing.slice(random.portfolio, random.view, random.policy, tried);
              assertThat(random.certainly(less)).isFalse();
            }
          }
          if (random.coins(slice) > 0) ofCoins[0]++;
          if (random.coins(slice) > 0 && random.coins(slice) < slice.legs().size()) ofBoth[0]++;
          long linear = slice.maintenanceMicros() / steps * k;
          if (slice.releasedMicros() > linear + linear / 10) bracketed[0]++;
          if (k > 1
              && random.suffices(
                  SliceSizing.slice(random.portfolio, random.view, random.policy, k - 1)))
            raised[0]++;
        });
    assertThat(partial[0]).as("partial slices").isGreaterThan(500);
    assertThat(bracketed[0]).as("slices across brackets").isGreaterThan(50);
    assertThat(raised[0]).as("slices raised to the least").isGreaterThan(30);
    assertThat(ofCoins[0]).as("slices with coins").isGreaterThan(100);
    assertThat(ofBoth[0]).as("slices of positions and coins").isGreaterThan(10);
  }

  @Test
  void shrinksEveryPositionAndFlipsNone() {
    Seeds.each(
        2_000,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null) return;
          long open = 0;
          for (int at = 0; at < random.portfolio.positions(); at++) {
            long held = random.portfolio.lotsAt(at);
            if (held == 0) continue;
            open++;
            Slice.Leg leg =
                random.leg(
                    slice,
                    random.view.catalogue().perpetual(random.portfolio.instrumentAt(at)).symbol());
            assertThat(Long.signum(leg.lots())).isEqualTo(Long.signum(held));
            assertThat(Math.abs(leg.lots())).isBetween(1L, Math.abs(held));
            if (slice.whole() || random.coins(slice) > 0) assertThat(leg.lots()).isEqualTo(held);
          }
          assertThat(slice.legs()).hasSize((int) (open + random.coins(slice)));
        });
  }

  @Test
  void sellsCoinsForADebtAndNoFurther() {
    int[] partial = {0};
    Seeds.each(
        3_000,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null || random.coins(slice) == 0) return;
          assertThat(Margin.health(random.portfolio, random.view).equityMicros())
              .isLessThanOrEqualTo(0);
          for (Slice.Leg leg : slice.legs()) {
            if (!Coins.are(leg.instrument())) continue;
            int asset = Coins.listed(random.view.catalogue(), leg.instrument());
            assertThat(leg.lots()).isBetween(1L, random.portfolio.amount(asset));
          }
          if (slice.whole() || random.policy.leastSliceMicros() > 0) return;
          partial[0]++;
          Portfolio after = random.after(slice);
          long left = Saleable.haircutMicros(after, random.view);
          long counted = Margin.health(after, random.view).equityMicros();
          long buffer = random.policy.targetMicros(left) - left;
          // Of the counted worth that is left no more than the buffer and one step is free.
          assertThat(counted - buffer).isLessThanOrEqualTo(random.stepMicros(slice));
        });
    assertThat(partial[0]).as("partial slices of coins").isGreaterThan(50);
  }

  @Test
  void sellsPositionsThoughTheirThrottleLetsNoCoinsOnSale() {
    int[] both = {0};
    Seeds.each(
        3_000,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null || random.coins(slice) == 0) return;
          Sizing sizing =
              SliceSizing.of(
                  random.portfolio,
                  random.view,
                  random.policy,
                  (i, _) -> i < 0 ? 0 : Long.MAX_VALUE);
          if (random.coins(slice) == slice.legs().size()) {
            assertThat(sizing).isInstanceOf(Throttled.class);
            return;
          }
          both[0]++;
          assertThat(((Cut) sizing).slice().legs())
              .isEqualTo(
                  slice.legs().stream().filter(leg -> !Coins.are(leg.instrument())).toList());
        });
    assertThat(both[0]).as("slices of positions and coins").isGreaterThan(10);
  }

  /** 1 BTC at 1,000 counts 950; the account owes 960: 2 % of 50 is the buffer, 40 % the penalty. */
  @Test
  void sellsTheSmallestShareOfTheCoinsOfAFlatAccount() {
    MarketView view =
        new TestMarkets().with(new Asset("BTC", 8, 950_000, 0, 0, false), "1000", 1_000_000).view();
    Portfolio portfolio = TestMarkets.cash("-960");
    portfolio.credit(1, 100_000_000);
    Slice slice = cut(portfolio, view, NO_DUST);
    // R = (1.02 · 50 − 40) / (1.02 − 0.4) = 17.741935...: as much haircut goes with 0.35483874 BTC.
    assertThat(slice.legs().getFirst().instrument()).isEqualTo("$BTC");
    assertThat(slice.legs().getFirst().lots()).isBetween(35_483_871L, 35_483_880L);
    assertThat(slice.equityMicros()).isEqualTo(40_000_000);
    assertThat(slice.maintenanceMicros()).isEqualTo(50_000_000);
    assertThat(slice.penaltyMicros()).isBetween(7_096_774L, 7_096_780L);
    portfolio.credit(0, 11_000_000); // Owes 949, and the buffer is a unit.
    assertThat(SliceSizing.of(portfolio, view, NO_DUST, LotBudget.UNLIMITED))
        .isEqualTo(new NotNeeded(51_000_000, 51_000_000));
    portfolio.credit(0, -1);
    assertThat(cut(portfolio, view, NO_DUST).legs()).hasSize(1);
    portfolio.credit(0, -51_000_000); // More than everything fetches.
    assertThat(cut(portfolio, view, NO_DUST).whole()).isTrue();
  }

  @Test
  void cannotBeMadeInsolventByThePenalty() {
    Seeds.each(
        2_000,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null) return;
          long equity = slice.equityMicros();
          assertThat(slice.penaltyMicros()).isBetween(0L, Math.max(0, equity - equity / 20));
          assertThat(slice.equityShareMicros()).isLessThanOrEqualTo(Math.max(0, equity));
        });
  }

  @Test
  void doesNotDependOnTheOrderOfInstruments() {
    Seeds.each(
        500,
        seed -> {
          Case random = new Case(seed);
          Slice slice = random.cut();
          if (slice == null) return;
          List<Integer> order = IntStream.range(0, random.portfolio.positions()).boxed().toList();
          List<Integer> shuffled = new java.util.ArrayList<>(order);
          Collections.shuffle(shuffled, new Random(seed));
          Portfolio other = new Portfolio();
          for (int at : shuffled) {
            Portfolio p = random.portfolio;
            other.restore(
                p.instrumentAt(at),
                p.lotsAt(at),
                p.basisMicrosAt(at),
                p.fundingIndexAt(at),
                0,
                0,
                0);
          }
          for (int at = random.portfolio.balances() - 1; at >= 0; at--)
            other.credit(random.portfolio.assetAt(at), random.portfolio.amountAt(at));
          assertThat(SliceSizing.of(other, random.view, random.policy, LotBudget.UNLIMITED))
              .isEqualTo(new Cut(slice));
        });
  }

  @Test
  void keepsEveryLegWithinItsBudget() {
    Seeds.each(
        2_000,
        seed -> {
          Case random = new Case(seed);
          Random dice = new Random(seed);
          long[] budgets = new long[random.view.catalogue().instruments()];
          for (int i = 0; i < budgets.length; i++)
            budgets[i] = (long) Math.exp(dice.nextDouble() * 20) - (dice.nextInt(20) == 0 ? 1 : 0);
          long coins = 1 + dice.nextLong(1L << 40);
          Sizing sizing =
              SliceSizing.of(
                  random.portfolio,
                  random.view,
                  random.policy,
                  (i, _) -> i < 0 ? coins : budgets[i]);
          if (!(sizing instanceof Cut cut)) return;
          for (Slice.Leg leg : cut.slice().legs()) {
            assertThat(Math.abs(leg.lots()))
                .isBetween(
                    1L,
                    Coins.are(leg.instrument())
                        ? coins
                        : budgets[random.view.catalogue().instrumentListed(leg.instrument())]);
          }
        });
  }

  private static Slice cut(Portfolio portfolio, MarketView view, LiquidationPolicy policy) {
    return ((Cut) SliceSizing.of(portfolio, view, policy, LotBudget.UNLIMITED)).slice();
  }

  /** Long 10 at 1,000 with such an equity. */
  private static Portfolio oneLong(String equity) {
    MarketView view = new TestMarkets().with("BTC-PERP", "1000", "0.1", "0.05").view();
    Portfolio portfolio = TestMarkets.cash(equity);
    TestMarkets.hold(portfolio, view, "BTC-PERP", "10", "1000");
    return portfolio;
  }

  /** A random account whose equity is somewhere about its maintenance margin. */
  private static final class Case {
    final Portfolio portfolio;
    final MarketView view;
    final LiquidationPolicy policy;

    Case(long seed) {
      RandomBooks books = new RandomBooks(seed);
      Random random = books.random();
      view = books.view(books.catalogue());
      Portfolio drawn = books.portfolio(view);
      portfolio = random.nextInt(4) == 0 ? withoutPositions(drawn) : drawn;
      policy = policy(random.nextInt(200_001), random.nextInt(900_001), 0, least(random));
      Health health = Margin.health(portfolio, view);
      long target = Math.round(health.maintenanceMarginMicros() * (random.nextDouble() * 1.1));
      if (random.nextInt(10) == 0) target = -target / 4;
      if (random.nextInt(3) == 0) // A hair under: what is needed is a lot or a few.
      target = policy.targetMicros(health.maintenanceMarginMicros()) - 1 - random.nextInt(10_000);
      long haircut = Saleable.haircutMicros(portfolio, view);
      boolean owing = portfolio.flat() || random.nextInt(6) == 0;
      if (owing) target = -Math.round(haircut * (random.nextDouble() * 1.1));
      portfolio.credit(0, target - health.equityMicros());
    }

    private static Portfolio withoutPositions(Portfolio drawn) {
      Portfolio flat = new Portfolio();
      for (int at = 0; at < drawn.balances(); at++)
        flat.credit(drawn.assetAt(at), drawn.amountAt(at));
      return flat;
    }

    /** None, or any from a lot to more than the portfolio. */
    private long least(Random random) {
      long notional = 0;
      for (int at = 0; at < portfolio.positions(); at++) {
        int instrument = portfolio.instrumentAt(at);
        long mark = view.instrument(instrument).markTicks();
        notional +=
            view.catalogue()
                .perpetual(instrument)
                .notionalMicros(mark, Math.abs(portfolio.lotsAt(at)));
      }
      long least = Math.round(notional * 1.2 * Math.exp(-8 * random.nextDouble()));
      return random.nextBoolean() ? 0 : Math.min(least, 1_000_000_000_000L);
    }

    @org.jspecify.annotations.Nullable
    Slice cut() {
      return SliceSizing.of(portfolio, view, policy, LotBudget.UNLIMITED) instanceof Cut cut
          ? cut.slice()
          : null;
    }

    Slice.Leg leg(Slice slice, String name) {
      for (Slice.Leg leg : slice.legs()) if (leg.instrument().equals(name)) return leg;
      throw new AssertionError("no leg of " + name);
    }

    int coins(Slice slice) {
      return (int) slice.legs().stream().filter(leg -> Coins.are(leg.instrument())).count();
    }

    private long held(String leg) {
      return Coins.are(leg)
          ? portfolio.amount(Coins.listed(view.catalogue(), leg))
          : Math.abs(portfolio.lots(view.catalogue().instrumentListed(leg)));
    }

    /** Lots of the largest position or, where coins are for sale, units of the largest balance. */
    long stepsOf(Slice slice) {
      long most = 0;
      long k = 0;
      for (Slice.Leg leg : slice.legs()) {
        if (coins(slice) > 0 && !Coins.are(leg.instrument())) continue;
        if (held(leg.instrument()) <= most) continue;
        most = held(leg.instrument());
        k = Math.abs(leg.lots());
      }
      return k;
    }

    long steps(Slice slice) {
      long most = 0;
      for (Slice.Leg leg : slice.legs())
        if (coins(slice) == 0 || Coins.are(leg.instrument()))
          most = Math.max(most, held(leg.instrument()));
      return most;
    }

    /** What one step of the coins is worth, and what is rounded. */
    long stepMicros(Slice slice) {
      long step = 8;
      for (Slice.Leg leg : slice.legs()) {
        if (!Coins.are(leg.instrument())) continue;
        int asset = Coins.listed(view.catalogue(), leg.instrument());
        long units = Math.ceilDiv(held(leg.instrument()), steps(slice));
        step += 2 + 2 * Coins.worthMicros(view.catalogue().asset(asset), units, leg.markTicks());
        // The weight is in whole parts per million of what is held.
        step += slice.notionalMicros() / 200_000;
      }
      return step;
    }

    boolean enough(Slice slice) {
      return slice.notionalMicros() >= policy.leastSliceMicros() && suffices(slice);
    }

    /** Whatever is rounded. */
    boolean certainly(Slice slice) {
      return slice.notionalMicros() >= policy.leastSliceMicros()
          && equityBeyondMicros(slice) >= coins(slice);
    }

    Portfolio after(Slice slice) {
      Portfolio after = portfolio.copy();
      for (Slice.Leg leg : slice.legs()) {
        if (Coins.are(leg.instrument())) {
          int asset = Coins.listed(view.catalogue(), leg.instrument());
          after.credit(asset, -leg.lots());
          after.credit(
              0, Coins.worthMicros(view.catalogue().asset(asset), leg.lots(), leg.markTicks()));
          continue;
        }
        int instrument = view.catalogue().instrumentListed(leg.instrument());
        long notional =
            view.catalogue().perpetual(instrument).notionalMicros(leg.markTicks(), -leg.lots());
        long index = view.instrument(instrument).fundingIndex();
        after.apply(instrument, after.fill(instrument, -leg.lots(), notional, index, index));
      }
      after.credit(0, -slice.penaltyMicros());
      return after;
    }

    /** Reckons anew, by the margin of the books after the sale. */
    boolean suffices(Slice slice) {
      return equityBeyondMicros(slice) >= 0;
    }

    private long equityBeyondMicros(Slice slice) {
      Portfolio after = after(slice);
      Health health = Margin.health(after, view);
      long haircut = coins(slice) == 0 ? 0 : Saleable.haircutMicros(after, view);
      return health.equityMicros()
          + haircut
          - policy.targetMicros(health.maintenanceMarginMicros() + haircut);
    }
  }
}

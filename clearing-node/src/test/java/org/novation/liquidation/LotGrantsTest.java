package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.instrument.Coins;
import org.novation.liquidation.LotGrants.Grant;
import org.novation.liquidation.Sizing.Cut;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.TestMarkets;

final class LotGrantsTest {
  private static final LiquidationPolicy POLICY = LiquidationPolicy.DEFAULTS;

  @Test
  void asksForLessAfterASmallGrantAndNeverForTooLittle() {
    int[] bounded = {0};
    Seeds.each(
        3_000,
        seed -> {
          RandomBooks books = new RandomBooks(seed);
          Random random = books.random();
          MarketView view = books.view(books.catalogue());
          Portfolio portfolio = underMaintenance(books, view);
          if (!(SliceSizing.of(portfolio, view, POLICY, LotBudget.UNLIMITED)
              instanceof Cut(var wanted))) return;
          Map<Integer, Long> free = new HashMap<>();
          for (Slice.Leg leg : wanted.legs()) {
            double share = 1.5 * Math.exp(-6 * random.nextDouble());
            free.put(
                number(view, leg),
                Math.max(random.nextInt(20) == 0 ? 0 : 1, (long) (Math.abs(leg.lots()) * share)));
          }
          LotGrants grants = LotGrants.NONE;
          long asked = 0;
          while (!grants.complete(wanted)) {
            Slice.Leg leg = wanted.legs().get(grants.grants().size());
            int number = number(view, leg);
            long lots = grants.lotsToAsk(wanted);
            assertThat(lots).isBetween(Coins.are(leg.instrument()) ? 0L : 1L, Math.abs(leg.lots()));
            asked += lots;
            grants =
                grants.plus(
                    grant(leg.instrument(), number, Math.min(lots, free.getOrDefault(number, 0L))));
          }
          Sizing cut = SliceSizing.of(portfolio, view, POLICY, grants);
          assertThat(cut)
              .isEqualTo(
                  SliceSizing.of(portfolio, view, POLICY, (i, _) -> free.getOrDefault(i, 0L)));
          Slice slice = cut instanceof Cut(var some) ? some : null;
          long used = 0;
          if (slice != null) for (Slice.Leg leg : slice.legs()) used += Math.abs(leg.lots());
          assertThat(lots(grants.unused(slice))).isEqualTo(lots(grants.grants()) - used);
          long whole = wanted.legs().stream().mapToLong(leg -> Math.abs(leg.lots())).sum();
          if (slice != null && wanted.legs().size() > 1 && asked < whole) bounded[0]++;
        });
    assertThat(bounded[0]).as("slices of which less was asked for").isGreaterThan(50);
  }

  /** A leg's instrument, or the complement of its coins' asset. */
  private static int number(MarketView view, Slice.Leg leg) {
    return Coins.are(leg.instrument())
        ? ~Coins.listed(view.catalogue(), leg.instrument())
        : view.catalogue().instrumentListed(leg.instrument());
  }

  /** The account's equity is somewhere about its maintenance margin. */
  private static Portfolio underMaintenance(RandomBooks books, MarketView view) {
    Portfolio portfolio = books.portfolio(view);
    Health health = Margin.health(portfolio, view);
    double share = books.random().nextDouble() * 1.2 - 0.2;
    portfolio.credit(
        0, Math.round(health.maintenanceMarginMicros() * share) - health.equityMicros());
    return portfolio;
  }

  private static Grant grant(String symbol, int instrument, long lots) {
    return new Grant(symbol, instrument, lots, 1, 0, 0);
  }

  private static long lots(List<Grant> grants) {
    return grants.stream().mapToLong(Grant::lots).sum();
  }

  @Test
  void letNoMoreThanTheLimitOnSaleAndHoldBackNothingThatNobodySells() {
    Seeds.each(60, seed -> new Sellers(seed, false).run());
  }

  @Test
  void countForTheirMinuteWhereWordOfThemIsLost() {
    Seeds.each(60, seed -> new Sellers(seed, true).run());
  }

  /**
   * Sellers in the same markets that always have more to sell, and messages that take their time,
   * and may be lost. Of half the seeds one market alone is tight.
   */
  private static final class Sellers {
    private static final String[] SYMBOLS = {"A-PERP", "B-PERP", "C-PERP"};
    private static final long RUN_MS = 600_000;
    private static final int PATIENCE_MS = 3_000;
    private static final int REST_MS = 1_000;

    private record Event(long atMs, long order, Runnable what) {}

    private record Sale(long atMs, long micros) {}

    private final SplittableRandom random;
    private final boolean lossy;
    private final MarketView view;
    private final int tight; // -1: every market may be.
    private final Throttle[] throttles = new Throttle[SYMBOLS.length];
    private final long[] limits = new long[SYMBOLS.length];
    private final List<List<Sale>> sales = new ArrayList<>();
    private final PriorityQueue<Event> events =
        new PriorityQueue<>(Comparator.comparingLong(Event::atMs).thenComparingLong(Event::order));
    private long nowMs;
    private long order;
    private int underWay;

    Sellers(long seed, boolean lossy) {
      this.random = new SplittableRandom(seed);
      this.lossy = lossy;
      TestMarkets markets = new TestMarkets();
      for (String symbol : SYMBOLS)
        markets.with(symbol, "" + (1 + random.nextInt(2_000)), "0.1", "0.05");
      this.view = markets.view();
      this.tight = random.nextBoolean() ? -1 : random.nextInt(SYMBOLS.length);
      for (int i = 0; i < SYMBOLS.length; i++) {
        throttles[i] = Throttle.idle();
        limits[i] = perLot(i) * (500 + random.nextInt(20_000));
        if (tight >= 0 && i != tight) limits[i] = Throttle.LIMIT_MICROS_MAX;
        sales.add(new ArrayList<>());
      }
    }

    void run() {
      int sellers = 1 + random.nextInt(12);
      for (int n = 0; n < sellers; n++) in(random.nextInt(2_000), new Seller()::look);
      while (!events.isEmpty()) {
        Event event = events.remove();
        nowMs = event.atMs;
        event.what.run();
        for (int i = 0; i < SYMBOLS.length; i++) {
          long counted = throttles[i].takenMicros(nowMs);
          if (underWay > 0 || lossy) assertThat(counted).isGreaterThanOrEqualTo(sold(i));
          else assertThat(counted).isEqualTo(sold(i));
        }
      }
      for (int i = 0; i < SYMBOLS.length; i++) {
        keepsTheLimit(i);
        assertThat(throttles[i].takenMicros(nowMs + 61_000)).isZero();
      }
      if (lossy || tight < 0) return;
      long sold = sales.get(tight).stream().mapToLong(Sale::micros).sum();
      assertThat(sold).isGreaterThan(limits[tight] * (RUN_MS / 61_000) * 8 / 10);
    }

    private long perLot(int market) {
      return view.catalogue()
          .perpetual(market)
          .notionalMicros(view.instrument(market).markTicks(), 1);
    }

    /** What went on sale within the seconds that a throttle counts now. */
    private long sold(int market) {
      long sum = 0;
      for (Sale sale : sales.get(market).reversed()) {
        if (sale.atMs / 1_000 >= nowMs / 1_000 - 60) sum += sale.micros;
      }
      return sum;
    }

    private void keepsTheLimit(int market) {
      for (Sale last : sales.get(market)) {
        long within = 0;
        for (Sale sale : sales.get(market))
          if (sale.atMs <= last.atMs && sale.atMs > last.atMs - 60_000) within += sale.micros;
        assertThat(within).isLessThanOrEqualTo(limits[market]);
      }
    }

    private void in(int ms, Runnable what) {
      events.add(new Event(nowMs + ms, order++, what));
    }

    private boolean lost() {
      return lossy && random.nextInt(20) == 0;
    }

    private final class Seller {
      private final Portfolio portfolio = TestMarkets.cash("-1000000");

      Seller() {
        int any = tight >= 0 ? tight : random.nextInt(SYMBOLS.length);
        for (int i = 0; i < SYMBOLS.length; i++) {
          if (i != any && random.nextBoolean()) continue;
          long lots = 1L + random.nextInt(i == tight ? 20_000 : 2_000);
          portfolio.apply(i, portfolio.fill(i, lots, lots * perLot(i), 0, 0));
        }
      }

      void look() {
        if (nowMs >= RUN_MS) return;
        underWay++;
        ask(slice(LotBudget.UNLIMITED), LotGrants.NONE);
      }

      private Slice slice(LotBudget budget) {
        return ((Cut) SliceSizing.of(portfolio, view, POLICY, budget)).slice();
      }

      private void ask(Slice wanted, LotGrants grants) {
        if (grants.complete(wanted)) {
          cut(grants);
        } else if (lost()) {
          in(PATIENCE_MS, () -> fail(grants));
        } else {
          in(random.nextInt(300), () -> answer(wanted, grants));
        }
      }

      private void answer(Slice wanted, LotGrants grants) {
        String symbol = wanted.legs().get(grants.grants().size()).instrument();
        int market = view.catalogue().instrumentListed(symbol);
        long lots =
            Math.min(
                grants.lotsToAsk(wanted),
                throttles[market].lots(nowMs, limits[market], perLot(market)));
        if (lots > 0) throttles[market] = throttles[market].take(nowMs, lots * perLot(market));
        Grant grant = new Grant(symbol, market, lots, perLot(market), nowMs, 0);
        if (lost()) in(PATIENCE_MS, () -> fail(grants));
        else in(random.nextInt(300), () -> ask(wanted, grants.plus(grant)));
      }

      private void fail(LotGrants grants) {
        giveBack(grants.unused(null));
        end(REST_MS);
      }

      private void cut(LotGrants grants) {
        boolean recovered = random.nextInt(10) == 0;
        Slice slice =
            !recovered && SliceSizing.of(portfolio, view, POLICY, grants) instanceof Cut(var cut)
                ? cut
                : null;
        for (Grant grant : grants.grants()) {
          if (slice == null) break;
          for (Slice.Leg leg : slice.legs()) {
            if (leg.instrument().equals(grant.symbol()))
              sales
                  .get(grant.instrument())
                  .add(new Sale(grant.atMs(), Math.abs(leg.lots()) * grant.perBundleMicros()));
          }
        }
        giveBack(grants.unused(slice));
        end(slice == null ? REST_MS : random.nextInt(5_000));
      }

      private void giveBack(List<Grant> unused) {
        for (Grant grant : unused) {
          if (lost()) continue;
          underWay++;
          in(
              random.nextInt(300),
              () -> {
                underWay--;
                int market = grant.instrument();
                throttles[market] = throttles[market].giveBack(grant.atMs(), grant.countedMicros());
              });
        }
      }

      private void end(int restMs) {
        underWay--;
        in(restMs, this::look);
      }
    }
  }
}

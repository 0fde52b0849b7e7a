package org.novation.simulation.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.TriggerBox;
import org.novation.liquidation.WatchIndex;
import org.novation.money.Increment;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * What one price tick costs when so many margined accounts are watched. Each has one to five
 * positions among twenty instruments at a leverage of two to fifteen (twenty is the most), a third
 * of them coins as collateral beside cash. First ticks that cross no trigger, then larger moves
 * that cross some; whoever is crossed reckons its box anew and registers. One thread, as on a node.
 *
 * <p>Accounts are functions of their number and seed, so that they need no memory of their own and
 * what the heap holds is the watch index.
 */
public final class TickBench {
  private static final int INSTRUMENTS = 20;
  private static final long MARK = 1_000_000;
  private static final long COIN_MICROS = 50_000_000_000L;
  private static final int VIEWS = 1_000;
  private static final int CROSSINGS = 20_000;
  private static final int MOVES_MAX = 4_000;
  private static final long NANOS_MAX = 60_000_000_000L;

  /**
   * What it cost, in nanoseconds unless named otherwise.
   *
   * @param accounts watched
   * @param triggers in the index
   * @param tickMedian of ticks that cross nobody
   * @param tickP99 of ticks that cross nobody
   * @param crossings how many accounts were crossed to measure the rest
   * @param wakeMean to find one crossed account and take it out
   * @param boxMedian for that account to reckon its box anew: a full revaluation
   * @param registerMedian to watch it again
   * @param heapPerAccount bytes of the index for one account
   */
  public record Result(
      int accounts,
      int triggers,
      long tickMedian,
      long tickP99,
      long crossings,
      long wakeMean,
      long boxMedian,
      long registerMedian,
      long heapPerAccount) {
    /** Everything that one crossed account costs. */
    public long crossingTotal() {
      return wakeMean + boxMedian + registerMedian;
    }
  }

  private final long seed;
  private final int accounts;
  private final Catalogue catalogue = catalogue();
  private final SplittableRandom random;
  private final List<String> woken = new ArrayList<>();

  /** A benchmark over so many accounts. */
  public TickBench(long seed, int accounts) {
    if (accounts < 1) throw new IllegalArgumentException("at least one account");
    this.seed = seed;
    this.accounts = accounts;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Runs it.
   *
   * @param ticks how many that cross nobody are measured
   */
  public Result run(int ticks) {
    long heapBefore = usedHeap();
    MarketView base = view();
    WatchIndex index = new WatchIndex(base, woken::add);
    for (int n = 0; n < accounts; n++) register(index, n, base);
    woken.clear();
    long heap = Math.max(0, usedHeap() - heapBefore);
    int triggers = index.triggers();
    Histogram quiet = quiet(index, base, ticks);
    Crossings crossings = new Crossings(index, base);
    crossings.run();
    return new Result(
        accounts,
        triggers,
        quiet.getValueAtPercentile(50),
        quiet.getValueAtPercentile(99),
        crossings.count,
        crossings.count == 0 ? 0 : crossings.wakeNanos / crossings.count,
        crossings.box.getValueAtPercentile(50),
        crossings.register.getValueAtPercentile(50),
        heap / accounts);
  }

  /**
   * Ticks of a millionth of the price back and forth, instrument after instrument. The rounds
   * before the measured one let whoever lies so near be crossed, and the compiler warm up.
   */
  private Histogram quiet(WatchIndex index, MarketView base, int ticks) {
    MarketView[] views = new MarketView[VIEWS];
    MarketView now = base;
    for (int n = 0; n < VIEWS; n++) {
      int instrument = random.nextInt(INSTRUMENTS);
      long mark = now.instrument(instrument).markTicks() == MARK ? MARK + 1 : MARK;
      now = views[n] = marked(now, instrument, mark);
    }
    Histogram histogram = new Histogram(1, NANOS_MAX, 3);
    int warmUp = Math.max(3 * VIEWS, ticks / 5);
    for (int n = -warmUp; n < ticks; n++) {
      MarketView next = views[Math.floorMod(n, VIEWS)];
      long before = System.nanoTime();
      index.move(next);
      long took = System.nanoTime() - before;
      if (!woken.isEmpty()) answer(index, next);
      else if (n >= 0) histogram.recordValue(Math.clamp(took, 1, NANOS_MAX));
    }
    index.move(base);
    answer(index, base);
    return histogram;
  }

  private void answer(WatchIndex index, MarketView view) {
    List<String> ids = List.copyOf(woken);
    woken.clear();
    for (String id : ids) register(index, Integer.parseInt(id), view);
    woken.clear();
  }

  private void register(WatchIndex index, int account, MarketView view) {
    index.register(
        Integer.toString(account), TriggerBox.around(portfolio(account), view), true, view, 0);
  }

  /** Moves of up to half a percent, within five percent of where the accounts began. */
  private final class Crossings {
    private final WatchIndex index;
    private MarketView view;
    private final Histogram box = new Histogram(1, NANOS_MAX, 3);
    private final Histogram register = new Histogram(1, NANOS_MAX, 3);
    private long wakeNanos;
    private long count;

    Crossings(WatchIndex index, MarketView view) {
      this.index = index;
      this.view = view;
    }

    void run() {
      for (int move = 0; move < MOVES_MAX && count < CROSSINGS; move++) step();
    }

    private void step() {
      int instrument = random.nextInt(INSTRUMENTS);
      long mark =
          view.instrument(instrument).markTicks() + random.nextLong(-MARK / 200, MARK / 200);
      view = marked(view, instrument, Math.clamp(mark, MARK - MARK / 20, MARK + MARK / 20));
      long before = System.nanoTime();
      index.move(view);
      long took = System.nanoTime() - before;
      if (woken.isEmpty()) return;
      wakeNanos += took;
      count += woken.size();
      List<String> ids = List.copyOf(woken);
      woken.clear();
      for (String id : ids) reassess(id);
      woken.clear();
    }

    private void reassess(String id) {
      Portfolio portfolio = portfolio(Integer.parseInt(id));
      long begin = System.nanoTime();
      TriggerBox around = TriggerBox.around(portfolio, view);
      long reckoned = System.nanoTime();
      index.register(id, around, true, view, 0);
      long registered = System.nanoTime();
      box.recordValue(Math.clamp(reckoned - begin, 1, NANOS_MAX));
      register.recordValue(Math.clamp(registered - reckoned, 1, NANOS_MAX));
    }
  }

  // ---- the world

  private static Catalogue catalogue() {
    long[] bounds = {0, 1_000_000_000_000L, 10_000_000_000_000L};
    Ladder initial = new Ladder(bounds, new long[] {50_000, 100_000, 200_000});
    Ladder maintenance = new Ladder(bounds, new long[] {25_000, 50_000, 100_000});
    List<Perpetual> perpetuals = new ArrayList<>();
    for (int n = 0; n < INSTRUMENTS; n++) {
      perpetuals.add(
          new Perpetual(
              "C" + n + "-PERP",
              "C" + n,
              Increment.of("0.01"),
              Increment.of("0.001"),
              1_000_000,
              100_000_000,
              initial,
              maintenance,
              new Perpetual.Scaling(0, 0, 700_000, 2_000_000, 100_000, 1_200_000),
              1_000_000_000_000L,
              50_000,
              new Perpetual.Funding(100, 500, 40_000)));
    }
    return new Catalogue(
        1,
        perpetuals,
        List.of(
            new Asset("USDC", 6, 1_000_000, 0, 0, true),
            new Asset("C0", 8, 950_000, 10_000, 0, false)));
  }

  private MarketView view() {
    MarketView view = MarketView.unpriced(catalogue, 0);
    for (int n = 0; n < INSTRUMENTS; n++) view = marked(view, n, MARK);
    MarketView.AssetPrice coin =
        new MarketView.AssetPrice(
            COIN_MICROS, 1_000_000, 1_000_000, 1_000_000, PriceValidity.FRESH, 0);
    return view.with(1, coin, 0);
  }

  private static MarketView marked(MarketView view, int instrument, long mark) {
    MarginLadders ladders = view.instrument(instrument).ladders();
    return view.with(
        instrument, new MarketView.Instrument(mark, mark, 0, PriceValidity.FRESH, ladders), 0);
  }

  private Portfolio portfolio(int account) {
    SplittableRandom own = new SplittableRandom(seed + 0x9E3779B97F4A7C15L * (account + 1));
    Portfolio portfolio = new Portfolio();
    int positions = own.nextInt(1, 6);
    int instrument = own.nextInt(INSTRUMENTS);
    long size = 0;
    for (int n = 0; n < positions; n++) {
      instrument = (instrument + own.nextInt(1, INSTRUMENTS / 5)) % INSTRUMENTS;
      long lots = own.nextLong(1, 1_000) * (own.nextBoolean() ? 1 : -1);
      long notional = catalogue.perpetual(instrument).notionalMicros(MARK, lots);
      portfolio.apply(instrument, portfolio.fill(instrument, lots, notional, 0, 0));
      size += Math.abs(notional);
    }
    long equity = size * 10 / own.nextInt(20, 151);
    boolean pledges = own.nextInt(3) == 0;
    portfolio.credit(0, pledges ? equity / 2 : equity);
    // Half of the equity in coins of 10^-8, which count for a little more than they must.
    if (pledges) portfolio.credit(1, equity / 2 * 100 / (COIN_MICROS / 1_000_000) + 1);
    return portfolio;
  }

  private static long usedHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

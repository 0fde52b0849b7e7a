package org.novation.risk;

import java.util.SplittableRandom;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

/** Random markets, portfolios and holds, the same for the same seed. */
final class RandomBooks {
  private final SplittableRandom random;
  private final MarketView view;

  RandomBooks(long seed) {
    this.random = new SplittableRandom(seed);
    TestMarkets markets = new TestMarkets();
    int instruments = 1 + random.nextInt(4);
    for (int i = 0; i < instruments; i++) addInstrument(markets, i);
    int assets = random.nextInt(4);
    for (int a = 0; a < assets; a++) addAsset(markets, a);
    this.view = markets.view();
  }

  MarketView view() {
    return view;
  }

  private void addInstrument(TestMarkets markets, int i) {
    int tiers = 1 + random.nextInt(4);
    long[] bounds = new long[tiers];
    long[] initial = new long[tiers];
    long[] maintenance = new long[tiers];
    for (int n = 0; n < tiers; n++) {
      bounds[n] = n == 0 ? 0 : bounds[n - 1] + random.nextLong(1, 200_000) * 1_000_000;
      maintenance[n] =
          Math.min(900_000, (n == 0 ? 0 : maintenance[n - 1]) + random.nextLong(1, 200_000));
      initial[n] =
          Math.min(
              1_000_000,
              Math.max(n == 0 ? 0 : initial[n - 1], maintenance[n] + random.nextLong(1, 100_000)));
    }
    Perpetual perpetual =
        TestMarkets.perpetual(
            "P" + i + "-PERP",
            new Increment(random.nextInt(1, 20), random.nextInt(3)),
            new Increment(random.nextInt(1, 20), random.nextInt(4)),
            new Ladder(bounds, initial),
            new Ladder(bounds, maintenance),
            random.nextBoolean() ? TestMarkets.NO_PROFIT_CAP : random.nextLong(100_000_000));
    Ladder inForce =
        random.nextBoolean()
            ? perpetual.initial()
            : perpetual.initial().scaledByOpenInterest(random.nextLong(1, 2_000), 500, 1_500);
    markets.with(
        perpetual,
        random.nextLong(1, 5_000),
        inForce,
        random.nextLong(-1_000_000_000, 1_000_000_000));
  }

  private void addAsset(TestMarkets markets, int a) {
    boolean stablecoin = random.nextInt(3) == 0;
    Asset asset =
        new Asset(
            "A" + a,
            random.nextInt(9),
            random.nextLong(1_000_001),
            random.nextBoolean() ? 0 : random.nextLong(500_000),
            random.nextBoolean() ? 0 : 1_000,
            stablecoin);
    String price = stablecoin ? "0." + random.nextInt(80, 100) : "" + random.nextInt(1, 60_000);
    markets.with(asset, price, random.nextBoolean() ? 1_000_000 : random.nextLong(1_000_001));
  }

  Portfolio portfolio() {
    Portfolio portfolio = new Portfolio();
    if (random.nextInt(4) > 0) portfolio.credit(0, random.nextLong(-500_000_000L, 5_000_000_000L));
    for (int a = 1; a < view.catalogue().assets(); a++) {
      portfolio.credit(a, random.nextLong(-50, 1_000_000));
    }
    if (random.nextBoolean()) portfolio.capLeverage(random.nextLong(1, 50));
    int fills = random.nextInt(8);
    for (int n = 0; n < fills; n++) {
      int instrument = random.nextInt(view.catalogue().instruments());
      long lots = lots();
      long index = random.nextLong(-1_000_000_000, 1_000_000_000);
      portfolio.apply(
          instrument, portfolio.fill(instrument, lots, notional(instrument, lots), index, index));
    }
    return portfolio;
  }

  Holds holds() {
    Holds holds = new Holds();
    int trades = random.nextInt(5);
    for (int n = 0; n < trades; n++) {
      int instrument = random.nextInt(view.catalogue().instruments());
      long lots = lots();
      holds.add(instrument, lots, notional(instrument, lots));
    }
    return holds;
  }

  private long lots() {
    long lots = random.nextLong(1, 400);
    return random.nextBoolean() ? lots : -lots;
  }

  private long notional(int instrument, long lots) {
    long mark = view.instrument(instrument).markTicks();
    long price = Math.max(1, mark * random.nextLong(50, 150) / 100);
    return view.catalogue().perpetual(instrument).notionalMicros(price, lots);
  }
}

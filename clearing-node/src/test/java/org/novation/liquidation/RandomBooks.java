package org.novation.liquidation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * Random markets and portfolios from one seed, biased toward what hurts: equity within micros of a
 * threshold, positions across bracket bounds, profits across their cap, requirements near 100 %,
 * stablecoins under par, debts.
 */
final class RandomBooks {
  private static final String[] TICKS = {"0.1", "0.01", "0.5", "1", "0.0001"};
  private static final String[] LOTS = {"1", "0.01", "0.1", "10"};

  private final Random random;

  RandomBooks(long seed) {
    random = new Random(seed);
  }

  Catalogue catalogue() {
    List<Perpetual> perpetuals = new ArrayList<>();
    int instruments = 1 + random.nextInt(4);
    for (int i = 0; i < instruments; i++) perpetuals.add(perpetual(i));
    List<Asset> assets = new ArrayList<>();
    assets.add(new Asset("USDC", 6, 1_000_000, 0, 0, false));
    int others = random.nextInt(4);
    for (int a = 0; a < others; a++) assets.add(asset(a));
    return new Catalogue(1, perpetuals, assets);
  }

  private Perpetual perpetual(int i) {
    int tiers = 1 + random.nextInt(4);
    long[] bounds = new long[tiers];
    long[] initial = new long[tiers];
    long[] maintenance = new long[tiers];
    long rate = 10_000 + random.nextInt(random.nextInt(6) == 0 ? 800_000 : 90_000);
    for (int n = 0; n < tiers; n++) {
      bounds[n] = n == 0 ? 0 : bounds[n - 1] + (1 + random.nextInt(200_000)) * 1_000_000L;
      initial[n] = Math.min(1_000_000, rate);
      maintenance[n] = Math.max(1, initial[n] * (30 + random.nextInt(3)) / 60);
      if (n > 0) maintenance[n] = Math.max(maintenance[n], maintenance[n - 1]);
      rate += random.nextInt(150_000);
    }
    long cap = random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(20_000) * 1_000_000L;
    return new Perpetual(
        "P" + i + "-PERP",
        "P" + i,
        Increment.of(TICKS[random.nextInt(TICKS.length)]),
        Increment.of(LOTS[random.nextInt(LOTS.length)]),
        1L << 40,
        1L << 50,
        new Ladder(bounds, initial),
        new Ladder(bounds, maintenance),
        new Perpetual.Scaling(
            0, 0, 100_000 + random.nextInt(1_500_000), 3_000_000, 50_000, 900_000),
        cap,
        100_000,
        new Perpetual.Funding(100, 500, 40_000));
  }

  private Asset asset(int a) {
    boolean stable = random.nextInt(3) == 0;
    return new Asset(
        "A" + a,
        random.nextInt(10),
        random.nextInt(1_000_001),
        random.nextBoolean() ? 0 : random.nextInt(100_000),
        random.nextInt(3) == 0 ? 1_000_000 : 0,
        stable);
  }

  MarketView view(Catalogue catalogue) {
    MarketView.Instrument[] instruments = new MarketView.Instrument[catalogue.instruments()];
    for (int i = 0; i < instruments.length; i++) {
      long mark = 1 + random.nextInt(random.nextInt(20) == 0 ? 20 : 1_000_000);
      instruments[i] =
          new MarketView.Instrument(
              mark,
              mark,
              random.nextInt(2_000_000) - 1_000_000,
              PriceValidity.FRESH,
              ladders(catalogue.perpetual(i)));
    }
    MarketView.AssetPrice[] assets = new MarketView.AssetPrice[catalogue.assets()];
    assets[0] = MarketView.SETTLEMENT;
    for (int a = 1; a < assets.length; a++) {
      boolean stable = catalogue.asset(a).stablecoin();
      long price = stable ? 900_000 + random.nextInt(110_000) : 1 + random.nextInt(2_000_000_000);
      long factor = random.nextBoolean() ? 1_000_000 : 1 + random.nextInt(1_000_000);
      boolean still = random.nextBoolean();
      long floor = still ? factor : factor - random.nextInt((int) (factor / 10 + 1));
      long ceiling = still ? factor : Math.min(1_000_000, factor + random.nextInt(50_000));
      assets[a] = new MarketView.AssetPrice(price, factor, floor, ceiling, PriceValidity.FRESH, 0);
    }
    return new MarketView(catalogue, 0, instruments, assets);
  }

  /** The view with one more asset, which has no weight. */
  static MarketView withWeightless(MarketView view, long priceMicros, PriceValidity validity) {
    Catalogue before = view.catalogue();
    Catalogue catalogue =
        new Catalogue(
            before.version(),
            IntStream.range(0, before.instruments()).mapToObj(before::perpetual).toList(),
            Stream.concat(
                    IntStream.range(0, before.assets()).mapToObj(before::asset),
                    Stream.of(new Asset("JUNK", 6, 0, 0, 0, false)))
                .toList());
    MarketView.AssetPrice junk =
        new MarketView.AssetPrice(priceMicros, 1_000_000, 1_000_000, 1_000_000, validity, 0);
    return new MarketView(
        catalogue,
        view.timeMs(),
        IntStream.range(0, before.instruments())
            .mapToObj(view::instrument)
            .toArray(MarketView.Instrument[]::new),
        Stream.concat(IntStream.range(0, before.assets()).mapToObj(view::asset), Stream.of(junk))
            .toArray(MarketView.AssetPrice[]::new));
  }

  private MarginLadders ladders(Perpetual perpetual) {
    if (random.nextInt(3) == 0) {
      return MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
    }
    long a = 1_000_000 + random.nextInt(200_000);
    long b = a + random.nextInt(100_000);
    long c = b + random.nextInt(100_000);
    return new MarginLadders(
        perpetual.initial().scaledBy(b),
        perpetual.maintenance().scaledBy(b),
        perpetual.initial().scaledBy(c),
        perpetual.maintenance().scaledBy(c),
        perpetual.initial().scaledBy(a),
        perpetual.maintenance().scaledBy(a),
        0);
  }

  /** The view with every ladder and house factor moved within its corridor. */
  MarketView driftedWithinCorridor(MarketView view) {
    MarketView drifted = view;
    for (int i = 0; i < view.catalogue().instruments(); i++) {
      MarketView.Instrument now = view.instrument(i);
      MarginLadders l = now.ladders();
      MarginLadders moved =
          new MarginLadders(
              blend(l.initialFloor(), l.initialCeiling()),
              blend(l.maintenanceFloor(), l.maintenanceCeiling()),
              l.initialCeiling(),
              l.maintenanceCeiling(),
              l.initialFloor(),
              l.maintenanceFloor(),
              l.epoch());
      drifted =
          drifted.with(
              i,
              new MarketView.Instrument(
                  now.markTicks(), now.indexTicks(), now.fundingIndex(), now.validity(), moved),
              0);
    }
    for (int a = 1; a < view.catalogue().assets(); a++) {
      MarketView.AssetPrice now = view.asset(a);
      long factor = between(now.houseFactorFloorPpm(), now.houseFactorCeilingPpm());
      drifted =
          drifted.with(
              a,
              new MarketView.AssetPrice(
                  now.priceMicros(),
                  factor,
                  now.houseFactorFloorPpm(),
                  now.houseFactorCeilingPpm(),
                  now.validity(),
                  now.epoch()),
              0);
    }
    return drifted;
  }

  private Ladder blend(Ladder floor, Ladder ceiling) {
    long t = random.nextInt(3) == 0 ? random.nextInt(2) * 1_000_000L : random.nextInt(1_000_001);
    long[] bounds = new long[floor.tiers()];
    long[] rates = new long[floor.tiers()];
    for (int n = 0; n < rates.length; n++) {
      bounds[n] = floor.lowerBoundMicros(n);
      rates[n] = floor.ratePpm(n) + (ceiling.ratePpm(n) - floor.ratePpm(n)) * t / 1_000_000;
    }
    return new Ladder(bounds, rates);
  }

  /** A portfolio whose equity is a chosen multiple of a requirement, often to the micro. */
  Portfolio portfolio(MarketView view) {
    Catalogue catalogue = view.catalogue();
    Portfolio portfolio = new Portfolio();
    if (random.nextInt(3) == 0) portfolio.capLeverage(1 + random.nextInt(100));
    for (int i = 0; i < catalogue.instruments(); i++) {
      if (random.nextInt(4) == 0) continue;
      MarketView.Instrument market = view.instrument(i);
      long perLot = catalogue.perpetual(i).notionalMicros(market.markTicks(), 1);
      long size = 1 + Math.round(Math.exp(random.nextDouble() * 27)); // Up to 5e11 micros.
      long lots = Math.max(1, size / perLot) * (random.nextBoolean() ? 1 : -1);
      long notional = catalogue.perpetual(i).notionalMicros(market.markTicks(), lots);
      long basis = notional + Math.round(notional * (random.nextGaussian() * 0.15));
      long touched = market.fundingIndex() - random.nextInt(1_000_000) + 500_000;
      portfolio.restore(i, lots, basis, touched, 0, 0, 0);
    }
    for (int a = 1; a < catalogue.assets(); a++) {
      if (random.nextInt(3) == 0) continue;
      long unit = Increment.pow10(catalogue.asset(a).decimals());
      double worth = Math.exp(random.nextDouble() * 25);
      long amount = 1 + Math.round(worth / view.asset(a).priceMicros() * unit);
      portfolio.credit(a, random.nextInt(6) == 0 ? -amount : amount);
    }
    Health poor = Margin.health(portfolio, view);
    long target =
        switch (random.nextInt(6)) {
          case 0 ->
              Health.earlyWarningMicros(poor.initialMarginMicros()) - poor.initialEquityMicros();
          case 1 -> poor.initialMarginMicros() - poor.initialEquityMicros();
          case 2 -> poor.maintenanceMarginMicros() - poor.equityMicros();
          default ->
              Math.round(poor.initialMarginMicros() * (random.nextDouble() * 3))
                  - poor.initialEquityMicros();
        };
    long nudge =
        switch (random.nextInt(3)) {
          case 0 -> random.nextInt(9) - 4;
          case 1 -> random.nextInt(200_001) - 100_000;
          default -> Math.round(poor.initialMarginMicros() * random.nextGaussian() * 0.2);
        };
    portfolio.credit(0, target + nudge);
    return portfolio;
  }

  /** The view moved to a random point of a box, its corners and faces above all. */
  MarketView inside(TriggerBox box, MarketView view) {
    MarketView moved = view;
    int habit = random.nextInt(6);
    for (int n = 0; n < box.size(); n++) {
      int variable = box.variableAt(n);
      long now = TriggerBox.valueOf(view, variable);
      boolean funding = !Variables.isMark(variable) && !Variables.isPrice(variable);
      long low = Math.max(box.lowAt(n), funding ? now - 100_000_000_000L : 1);
      long high = Math.min(box.highAt(n), funding ? now + 100_000_000_000L : 8 * now);
      int choice = habit < 4 ? habit : random.nextInt(4);
      long value =
          switch (choice) {
            case 0 -> low;
            case 1 -> high;
            case 2 -> now;
            default -> between(low, high);
          };
      moved = with(moved, variable, value);
    }
    return moved;
  }

  static MarketView with(MarketView view, int variable, long value) {
    int owner = Variables.owner(variable);
    if (Variables.isPrice(variable)) {
      MarketView.AssetPrice now = view.asset(owner);
      return view.with(
          owner,
          new MarketView.AssetPrice(
              value,
              now.houseFactorPpm(),
              now.houseFactorFloorPpm(),
              now.houseFactorCeilingPpm(),
              now.validity(),
              now.epoch()),
          0);
    }
    MarketView.Instrument now = view.instrument(owner);
    boolean mark = Variables.isMark(variable);
    return view.with(
        owner,
        new MarketView.Instrument(
            mark ? value : now.markTicks(),
            now.indexTicks(),
            mark ? now.fundingIndex() : value,
            now.validity(),
            now.ladders()),
        0);
  }

  long between(long low, long high) {
    return low + Math.floorMod(random.nextLong(), high - low + 1);
  }

  Random random() {
    return random;
  }
}

package org.novation.risk;

import java.util.ArrayList;
import java.util.List;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Increment;

/** Markets as tests need them: prices and rates as decimals, everything else switched off. */
public final class TestMarkets {
  /** USDC, the settlement asset. */
  public static final Asset USDC = new Asset("USDC", 6, 1_000_000, 0, 0, false);

  /** No unrealised profit is beyond this cap. */
  public static final long NO_PROFIT_CAP = Long.MAX_VALUE;

  private final List<Perpetual> perpetuals = new ArrayList<>();
  private final List<MarketView.Instrument> instruments = new ArrayList<>();
  private final List<Asset> assets = new ArrayList<>(List.of(USDC));
  private final List<MarketView.AssetPrice> prices =
      new ArrayList<>(List.of(MarketView.SETTLEMENT));

  /** A ladder of one bracket. */
  public static Ladder flat(String rate) {
    return new Ladder(new long[] {0}, new long[] {Decimals.parse(rate, 6)});
  }

  /** A ladder of brackets, given as lower bound and rate in turn. */
  public static Ladder ladder(String... boundThenRate) {
    long[] bounds = new long[boundThenRate.length / 2];
    long[] rates = new long[bounds.length];
    for (int n = 0; n < bounds.length; n++) {
      bounds[n] = Decimals.parse(boundThenRate[2 * n], 6);
      rates[n] = Decimals.parse(boundThenRate[2 * n + 1], 6);
    }
    return new Ladder(bounds, rates);
  }

  /** A perpetual without scaling. */
  public static Perpetual perpetual(
      String symbol,
      Increment tick,
      Increment lot,
      Ladder initial,
      Ladder maintenance,
      long profitCapMicros) {
    return new Perpetual(
        symbol,
        symbol.split("-", 2)[0],
        tick,
        lot,
        1L << 53,
        1L << 53,
        initial,
        maintenance,
        new Perpetual.Scaling(0, 0, 600_000, 1_000_000, 10_000, 600_000),
        profitCapMicros,
        100_000,
        new Perpetual.Funding(100, 500, 40_000));
  }

  /** Adds an instrument with its mark and its ladders in force. */
  public TestMarkets with(Perpetual perpetual, long markTicks, Ladder initial, long fundingIndex) {
    perpetuals.add(perpetual);
    instruments.add(
        new MarketView.Instrument(
            markTicks,
            markTicks,
            fundingIndex,
            PriceValidity.FRESH,
            MarginLadders.fixed(initial, perpetual.maintenance())));
    return this;
  }

  /** Adds an instrument with its mark, unscaled. */
  public TestMarkets with(Perpetual perpetual, String mark) {
    return with(perpetual, perpetual.tick().count(mark), perpetual.initial(), 0);
  }

  /** Adds an instrument of one bracket: tick 0.01, lot 0.001. */
  public TestMarkets with(String symbol, String mark, String initial, String maintenance) {
    return with(
        perpetual(
            symbol,
            Increment.of("0.01"),
            Increment.of("0.001"),
            flat(initial),
            flat(maintenance),
            NO_PROFIT_CAP),
        mark);
  }

  /** Adds an asset with its price. */
  public TestMarkets with(Asset asset, String price, long houseFactorPpm) {
    assets.add(asset);
    prices.add(
        new MarketView.AssetPrice(
            Decimals.parse(price, 6),
            houseFactorPpm,
            houseFactorPpm,
            houseFactorPpm,
            PriceValidity.FRESH,
            0));
    return this;
  }

  /** The view of all that was added, in that order. */
  public MarketView view() {
    return new MarketView(
        new Catalogue(7, perpetuals, assets),
        1_000,
        instruments.toArray(MarketView.Instrument[]::new),
        prices.toArray(MarketView.AssetPrice[]::new));
  }

  /** Puts a position into a portfolio, bought or sold at an average price; realises nothing. */
  public static void hold(
      Portfolio portfolio, MarketView view, String symbol, String quantity, String entryPrice) {
    int instrument = view.catalogue().instrumentListed(symbol);
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    long lots = perpetual.lot().count(quantity);
    long notional = perpetual.notionalMicros(perpetual.tick().count(entryPrice), lots);
    portfolio.apply(instrument, portfolio.fill(instrument, lots, notional, 0, 0));
  }

  /** A portfolio with so much of the settlement asset. */
  public static Portfolio cash(String amount) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, Decimals.parse(amount, 6));
    return portfolio;
  }
}

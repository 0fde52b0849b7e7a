package org.novation.risk;

import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;

/**
 * Everything about the markets that margin depends on, at one instant: immutable, so that one
 * judgement uses one set of prices and one parameter version. Instruments and assets are named by
 * their index in the {@link Catalogue}.
 */
public final class MarketView {
  /** One instrument. {@code markTicks} is 0 while {@code validity} is {@code NONE}. */
  public record Instrument(
      long markTicks,
      long indexTicks,
      long fundingIndex,
      PriceValidity validity,
      MarginLadders ladders,
      Brakes brakes) {
    /** One that is not braked. */
    public Instrument(
        long markTicks,
        long indexTicks,
        long fundingIndex,
        PriceValidity validity,
        MarginLadders ladders) {
      this(markTicks, indexTicks, fundingIndex, validity, ladders, Brakes.NONE);
    }

    /** Whether an action may be done here at a time, by the house's clock. */
    public boolean allows(Action action, long nowMs) {
      return brakes.allow(action, validity, nowMs);
    }

    /** The same with other brakes. */
    public Instrument braked(Brakes other) {
      return new Instrument(markTicks, indexTicks, fundingIndex, validity, ladders, other);
    }
  }

  /**
   * One asset. The house factor shrinks the weight as the whole house holds more; like the ladders
   * it has a corridor per epoch.
   *
   * @param priceMicros micros of the settlement asset per whole unit; 0 while {@code validity} is
   *     {@code NONE}
   * @param houseFactorPpm min(1, houseCap / houseDeposits)
   * @param houseFactorFloorPpm at most {@code houseFactorPpm} throughout the epoch
   * @param houseFactorCeilingPpm at least {@code houseFactorPpm} throughout the epoch
   */
  public record AssetPrice(
      long priceMicros,
      long houseFactorPpm,
      long houseFactorFloorPpm,
      long houseFactorCeilingPpm,
      PriceValidity validity,
      long epoch,
      Brakes brakes) {
    /** One that is not braked. */
    public AssetPrice(
        long priceMicros,
        long houseFactorPpm,
        long houseFactorFloorPpm,
        long houseFactorCeilingPpm,
        PriceValidity validity,
        long epoch) {
      this(
          priceMicros,
          houseFactorPpm,
          houseFactorFloorPpm,
          houseFactorCeilingPpm,
          validity,
          epoch,
          Brakes.NONE);
    }

    /** The same with other brakes. */
    public AssetPrice braked(Brakes other) {
      return new AssetPrice(
          priceMicros,
          houseFactorPpm,
          houseFactorFloorPpm,
          houseFactorCeilingPpm,
          validity,
          epoch,
          other);
    }
  }

  /** The settlement asset: worth one of itself, whatever happens. */
  public static final AssetPrice SETTLEMENT =
      new AssetPrice(1_000_000, 1_000_000, 1_000_000, 1_000_000, PriceValidity.FRESH, 0);

  private final Catalogue catalogue;
  private final long timeMs;
  private final Instrument[] instruments;
  private final AssetPrice[] assets;
  private final @Nullable Stop standstill;

  /** A view of a house at work. The arrays are handed over: nobody may change them afterwards. */
  public MarketView(
      Catalogue catalogue, long timeMs, Instrument[] instruments, AssetPrice[] assets) {
    this(catalogue, timeMs, instruments, assets, null);
  }

  /**
   * The arrays are handed over: nobody may change them afterwards.
   *
   * @param standstill what holds everywhere up whatever heeds such a brake; null for nothing
   */
  public MarketView(
      Catalogue catalogue,
      long timeMs,
      Instrument[] instruments,
      AssetPrice[] assets,
      @Nullable Stop standstill) {
    if (instruments.length != catalogue.instruments() || assets.length != catalogue.assets()) {
      throw new IllegalArgumentException("a view covers the whole catalogue");
    }
    this.catalogue = catalogue;
    this.timeMs = timeMs;
    this.instruments = instruments;
    this.assets = assets;
    this.standstill = standstill;
  }

  /** A view before any price arrived: nothing is valid, ladders unscaled. */
  public static MarketView unpriced(Catalogue catalogue, long timeMs) {
    Instrument[] instruments = new Instrument[catalogue.instruments()];
    for (int i = 0; i < instruments.length; i++) {
      Perpetual perpetual = catalogue.perpetual(i);
      MarginLadders ladders = MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
      instruments[i] = new Instrument(0, 0, 0, PriceValidity.NONE, ladders);
    }
    AssetPrice[] assets = new AssetPrice[catalogue.assets()];
    for (int a = 1; a < assets.length; a++) {
      assets[a] = new AssetPrice(0, 1_000_000, 1_000_000, 1_000_000, PriceValidity.NONE, 0);
    }
    assets[0] = SETTLEMENT;
    return new MarketView(catalogue, timeMs, instruments, assets);
  }

  /** The view with one instrument replaced. */
  public MarketView with(int instrument, Instrument now, long timeMs) {
    Instrument[] copy = instruments.clone();
    copy[instrument] = now;
    return new MarketView(catalogue, timeMs, copy, assets, standstill);
  }

  /** The view with one asset replaced. */
  public MarketView with(int asset, AssetPrice now, long timeMs) {
    AssetPrice[] copy = assets.clone();
    copy[asset] = now;
    return new MarketView(catalogue, timeMs, instruments, copy, standstill);
  }

  public Catalogue catalogue() {
    return catalogue;
  }

  /** When the newest of these figures was set, in the house's time. */
  public long timeMs() {
    return timeMs;
  }

  public Instrument instrument(int index) {
    return instruments[index];
  }

  public AssetPrice asset(int index) {
    return assets[index];
  }

  // ---- what is braked

  /** Whether positions in an instrument may be liquidated at a time: its prices and pauses. */
  public boolean mayLiquidate(int instrument, long nowMs) {
    return instruments[instrument].allows(Action.LIQUIDATE, nowMs);
  }

  /** What forbids an action in an instrument at a time; null when nothing does. */
  public @Nullable Stop stopOfInstrument(Action action, int instrument, long nowMs) {
    Instrument market = instruments[instrument];
    String symbol = catalogue.perpetual(instrument).symbol();
    Stop stop = market.brakes().stop(action, market.validity(), symbol, nowMs);
    if (stop != null) return stop;
    if (catalogue.retired(instrument) && action.heeds(Brake.RETIRED))
      return new Stop(Brake.RETIRED, symbol, 0);
    return standstill(action);
  }

  /** What holds everything up that heeds it; null when nothing does. */
  public @Nullable Stop standstill() {
    return standstill;
  }

  private @Nullable Stop standstill(Action action) {
    return standstill != null && action.heeds(standstill.brake()) ? standstill : null;
  }

  /** What forbids an action with an asset at a time; null when nothing does. */
  public @Nullable Stop stopOfAsset(Action action, int asset, long nowMs) {
    AssetPrice price = assets[asset];
    String symbol = catalogue.asset(asset).symbol();
    Stop stop =
        matters(action, asset)
            ? price.brakes().stop(action, price.validity(), symbol, nowMs)
            : price.brakes().pause(action, symbol, nowMs);
    return stop != null ? stop : standstill(action);
  }

  /** What has no weight as collateral may leave whatever its price is, and keeps nothing here. */
  private boolean matters(Action action, int asset) {
    return action != Action.WITHDRAW || catalogue.asset(asset).weightPpm() > 0;
  }

  /**
   * Whether margin depends on the price of a balance: that of a debt, and that of collateral which
   * has a weight. The rest counts for nothing at any price, so nothing may wait for one: a crumb of
   * it, which anybody can give to anybody, would keep an account from being liquidated.
   */
  public boolean counts(int asset, long amount) {
    return amount < 0 || (amount > 0 && catalogue.asset(asset).weightPpm() > 0);
  }

  /**
   * What forbids an action with a whole portfolio at a time: a pause everywhere, which the
   * settlement asset has too, and so stops the flat as well; the first stop of an instrument in
   * which it has a position; then the prices and outages of what {@link #counts} of its balances.
   * Null when nothing does.
   */
  public @Nullable Stop stop(Action action, Portfolio portfolio, long nowMs) {
    Stop everywhere = stopOfAsset(action, 0, nowMs);
    if (everywhere != null) return everywhere;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      Stop stop = stopOfInstrument(action, portfolio.instrumentAt(slot), nowMs);
      if (stop != null) return stop;
    }
    return stopBesidesPause(action, portfolio, nowMs);
  }

  /** What forbids an action with a whole portfolio at a time, pauses aside. */
  @Nullable Stop stopBesidesPause(Action action, Portfolio portfolio, long nowMs) {
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      Instrument market = instruments[portfolio.instrumentAt(slot)];
      String symbol = catalogue.perpetual(portfolio.instrumentAt(slot)).symbol();
      Stop stop = market.brakes().stopBesidesPause(action, market.validity(), symbol, nowMs);
      if (stop != null) return stop;
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (!counts(portfolio.assetAt(slot), portfolio.amountAt(slot))) continue;
      AssetPrice price = assets[portfolio.assetAt(slot)];
      String symbol = catalogue.asset(portfolio.assetAt(slot)).symbol();
      Stop stop = price.brakes().stopBesidesPause(action, price.validity(), symbol, nowMs);
      if (stop != null) return stop;
    }
    return null;
  }
}

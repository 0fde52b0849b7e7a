package org.novation.risk;

import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * Standard (cross) margin: equity and requirements of a portfolio (risk rules, sections 3 and 4).
 */
public final class Margin {
  private Margin() {}

  /** The health of a portfolio as it stands. */
  public static Health health(Portfolio portfolio, MarketView view) {
    return health(portfolio, new Holds(), view);
  }

  /**
   * The health of a portfolio should the worst of its holds come true: per instrument the larger
   * requirement of all buys on, all sells on, or none on; and what the held trades lose against the
   * mark. Without holds this is {@link #health(Portfolio, MarketView)}.
   */
  public static Health health(Portfolio portfolio, Holds holds, MarketView view) {
    Catalogue catalogue = view.catalogue();
    long equity = collateralMicros(portfolio, view);
    long beyondCap = 0;
    long initial = 0;
    long maintenance = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      int instrument = portfolio.instrumentAt(slot);
      long lots = portfolio.lotsAt(slot);
      if (lots == 0) continue;
      Perpetual perpetual = catalogue.perpetual(instrument);
      MarketView.Instrument market = view.instrument(instrument);
      long notional = perpetual.notionalMicros(market.markTicks(), lots);
      long profit = Math.subtractExact(notional, portfolio.basisMicrosAt(slot));
      equity = Math.addExact(equity, profit);
      equity = Math.addExact(equity, portfolio.accruedFundingMicrosAt(slot, market.fundingIndex()));
      beyondCap = Math.addExact(beyondCap, beyondCapMicros(perpetual, profit));
      long size = Math.abs(notional);
      initial =
          Math.addExact(
              initial, initialMicros(market.ladders().initial(), size, portfolio.leverageMax()));
      maintenance =
          Math.addExact(maintenance, market.ladders().maintenance().requirementMicros(size));
    }
    if (holds.isEmpty())
      return new Health(equity, Math.subtractExact(equity, beyondCap), initial, maintenance);
    equity = Math.subtractExact(equity, holds.coinsCostMicros());
    for (int slot = 0; slot < holds.instruments(); slot++) {
      int instrument = holds.instrumentAt(slot);
      long bought = holds.boughtLotsAt(slot);
      long sold = holds.soldLotsAt(slot);
      if (bought == 0 && sold == 0) continue;
      Perpetual perpetual = catalogue.perpetual(instrument);
      MarketView.Instrument market = view.instrument(instrument);
      long lots = portfolio.lots(instrument);
      long worst =
          Math.max(Math.abs(lots), Math.max(Math.abs(lots + bought), Math.abs(lots - sold)));
      long now = Math.abs(perpetual.notionalMicros(market.markTicks(), lots));
      long then = perpetual.notionalMicros(market.markTicks(), worst);
      long cap = portfolio.leverageMax();
      initial =
          Math.addExact(
              initial,
              initialMicros(market.ladders().initial(), then, cap)
                  - initialMicros(market.ladders().initial(), now, cap));
      maintenance =
          Math.addExact(
              maintenance,
              market.ladders().maintenance().requirementMicros(then)
                  - market.ladders().maintenance().requirementMicros(now));
      long lossBuying =
          holds.costMicrosAt(slot) - perpetual.notionalMicros(market.markTicks(), bought);
      long lossSelling =
          perpetual.notionalMicros(market.markTicks(), sold) - holds.proceedsMicrosAt(slot);
      equity =
          Math.subtractExact(
              equity, Math.addExact(Math.max(0, lossBuying), Math.max(0, lossSelling)));
    }
    return new Health(equity, Math.subtractExact(equity, beyondCap), initial, maintenance);
  }

  /**
   * Whether an account's margin state may be changed on these prices: warnings, calls and triggers
   * need prices that may liquidate, never stale or diverged ones, of everything that {@link
   * MarketView#counts}. Without a position and without a debt there is nothing to liquidate, and
   * collateral of any validity will do.
   */
  public static boolean mayChangeState(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      int instrument = portfolio.instrumentAt(slot);
      if (portfolio.lotsAt(slot) != 0
          && !view.instrument(instrument).validity().allowsLiquidation()) return false;
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (view.counts(portfolio.assetAt(slot), portfolio.amountAt(slot))
          && !view.asset(portfolio.assetAt(slot)).validity().allowsLiquidation())
        return portfolio.flat() && portfolio.cashMicros() >= 0;
    }
    return true;
  }

  /** Unrealised profit beyond the instrument's cap: it does not count toward initial margin. */
  static long beyondCapMicros(Perpetual perpetual, long profitMicros) {
    long cap = perpetual.profitCapMicros();
    return profitMicros > cap ? profitMicros - cap : 0;
  }

  /** Cash and every other asset at its haircut. */
  public static long collateralMicros(Portfolio portfolio, MarketView view) {
    long value = 0;
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      value = Math.addExact(value, asset == 0 ? amount : valueMicros(view, asset, amount));
    }
    return value;
  }

  /** One balance of an asset other than the settlement asset, at its haircut. */
  public static long valueMicros(MarketView view, int index, long amount) {
    Asset asset = view.catalogue().asset(index);
    MarketView.AssetPrice price = view.asset(index);
    long weight = amount < 0 ? Fixed.PPM : Haircut.accountWeightPpm(asset, amount);
    return Haircut.valueMicros(asset, amount, price.priceMicros(), weight, price.houseFactorPpm());
  }

  /** What the haircut takes off the worth of an amount of another asset, at least 0. */
  public static long haircutMicros(MarketView view, int asset, long amount) {
    long price = view.asset(asset).priceMicros();
    long worth = Coins.worthMicros(view.catalogue().asset(asset), amount, price);
    return worth - valueMicros(view, asset, amount);
  }

  /**
   * The ladder's requirement, raised to notional / leverage where the account capped itself (0: it
   * did not). Rounds up.
   */
  public static long initialMicros(Ladder ladder, long notionalMicros, long leverageMax) {
    long requirement = ladder.requirementMicros(notionalMicros);
    return leverageMax == 0
        ? requirement
        : Math.max(requirement, Math.ceilDiv(notionalMicros, leverageMax));
  }

  /**
   * Whether a change is a reduction, which passes although equity is under initial margin: it does
   * not raise the maintenance requirement and does not lower equity / maintenance, compared by
   * cross product. Where equity is negative the ratio would punish every reduction, so there equity
   * itself must not fall.
   */
  public static boolean reduces(Health before, Health after) {
    if (after.maintenanceMarginMicros() > before.maintenanceMarginMicros()) return false;
    if (before.equityMicros() < 0) return after.equityMicros() >= before.equityMicros();
    return Fixed.compareProducts(
            after.equityMicros(),
            before.maintenanceMarginMicros(),
            before.equityMicros(),
            after.maintenanceMarginMicros())
        >= 0;
  }
}

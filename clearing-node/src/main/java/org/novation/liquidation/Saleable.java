package org.novation.liquidation;

import org.novation.instrument.Coins;
import org.novation.money.Fixed;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * What slices of a portfolio are priced by: a worth, and the margin over which it is split.
 *
 * <p>Where positions alone are for sale that is equity and maintenance margin. Where coins are, the
 * haircut is their maintenance margin: with H taken off equity by haircuts, E &lt; M says the same
 * as E + H &lt; M + H, in which the left side is what everything fetches at the prices and the
 * right side what the house wants on top. Selling coins gives H back as selling positions gives
 * back M. So one rule sizes, prices and splits both: the penalty is a share of the margin that is
 * released, and closing everything at its bankruptcy price leaves exactly nothing.
 *
 * @param equityMicros negative when everything is not enough
 * @param maintenanceMicros at least 0
 */
public record Saleable(long equityMicros, long maintenanceMicros) {
  /** Positions alone. */
  public static Saleable positions(Health health) {
    return new Saleable(health.equityMicros(), health.maintenanceMarginMicros());
  }

  /** Positions and coins. */
  public static Saleable everything(Health health, Portfolio portfolio, MarketView view) {
    long haircut = haircutMicros(portfolio, view);
    return new Saleable(
        Math.addExact(health.equityMicros(), haircut),
        Math.addExact(health.maintenanceMarginMicros(), haircut));
  }

  /**
   * Coins that the house took over: winners have made good what they do not count for, so they can
   * be sold for as little as they count for, and nobody pays once more.
   */
  public static Saleable ofHouse(Portfolio portfolio, MarketView view) {
    long haircut = haircutMicros(portfolio, view);
    return new Saleable(haircut, haircut);
  }

  /**
   * The part's share of what there is: by the margin that goes with it, rounded down; all of it
   * where there is no margin.
   *
   * @param after what there is without the part, before any cash has moved
   */
  public long shareMicros(Saleable after, boolean house) {
    long worth = house ? equityMicros : after.equityMicros;
    if (maintenanceMicros == 0) return worth;
    long released = Math.subtractExact(maintenanceMicros, after.maintenanceMicros);
    return Fixed.mulDivFloor(worth, released, maintenanceMicros);
  }

  /**
   * Whether an account owes the settlement asset against other collateral: then prices alone may
   * bring it down, without any position.
   */
  public static boolean owesAgainstCoins(Portfolio portfolio) {
    if (portfolio.cashMicros() >= 0) return false;
    for (int slot = 0; slot < portfolio.balances(); slot++)
      if (portfolio.assetAt(slot) != 0 && portfolio.amountAt(slot) > 0) return true;
    return false;
  }

  /**
   * Whether coins can be sold: worth at least a micro, at a price that may be liquidated at. Where
   * they count, and their price is no such, everything waits for it; those without a weight are
   * left to their owner, so that nothing waits for what counts for nothing.
   */
  static boolean canSell(MarketView view, int asset, long amount) {
    return asset != 0
        && amount > 0
        && worthMicros(view, asset, amount) > 0
        && (view.counts(asset, amount) || view.asset(asset).validity().allowsLiquidation());
  }

  private static long worthMicros(MarketView view, int asset, long amount) {
    long price = view.asset(asset).priceMicros();
    return Coins.worthMicros(view.catalogue().asset(asset), amount, price);
  }

  /** Whether it has coins that can be sold. */
  public static boolean hasCoins(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.balances(); slot++)
      if (canSell(view, portfolio.assetAt(slot), portfolio.amountAt(slot))) return true;
    return false;
  }

  /**
   * Whether it has coins that are worth something, or of which nobody knows what they are worth.
   */
  public static boolean mayHaveCoins(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      if (asset == 0 || amount <= 0) continue;
      if (view.asset(asset).priceMicros() == 0 || worthMicros(view, asset, amount) > 0) return true;
    }
    return false;
  }

  /** What haircuts take off the worth of all coins that can be sold, at least 0. */
  public static long haircutMicros(Portfolio portfolio, MarketView view) {
    long sum = 0;
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      if (canSell(view, asset, amount))
        sum = Math.addExact(sum, Margin.haircutMicros(view, asset, amount));
    }
    return sum;
  }

  /**
   * The equity from which nothing of an account needs to be sold any more: maintenance margin and a
   * buffer, the same that slices aim at, so that it does not go back and forth with every price.
   */
  public static long recoveredFromMicros(
      Portfolio portfolio, MarketView view, Health health, LiquidationPolicy policy) {
    if (!portfolio.flat() || !owesAgainstCoins(portfolio))
      return policy.targetMicros(health.maintenanceMarginMicros());
    long haircut = haircutMicros(portfolio, view);
    return policy.targetMicros(haircut) - haircut;
  }

  /**
   * Whether nothing of an account is to be sold: no position is open, and it either has no coins or
   * does not need them.
   */
  public static boolean nothingToSell(
      Portfolio portfolio, MarketView view, Health health, LiquidationPolicy policy) {
    if (!portfolio.flat()) return false;
    return portfolio.cashMicros() >= 0
        || !hasCoins(portfolio, view)
        || health.equityMicros() >= recoveredFromMicros(portfolio, view, health, policy);
  }
}

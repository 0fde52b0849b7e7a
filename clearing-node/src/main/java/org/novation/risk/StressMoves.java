package org.novation.risk;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Asset;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * What a portfolio would lose beyond its own money if every price moved at once: what Cover-2 is
 * reckoned with. The moves are those of the worst days on record and half-way to them: bitcoin fell
 * by half on 12 and 13 March 2020, and by a third on 19 May 2021.
 */
public final class StressMoves {
  /** Each move of every price, in ppm; below zero is down. */
  public static final List<Long> PPM =
      List.of(-500_000L, -330_000L, -200_000L, -100_000L, 100_000L, 200_000L, 330_000L, 500_000L);

  /** A loss that cannot be counted is taken for this one: two of them still can be added. */
  static final long UNCOUNTABLE_MICROS = Long.MAX_VALUE / 2;

  private StressMoves() {}

  /**
   * The loss under each move, in micros, at least 0: how far equity would be under nothing. Prices
   * and values round down, against the account. Weights and the house's factor stay as they are;
   * stablecoins do not move. Null while a position or a balance that counts has no price.
   */
  public static @Nullable List<Long> lossMicros(Portfolio portfolio, MarketView view) {
    if (!priced(portfolio, view)) return null;
    List<Long> losses = new ArrayList<>(PPM.size());
    for (long move : PPM) {
      try {
        losses.add(Math.max(0, Math.negateExact(equityMicros(portfolio, view, move))));
      } catch (ArithmeticException uncountable) {
        losses.add(UNCOUNTABLE_MICROS);
      }
    }
    return losses;
  }

  private static boolean priced(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0
          && view.instrument(portfolio.instrumentAt(slot)).markTicks() == 0) return false;
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (view.counts(portfolio.assetAt(slot), portfolio.amountAt(slot))
          && view.asset(portfolio.assetAt(slot)).priceMicros() == 0) return false;
    }
    return true;
  }

  private static long equityMicros(Portfolio portfolio, MarketView view, long movePpm) {
    long equity = 0;
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int index = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      equity = Math.addExact(equity, index == 0 ? amount : worth(view, index, amount, movePpm));
    }
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      long lots = portfolio.lotsAt(slot);
      if (lots == 0) continue;
      Perpetual perpetual = view.catalogue().perpetual(portfolio.instrumentAt(slot));
      MarketView.Instrument market = view.instrument(portfolio.instrumentAt(slot));
      long notional = perpetual.notionalMicros(market.markTicks(), lots);
      long moved = Fixed.mulDivFloor(notional, Fixed.PPM + movePpm, Fixed.PPM);
      equity = Math.addExact(equity, Math.subtractExact(moved, portfolio.basisMicrosAt(slot)));
      equity = Math.addExact(equity, portfolio.accruedFundingMicrosAt(slot, market.fundingIndex()));
    }
    return equity;
  }

  private static long worth(MarketView view, int index, long amount, long movePpm) {
    Asset asset = view.catalogue().asset(index);
    MarketView.AssetPrice price = view.asset(index);
    long weight = amount < 0 ? Fixed.PPM : Haircut.accountWeightPpm(asset, amount);
    long moved =
        asset.stablecoin()
            ? price.priceMicros()
            : Fixed.mulDivFloor(price.priceMicros(), Fixed.PPM + movePpm, Fixed.PPM);
    return Haircut.valueMicros(asset, amount, moved, weight, price.houseFactorPpm());
  }
}

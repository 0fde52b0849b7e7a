package org.novation.account;

import java.util.OptionalLong;
import org.novation.risk.Action;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * What of an account deleveraging can reach on these prices and under these brakes. A market that
 * it may not touch shields no other: a position there counts in equity with its loss at the last
 * mark and never with a profit, a coin with a debt and never with what is held of it. So one lot of
 * a dead market neither keeps a winner from paying nor makes anybody pay with what may be gone.
 */
final class Reach {
  private final Portfolio portfolio;
  private final MarketView view;
  private final long nowMs;

  Reach(Portfolio portfolio, MarketView view, long nowMs) {
    this.portfolio = portfolio;
    this.view = view;
    this.nowMs = nowMs;
  }

  /** Whether nothing may be deleveraged anywhere. */
  boolean stoppedEverywhere() {
    return view.stopOfAsset(Action.DELEVERAGE, 0, nowMs) != null;
  }

  /** Whether a position in an instrument may be closed, and its profit taken. */
  boolean reaches(int instrument) {
    return view.instrument(instrument).markTicks() != 0
        && view.stopOfInstrument(Action.DELEVERAGE, instrument, nowMs) == null;
  }

  /**
   * Equity as far as it can be counted on; empty where a position or a debt never had a price.
   *
   * @throws ArithmeticException when a figure does not fit
   */
  OptionalLong equityMicros() {
    long notCounted = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      int instrument = portfolio.instrumentAt(slot);
      if (portfolio.lotsAt(slot) == 0) continue;
      if (view.instrument(instrument).markTicks() == 0) return OptionalLong.empty();
      if (!reaches(instrument))
        notCounted = Math.addExact(notCounted, Math.max(0, gainMicros(slot, instrument)));
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      if (asset == 0 || !view.counts(asset, amount)) continue;
      if (view.asset(asset).priceMicros() == 0 && amount < 0) return OptionalLong.empty();
      if (amount > 0 && view.stopOfAsset(Action.DELEVERAGE, asset, nowMs) != null)
        notCounted = Math.addExact(notCounted, Margin.valueMicros(view, asset, amount));
    }
    long equity = Margin.health(portfolio, view).equityMicros();
    return OptionalLong.of(Math.subtractExact(equity, notCounted));
  }

  /**
   * Equity whatever stands in the way; empty where a position never had a price.
   *
   * @throws ArithmeticException when a figure does not fit
   */
  static OptionalLong equityAtLastMarksMicros(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0
          && view.instrument(portfolio.instrumentAt(slot)).markTicks() == 0)
        return OptionalLong.empty();
    }
    return OptionalLong.of(Margin.health(portfolio, view).equityMicros());
  }

  /** Unrealised profit and accrued funding. */
  private long gainMicros(int slot, int instrument) {
    MarketView.Instrument market = view.instrument(instrument);
    long notional =
        view.catalogue()
            .perpetual(instrument)
            .notionalMicros(market.markTicks(), portfolio.lotsAt(slot));
    return Math.addExact(
        Math.subtractExact(notional, portfolio.basisMicrosAt(slot)),
        portfolio.accruedFundingMicrosAt(slot, market.fundingIndex()));
  }
}

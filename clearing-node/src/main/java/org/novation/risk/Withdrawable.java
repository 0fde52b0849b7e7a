package org.novation.risk;

import org.novation.instrument.Perpetual;

/**
 * Whether what an account would be left with is enough for something to leave it (risk rules,
 * section 6): equity without unrealised profit must be at least the initial margin, and at least a
 * tenth of what its positions are worth. Losses count in full, each position's profit as nothing,
 * so that one does not pay for the other before it is realised. Trades that are held count as in
 * {@link Margin#health(Portfolio, Holds, MarketView)}.
 *
 * @param equityMicros what is left and counts
 * @param requiredMicros what must be left; rounded up
 */
public record Withdrawable(long equityMicros, long requiredMicros) {
  private static final long NOTIONAL_PER_REQUIRED = 10;

  /**
   * Of a portfolio as a withdrawal would leave it.
   *
   * @throws ArithmeticException when prices have left the {@link Headroom} of the account
   */
  public static Withdrawable of(Portfolio after, Holds holds, MarketView view) {
    Health health = Margin.health(after, holds, view);
    long equity = health.equityMicros();
    long notional = 0;
    for (int slot = 0; slot < after.positions(); slot++) {
      int instrument = after.instrumentAt(slot);
      long lots = after.lotsAt(slot);
      if (lots == 0) continue;
      Perpetual perpetual = view.catalogue().perpetual(instrument);
      long worth = perpetual.notionalMicros(view.instrument(instrument).markTicks(), lots);
      long profit = Math.subtractExact(worth, after.basisMicrosAt(slot));
      equity = Math.subtractExact(equity, Math.max(0, profit));
      notional = Math.addExact(notional, Math.abs(worth));
    }
    return new Withdrawable(
        equity,
        Math.max(health.initialMarginMicros(), Math.ceilDiv(notional, NOTIONAL_PER_REQUIRED)));
  }

  /** Whether it is enough. */
  public boolean allowed() {
    return equityMicros >= requiredMicros;
  }
}

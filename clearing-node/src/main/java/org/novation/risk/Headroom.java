package org.novation.risk;

import org.novation.money.Fixed;

/**
 * How large an account may grow, so that its margin still fits its integers when prices have moved.
 * Everything that an account owns, owes and holds adds up to at most {@link #GROSS_MICROS_MAX} when
 * it grows; then every sum in {@link Margin} fits while no price is more than {@link #PRICE_FACTOR}
 * times what it was: notionals and profits to 2^61, what they are compared with to 2^62 and a bit,
 * 110 % of it included.
 */
public final class Headroom {
  /** 72 billion units of the settlement asset. */
  public static final long GROSS_MICROS_MAX = 1L << 56;

  /**
   * The most of one asset in an account, in its smallest unit: as many as lots of an instrument. It
   * holds before anybody knows what the asset is worth, and keeps sums over accounts countable.
   */
  public static final long AMOUNT_MAX = 1L << 53;

  /** How far prices may rise from where an account grew to its bound. */
  public static final long PRICE_FACTOR = 32;

  private Headroom() {}

  /**
   * Checks the amounts of collateral assets, and |cash|, collateral without its haircut, and
   * |notional| and |basis| of every position and hold.
   *
   * @throws ArithmeticException when an amount exceeds its bound or they add up to more than theirs
   */
  public static void require(Portfolio portfolio, Holds holds, MarketView view) {
    long gross = 0;
    for (int slot = 0; slot < portfolio.balances(); slot++)
      gross = plus(gross, worthMicros(portfolio, slot, view));
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      int instrument = portfolio.instrumentAt(slot);
      gross = plus(gross, portfolio.basisMicrosAt(slot));
      gross = plus(gross, notionalMicros(instrument, portfolio.lotsAt(slot), view));
    }
    for (int slot = 0; slot < holds.instruments(); slot++) {
      int instrument = holds.instrumentAt(slot);
      gross = plus(gross, holds.costMicrosAt(slot));
      gross = plus(gross, holds.proceedsMicrosAt(slot));
      gross = plus(gross, notionalMicros(instrument, holds.boughtLotsAt(slot), view));
      gross = plus(gross, notionalMicros(instrument, holds.soldLotsAt(slot), view));
    }
  }

  private static long plus(long gross, long micros) {
    long sum = Math.addExact(gross, Math.absExact(micros));
    if (sum > GROSS_MICROS_MAX) throw new ArithmeticException("an account grows beyond its bound");
    return sum;
  }

  private static long notionalMicros(int instrument, long lots, MarketView view) {
    return view.catalogue()
        .perpetual(instrument)
        .notionalMicros(view.instrument(instrument).markTicks(), lots);
  }

  private static long worthMicros(Portfolio portfolio, int slot, MarketView view) {
    int asset = portfolio.assetAt(slot);
    long amount = portfolio.amountAt(slot);
    if (asset == 0) return amount;
    if (Math.absExact(amount) > AMOUNT_MAX)
      throw new ArithmeticException("a balance grows beyond its bound");
    long price = view.asset(asset).priceMicros();
    return Haircut.valueMicros(view.catalogue().asset(asset), amount, price, Fixed.PPM, Fixed.PPM);
  }
}

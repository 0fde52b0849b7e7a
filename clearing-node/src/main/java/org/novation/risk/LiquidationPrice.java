package org.novation.risk;

import java.util.OptionalLong;
import java.util.function.LongPredicate;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;

/**
 * The mark of one instrument at which, all else unchanged, the account's equity is under its
 * maintenance margin: for a long the highest such tick, for a short the lowest. Found by search
 * over the same integers that margin is reckoned with, brackets and roundings included, so the tick
 * it names liquidates and the tick beside it does not.
 *
 * <p>The search is sound because no bracket asks for more than the whole notional: as the price
 * rises, equity less requirement never falls for a long and never rises for a short.
 */
public final class LiquidationPrice {
  /** Prices are searched up to this notional: some two million million units. */
  private static final long NOTIONAL_MAX_MICROS = 1L << 61;

  private LiquidationPrice() {}

  /**
   * The liquidation price in ticks. Empty when there is none: no mark above zero brings the account
   * under maintenance, or every mark leaves it there, or there is no mark to start from.
   *
   * @param maintenance the ladder in force
   * @param lots signed, not 0
   * @param health of the whole account at {@code markTicks}
   */
  public static OptionalLong ticks(
      Perpetual perpetual, Ladder maintenance, long lots, long markTicks, Health health) {
    if (markTicks <= 0) return OptionalLong.empty();
    long surplus = Math.subtractExact(health.equityMicros(), health.maintenanceMarginMicros());
    long elsewhere =
        Math.subtractExact(surplus, surplusMicros(perpetual, maintenance, lots, markTicks));
    long last =
        Math.max(markTicks, NOTIONAL_MAX_MICROS / Math.abs(perpetual.notionalMicros(1, lots)));
    LongPredicate under =
        ticks -> Math.addExact(elsewhere, surplusMicros(perpetual, maintenance, lots, ticks)) < 0;
    if (under.test(1) == under.test(last)) return OptionalLong.empty();
    return OptionalLong.of(
        lots > 0 ? lastHolding(under, last) : lastHolding(under.negate(), last) + 1);
  }

  /** What the position adds to equity less requirement at a mark, but for its basis. */
  private static long surplusMicros(
      Perpetual perpetual, Ladder maintenance, long lots, long ticks) {
    long notional = perpetual.notionalMicros(ticks, lots);
    return Math.subtractExact(notional, maintenance.requirementMicros(Math.abs(notional)));
  }

  /** The last tick at which a condition holds that holds at 1 and, once lost, never returns. */
  private static long lastHolding(LongPredicate condition, long end) {
    long holds = 1;
    long fails = end;
    while (fails - holds > 1) {
      long middle = (holds + fails) >>> 1;
      if (condition.test(middle)) holds = middle;
      else fails = middle;
    }
    return holds;
  }
}

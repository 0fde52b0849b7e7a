package org.novation.liquidation;

/** How many lots of an instrument may go on sale now; see {@link Throttle}. */
@FunctionalInterface
public interface LotBudget {
  /** No limit. */
  LotBudget UNLIMITED = (_, _) -> Long.MAX_VALUE;

  /**
   * Whole lots, at least 0.
   *
   * @param instrument its number in the catalogue; of coins the complement of the asset's
   * @param perLotMicros notional of one lot at the mark
   */
  long lots(int instrument, long perLotMicros);
}

package org.novation.risk;

/**
 * How far a price may be trusted (risk rules, section 7), from best to worst. What may be done with
 * it is the matrix of {@link Action}.
 */
public enum PriceValidity {
  /** A quorum of fresh feeds that agree: everything is allowed. */
  FRESH,
  /** Feeds disagree: no liquidation, no withdrawal. */
  DIVERGED,
  /** Fewer fresh feeds than the quorum: reductions only, no liquidation, no withdrawal. */
  STALE,
  /**
   * No quorum price since the node started, and so none at all: no trade, no liquidation, no
   * withdrawal. Collateral without a price counts for nothing.
   */
  NONE;

  /** Whether an account may be liquidated, or triggered, on such a price. */
  public boolean allowsLiquidation() {
    return Action.LIQUIDATE.allowedOn(this);
  }

  /** Whether a trade that adds risk may be margined on such a price. */
  public boolean allowsNewRisk() {
    return Action.OPEN_RISK.allowedOn(this);
  }
}

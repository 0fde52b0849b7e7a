package org.novation.risk;

/** Where an account stands, from best to worst. */
public enum MarginState {
  /** Equity is at least 110 % of initial margin. */
  HEALTHY,
  /** Equity is under 110 % of initial margin: a word of warning, nothing is refused yet. */
  EARLY_WARNING,
  /** Equity is under initial margin: reductions only. */
  MARGIN_CALL,
  /** Equity is under maintenance margin: reduce-only, and to be liquidated. */
  LIQUIDATION
}

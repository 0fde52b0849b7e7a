package org.novation.risk;

/** What an operator may pause, in one market, for one asset or everywhere. */
public enum Operation {
  /** Every trade, reductions too. */
  TRADING,
  /** That an account is liquidated: triggers, slices, what a deficit draws from the fund. */
  LIQUIDATION,
  /** Bids in auctions, and their settlement. */
  AUCTIONS,
  /** Steps of auto-deleveraging. */
  ADL,
  /** Payments of funding; an hour that ends while it is paused is never paid. */
  FUNDING,
  /** That an asset leaves the house. */
  WITHDRAWALS
}

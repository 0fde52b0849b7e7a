package org.novation.account;

import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.MarketView;

/** By what accounts are liquidated. */
@FunctionalInterface
public interface LiquidationTerms {
  /** What is in force at the parameter version of a view of this house. */
  LiquidationPolicy liquidation(MarketView view);
}

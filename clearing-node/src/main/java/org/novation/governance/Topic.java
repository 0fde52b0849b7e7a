package org.novation.governance;

import java.util.Locale;

/** What a parameter is about. Stored by name: never rename one. */
public enum Topic {
  /** A contract that is traded. */
  CONTRACT,
  /** An asset that may be pledged. */
  COLLATERAL,
  /** Who may publish prices of an index. */
  ORACLES,
  /** By what rules prices are judged. */
  PRICES,
  /** How accounts are liquidated. */
  LIQUIDATION,
  /** A pool's insurance fund. */
  FUND,
  /** How a pool deleverages. */
  DELEVERAGING,
  /** What the house charges. */
  FEES,
  /** How fast money may leave the house. */
  WITHDRAWALS,
  /** How much of an asset may leave the house. */
  WITHDRAWAL_LIMITS,
  /** Whose signatures move money. */
  CUSTODIANS,
  /** By what rules all this is voted. */
  VOTING,
  /** Who may tighten and halt without a vote. */
  COUNCIL,
  /** What is halted in a market, or everywhere. */
  HALT,
  /** Whether nobody but a vote may do anything privileged. */
  KILL_SWITCH;

  /** As it stands in a path: {@code kill-switch}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

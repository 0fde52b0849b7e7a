package org.novation.api.auth;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is to the house. A token lists its roles, in lower case, in the claim {@code
 * roles}.
 */
public enum Role {
  /** Submits the trades that it matched, under its own name. */
  VENUE,
  /** Owns accounts, and sees no others. */
  MEMBER,
  /** Publishes prices, under its own name. */
  ORACLE,
  /** Attests that collateral has arrived. */
  CUSTODIAN,
  /** Bids for portfolios under liquidation, for accounts of its own. */
  LIQUIDATOR,
  /** Votes on what the house runs by, with the tokens in its accounts. */
  VOTER,
  /** Runs the house. */
  OPERATOR,
  /** Sees everything and changes nothing. */
  AUDITOR;

  /** The role as tokens write it. */
  public String claim() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The role that a token names, or null: a role that this version does not know grants nothing.
   */
  static @Nullable Role ofClaim(String claim) {
    for (Role role : values()) {
      if (role.claim().equals(claim)) return role;
    }
    return null;
  }
}

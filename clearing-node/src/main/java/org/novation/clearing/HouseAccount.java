package org.novation.clearing;

/** The house's own account among those of its members. */
public final class HouseAccount {
  /**
   * What nobody bought of a defaulter, and debts that the fund does not cover, are this account's
   * until auto-deleveraging has resolved them: the defaults of many members net there, and are
   * resolved together. Never margined, never liquidated, never a candidate itself.
   */
  public static final String DEFAULT = "novation-default";

  /**
   * Where governance tokens are while they are staked, and until their owner's account has them
   * again. It trades nothing, and only governance gives it anything.
   */
  public static final String STAKES = "novation-stakes";

  /** What the house earns by fees. An account like any other, but that it trades nothing. */
  public static final String REVENUE = "novation-revenue";

  /**
   * Gives all cash that comes to it to the insurance fund, as the house's tranche: what an account
   * transfers to it, and what custodians attest for it. It trades nothing.
   */
  public static final String FUND = "novation-fund";

  /** Whose accounts these are. */
  public static final String MEMBER = "novation";

  /** The name under which the house itself trades: in auctions and in auto-deleveraging. */
  public static final String VENUE = "novation";

  private HouseAccount() {}

  /** Whether an account is the house's. */
  public static boolean is(String account) {
    return account.equals(DEFAULT);
  }

  /**
   * Whether an account takes trades, and parts of auctions: none of these does. What is staked, and
   * what was earned, is nobody's margin.
   */
  public static boolean trades(String account) {
    return switch (account) {
      case DEFAULT, STAKES, REVENUE, FUND -> false;
      default -> true;
    };
  }
}

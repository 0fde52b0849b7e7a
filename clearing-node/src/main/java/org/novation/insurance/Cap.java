package org.novation.insurance;

/** What kept a draw from being granted in full: the tightest, and of equals the first here. */
public enum Cap {
  /** Nothing: granted in full. */
  NONE,
  /** The fund has no more. */
  BALANCE,
  /** The most that one liquidation may get. */
  EVENT,
  /** The most that one account may get in one block of time. */
  ACCOUNT_BLOCK,
  /** The most that the fund pays in one day. */
  DAY
}

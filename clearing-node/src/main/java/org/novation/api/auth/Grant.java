package org.novation.api.auth;

/** How far a role reaches within a call that it may make. */
public enum Grant {
  /** To whatever the call names. */
  ANY,
  /** To accounts that belong to the caller as a member. */
  OWN_ACCOUNTS,
  /** To trades and quotes that the caller reports or reported as a venue. */
  OWN_VENUE,
  /** To prices that the caller publishes as an oracle. */
  OWN_FEED
}

package org.novation.account;

/**
 * Collateral on its way from one account to another: off the giver's books already, for ever, and
 * delivered until it is on the taker's.
 *
 * @param id the giver's name for it
 * @param atMs when the giver booked it
 * @param amount above 0, in the asset's smallest unit
 */
public record Remittance(String id, String from, String to, long atMs, String asset, long amount) {
  /** The name under which the taker knows it again. */
  public String key() {
    return key(from, id);
  }

  /**
   * The same, of what came from an account by this id. No other transfer has such a name: those are
   * called by their auctions, and none of these is called {@code sent}.
   */
  public static String key(String from, String id) {
    return "sent/" + from + '/' + id;
  }
}

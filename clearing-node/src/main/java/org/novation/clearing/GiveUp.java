package org.novation.clearing;

/**
 * A leg of a trade that goes from the account that executed it to the one that will carry it.
 *
 * @param venue that reported the trade, and its name for it
 * @param lots signed, as the giving account has them
 * @param novatedAtMs of the trade
 */
public record GiveUp(
    String venue,
    String tradeId,
    String instrument,
    long priceTicks,
    long lots,
    String from,
    String to,
    long novatedAtMs) {
  private static final String PREFIX = "give-up/";

  /** By which the receiving account's book knows it. */
  public String key() {
    return key(venue, tradeId, from);
  }

  /** The same, of what an account gives up of a trade. Ids that callers choose have no slash. */
  public static String key(String venue, String tradeId, String from) {
    return PREFIX + venue + '/' + tradeId + '/' + from;
  }

  /** Whether a trade of the house is one. */
  public static boolean is(String tradeId) {
    return tradeId.startsWith(PREFIX);
  }

  /** Which account gives a leg up by a trade of the house that is one. */
  public static String giver(String tradeId) {
    return tradeId.substring(tradeId.lastIndexOf('/') + 1);
  }

  /**
   * The trade that does it: at the first trade's price, under an id that both accounts know, so
   * that no leg is given up twice, to whomever, as long as the giver remembers it; who submits it
   * looks for an older one in the giver's journal.
   *
   * @param acceptedAtMs when it was accepted: other attempts are other trades
   */
  public Trade trade(long acceptedAtMs) {
    return new Trade(
        HouseAccount.VENUE,
        key(),
        instrument,
        priceTicks,
        Math.abs(lots),
        lots > 0 ? to : from,
        lots > 0 ? from : to,
        acceptedAtMs);
  }
}

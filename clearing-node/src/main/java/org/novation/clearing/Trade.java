package org.novation.clearing;

import org.jspecify.annotations.Nullable;

/**
 * One trade as a venue matched it. Its identity is the venue and the venue's trade id; everything
 * else is its content. Which of its accounts is first and which is last follows from the trade
 * alone, so that a retry takes the same path through any gateway.
 */
public final class Trade {
  private final String venue;
  private final String tradeId;
  private final String instrument;
  private final long priceTicks;
  private final long lots;
  private final String buyer;
  private final String seller;
  private final long executedAtMs;
  private transient @Nullable Fingerprint
      fingerprint; // Reckoned once; a race reckons the same twice.

  /**
   * @param priceTicks above 0
   * @param lots above 0
   * @param buyer differs from {@code seller}
   * @throws IllegalArgumentException when one of these does not hold: callers validate first
   */
  public Trade(
      String venue,
      String tradeId,
      String instrument,
      long priceTicks,
      long lots,
      String buyer,
      String seller,
      long executedAtMs) {
    if (priceTicks <= 0 || lots <= 0)
      throw new IllegalArgumentException("price and quantity must be positive");
    if (buyer.equals(seller)) throw new IllegalArgumentException("buyer and seller must differ");
    this.venue = venue;
    this.tradeId = tradeId;
    this.instrument = instrument;
    this.priceTicks = priceTicks;
    this.lots = lots;
    this.buyer = buyer;
    this.seller = seller;
    this.executedAtMs = executedAtMs;
  }

  public String venue() {
    return venue;
  }

  public String tradeId() {
    return tradeId;
  }

  public String instrument() {
    return instrument;
  }

  public long priceTicks() {
    return priceTicks;
  }

  public long lots() {
    return lots;
  }

  public String buyer() {
    return buyer;
  }

  public String seller() {
    return seller;
  }

  public long executedAtMs() {
    return executedAtMs;
  }

  /** The account that holds and applies. */
  public String first() {
    return buyerIsFirst() ? buyer : seller;
  }

  /** The account whose write is the commit point. */
  public String last() {
    return buyerIsFirst() ? seller : buyer;
  }

  /** Lots as they change an account's position: positive for the buyer. */
  public long signedLots(String account) {
    return account.equals(buyer) ? lots : -lots;
  }

  /** The other side. */
  public String counterparty(String account) {
    return account.equals(buyer) ? seller : buyer;
  }

  /** The 24 bytes by which accounts remember this trade. */
  public Fingerprint fingerprint() {
    Fingerprint known = fingerprint;
    if (known == null) fingerprint = known = Fingerprint.of(idText(venue, tradeId), contentText());
    return known;
  }

  /** The text that identifies a trade: ids have no slash. */
  public static String idText(String venue, String tradeId) {
    return venue + '/' + tradeId;
  }

  private String contentText() {
    return instrument
        + '/'
        + priceTicks
        + '/'
        + lots
        + '/'
        + buyer
        + '/'
        + seller
        + '/'
        + executedAtMs;
  }

  /**
   * By a hash, so that no account is first, or last, in all of its trades; ties by name. Whoever
   * gives a leg up is last: it alone would know that it gave the same leg to another, and must know
   * it at the commit.
   */
  private boolean buyerIsFirst() {
    if (venue.equals(HouseAccount.VENUE) && GiveUp.is(tradeId))
      return GiveUp.giver(tradeId).equals(seller);
    int order = Integer.compare(spread(buyer), spread(seller));
    return order != 0 ? order < 0 : buyer.compareTo(seller) < 0;
  }

  private static int spread(String account) {
    int hash = account.hashCode() * 0x9E3779B9;
    return hash ^ (hash >>> 15);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Trade trade
        && idText(venue, tradeId).equals(idText(trade.venue, trade.tradeId))
        && contentText().equals(trade.contentText());
  }

  @Override
  public int hashCode() {
    return tradeId.hashCode();
  }

  @Override
  public String toString() {
    return venue
        + "/"
        + tradeId
        + ": "
        + buyer
        + " buys "
        + lots
        + " lots of "
        + instrument
        + " at "
        + priceTicks
        + " ticks from "
        + seller;
  }
}

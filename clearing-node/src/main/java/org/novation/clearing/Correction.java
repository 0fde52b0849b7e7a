package org.novation.clearing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What is to be put right about one trade, as an operator proposed it: to undo it, or to settle the
 * difference to another price. Says everything that will be done, so that whoever approves its hash
 * approves that and nothing else.
 *
 * @param id the proposer's name for it
 * @param priceTicks at which the trade was novated
 * @param novatedAtMs by which the time for corrections counts
 * @param fundingIndex from which both legs accrue
 * @param newPriceTicks 0 for a bust
 * @param buyerPaysMicros what the buyer owes for the other price; negative when the seller does; 0
 *     for a bust
 * @param reason for people
 * @param proposer who asked, by the name in the token
 * @param buyerFeeMicros what the house gives back of the fee that the buyer paid for the trade: all
 *     of it for a bust; negative where the other price costs more
 * @param sellerFeeMicros the same of the seller's
 */
public record Correction(
    String id,
    Kind kind,
    String venue,
    String tradeId,
    String instrument,
    long priceTicks,
    long lots,
    String buyer,
    String seller,
    long executedAtMs,
    long novatedAtMs,
    long fundingIndex,
    long newPriceTicks,
    long buyerPaysMicros,
    String reason,
    String proposer,
    long proposedAtMs,
    long buyerFeeMicros,
    long sellerFeeMicros) {
  /** How a trade is put right. */
  public enum Kind {
    /** Both legs are reversed at the trade's own price, with the funding that they accrued. */
    BUST,
    /** The trade stays; one side pays the other the difference to another price. */
    PRICE
  }

  private static final String PREFIX = "correction/";
  private static final String FEE = "/fee/";

  /** The trade that it is about. */
  public Trade trade() {
    return new Trade(venue, tradeId, instrument, priceTicks, lots, buyer, seller, executedAtMs);
  }

  /**
   * The name under which its accounts know it: one for each trade, so that no trade is corrected
   * twice there whatever happens elsewhere. Ids that callers choose have no slash.
   */
  public String key() {
    return PREFIX + venue + '/' + tradeId;
  }

  /** Whether a trade of the house, or a remittance, is a correction. */
  public static boolean is(String id) {
    return id.startsWith(PREFIX);
  }

  /** What its account is to do, once it is approved. */
  public CorrectionOrder order(long approvedAtMs) {
    return switch (kind) {
      case BUST ->
          new CorrectionOrder.Reverse(
              id,
              new Trade(
                  HouseAccount.VENUE,
                  key(),
                  instrument,
                  priceTicks,
                  lots,
                  /* buyer= */ seller,
                  /* seller= */ buyer,
                  approvedAtMs),
              fundingIndex);
      case PRICE ->
          new CorrectionOrder.Pay(
              id,
              key(),
              buyerPaysMicros > 0 ? buyer : seller,
              buyerPaysMicros > 0 ? seller : buyer,
              Math.abs(buyerPaysMicros));
    };
  }

  /** The accounts whose fee changes by it, each once. */
  public List<String> feesDue() {
    List<String> due = new ArrayList<>(2);
    if (buyerFeeMicros != 0) due.add(buyer);
    if (sellerFeeMicros != 0) due.add(seller);
    return due;
  }

  /**
   * What is to be done about the fee of one of {@link #feesDue}: the house's revenue gives it back,
   * or gets what is missing.
   */
  public CorrectionOrder.Pay feeOrder(String account) {
    long back = account.equals(buyer) ? buyerFeeMicros : sellerFeeMicros;
    String key = feeKey(account);
    return back > 0
        ? new CorrectionOrder.Pay(id, key, HouseAccount.REVENUE, account, back)
        : new CorrectionOrder.Pay(id, key, account, HouseAccount.REVENUE, Math.negateExact(back));
  }

  private String feeKey(String account) {
    return key() + FEE + account;
  }

  /** Whose fee an order of {@link #feeOrder} is about. */
  String feeOf(CorrectionOrder order) {
    return order.key().equals(feeKey(buyer)) ? buyer : seller;
  }

  /**
   * SHA-256, in lower-case hexadecimal, of every component in its order, one a line; without the
   * last two where no fee changes, as when corrections knew of none.
   */
  public String hash() {
    String text =
        String.join(
            "\n",
            id,
            kind.name(),
            venue,
            tradeId,
            instrument,
            Long.toString(priceTicks),
            Long.toString(lots),
            buyer,
            seller,
            Long.toString(executedAtMs),
            Long.toString(novatedAtMs),
            Long.toString(fundingIndex),
            Long.toString(newPriceTicks),
            Long.toString(buyerPaysMicros),
            reason,
            proposer,
            Long.toString(proposedAtMs));
    if (!feesDue().isEmpty()) text += "\n" + buyerFeeMicros + "\n" + sellerFeeMicros;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Whether it says the same, apart from when. */
  boolean sameContent(Correction other) {
    return at(0).equals(other.at(0));
  }

  private Correction at(long ms) {
    return new Correction(
        id,
        kind,
        venue,
        tradeId,
        instrument,
        priceTicks,
        lots,
        buyer,
        seller,
        executedAtMs,
        novatedAtMs,
        fundingIndex,
        newPriceTicks,
        buyerPaysMicros,
        reason,
        proposer,
        ms,
        buyerFeeMicros,
        sellerFeeMicros);
  }

  Correction proposedAt(long ms) {
    return at(ms);
  }
}

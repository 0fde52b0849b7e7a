package org.novation.clearing;

/**
 * {@link Correction} as it was journalled before corrections gave fees back. Read only: it is part
 * of what was proposed, and of what was stored, then.
 */
public record CorrectionV1(
    String id,
    Correction.Kind kind,
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
    long proposedAtMs) {
  /** The same, of the same hash: no fee changes by it. */
  public Correction upgraded() {
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
        proposedAtMs,
        0,
        0);
  }
}

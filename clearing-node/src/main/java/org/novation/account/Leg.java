package org.novation.account;

import org.novation.clearing.Trade;
import org.novation.risk.Fill;

/**
 * One side of a trade on one account's books, with every figure that was used. Money in micros,
 * prices in ticks. What changes hands of a slice may also be coins, see {@link
 * org.novation.instrument.Coins}: then lots are the asset's units, notional is what was paid for
 * them, and there is neither a realised profit nor funding.
 *
 * @param lots signed for this account
 * @param counterparty the account on the other side
 * @param novatedAtMs when the last account decided
 * @param markTicks the mark that the last account saw
 * @param tradeFundingIndex the funding index at novation, from which both legs accrue
 * @param notionalMicros signed as {@code lots}
 * @param realisedMicros realised by closing
 * @param fundingMicros funding settled on the position as it was
 * @param fundingResidue what rounding that left to the house, 1e-6 micros
 * @param fundingIndex the index that the position stands at afterwards
 */
public record Leg(
    String venue,
    String tradeId,
    String instrument,
    long priceTicks,
    long lots,
    String counterparty,
    long executedAtMs,
    long novatedAtMs,
    long markTicks,
    long tradeFundingIndex,
    long notionalMicros,
    long realisedMicros,
    long fundingMicros,
    long fundingResidue,
    long fundingIndex) {
  static Leg of(
      Trade trade,
      String account,
      Fill fill,
      long novatedAtMs,
      long markTicks,
      long tradeFundingIndex) {
    return new Leg(
        trade.venue(),
        trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        fill.lots(),
        trade.counterparty(account),
        trade.executedAtMs(),
        novatedAtMs,
        markTicks,
        tradeFundingIndex,
        fill.notionalMicros(),
        fill.realisedMicros(),
        fill.fundingMicros(),
        fill.fundingResidue(),
        fill.fundingIndex());
  }

  /** The trade as the venue submitted it. {@code account} is whose leg this is. */
  public Trade trade(String account) {
    return new Trade(
        venue,
        tradeId,
        instrument,
        priceTicks,
        Math.abs(lots),
        lots > 0 ? account : counterparty,
        lots > 0 ? counterparty : account,
        executedAtMs);
  }

  /** What it did to the position. */
  public Fill fill() {
    return new Fill(
        lots, notionalMicros, realisedMicros, fundingMicros, fundingResidue, fundingIndex);
  }
}

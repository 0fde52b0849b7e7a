package org.novation.ledger;

import java.util.List;
import org.novation.deleveraging.AdlPolicy;

/**
 * What the default waterfall did, by the journal: in all, and wave by wave of deleveraging. To a
 * wave belongs what happened since the one before it ended, until its own end; what came after the
 * last wave is in the sums alone. Amounts in micros, shares in parts per million, times in
 * milliseconds.
 *
 * @param waves in order; of one that is not finished nothing is said
 * @param fund what the fund held after each of its movements, in order of time
 * @param liquidationsMs when liquidations began, in order
 */
public record WaterfallReport(
    Figures sums, List<Wave> waves, List<Held> fund, List<Long> liquidationsMs) {
  public WaterfallReport {
    waves = List.copyOf(waves);
    fund = List.copyOf(fund);
    liquidationsMs = List.copyOf(liquidationsMs);
  }

  /**
   * One wave.
   *
   * @param uncoveredMicros of its deficit, what nobody's profit covered: left as negative equity
   */
  public record Wave(
      String waveId,
      AdlPolicy.Kind policy,
      long beganAtMs,
      long finishedAtMs,
      long uncoveredMicros,
      Figures figures) {}

  /**
   * Figures of a stretch of time.
   *
   * @param deficitMicros D: what waves were begun with
   * @param haircutMicros H: what accounts gave up against the mark
   * @param neededLots contracts that waves were to close, of all instruments, in lots
   * @param closedLots of these, the ones that were closed
   * @param hedgesBroken closings that raised somebody's maintenance margin
   * @param accountsLiquidated different accounts
   * @param largestBystanderLossMicros most that one account gave up
   */
  public record Figures(
      long deficitMicros,
      long haircutMicros,
      long neededLots,
      long closedLots,
      int hedgesBroken,
      Fund fund,
      Auctions auctions,
      int accountsLiquidated,
      long largestBystanderLossMicros) {
    /** H − D: what was taken beyond what was missing; negative where not all could be taken. */
    public long overshootMicros() {
      return Math.subtractExact(haircutMicros, deficitMicros);
    }
  }

  /** What a fund holds from a moment on, the part that is promised to draws included. */
  public record Held(long atMs, long micros) {}

  /**
   * The fund in a stretch of time.
   *
   * @param lowMicros the least that it held
   * @param auctionDrawsMicros paid to those who took slices below the bankruptcy price
   * @param debtDrawsMicros paid for what closed accounts still owed
   * @param contributedMicros fees, surplus, the house's own
   */
  public record Fund(
      long beforeMicros,
      long lowMicros,
      long afterMicros,
      long auctionDrawsMicros,
      long debtDrawsMicros,
      long contributedMicros) {}

  /**
   * Auctions that ended in a stretch of time.
   *
   * @param sold of these, the ones of which everything was sold
   * @param bids settled
   * @param medianDiscountPpm of settled bids, as a share of notional
   * @param medianMsToSell of those that were sold, from the opening on
   * @param soldSharePpm sold without the fund's money, which is before the bankruptcy price, of
   *     what was for sale and not withdrawn, by notional; 0 when nothing was
   */
  public record Auctions(
      int count,
      int sold,
      int bids,
      long medianDiscountPpm,
      long medianMsToSell,
      long soldSharePpm) {}
}

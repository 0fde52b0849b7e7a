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
   * What a wave could not do: the default account still owes the money and has the contracts, and
   * the next wave is begun with them too.
   */
  public record Left(long micros, long lots) {
    /** Nothing is left. */
    public static final Left NOTHING = new Left(0, 0);

    Left plus(Left other) {
      return new Left(Math.addExact(micros, other.micros), Math.addExact(lots, other.lots));
    }
  }

  /**
   * One wave.
   *
   * @param carried what the wave before had left: in this one's figures once more, unless prices
   *     have moved since
   * @param left to the next one
   * @param negativeEquityMicros of what is left, what no later wave was begun with; 0 of all but
   *     the last
   * @param figures of this wave alone, what was carried included
   */
  public record Wave(
      String waveId,
      AdlPolicy.Kind policy,
      long beganAtMs,
      long finishedAtMs,
      Left carried,
      Left left,
      long negativeEquityMicros,
      Figures figures) {}

  /**
   * Figures of a stretch of time. Where it is of several waves, what one leaves to the next counts
   * once: D less H is then what the last one left, less what any took beyond its deficit; contracts
   * needed less closed are what the last one left.
   *
   * @param deficitMicros D: what waves were begun with
   * @param haircutMicros H: what accounts gave up against the mark
   * @param neededLots contracts that waves were to close, of all instruments, in lots
   * @param closedLots of these, the ones that were closed
   * @param hedgesBroken closings that raised somebody's maintenance margin
   * @param receiptsMicros what the fund had paid of the debts that waves resolved the rest of, by
   *     their receipts; not in D
   * @param accountsLiquidated different accounts
   * @param largestBystanderLossMicros most that one account gave up
   */
  public record Figures(
      long deficitMicros,
      long haircutMicros,
      long neededLots,
      long closedLots,
      int hedgesBroken,
      long receiptsMicros,
      Fund fund,
      Auctions auctions,
      int accountsLiquidated,
      long largestBystanderLossMicros) {
    /** H − D: what was taken beyond what was missing; negative by what was left open. */
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
   * @param bids settled, also after the end
   * @param medianDiscountPpm of these, as a share of notional
   * @param medianMsToSell of those that were sold, from the opening on
   * @param soldSharePpm sold no lower than at the bankruptcy price, of what was for sale and not
   *     withdrawn, by notional; 0 when nothing was. Which price that is, is what the auction knew
   *     when it accepted the bid, so what an insolvent account sells lies beyond it even at the
   *     mark; and what the fund had to add to in the end does too
   */
  public record Auctions(
      int count,
      int sold,
      int bids,
      long medianDiscountPpm,
      long medianMsToSell,
      long soldSharePpm) {}
}

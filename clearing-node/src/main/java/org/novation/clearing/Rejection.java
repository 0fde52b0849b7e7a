package org.novation.clearing;

import org.novation.risk.Brake;
import org.novation.risk.Stop;

/**
 * Why a trade or another command was refused: an ordinary answer to the caller, with its numbers,
 * never an exception. Amounts in micros of the settlement asset, prices in ticks, quantities in
 * lots.
 */
public sealed interface Rejection {
  /** The trade would need more than is free. Both after what open holds reserve. */
  record InsufficientMargin(String account, long requiredMicros, long freeMicros)
      implements Rejection {}

  /** Equity is under maintenance margin: only reductions pass. */
  record ReduceOnly(String account, long equityMicros, long maintenanceMicros)
      implements Rejection {}

  /**
   * The market, or one that the account's margin depends on, has no fresh price: only reductions
   * pass.
   */
  record MarketStale(String market) implements Rejection {}

  /**
   * A brake forbids it: nothing is wrong with the account.
   *
   * @param subject the instrument, asset or account that is braked
   * @param untilMs house time from which it no longer forbids; 0 when nobody knows yet
   */
  record Braked(Brake brake, String subject, long untilMs) implements Rejection {}

  /** What a stop means to a command. */
  static Rejection of(Stop stop) {
    return stop.brake() == Brake.NO_FRESH_PRICE
        ? new MarketStale(stop.subject())
        : new Braked(stop.brake(), stop.subject(), stop.untilMs());
  }

  /** The price is too far from the mark. */
  record PriceOutOfBand(String instrument, long priceTicks, long lowTicks, long highTicks)
      implements Rejection {}

  /** The position would exceed the largest allowed. */
  record PositionLimit(String account, String instrument, long limitLots) implements Rejection {}

  /**
   * The account would grow beyond what can be reckoned: the trade or deposit is too large for it.
   */
  record TooLarge(String account) implements Rejection {}

  /** The account has less of an asset than is asked for, in the asset's smallest unit. */
  record InsufficientBalance(String account, String asset, long amount, long balance)
      implements Rejection {}

  /**
   * What the account would be left with, unrealised profit aside, is less than must stay: initial
   * margin, or a tenth of what its positions are worth.
   */
  record InsufficientEquity(String account, long equityMicros, long requiredMicros)
      implements Rejection {}

  /** The account is being liquidated: nothing leaves it. */
  record InLiquidation(String account) implements Rejection {}

  /**
   * The account is being liquidated, and other accounts may give it only what ends that: crumbs
   * would do nothing but disturb its auction.
   *
   * @param neededMicros worth, at haircut, that would
   */
  record NoRescue(String account, long neededMicros) implements Rejection {}

  /** There is no such account. */
  record UnknownAccount(String account) implements Rejection {}

  /** The account belongs to somebody else. */
  record AccountTaken(String account) implements Rejection {}

  /** There is no such instrument. */
  record UnknownInstrument(String instrument) implements Rejection {}

  /** There is no such asset. */
  record UnknownAsset(String asset) implements Rejection {}

  /** An amount must be above zero. */
  record AmountNotPositive(long amount) implements Rejection {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements Rejection {}

  /**
   * Executed before the window of remembered ids: never begun now; says nothing about an earlier
   * attempt.
   */
  record TooOld(long executedAtMs, long oldestMs) implements Rejection {}

  /** Executed later than the house's clock allows. */
  record InTheFuture(long executedAtMs, long newestMs) implements Rejection {}
}

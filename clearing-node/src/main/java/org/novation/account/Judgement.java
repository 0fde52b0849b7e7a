package org.novation.account;

import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Perpetual;
import org.novation.risk.Action;
import org.novation.risk.Fill;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.Stop;

/**
 * Whether an account can take a trade, and what it would do to it (risk rules, section 6). Equity
 * at least initial margin after the trade and the worst of the holds: anything; else only what does
 * not raise the maintenance requirement and does not lower equity / maintenance. Without fresh
 * prices of all that margin depends on, in a halt of the market, or under maintenance margin, only
 * such reductions, and no further than to flat. While trading is paused there, nothing.
 *
 * @param rejection why not; null when it can
 * @param after the portfolio with the trade; null when it cannot
 * @param fill what the trade does; null when it cannot
 */
public record Judgement(
    @Nullable Rejection rejection, @Nullable Portfolio after, @Nullable Fill fill) {

  /**
   * Judges a trade on a portfolio with open holds. Changes nothing.
   *
   * @param nowMs house time, by which brakes end
   */
  public static Judgement of(
      String account, Portfolio books, Holds holds, Trade trade, MarketView view, long nowMs) {
    if (!HouseAccount.trades(account)) return refused(new Rejection.UnknownAccount(account));
    Integer instrument = view.catalogue().instrument(trade.instrument());
    if (instrument == null) return refused(new Rejection.UnknownInstrument(trade.instrument()));
    MarketView.Instrument market = view.instrument(instrument);
    if (market.markTicks() == 0) return refused(new Rejection.MarketStale(trade.instrument()));
    Stop all = view.stopOfInstrument(Action.REDUCE, instrument, nowMs);
    if (all != null) return refused(Rejection.of(all));
    Stop growth = view.stopOfInstrument(Action.OPEN_RISK, instrument, nowMs);
    try {
      return judge(account, books, holds, trade, view, instrument, market.fundingIndex(), growth);
    } catch (ArithmeticException tooLarge) {
      return refused(new Rejection.TooLarge(account));
    }
  }

  private static Judgement judge(
      String account,
      Portfolio books,
      Holds holds,
      Trade trade,
      MarketView view,
      int instrument,
      long fundingIndex,
      @Nullable Stop growth) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    long lots = trade.signedLots(account);
    long notional = perpetual.notionalMicros(trade.priceTicks(), lots);
    Fill fill = books.fill(instrument, lots, notional, fundingIndex, fundingIndex);
    Portfolio after = books.copy();
    after.apply(instrument, fill);
    boolean ofHouse = trade.venue().equals(HouseAccount.VENUE);
    long fee = ofHouse ? 0 : view.catalogue().fees().ofTradeMicros(notional);
    if (fee != 0) after.credit(0, Math.negateExact(fee));
    long worstLots = worstLots(after.lots(instrument), holds, instrument);
    boolean grows = worstLots > worstLots(books.lots(instrument), holds, instrument);
    if (grows && worstLots > perpetual.lotsPerAccountMax()) {
      return refused(
          new Rejection.PositionLimit(account, trade.instrument(), perpetual.lotsPerAccountMax()));
    }
    if (grows) Headroom.require(after, holds, view);
    Rejection braked = growth != null ? Rejection.of(growth) : firstStale(after, view);
    Health worst = Margin.health(after, holds, view);
    if (braked == null && worst.freeMicros() >= 0) return new Judgement(null, after, fill);
    Health before = Margin.health(books, holds, view);
    boolean liquidation = before.equityMicros() < before.maintenanceMarginMicros();
    boolean throughZero = braked == null && !liquidation;
    if (reduces(books, holds, instrument, lots, notional, fundingIndex, view, throughZero))
      return new Judgement(null, after, fill);
    if (braked != null) return refused(braked);
    if (liquidation) {
      return refused(
          new Rejection.ReduceOnly(
              account, before.equityMicros(), before.maintenanceMarginMicros()));
    }
    long required = Math.subtractExact(before.freeMicros(), worst.freeMicros());
    return refused(new Rejection.InsufficientMargin(account, required, before.freeMicros()));
  }

  private static Judgement refused(Rejection why) {
    return new Judgement(why, null, null);
  }

  private static long worstLots(long lots, Holds holds, int instrument) {
    int slot = holds.slotOf(instrument);
    if (slot < 0) return Math.abs(lots);
    return Math.max(
        Math.abs(lots + holds.boughtLotsAt(slot)), Math.abs(lots - holds.soldLotsAt(slot)));
  }

  /**
   * The first market or asset that margin depends on and whose price does not allow new risk; null
   * when all do.
   */
  private static @Nullable Rejection firstStale(Portfolio after, MarketView view) {
    for (int slot = 0; slot < after.positions(); slot++) {
      int other = after.instrumentAt(slot);
      if (after.lotsAt(slot) != 0 && !view.instrument(other).validity().allowsNewRisk()) {
        return new Rejection.MarketStale(view.catalogue().perpetual(other).symbol());
      }
    }
    for (int slot = 0; slot < after.balances(); slot++) {
      int asset = after.assetAt(slot);
      if (view.counts(asset, after.amountAt(slot))
          && !view.asset(asset).validity().allowsNewRisk()) {
        return new Rejection.MarketStale(view.catalogue().asset(asset).symbol());
      }
    }
    return null;
  }

  /**
   * A reduction is judged with the holds of the same side already on: two reductions at once must
   * not add up to a new position.
   *
   * @param throughZero whether a smaller position on the other side counts as a reduction too: not
   *     where only reductions pass for want of a price, or in liquidation
   */
  private static boolean reduces(
      Portfolio books,
      Holds holds,
      int instrument,
      long lots,
      long notional,
      long fundingIndex,
      MarketView view,
      boolean throughZero) {
    Portfolio base = books.copy();
    int slot = holds.slotOf(instrument);
    if (slot >= 0) {
      long heldLots = lots > 0 ? holds.boughtLotsAt(slot) : -holds.soldLotsAt(slot);
      if (heldLots != 0) {
        // At the mark: what the held trades lose does not matter for whether this one reduces.
        long mark = view.instrument(instrument).markTicks();
        long at = view.catalogue().perpetual(instrument).notionalMicros(mark, heldLots);
        base.apply(instrument, base.fill(instrument, heldLots, at, fundingIndex, fundingIndex));
      }
    }
    Portfolio then = base.copy();
    then.apply(instrument, then.fill(instrument, lots, notional, fundingIndex, fundingIndex));
    int sides = Long.signum(base.lots(instrument)) * Long.signum(then.lots(instrument));
    if (sides < 0 && !throughZero) return false;
    return Margin.reduces(Margin.health(base, view), Margin.health(then, view));
  }
}

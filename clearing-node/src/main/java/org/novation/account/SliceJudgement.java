package org.novation.account;

import org.jspecify.annotations.Nullable;
import org.novation.clearing.Rejection;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.risk.Fill;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Whether a liquidator can take a part of a slice: it must hold the initial margin for everything
 * that it has and holds, after the whole part and its discount, on fresh prices of all of it. Coins
 * count at their haircut, and what is paid for them counts in full.
 */
final class SliceJudgement {
  private SliceJudgement() {}

  /** Why not; null when it can. Changes nothing. */
  static @Nullable Rejection of(
      String account, Portfolio books, Holds holds, Allocation allocation, MarketView view) {
    Portfolio after = books.copy();
    try {
      for (Allocation.Leg leg : allocation.legs()) {
        if (Coins.are(leg.instrument())) {
          Rejection unpriced = buy(after, leg, view);
          if (unpriced != null) return unpriced;
          continue;
        }
        Integer instrument = view.catalogue().instrument(leg.instrument());
        if (instrument == null) return new Rejection.UnknownInstrument(leg.instrument());
        if (view.instrument(instrument).markTicks() == 0)
          return new Rejection.MarketStale(leg.instrument());
        Rejection limit = book(account, after, holds, leg, instrument, view);
        if (limit != null) return limit;
      }
      after.credit(0, allocation.discountMicros());
      String stale = firstStale(after, view);
      if (stale != null) return new Rejection.MarketStale(stale);
      Headroom.require(after, holds, view);
      Health before = Margin.health(books, holds, view);
      Health then = Margin.health(after, holds, view);
      if (then.freeMicros() >= 0) return null;
      return new Rejection.InsufficientMargin(
          account, Math.subtractExact(before.freeMicros(), then.freeMicros()), before.freeMicros());
    } catch (ArithmeticException tooLarge) {
      return new Rejection.TooLarge(account);
    }
  }

  /** Whose doing it is that a part cannot be taken. */
  static LapseCause cause(Rejection why) {
    return switch (why) {
      case Rejection.InsufficientMargin _, Rejection.ReduceOnly _ -> LapseCause.BIDDER_MARGIN;
      case Rejection.MarketStale _ -> LapseCause.HOUSE;
      default -> LapseCause.BIDDER_UNFIT;
    };
  }

  /** Coins at their price. */
  private static @Nullable Rejection buy(Portfolio after, Allocation.Leg leg, MarketView view) {
    Integer asset = Coins.asset(view.catalogue(), leg.instrument());
    if (asset == null) return new Rejection.UnknownAsset(Coins.symbol(leg.instrument()));
    if (view.asset(asset).priceMicros() == 0 || !view.asset(asset).validity().allowsNewRisk())
      return new Rejection.MarketStale(Coins.symbol(leg.instrument()));
    after.credit(asset, leg.lots());
    after.credit(0, Math.negateExact(worthMicros(leg, asset, view)));
    return null;
  }

  private static long worthMicros(Allocation.Leg leg, int asset, MarketView view) {
    return Coins.worthMicros(view.catalogue().asset(asset), leg.lots(), leg.priceTicks());
  }

  /**
   * What the coins of a leg cost beyond what they count for in this account, at least 0: reckoned
   * as if nothing else were held for, which concentration makes a little less than the truth.
   */
  static long coinsCostMicros(Portfolio books, Allocation.Leg leg, MarketView view) {
    int asset = Coins.listed(view.catalogue(), leg.instrument());
    Portfolio after = new Portfolio();
    after.credit(asset, books.amount(asset));
    long before = Margin.collateralMicros(after, view);
    after.credit(asset, leg.lots());
    long counted = Margin.collateralMicros(after, view) - before;
    return Math.max(0, worthMicros(leg, asset, view) - counted);
  }

  private static @Nullable Rejection book(
      String account,
      Portfolio after,
      Holds holds,
      Allocation.Leg leg,
      int instrument,
      MarketView view) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    long index = view.instrument(instrument).fundingIndex();
    long notional = perpetual.notionalMicros(leg.priceTicks(), leg.lots());
    Fill fill = after.fill(instrument, leg.lots(), notional, index, index);
    long before = Math.abs(after.lots(instrument));
    after.apply(instrument, fill);
    long lots = after.lots(instrument);
    int slot = holds.slotOf(instrument);
    long worst =
        slot < 0
            ? Math.abs(lots)
            : Math.max(
                Math.abs(lots + holds.boughtLotsAt(slot)), Math.abs(lots - holds.soldLotsAt(slot)));
    if (worst <= perpetual.lotsPerAccountMax() || Math.abs(lots) <= before) return null;
    return new Rejection.PositionLimit(account, leg.instrument(), perpetual.lotsPerAccountMax());
  }

  private static @Nullable String firstStale(Portfolio after, MarketView view) {
    for (int slot = 0; slot < after.positions(); slot++) {
      int instrument = after.instrumentAt(slot);
      if (after.lotsAt(slot) != 0 && !view.instrument(instrument).validity().allowsNewRisk())
        return view.catalogue().perpetual(instrument).symbol();
    }
    for (int slot = 0; slot < after.balances(); slot++) {
      int asset = after.assetAt(slot);
      if (view.counts(asset, after.amountAt(slot)) && !view.asset(asset).validity().allowsNewRisk())
        return view.catalogue().asset(asset).symbol();
    }
    return null;
  }
}

package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.deleveraging.Exposure;
import org.novation.instrument.Perpetual;
import org.novation.risk.Action;
import org.novation.risk.BankruptcyPrice;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * What the house's default account has to resolve; its coins count at their haircut. Where losses
 * of both sides of an instrument came with debts, those of the side that it holds count, or else of
 * the side that lost more: they are weights, and an instrument has one side that pays.
 */
final class DefaultReading {
  private DefaultReading() {}

  static DefaultRead of(Account account, MarketView view, long nowMs) {
    Portfolio portfolio = account.portfolio();
    boolean priced = view.stop(Action.DELEVERAGE, portfolio, nowMs) == null;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0
          && view.instrument(portfolio.instrumentAt(slot)).markTicks() == 0) priced = false;
    }
    if (!priced) return unpriced(account);
    try {
      return priced(account, view);
    } catch (ArithmeticException beyondHeadroom) {
      return unpriced(account);
    }
  }

  /** It is asked again, by prices that it can be reckoned by. */
  private static DefaultRead unpriced(Account account) {
    return new DefaultRead(account.version(), 0, false, List.of(), 0);
  }

  private static DefaultRead priced(Account account, MarketView view) {
    Portfolio portfolio = account.portfolio();
    Health health = Margin.health(portfolio, view);
    Map<String, Loss> losses = new HashMap<>();
    for (Loss loss : account.lossesTaken()) {
      Integer instrument = view.catalogue().instrument(loss.instrument());
      if (instrument == null) continue;
      long lots = portfolio.lots(instrument);
      if (lots != 0 && Long.signum(lots) != loss.side()) continue;
      losses.merge(loss.instrument(), loss, (a, b) -> a.micros() >= b.micros() ? a : b);
    }
    List<Exposure> exposures = new ArrayList<>();
    for (int instrument = 0; instrument < view.catalogue().instruments(); instrument++) {
      Loss loss = losses.get(view.catalogue().perpetual(instrument).symbol());
      Exposure exposure = exposure(portfolio, view, health, instrument, loss);
      if (exposure != null) exposures.add(exposure);
    }
    return new DefaultRead(
        account.version(), health.equityMicros(), true, exposures, account.fundPaidMicros());
  }

  /** Whether it owes more than it has, or that cannot be said now. */
  static boolean owes(Account account, MarketView view) {
    Portfolio portfolio = account.portfolio();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0
          && view.instrument(portfolio.instrumentAt(slot)).markTicks() == 0) return true;
    }
    try {
      return Margin.health(portfolio, view).equityMicros() < 0;
    } catch (ArithmeticException beyondHeadroom) {
      return true;
    }
  }

  private static @Nullable Exposure exposure(
      Portfolio portfolio, MarketView view, Health health, int instrument, @Nullable Loss loss) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    long lots = portfolio.lots(instrument);
    long mark = view.instrument(instrument).markTicks();
    if (mark == 0 || (lots == 0 && loss == null)) return null;
    long lost = loss == null ? 0 : loss.micros();
    long bankruptcy = 0;
    if (lots != 0) {
      int slot = portfolio.slotOf(instrument);
      long notional = perpetual.notionalMicros(mark, lots);
      lost = Math.addExact(lost, Math.max(0, portfolio.basisMicrosAt(slot) - notional));
      long maintenance =
          view.instrument(instrument).ladders().maintenance().requirementMicros(Math.abs(notional));
      long share =
          BankruptcyPrice.shareMicros(
              health.equityMicros(), maintenance, Math.max(1, health.maintenanceMarginMicros()));
      bankruptcy = BankruptcyPrice.ticks(perpetual, lots, mark, share).orElse(0);
    }
    int side = lots != 0 ? Long.signum(lots) : loss == null ? 1 : loss.side();
    return new Exposure(
        perpetual.symbol(),
        side,
        Math.abs(lots),
        lost,
        mark,
        bankruptcy,
        perpetual.notionalMicros(1, 1));
  }
}

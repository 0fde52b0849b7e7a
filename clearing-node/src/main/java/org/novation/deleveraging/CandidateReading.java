package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.LongUnaryOperator;
import org.novation.instrument.Perpetual;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** Reads an account's positions as candidates: what each node does for its own accounts. */
public final class CandidateReading {
  /** What an account realised in an instrument within the look-back, less what was taken there. */
  @FunctionalInterface
  public interface Realised {
    /** In micros; negative when it was a loss. */
    long micros(int instrument);
  }

  private CandidateReading() {}

  /**
   * Every open position of an account that can be reached. All of its positions must have a mark.
   *
   * @param neededLots by instrument's index, how many lots the wave must close; 0 where none
   * @param reached by instrument's index
   * @param equityMicros as far as it can be counted on
   */
  public static List<Candidate> of(
      String account,
      long version,
      Portfolio portfolio,
      MarketView view,
      Realised realised,
      long[] neededLots,
      IntPredicate reached,
      long equityMicros) {
    Health health = Margin.health(portfolio, view);
    List<Candidate> candidates = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      long lots = portfolio.lotsAt(slot);
      if (lots == 0) continue;
      int instrument = portfolio.instrumentAt(slot);
      if (!reached.test(instrument)) continue;
      LongUnaryOperator maintenance = closed -> maintenance(portfolio, view, instrument, closed);
      long closable = closableLots(lots, maintenance);
      Perpetual perpetual = view.catalogue().perpetual(instrument);
      long notional = perpetual.notionalMicros(view.instrument(instrument).markTicks(), lots);
      long basis = portfolio.basisMicrosAt(slot);
      candidates.add(
          new Candidate(
              perpetual.symbol(),
              account,
              version,
              lots,
              basis,
              Math.subtractExact(notional, basis),
              realised.micros(instrument),
              equityMicros,
              closable,
              health.maintenanceMarginMicros(),
              maintenance.applyAsLong(Math.min(closable, neededLots[instrument]))));
    }
    return candidates;
  }

  /**
   * Most lots that may close without raising the maintenance margin: found by bisection, since a
   * requirement that is convex in what closes and starts to rise above where it was stays there.
   *
   * @param lots held, signed
   * @param maintenanceMicros of the account once so many lots, without sign, are closed
   */
  public static long closableLots(long lots, LongUnaryOperator maintenanceMicros) {
    long now = maintenanceMicros.applyAsLong(0);
    long most = Math.abs(lots);
    if (maintenanceMicros.applyAsLong(most) <= now) return most;
    long holds = 0;
    long raises = most;
    while (raises - holds > 1) {
      long middle = (holds + raises) >>> 1;
      if (maintenanceMicros.applyAsLong(middle) <= now) holds = middle;
      else raises = middle;
    }
    return holds;
  }

  private static long maintenance(
      Portfolio portfolio, MarketView view, int instrument, long closed) {
    if (closed == 0) return Margin.health(portfolio, view).maintenanceMarginMicros();
    Portfolio after = portfolio.copy();
    long lots = after.lots(instrument) > 0 ? -closed : closed;
    MarketView.Instrument market = view.instrument(instrument);
    long notional = view.catalogue().perpetual(instrument).notionalMicros(market.markTicks(), lots);
    long index = market.fundingIndex();
    after.apply(instrument, after.fill(instrument, lots, notional, index, index));
    return Margin.health(after, view).maintenanceMarginMicros();
  }
}

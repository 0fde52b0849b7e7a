package org.novation.account;

import java.util.List;
import java.util.Map;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.CandidateReading;
import org.novation.instrument.Catalogue;
import org.novation.risk.Action;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What an account tells a coordinator of its positions. */
final class PositionReading {
  private PositionReading() {}

  /**
   * Every open position; none where a price or a brake forbids to deleverage the account, or its
   * figures do not fit: what cannot be asked of it now must not hold up what is asked of others.
   *
   * @param neededLots by instrument's symbol, how many lots the wave must close
   * @param lookBackMs for realised profit
   */
  static List<Candidate> of(
      Account account, MarketView view, long nowMs, Map<String, Long> neededLots, long lookBackMs) {
    Portfolio portfolio = account.portfolio();
    if (view.stop(Action.DELEVERAGE, portfolio, nowMs) != null) return List.of();
    Catalogue listed = view.catalogue();
    long[] needed = new long[listed.instruments()];
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      int instrument = portfolio.instrumentAt(slot);
      needed[instrument] = neededLots.getOrDefault(listed.perpetual(instrument).symbol(), 0L);
    }
    try {
      return CandidateReading.of(
          account.id(),
          account.version(),
          portfolio,
          view,
          instrument -> account.realisedMicros(portfolio.slotOf(instrument), nowMs, lookBackMs),
          needed);
    } catch (ArithmeticException beyondHeadroom) {
      return List.of();
    }
  }
}

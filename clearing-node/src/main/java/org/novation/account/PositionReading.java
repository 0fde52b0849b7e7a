package org.novation.account;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.novation.deleveraging.AdlCoordinatorActor.CandidatesRead;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.CandidateReading;
import org.novation.instrument.Catalogue;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What an account tells a coordinator of its positions. */
final class PositionReading {
  private PositionReading() {}

  /**
   * Every open position that deleveraging can reach; none where it is paused everywhere, or the
   * account cannot be reckoned: what cannot be asked of it now must not hold up what is asked of
   * others.
   *
   * @param neededLots by instrument's symbol, how many lots the wave must close
   * @param lookBackMs for realised profit
   */
  static CandidatesRead of(
      Account account, MarketView view, long nowMs, Map<String, Long> neededLots, long lookBackMs) {
    Portfolio portfolio = account.portfolio();
    Reach reach = new Reach(portfolio, view, nowMs);
    Catalogue listed = view.catalogue();
    long[] needed = new long[listed.instruments()];
    int open = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      open++;
      int instrument = portfolio.instrumentAt(slot);
      needed[instrument] = neededLots.getOrDefault(listed.perpetual(instrument).symbol(), 0L);
    }
    CandidatesRead nothing = new CandidatesRead(account.id(), List.of(), open);
    if (open == 0 || reach.stoppedEverywhere()) return nothing;
    try {
      OptionalLong equity = reach.equityMicros();
      if (equity.isEmpty()) return nothing;
      List<Candidate> candidates =
          CandidateReading.of(
              account.id(),
              account.version(),
              portfolio,
              view,
              instrument -> account.realisedMicros(portfolio.slotOf(instrument), nowMs, lookBackMs),
              needed,
              reach::reaches,
              equity.getAsLong());
      return new CandidatesRead(account.id(), candidates, open - candidates.size());
    } catch (ArithmeticException beyondHeadroom) {
      return nothing;
    }
  }
}

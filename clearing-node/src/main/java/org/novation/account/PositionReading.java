package org.novation.account;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
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
    Reach reach = new Reach(account.portfolio(), view, nowMs);
    return reach.stoppedEverywhere()
        ? new CandidatesRead(account.id(), List.of(), open(account))
        : of(account, view, nowMs, neededLots, lookBackMs, reach::reaches, reach::equityMicros);
  }

  /**
   * Every open position as it ranks at the last marks, whatever stands in the way of deleveraging
   * now: that brings nobody farther from his turn. None where one never had a price, or the account
   * cannot be reckoned.
   */
  static CandidatesRead toRank(Account account, MarketView view, long nowMs) {
    return of(
        account,
        view,
        nowMs,
        Map.of(),
        0,
        _ -> true,
        () -> Reach.equityAtLastMarksMicros(account.portfolio(), view));
  }

  private static CandidatesRead of(
      Account account,
      MarketView view,
      long nowMs,
      Map<String, Long> neededLots,
      long lookBackMs,
      IntPredicate reached,
      Supplier<OptionalLong> equityMicros) {
    Portfolio portfolio = account.portfolio();
    Catalogue listed = view.catalogue();
    long[] needed = new long[listed.instruments()];
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      int instrument = portfolio.instrumentAt(slot);
      needed[instrument] = neededLots.getOrDefault(listed.perpetual(instrument).symbol(), 0L);
    }
    int open = open(account);
    CandidatesRead nothing = new CandidatesRead(account.id(), List.of(), open);
    if (open == 0) return nothing;
    try {
      OptionalLong equity = equityMicros.get();
      if (equity.isEmpty()) return nothing;
      List<Candidate> candidates =
          CandidateReading.of(
              account.id(),
              account.version(),
              portfolio,
              view,
              instrument -> account.realisedMicros(portfolio.slotOf(instrument), nowMs, lookBackMs),
              needed,
              reached,
              equity.getAsLong());
      return new CandidatesRead(account.id(), candidates, open - candidates.size());
    } catch (ArithmeticException beyondHeadroom) {
      return nothing;
    }
  }

  private static int open(Account account) {
    Portfolio portfolio = account.portfolio();
    int open = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0) open++;
    }
    return open;
  }
}

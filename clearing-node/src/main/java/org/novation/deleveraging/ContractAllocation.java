package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.deleveraging.Allocation.Unfilled;

/**
 * Which contracts close: exactly as many lots as nobody bought, or as many as there are. What the
 * candidates buy the defaulter sells, lot for lot, so positions stay zero-sum.
 */
final class ContractAllocation {
  private final List<Closing> closings = new ArrayList<>();
  private final List<Unfilled> unfilled = new ArrayList<>();
  private final Map<String, Long> givenMicros = new HashMap<>(); // By account, over instruments.
  private long gainMicros;
  private int hedgesBroken;

  private ContractAllocation() {}

  /**
   * At the mark: first by rank those whose own requirement falls, then by rank those whose
   * requirement stays; of nobody more than what leaves it where it was.
   */
  static ContractAllocation atTheMark(AdlInput input) {
    ContractAllocation decided = new ContractAllocation();
    Map<String, List<Candidate>> byInstrument = byInstrument(input);
    for (Exposure exposure : input.exposures()) {
      long needed = exposure.closeLots();
      for (boolean relieved : new boolean[] {true, false}) {
        for (Candidate candidate : candidates(byInstrument, exposure)) {
          if (needed == 0) break;
          if (candidate.relieves() != relieved) continue;
          long lots = Math.min(needed, candidate.closableLots());
          decided.close(exposure, candidate, lots, exposure.markTicks());
          needed -= lots;
        }
      }
      decided.leave(exposure, needed);
    }
    return decided;
  }

  /**
   * At the defaulter's bankruptcy price: by rank, hedged or not, whom it does not bankrupt, after
   * what its positions in other instruments gave up already.
   */
  static ContractAllocation atTheBankruptcyPrice(AdlInput input) {
    ContractAllocation decided = new ContractAllocation();
    Map<String, List<Candidate>> byInstrument = byInstrument(input);
    for (Exposure exposure : input.exposures()) {
      long needed = exposure.closeLots();
      if (exposure.bankruptcyTicks() > 0) {
        for (Candidate candidate : candidates(byInstrument, exposure)) {
          if (needed == 0) break;
          if (!decided.survives(exposure, candidate)) continue;
          long lots = Math.min(needed, Math.abs(candidate.lots()));
          decided.close(exposure, candidate, lots, exposure.bankruptcyTicks());
          needed -= lots;
        }
      }
      decided.leave(exposure, needed);
    }
    return decided;
  }

  /** Whether closing all of it at the bankruptcy price leaves the account at least nothing. */
  private boolean survives(Exposure exposure, Candidate candidate) {
    long gain = exposure.gainMicros(Math.abs(candidate.lots()), exposure.bankruptcyTicks());
    long given = givenMicros.getOrDefault(candidate.account(), 0L);
    return Math.subtractExact(candidate.equityMicros(), Math.addExact(given, gain)) >= 0;
  }

  private void close(Exposure exposure, Candidate candidate, long lots, long priceTicks) {
    if (lots == 0) return;
    closings.add(
        new Closing(
            exposure.instrument(),
            candidate.account(),
            candidate.version(),
            exposure.side() * lots,
            priceTicks));
    long gain = exposure.gainMicros(lots, priceTicks);
    gainMicros = Math.addExact(gainMicros, gain);
    givenMicros.merge(candidate.account(), gain, Math::addExact);
    if (lots > candidate.closableLots()) hedgesBroken++;
  }

  private void leave(Exposure exposure, long lots) {
    if (lots > 0) unfilled.add(new Unfilled(exposure.instrument(), lots));
  }

  /** Those against the defaulter, by rank. */
  private static List<Candidate> candidates(
      Map<String, List<Candidate>> byInstrument, Exposure exposure) {
    return byInstrument.getOrDefault(exposure.instrument(), List.of()).stream()
        .filter(exposure::against)
        .toList();
  }

  private static Map<String, List<Candidate>> byInstrument(AdlInput input) {
    Map<String, List<Candidate>> byInstrument = new HashMap<>();
    for (Candidate candidate : input.candidates()) {
      byInstrument.computeIfAbsent(candidate.instrument(), _ -> new ArrayList<>()).add(candidate);
    }
    return byInstrument;
  }

  List<Closing> closings() {
    return closings;
  }

  List<Unfilled> unfilled() {
    return unfilled;
  }

  /** What the defaulter gains, and the others give up, against closing at the mark. */
  long gainMicros() {
    return gainMicros;
  }

  int hedgesBroken() {
    return hedgesBroken;
  }
}

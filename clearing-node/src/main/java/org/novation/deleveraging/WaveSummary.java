package org.novation.deleveraging;

import java.util.List;
import org.novation.deleveraging.Allocation.Unfilled;

/**
 * How far a wave has come, or what came of it. Stored in snapshots: never change it.
 *
 * @param wave running number in its pool, from 1
 * @param sha256 of the receipt, published before the first step
 * @param finishedAtMs 0 while it is under way
 * @param deficitMicros that it was begun with
 * @param neededLots to close, of all instruments
 * @param candidates in the receipt
 * @param steps planned so far
 * @param stepsOpen of these, the ones whose result is not known
 * @param replaced closings that were refused because their account had changed
 * @param haircutMicros what was given up against the mark; 0 while it is under way
 * @param uncoveredMicros of the deficit, what nobody's profit covered; 0 while it is under way
 * @param hedgesBroken closings that raised somebody's maintenance margin; 0 while it is under way
 * @param unfilled lots for which nobody was left; none while it is under way
 */
public record WaveSummary(
    long wave,
    String waveId,
    String sha256,
    AdlPolicy.Kind policy,
    long beganAtMs,
    long finishedAtMs,
    long deficitMicros,
    long neededLots,
    int candidates,
    int steps,
    int stepsOpen,
    int replaced,
    long closedLots,
    long takenMicros,
    long paidMicros,
    long haircutMicros,
    long uncoveredMicros,
    int hedgesBroken,
    List<Unfilled> unfilled) {
  public WaveSummary {
    unfilled = List.copyOf(unfilled);
  }

  /** Whether the wave is over. */
  public boolean finished() {
    return finishedAtMs != 0;
  }

  /** Whether it is over and left something for which there was nobody. */
  public boolean unresolved() {
    return uncoveredMicros > 0 || !unfilled.isEmpty();
  }
}

package org.novation.deleveraging;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.WaveEvent.WaveBegun;
import org.novation.deleveraging.WaveEvent.WaveFinished;

/**
 * How far a wave has come, or what came of it.
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
 * @param fundMicros what the fund had paid of the debts whose rest it resolves, by its receipt; 0
 *     of waves from before this was told
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
    List<Unfilled> unfilled,
    long fundMicros) {
  public WaveSummary {
    unfilled = List.copyOf(unfilled);
  }

  /**
   * What the two ends of a wave's journal say, without all that is between them.
   *
   * @param finished null while it is under way: of its steps nothing is known then
   */
  public static WaveSummary of(long wave, WaveBegun begun, @Nullable WaveFinished finished) {
    WaveFinished end = finished;
    if (end == null) end = new WaveFinished(0, 0, 0, 0, 0, 0, 0, 0, 0, List.of());
    return new WaveSummary(
        wave,
        begun.waveId(),
        begun.sha256(),
        begun.policy(),
        begun.atMs(),
        end.atMs(),
        begun.deficitMicros(),
        begun.neededLots(),
        begun.candidates(),
        end.steps(),
        0,
        end.replaced(),
        end.closedLots(),
        end.takenMicros(),
        end.takenMicros(),
        end.haircutMicros(),
        end.uncoveredMicros(),
        end.hedgesBroken(),
        end.unfilled(),
        begun.fundMicros());
  }

  /** Whether the wave is over. */
  public boolean finished() {
    return finishedAtMs != 0;
  }

  /** Whether it is over and left something for which there was nobody. */
  public boolean unresolved() {
    return uncoveredMicros > 0 || !unfilled.isEmpty();
  }

  /**
   * Whether there is nothing to add to what it left, where nobody can do anything about this: it is
   * unresolved, left as many lots or more, and as much uncovered. A deficit moves with the marks
   * while lots are left: one that is larger by no more than an eighth is the same, so that there is
   * an end to recording it.
   *
   * @param unfilled lots that nobody can close by now
   */
  public boolean tells(long deficitMicros, List<Unfilled> unfilled) {
    long more = deficitMicros - uncoveredMicros;
    boolean same = deficitMicros == 0 || (uncoveredMicros > 0 && more <= uncoveredMicros / 8);
    return unresolved() && same && unfilled.stream().allMatch(this::leftAsMany);
  }

  private boolean leftAsMany(Unfilled now) {
    for (Unfilled left : unfilled)
      if (left.instrument().equals(now.instrument())) return left.lots() >= now.lots();
    return false;
  }
}

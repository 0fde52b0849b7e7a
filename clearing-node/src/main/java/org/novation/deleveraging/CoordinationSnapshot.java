package org.novation.deleveraging;

import java.util.List;
import org.novation.deleveraging.Allocation.Unfilled;

/**
 * A pool's coordination between two waves: taken only then, so that it is small and a recovery
 * reads no more of the journal than the wave that is under way.
 *
 * @param number of the last event included, over all waves
 * @param waves so far
 * @param last the last wave; none before the first
 * @param fundMicros see {@link Coordination#fundMicros}
 * @param lastFundMicros of the last wave, see {@link WaveSummary}; 0 before it was told
 */
public record CoordinationSnapshot(
    String pool, long number, long waves, List<Last> last, long fundMicros, long lastFundMicros) {
  public CoordinationSnapshot {
    last = List.copyOf(last);
  }

  /** A {@link WaveSummary} as it is stored: never change it. */
  public record Last(
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
    public Last {
      unfilled = List.copyOf(unfilled);
    }

    static Last of(WaveSummary wave) {
      return new Last(
          wave.wave(),
          wave.waveId(),
          wave.sha256(),
          wave.policy(),
          wave.beganAtMs(),
          wave.finishedAtMs(),
          wave.deficitMicros(),
          wave.neededLots(),
          wave.candidates(),
          wave.steps(),
          wave.stepsOpen(),
          wave.replaced(),
          wave.closedLots(),
          wave.takenMicros(),
          wave.paidMicros(),
          wave.haircutMicros(),
          wave.uncoveredMicros(),
          wave.hedgesBroken(),
          wave.unfilled());
    }

    WaveSummary summary(long fundMicros) {
      return new WaveSummary(
          wave,
          waveId,
          sha256,
          policy,
          beganAtMs,
          finishedAtMs,
          deficitMicros,
          neededLots,
          candidates,
          steps,
          stepsOpen,
          replaced,
          closedLots,
          takenMicros,
          paidMicros,
          haircutMicros,
          uncoveredMicros,
          hedgesBroken,
          unfilled,
          fundMicros);
    }
  }
}

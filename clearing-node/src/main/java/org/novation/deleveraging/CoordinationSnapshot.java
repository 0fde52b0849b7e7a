package org.novation.deleveraging;

import java.util.List;

/**
 * A pool's coordination between two waves: taken only then, so that it is small and a recovery
 * reads no more of the journal than the wave that is under way.
 *
 * @param number of the last event included, over all waves
 * @param waves so far
 * @param last the last wave; none before the first
 * @param fundMicros see {@link Coordination#fundMicros}
 */
public record CoordinationSnapshot(
    String pool, long number, long waves, List<WaveSummary> last, long fundMicros) {
  public CoordinationSnapshot {
    last = List.copyOf(last);
  }
}

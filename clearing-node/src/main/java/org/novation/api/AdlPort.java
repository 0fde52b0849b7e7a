package org.novation.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Ranking.Standing;
import org.novation.deleveraging.WaveSummary;

/** What the edge asks of deleveraging. No method waits. Who may ask is decided before. */
public interface AdlPort {
  /** Where the open positions of an account stand; none when there is no such account. */
  CompletionStage<List<PositionRank>> ranks(String accountId);

  /**
   * Waves, newest first.
   *
   * @param before 0 for the newest, else {@code next} of the page before
   * @param limit at most so many
   */
  CompletionStage<WavePage> waves(long before, int limit);

  /**
   * The receipt of a wave as JSON in UTF-8; empty when there is none. Fails when too many are being
   * read.
   */
  CompletionStage<Optional<byte[]>> receipt(String waveId);

  /** The newest wave that is known of; null before the first. */
  @Nullable WaveSummary newestWave();

  /**
   * Tells that a wave began or went on, by any thread, until closed. The listener does not wait.
   */
  AccountPort.Watch watchWaves(Runnable changed);

  /**
   * A position, and where it stands among those of its instrument and side.
   *
   * @param standing this position counted
   */
  record PositionRank(Candidate position, Standing standing) {}

  /**
   * Some waves.
   *
   * @param next where the next page begins; 0 when there is none
   */
  record WavePage(List<WaveSummary> waves, long next) {
    public WavePage {
      waves = List.copyOf(waves);
    }
  }
}

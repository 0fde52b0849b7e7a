package org.novation.node;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.AdlPort;
import org.novation.api.error.Problem;
import org.novation.deleveraging.ReceiptJson;
import org.novation.deleveraging.WaveSummary;
import org.novation.ledger.WaveArchive;

/**
 * Leads the edge's questions about deleveraging to the nodes, to the journal, and to what this node
 * heard.
 */
final class AdlDesk implements AdlPort {
  /** A receipt is read whole, and may be some hundred megabytes large as text. */
  private static final int RECEIPTS_AT_ONCE = 2;

  private final Deleveraging deleveraging;
  private final WaveArchive archive;
  private final Executor blocking;
  private final Semaphore receipts = new Semaphore(RECEIPTS_AT_ONCE);

  /**
   * @param blocking runs what waits for the database
   */
  AdlDesk(Deleveraging deleveraging, WaveArchive archive, Executor blocking) {
    this.deleveraging = deleveraging;
    this.archive = archive;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<List<PositionRank>> ranks(String accountId) {
    return deleveraging.ranks(accountId);
  }

  @Override
  public CompletionStage<WavePage> waves(long before, int limit) {
    return CompletableFuture.supplyAsync(
        () -> {
          WaveArchive.Page page = archive.page(Deleveraging.POOL, before, limit);
          // Of the wave under way the journal's two ends do not tell how far it is.
          @Nullable WaveSummary newest = newestWave();
          List<WaveSummary> waves =
              page.waves().stream()
                  .map(
                      wave ->
                          newest != null && !wave.finished() && newest.wave() == wave.wave()
                              ? newest
                              : wave)
                  .toList();
          return new WavePage(waves, page.next());
        },
        blocking);
  }

  @Override
  public CompletionStage<Optional<byte[]>> receipt(String waveId) {
    if (!receipts.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new Problem.Found(Problem.unavailable("too many receipts are being read")));
    }
    return CompletableFuture.supplyAsync(
            () ->
                archive
                    .receipt(Deleveraging.POOL, waveId)
                    .map(ReceiptJson::write)
                    .map(text -> text.getBytes(StandardCharsets.UTF_8)),
            blocking)
        .whenComplete((_, _) -> receipts.release());
  }

  @Override
  public @Nullable WaveSummary newestWave() {
    return deleveraging.board().newest();
  }

  @Override
  public AccountPort.Watch watchWaves(Runnable changed) {
    return deleveraging.board().listen(changed);
  }
}

package org.novation.api;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.novation.trail.TrailEntry;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/** A trail in memory; it records when a test lets it. */
public final class FakeTrail implements TrailPort {
  public final List<TrailRecord> records = new ArrayList<>();
  private TrailHead head = TrailHead.START;

  /** What appending waits for; null: nothing. */
  volatile @Nullable CompletableFuture<?> gate;

  @Override
  public synchronized CompletionStage<TrailHead> append(TrailEntry entry) {
    CompletableFuture<?> waiting = gate;
    return waiting == null
        ? CompletableFuture.completedStage(record(entry))
        : waiting.thenApply(_ -> record(entry));
  }

  private synchronized TrailHead record(TrailEntry entry) {
    TrailRecord record = head.next(entry, 1_000);
    records.add(record);
    head = head.after(record);
    return head;
  }

  @Override
  public synchronized CompletionStage<TrailHead> head() {
    return CompletableFuture.completedStage(head);
  }

  @Override
  public synchronized CompletionStage<List<TrailRecord>> after(long number, int limit) {
    int from = (int) Math.min(number, records.size());
    int to = Math.min(from + limit, records.size());
    return CompletableFuture.completedStage(List.copyOf(records.subList(from, to)));
  }
}

package org.novation.node;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.deleveraging.WaveSummary;

/** The newest wave of deleveraging that this node heard of. Written by one thread, read by any. */
final class WaveBoard {
  private static final int LISTENERS_MAX = 10_000;

  private final AtomicReference<@Nullable WaveSummary> newest = new AtomicReference<>();
  private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Null before the first word. */
  @Nullable WaveSummary newest() {
    return newest.get();
  }

  /** Takes what was told, unless more is known: a coordinator that moved may still be heard. */
  void take(WaveSummary told) {
    WaveSummary before = newest.get();
    if (before != null && (before.equals(told) || isBefore(told, before))) return;
    newest.set(told);
    listeners.forEach(Runnable::run);
  }

  private static boolean isBefore(WaveSummary one, WaveSummary other) {
    if (one.wave() != other.wave()) return one.wave() < other.wave();
    if (one.finished() != other.finished()) return other.finished();
    return one.steps() - one.stepsOpen() < other.steps() - other.stepsOpen();
  }

  /**
   * Calls {@code changed} whenever there is something new, until closed; it must not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Runnable changed) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Runnable own = changed::run; // Its own identity, should one be passed twice.
    listeners.add(own);
    return () -> listeners.remove(own);
  }
}

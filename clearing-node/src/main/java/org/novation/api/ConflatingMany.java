package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.api.error.Problem;

/**
 * A stream of states of many things, of each of which only the newest matters: while the client
 * does not read, a newer state takes the place of the one that waits. A client that leaves too many
 * things unread is cut.
 *
 * @param <T> the state as the trade gives it; written only when it is sent
 */
final class ConflatingMany<T, A> {
  private final ServerCallStreamObserver<A> call;
  private final Function<T, A> write;
  private final int waitingMax;
  private final SequencedMap<String, T> waiting = new LinkedHashMap<>(); // Guarded by itself.
  private final Drain drain;
  private volatile Iterator<A> beginning = Collections.emptyIterator(); // Read by the drain alone.
  private volatile @Nullable Problem failure;
  private boolean ended; // By the drain alone.

  ConflatingMany(
      ServerCallStreamObserver<A> call, Edge edge, int waitingMax, Function<T, A> write) {
    this.call = call;
    this.write = write;
    this.waitingMax = waitingMax;
    this.drain = new Drain(edge.executor(), this::step);
  }

  /** Begins. To be called while the call is being set up. */
  void start(Runnable onGone) {
    call.setOnReadyHandler(drain::signal);
    call.setOnCancelHandler(onGone);
  }

  /**
   * Begins with what is. It is come to as the client reads, so that none of it waits, and after the
   * changes that do: what is come to late must be at least as new as what was told of it before.
   *
   * @param beginning read by one thread at a time
   */
  void start(Runnable onGone, Iterator<A> beginning) {
    this.beginning = beginning;
    start(onGone);
    drain.signal();
  }

  /** A newer state of one thing. By any thread. */
  void offer(String key, T state) {
    synchronized (waiting) {
      if (failure != null) return;
      waiting.put(key, state);
      if (waiting.size() > waitingMax) {
        waiting.clear();
        failure = tooSlow();
      }
    }
    drain.signal();
  }

  private Problem tooSlow() {
    return Problem.of(
        Code.RESOURCE_EXHAUSTED,
        "SLOW_READER",
        "more than " + waitingMax + " states were not read: watch again",
        "unread_max",
        Integer.toString(waitingMax));
  }

  private void step() {
    if (ended || call.isCancelled()) return;
    while (failure == null && call.isReady()) {
      A next = next();
      if (next == null) return;
      call.onNext(next);
    }
    Problem failed = failure;
    if (failed == null) return;
    ended = true;
    call.onError(failed.toException());
  }

  private @Nullable A next() {
    T changed = nextChange();
    if (changed != null) return write.apply(changed);
    return beginning.hasNext() ? beginning.next() : null;
  }

  private @Nullable T nextChange() {
    synchronized (waiting) {
      Map.Entry<String, T> oldest = waiting.pollFirstEntry();
      return oldest == null ? null : oldest.getValue();
    }
  }
}

package org.novation.api;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.api.error.Problem;

/**
 * A stream of which only the newest state matters: while the client does not read, a newer state
 * takes the place of the one that waits. At most one state is held for it.
 *
 * @param <T> the state as the trade gives it; written only when it is sent
 */
final class Conflating<T, A> {
  private final ServerCallStreamObserver<A> call;
  private final Function<T, A> write;
  private final AtomicReference<@Nullable T> newest = new AtomicReference<>();
  private final Drain drain;
  private volatile @Nullable Problem failure;
  private boolean ended; // By the drain alone.

  /**
   * @param write may throw {@link Problem.Found}, which ends the stream
   */
  Conflating(ServerCallStreamObserver<A> call, Edge edge, Function<T, A> write) {
    this.call = call;
    this.write = write;
    this.drain = new Drain(edge.executor(), this::step);
  }

  /** Begins. To be called while the call is being set up. */
  void start(Runnable onGone) {
    call.setOnReadyHandler(drain::signal);
    call.setOnCancelHandler(onGone);
  }

  /** A newer state. By any thread. */
  void offer(T state) {
    newest.set(state);
    drain.signal();
  }

  /** Ends the stream. By any thread. */
  void fail(Problem problem) {
    failure = problem;
    drain.signal();
  }

  private void step() {
    if (ended || call.isCancelled()) return;
    Problem failed = failure;
    if (failed == null) failed = send();
    if (failed == null) return;
    ended = true;
    call.onError(failed.toException());
  }

  private @Nullable Problem send() {
    if (!call.isReady()) return null;
    T state = newest.getAndSet(null);
    if (state == null) return null;
    try {
      call.onNext(write.apply(state));
      return null;
    } catch (Problem.Found found) {
      return found.problem();
    }
  }
}

package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.novation.api.error.Problem;

/**
 * Sends one large text in parts, as fast as the client reads them. A client that leaves a part
 * unread for too long is cut off, so that what it asked for is not held for ever.
 */
final class Parts<A> {
  private static final int PART_BYTES = Limits.PART_BYTES;

  /** Writes a part of the bytes. */
  @FunctionalInterface
  interface Writing<A> {
    A part(byte[] bytes, int from, int length);
  }

  private final ServerCallStreamObserver<A> call;
  private final Edge edge;
  private final Writing<A> write;
  private final Drain drain;
  private volatile byte @Nullable [] bytes;
  private volatile @Nullable Problem failure;
  private volatile int sent;
  private boolean ended; // By the drain alone.

  Parts(ServerCallStreamObserver<A> call, Edge edge, Writing<A> write) {
    this.call = call;
    this.edge = edge;
    this.write = write;
    this.drain = new Drain(edge.executor(), this::step);
  }

  /** Begins. To be called while the call is being set up. */
  void start() {
    call.setOnReadyHandler(drain::signal);
    call.setOnCancelHandler(() -> bytes = null);
  }

  /** All of them. By any thread, once. */
  void send(byte[] all) {
    bytes = all;
    watch(0);
    drain.signal();
  }

  /** Ends the stream. By any thread. */
  void fail(Problem problem) {
    failure = problem;
    drain.signal();
  }

  private void watch(int sentBefore) {
    long patienceMs = edge.patience().toMillis();
    var _ =
        edge.timer()
            .schedule(
                () -> {
                  if (bytes == null) return;
                  int now = sent;
                  if (now > sentBefore) watch(now);
                  else
                    fail(
                        Problem.of(
                            Code.RESOURCE_EXHAUSTED,
                            "SLOW_READER",
                            "no part was read for " + patienceMs + " ms",
                            "patience_ms",
                            Long.toString(patienceMs)));
                },
                patienceMs,
                TimeUnit.MILLISECONDS);
  }

  private void step() {
    if (ended || call.isCancelled()) return;
    Problem failed = failure;
    if (failed != null) {
      end();
      call.onError(failed.toException());
      return;
    }
    byte[] all = bytes;
    if (all == null) return;
    int at = sent;
    while (at < all.length && call.isReady()) {
      int length = Math.min(PART_BYTES, all.length - at);
      call.onNext(write.part(all, at, length));
      at += length;
    }
    sent = at;
    if (at < all.length) return;
    end();
    call.onCompleted();
  }

  private void end() {
    ended = true;
    bytes = null;
  }
}

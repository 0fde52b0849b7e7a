package org.novation.api;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs one step after each signal, never two at once; signals that come together share a step, and
 * none is lost.
 */
final class Drain {
  private final Executor executor;
  private final Runnable step;
  private final AtomicInteger signals = new AtomicInteger();

  Drain(Executor executor, Runnable step) {
    this.executor = executor;
    this.step = step;
  }

  /** Asks for a step after now, by a thread of the executor. */
  void signal() {
    if (signals.getAndIncrement() == 0) executor.execute(this::run);
  }

  private void run() {
    int seen = signals.get();
    while (seen != 0) {
      step.run();
      seen = signals.addAndGet(-seen);
    }
  }
}

package org.novation.node.clockwork;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.event.LoggingAdapter;
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Pekko's timers on a clockwork's time: of typed actors, of asks, of sharding, of the cluster. */
public final class ClockworkScheduler implements Scheduler {
  private final Clockwork clockwork;

  /** Made by Pekko, for the clockwork that makes the actor system. */
  public ClockworkScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    this.clockwork = Clockwork.starting();
  }

  /** Once, or every so many nanoseconds. */
  private final class Wakening implements Cancellable, Runnable {
    private final Runnable task;
    private final ExecutionContext executor;
    private final long everyNanos; // 0 for once.
    private Clockwork.@Nullable Timer timer; // Guarded by this.

    Wakening(Runnable task, ExecutionContext executor, long everyNanos) {
      this.task = task;
      this.executor = executor;
      this.everyNanos = everyNanos;
    }

    synchronized Wakening in(long nanos) {
      timer = clockwork.after(nanos, this);
      return this;
    }

    @Override
    public synchronized void run() {
      if (everyNanos > 0) in(everyNanos);
      executor.execute(task);
    }

    @Override
    public synchronized boolean cancel() {
      return timer != null && timer.cancel();
    }

    @Override
    public synchronized boolean isCancelled() {
      return timer != null && timer.isCancelled();
    }
  }

  /** What Pekko's own ways of repeating come down to. */
  @Override
  @SuppressWarnings("deprecation")
  public Cancellable schedule(
      FiniteDuration first, FiniteDuration every, Runnable task, ExecutionContext executor) {
    return new Wakening(task, executor, Math.max(1, every.toNanos())).in(first.toNanos());
  }

  @Override
  public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
    return new Wakening(task, executor, 0).in(delay.toNanos());
  }

  /** Whatever is asked for is kept. */
  @Override
  public double maxFrequency() {
    return 1e9;
  }
}

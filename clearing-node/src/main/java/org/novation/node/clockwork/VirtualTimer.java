package org.novation.node.clockwork;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A clockwork as an executor of the JDK's. It ends with the clockwork: shutting it down is not. */
final class VirtualTimer extends AbstractExecutorService implements ScheduledExecutorService {
  private final Clockwork clockwork;

  VirtualTimer(Clockwork clockwork) {
    this.clockwork = clockwork;
  }

  /** A task that waits for its time, once or again and again. */
  private final class Waiting<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {
    private final long everyNanos; // 0 for once.
    private volatile Clockwork.@Nullable Timer timer;

    Waiting(Callable<V> work, long everyNanos) {
      super(work);
      this.everyNanos = everyNanos;
    }

    ScheduledFuture<V> in(long nanos) {
      timer = clockwork.after(nanos, this);
      return this;
    }

    @Override
    public void run() {
      if (!isPeriodic()) super.run();
      else if (runAndReset()) again();
    }

    private void again() {
      timer = clockwork.after(everyNanos, this);
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      Clockwork.Timer waits = timer;
      if (waits != null) waits.cancel();
      return super.cancel(false);
    }

    @Override
    public boolean isPeriodic() {
      return everyNanos > 0;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      Clockwork.Timer waits = timer;
      return waits == null ? 0 : unit.convert(waits.leftNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  @Override
  public void execute(Runnable task) {
    clockwork.execute(task);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return schedule(
        () -> {
          task.run();
          return true;
        },
        delay,
        unit);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    return new Waiting<>(task, 0).in(unit.toNanos(delay));
  }

  /** Time does not pass while a task runs: a rate and a delay are the same. */
  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long first, long every, TimeUnit unit) {
    return scheduleWithFixedDelay(task, first, every, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long first, long every, TimeUnit unit) {
    if (every <= 0) throw new IllegalArgumentException("again and again takes time");
    Callable<Boolean> work =
        () -> {
          task.run();
          return true;
        };
    return new Waiting<>(work, unit.toNanos(every)).in(unit.toNanos(first));
  }

  @Override
  public void shutdown() {}

  @Override
  public List<Runnable> shutdownNow() {
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }
}

package org.novation.node;

import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;

/**
 * Alarms by a clock that somebody else moves, and may move by an hour at once: looked through every
 * few milliseconds, or whenever its mover says. What is due goes off in the order of the hours,
 * then of the keys.
 */
final class Alarms implements HouseTime, AutoCloseable {
  private static final long LOOK_MS = 20;

  /** In the order in which they go off. Compared by hand: in a crash there are very many. */
  private record Set(long dueMs, String key, long number, Runnable wake)
      implements Comparable<Set> {
    @Override
    public int compareTo(Set other) {
      if (dueMs != other.dueMs) return Long.compare(dueMs, other.dueMs);
      int byKey = key.compareTo(other.key);
      return byKey != 0 ? byKey : Long.compare(number, other.number);
    }
  }

  private final LongSupplier houseMs;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentSkipListSet<Set> alarms = new ConcurrentSkipListSet<>();
  private final @Nullable ScheduledExecutorService thread;

  private Alarms(LongSupplier houseMs, @Nullable ScheduledExecutorService thread) {
    this.houseMs = houseMs;
    this.thread = thread;
  }

  /** A thread looks. */
  static Alarms onThread(LongSupplier houseMs) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("novation-alarms").factory());
    Alarms alarms = new Alarms(houseMs, thread);
    var _ = thread.scheduleWithFixedDelay(alarms::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    return alarms;
  }

  /** Nobody looks but who calls {@link #look}. */
  static Alarms byHand(LongSupplier houseMs) {
    return new Alarms(houseMs, null);
  }

  @Override
  public long nowMs() {
    return houseMs.getAsLong();
  }

  @Override
  public Alarm at(long dueMs, String key, Runnable wake) {
    Set set = new Set(dueMs, key, numbers.incrementAndGet(), wake);
    alarms.add(set);
    return () -> alarms.remove(set);
  }

  /** Has everything go off that is due; false when nothing was. */
  boolean look() {
    long nowMs = nowMs();
    boolean any = false;
    // Others cancel meanwhile: an iterator takes that, a look at the first does not.
    for (Set next : alarms) {
      if (next.dueMs() > nowMs) return any;
      if (!alarms.remove(next)) continue;
      any = true;
      next.wake().run();
    }
    return any;
  }

  @Override
  public void close() {
    if (thread != null) thread.shutdownNow();
  }
}

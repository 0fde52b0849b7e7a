package org.novation.node;

import java.util.Comparator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.novation.clearing.HouseTime;

/**
 * Alarms by a clock that somebody else moves, and may move by an hour at once: looked through every
 * few milliseconds. What is due goes off in the order of the hours, then of the keys.
 */
final class Alarms implements HouseTime, AutoCloseable {
  private static final long LOOK_MS = 20;

  private record Set(long dueMs, String key, long number, Runnable wake) {}

  private final LongSupplier houseMs;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentSkipListSet<Set> alarms =
      new ConcurrentSkipListSet<>(
          Comparator.comparingLong(Set::dueMs)
              .thenComparing(Set::key)
              .thenComparingLong(Set::number));
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("novation-alarms").factory());

  Alarms(LongSupplier houseMs) {
    this.houseMs = houseMs;
    var _ = thread.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
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

  private void look() {
    long nowMs = nowMs();
    // Others cancel meanwhile: an iterator takes that, a look at the first does not.
    for (Set next : alarms) {
      if (next.dueMs() > nowMs) return;
      if (alarms.remove(next)) next.wake().run();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}

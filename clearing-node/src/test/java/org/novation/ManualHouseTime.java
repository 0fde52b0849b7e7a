package org.novation;

import java.util.Comparator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.novation.clearing.HouseTime;

/** House time that stands still until a test moves it. */
public final class ManualHouseTime implements HouseTime {
  private record Set(long dueMs, String key, int number, Runnable wake) {}

  private final AtomicLong nowMs;
  private final AtomicInteger numbers = new AtomicInteger();
  private final ConcurrentSkipListSet<Set> alarms =
      new ConcurrentSkipListSet<>(
          Comparator.comparingLong(Set::dueMs)
              .thenComparing(Set::key)
              .thenComparingInt(Set::number));

  public ManualHouseTime(long startMs) {
    this.nowMs = new AtomicLong(startMs);
  }

  @Override
  public long nowMs() {
    return nowMs.get();
  }

  @Override
  public Alarm at(long dueMs, String key, Runnable wake) {
    Set set = new Set(dueMs, key, numbers.incrementAndGet(), wake);
    alarms.add(set);
    return () -> alarms.remove(set);
  }

  /** How many alarms are set. */
  public int alarms() {
    return alarms.size();
  }

  /** Moves on while nobody is there to be woken: what was set before is forgotten. */
  public void leap(long ms) {
    alarms.clear();
    nowMs.addAndGet(ms);
  }

  /** Sets off what is due within some time, as a clock does that steps back right then. */
  public void setOffEarly(long ms) {
    long untilMs = nowMs.get() + ms;
    for (Set due : alarms.headSet(new Set(untilMs + 1, "", 0, () -> {}))) {
      if (alarms.remove(due)) due.wake().run();
    }
  }

  /** Moves on and sets off what is due. */
  public void advance(long ms) {
    nowMs.addAndGet(ms);
    while (!alarms.isEmpty() && alarms.first().dueMs() <= nowMs.get()) {
      Set due = alarms.pollFirst();
      if (due != null) due.wake().run();
    }
  }
}

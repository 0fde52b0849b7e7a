package org.novation.simulation;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The house's time in a simulation: stands still until it is moved, and never goes back. It can be
 * let go, from when on it follows another clock. Safe for use by several threads.
 */
public final class HouseClock implements LongSupplier {
  private final AtomicLong nowMs;
  private volatile LongSupplier follows = () -> Long.MIN_VALUE;

  /** A clock that shows this time. */
  public HouseClock(long startMs) {
    this.nowMs = new AtomicLong(startMs);
  }

  @Override
  public long getAsLong() {
    long followedMs = follows.getAsLong();
    return followedMs <= nowMs.get() ? nowMs.get() : nowMs.accumulateAndGet(followedMs, Math::max);
  }

  /** Moves it on; an earlier time changes nothing. */
  public void advanceTo(long timeMs) {
    nowMs.accumulateAndGet(timeMs, Math::max);
  }

  /** From now on it shows what another clock shows, once that has caught up. */
  public void follow(LongSupplier clockMs) {
    follows = clockMs;
  }
}

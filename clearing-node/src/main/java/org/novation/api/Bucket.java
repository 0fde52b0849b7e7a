package org.novation.api;

import java.util.concurrent.atomic.AtomicLong;

/**
 * An allowance of so many a second and so many at once: a token bucket, kept as the one time at
 * which it would be full again (the generic cell rate algorithm). Costs one compare-and-set; any
 * thread.
 */
final class Bucket {
  private final long intervalNanos;
  private final long toleranceNanos;
  private final AtomicLong fullAt;

  /** Full at {@code nowNanos}. */
  Bucket(int perSecond, int burst, long nowNanos) {
    this.intervalNanos = Math.ceilDiv(1_000_000_000L, perSecond);
    this.toleranceNanos = intervalNanos * (burst - 1);
    this.fullAt = new AtomicLong(nowNanos);
  }

  /** Takes one, if there is one: 0, or how long until there is, in nanoseconds. */
  long take(long nowNanos) {
    while (true) {
      long full = fullAt.get();
      long wait = full - nowNanos - toleranceNanos;
      if (wait > 0) return wait;
      long from = full - nowNanos > 0 ? full : nowNanos;
      if (fullAt.compareAndSet(full, from + intervalNanos)) return 0;
    }
  }
}

package org.novation.market;

import org.novation.money.Fixed;

/**
 * An exponentially weighted average over time, in integers: a value counts for as long as it stood,
 * so that a thousand reports in one second weigh no more than one. In dt it moves dt/window of the
 * way to the value that stood, all the way after a whole window; what the division leaves over is
 * carried, so that frequent small steps get there too.
 */
final class TimeWeightedAverage {
  private long windowMs;
  private boolean started;
  private long average;
  private long carry; // In 1/window of the unit, 0 ≤ carry < window.
  private long standing;
  private long sinceMs;

  TimeWeightedAverage(long windowMs) {
    this.windowMs = windowMs;
  }

  /** Looks back over another window from now on. */
  void window(long otherMs) {
    if (otherMs == windowMs) return;
    windowMs = otherMs;
    carry = 0;
  }

  boolean started() {
    return started;
  }

  /** When a value was last followed. */
  long sinceMs() {
    return sinceMs;
  }

  void forget() {
    started = false;
  }

  /** A value that stands from now on. Time does not go backwards: an earlier one counts as now. */
  void follow(long value, long nowMs) {
    if (started) {
      advance(nowMs);
    } else {
      started = true;
      average = value;
      carry = 0;
      sinceMs = nowMs;
    }
    standing = value;
  }

  /** The average as of a time; the first value ever is its own. */
  long at(long nowMs) {
    if (!started) throw new IllegalStateException("an average of nothing");
    advance(nowMs);
    return average;
  }

  private void advance(long nowMs) {
    long elapsed = nowMs - sinceMs;
    if (elapsed <= 0) return;
    sinceMs = nowMs;
    if (elapsed >= windowMs) {
      average = standing;
      carry = 0;
      return;
    }
    long way = Math.subtractExact(standing, average);
    // ⌊(way · elapsed + carry) / window⌋ without a product that may not fit.
    long rest = Math.floorMod(Math.floorMod(way, windowMs) * elapsed, windowMs) + carry;
    average += Fixed.mulDivFloor(way, elapsed, windowMs) + rest / windowMs;
    carry = rest % windowMs;
  }
}

package org.novation.clearing;

/**
 * The protocol's bounds, in milliseconds of wall time.
 *
 * @param deadlineMs from an attempt's start until the last account will not commit it any more
 * @param holdMs how long a hold lasts; must outlast every commit of its attempt
 * @param skewMs how far two nodes' clocks may differ
 */
public record Timing(long deadlineMs, long holdMs, long skewMs) {
  /** 5 s, 15 s, 500 ms. */
  public static final Timing DEFAULT = new Timing(5_000, 15_000, 500);

  /**
   * @throws IllegalArgumentException when a hold could expire before its attempt's deadline
   */
  public Timing {
    if (deadlineMs <= 0 || skewMs < 0 || holdMs <= deadlineMs + 2 * skewMs) {
      throw new IllegalArgumentException("a hold must outlast the deadline and the clocks' skew");
    }
  }

  /**
   * How long something is held that others may commit for so long: as long after that as a hold
   * outlasts the deadline of its attempt, and never shorter than one.
   */
  public long holdMs(long committableMs) {
    return holdMs + Math.max(0, committableMs - deadlineMs);
  }
}

package org.novation.governance;

import org.novation.money.Fixed;

/**
 * How fast a figure moves from what was in force to what was voted, whatever the vote says (risk
 * rules, section 13). All paces are functions of the time since execution alone, in whole hours;
 * they never turn back, never leave the range between both figures, and end at the voted one.
 */
public enum Pace {
  /** As voted, at once. */
  AT_ONCE,
  /**
   * What accounts are measured by. Nothing happens for a day; then it moves in a straight line for
   * a week, so that nobody is liquidated overnight by a vote alone.
   */
  GRACE,
  /** What new risk alone is measured by: rises at once, falls like {@link #GRACE}. */
  EASE,
  /**
   * A cap: rises by at most a tenth of itself a day, falls at once. A new one starts at a tenth.
   */
  CAP,
  /** Like {@link #CAP}, but a new one starts where it was voted. */
  SCALE,
  /** A cap that accounts are measured by: rises like {@link #CAP}, falls like {@link #GRACE}. */
  GRACE_CAP,
  /** What protects by being long or high: rises at once, falls by at most a tenth a day. */
  WAIT,
  /** Collateral's weight: starts at 0, rises by 0.05 a day, falls like {@link #GRACE}. */
  WEIGHT;

  /** Ramps move in steps of an hour. */
  public static final long STEP_MS = 3_600_000;

  static final long DAY_MS = 24 * STEP_MS;

  /** For so long a figure that accounts are measured by does not move at all. */
  public static final long NOTICE_MS = DAY_MS;

  /** So long it takes from there to what was voted. */
  public static final long GRACE_MS = 7 * DAY_MS;

  /** Most that a weight rises in a day. */
  public static final long WEIGHT_PPM_PER_DAY = 50_000;

  /** A cap rises by this part of itself a day, by one at least. */
  public static final long SHARE_PER_DAY = 10;

  /** What was in force before there was any: where a new parameter's figure starts. */
  long fresh(long voted) {
    return switch (this) {
      case AT_ONCE, GRACE, EASE, SCALE, WAIT -> voted;
      case CAP, GRACE_CAP -> Math.max(Math.min(voted, 1), voted / SHARE_PER_DAY);
      case WEIGHT -> 0;
    };
  }

  /** The figure so long after execution. */
  long at(long from, long to, long elapsedMs) {
    long hours = Math.max(0, elapsedMs) / STEP_MS;
    boolean rises = to > from;
    return switch (this) {
      case AT_ONCE -> to;
      case GRACE -> graced(from, to, elapsedMs);
      case EASE -> rises ? to : graced(from, to, elapsedMs);
      case CAP, SCALE -> rises ? grown(from, to, hours / 24) : to;
      case GRACE_CAP -> rises ? grown(from, to, hours / 24) : graced(from, to, elapsedMs);
      case WAIT -> rises ? to : shrunk(from, to, hours / 24);
      case WEIGHT ->
          rises
              ? Math.min(to, from + WEIGHT_PPM_PER_DAY * Math.min(hours, DAY_MS) / 24)
              : graced(from, to, elapsedMs);
    };
  }

  /** How long the way takes; 0 when there is none to go. */
  long lastsMs(long from, long to) {
    if (from == to) return 0;
    boolean rises = to > from;
    return switch (this) {
      case AT_ONCE -> 0;
      case GRACE -> NOTICE_MS + GRACE_MS;
      case EASE -> rises ? 0 : NOTICE_MS + GRACE_MS;
      case CAP, SCALE -> rises ? growthMs(from, to) : 0;
      case GRACE_CAP -> rises ? growthMs(from, to) : NOTICE_MS + GRACE_MS;
      case WAIT -> rises ? 0 : shrinkingMs(from, to);
      case WEIGHT ->
          rises
              ? Math.ceilDiv((to - from) * 24, WEIGHT_PPM_PER_DAY) * STEP_MS
              : NOTICE_MS + GRACE_MS;
    };
  }

  /**
   * Whether no more than notice has been given: nothing that accounts are measured by has moved.
   */
  static long gracedMs(long elapsedMs) {
    long whole = Math.max(0, elapsedMs) / STEP_MS * STEP_MS;
    return Math.clamp(whole - NOTICE_MS, 0, GRACE_MS);
  }

  /** A straight line from notice to the end of grace, rounded down. */
  static long graced(long from, long to, long elapsedMs) {
    return from + Fixed.mulDivFloor(to - from, gracedMs(elapsedMs), GRACE_MS);
  }

  /** By whole days, so that a ramp that begins anew is never ahead of itself. */
  private static long grown(long from, long to, long days) {
    long value = from;
    for (long day = 0; day < days && value < to; day++) value = dayLater(value);
    return Math.min(to, value);
  }

  private static long shrunk(long from, long to, long days) {
    long value = from;
    for (long day = 0; day < days && value > to; day++) value = dayEarlier(value);
    return Math.max(to, value);
  }

  private static long growthMs(long from, long to) {
    long days = 0;
    for (long value = from; value < to; value = dayLater(value)) days++;
    return days * DAY_MS;
  }

  private static long shrinkingMs(long from, long to) {
    long days = 0;
    for (long value = from; value > to; value = dayEarlier(value)) days++;
    return days * DAY_MS;
  }

  private static long dayLater(long value) {
    return Math.addExact(value, Math.max(1, value / SHARE_PER_DAY));
  }

  private static long dayEarlier(long value) {
    return value - Math.max(1, value / SHARE_PER_DAY);
  }
}

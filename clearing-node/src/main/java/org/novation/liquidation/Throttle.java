package org.novation.liquidation;

import java.util.Arrays;

/**
 * How much notional of one instrument went on sale within the last minute, so that liquidations do
 * not chase the price that they move. Counted by the second, 61 of them: no window of 60,000 ms,
 * wherever it begins, holds more than the limit. One lot may always go when the window is empty, or
 * an instrument with large lots could not be liquidated at all.
 *
 * <p>Immutable and of constant size; time enters as an argument, and a clock that steps back counts
 * as standing still.
 */
public final class Throttle {
  /** No limit is higher, so that no sum overflows. */
  public static final long LIMIT_MICROS_MAX = 1L << 56;

  private static final int SECONDS = 61;
  private static final Throttle IDLE = new Throttle(0, new long[SECONDS]);

  private final long newestSecond;
  private final long[] takenMicros; // By second modulo SECONDS.

  private Throttle(long newestSecond, long[] takenMicros) {
    this.newestSecond = newestSecond;
    this.takenMicros = takenMicros;
  }

  /** Nothing has gone on sale. */
  public static Throttle idle() {
    return IDLE;
  }

  /** What went on sale within the minute up to now. */
  public long takenMicros(long nowMs) {
    long second = second(nowMs);
    long sum = 0;
    for (long at = Math.max(newestSecond - SECONDS, second - SECONDS) + 1; at <= newestSecond; at++)
      sum += takenMicros[slot(at)];
    return sum;
  }

  /**
   * How many whole lots may go on sale now.
   *
   * @param limitMicros most notional within a minute
   * @param perLotMicros notional of one lot, above 0
   */
  public long lots(long nowMs, long limitMicros, long perLotMicros) {
    long taken = takenMicros(nowMs);
    if (taken == 0) return Math.max(1, limitMicros / perLotMicros);
    return Math.max(0, limitMicros - taken) / perLotMicros;
  }

  /** When something of what counts now will count no more, in ms; now where nothing does. */
  public long moreAtMs(long nowMs) {
    long second = second(nowMs);
    for (long at = Math.max(newestSecond, second) - SECONDS + 1; at <= newestSecond; at++)
      if (takenMicros[slot(at)] > 0) return Math.max(nowMs, (at + SECONDS) * 1_000);
    return nowMs;
  }

  /** With so much more on sale from now. */
  public Throttle take(long nowMs, long notionalMicros) {
    long second = second(nowMs);
    long[] next = takenMicros.clone();
    if (second - newestSecond >= SECONDS) Arrays.fill(next, 0);
    else for (long at = newestSecond + 1; at <= second; at++) next[slot(at)] = 0;
    next[slot(second)] = Math.addExact(next[slot(second)], notionalMicros);
    return new Throttle(second, next);
  }

  /**
   * With so much not on sale after all that was taken at that time; no more of it is forgotten than
   * counts for that second, nor anything once its minute is over.
   */
  public Throttle giveBack(long takenAtMs, long notionalMicros) {
    long second = Math.floorDiv(takenAtMs, 1_000);
    if (second > newestSecond || second <= newestSecond - SECONDS) return this;
    long[] next = takenMicros.clone();
    next[slot(second)] = Math.max(0, next[slot(second)] - notionalMicros);
    return new Throttle(newestSecond, next);
  }

  private long second(long nowMs) {
    return Math.max(newestSecond, Math.floorDiv(nowMs, 1_000));
  }

  private static int slot(long second) {
    return Math.floorMod(second, SECONDS);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Throttle throttle
        && newestSecond == throttle.newestSecond
        && Arrays.equals(takenMicros, throttle.takenMicros);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(newestSecond) + Arrays.hashCode(takenMicros);
  }
}

package org.novation.insurance;

import org.novation.money.Fixed;

/**
 * The governed parameters of a fund. The constructor holds the hard bounds, whatever was voted.
 *
 * @param eventCapMicros most for one liquidation, of its draws that are remembered
 * @param accountBlockCapMicros most for one account in one block of time
 * @param blockMs length of a block, one minute to one day
 * @param dayCapMicros most in one day (UTC)
 * @param startPpm how far below its peak the available money opens the gate of deleveraging
 * @param stopPpm how far below its peak it must at most be to close it again; below {@code
 *     startPpm}
 * @param peakWindowMs how long a peak counts, one hour to one day
 * @param remembered draws and, as many again, contributions that are remembered by their ids
 */
public record FundPolicy(
    long eventCapMicros,
    long accountBlockCapMicros,
    long blockMs,
    long dayCapMicros,
    long startPpm,
    long stopPpm,
    long peakWindowMs,
    int remembered) {
  /** Most that any cap may allow: a thousand million units. */
  public static final long CAP_MAX_MICROS = 1_000_000_000 * Fixed.MICROS;

  static final long HOUR_MS = 3_600_000;
  static final long DAY_MS = 24 * HOUR_MS;

  /** One, two and ten million units per event, account-hour and day; 30 % and 15 % of 8 hours. */
  public static final FundPolicy DEFAULT =
      new FundPolicy(
          1_000_000 * Fixed.MICROS,
          2_000_000 * Fixed.MICROS,
          HOUR_MS,
          10_000_000 * Fixed.MICROS,
          300_000,
          150_000,
          8 * HOUR_MS,
          100_000);

  /**
   * @throws IllegalArgumentException when a parameter breaks a hard bound
   */
  public FundPolicy {
    within("cap per event", eventCapMicros, 1, CAP_MAX_MICROS);
    within("cap per account and block", accountBlockCapMicros, 1, CAP_MAX_MICROS);
    within("cap per day", dayCapMicros, 1, CAP_MAX_MICROS);
    within("block of time, ms", blockMs, 60_000, DAY_MS);
    within("start of deleveraging, ppm below the peak", startPpm, 50_000, 900_000);
    within("stop of deleveraging, ppm below the peak", stopPpm, 0, startPpm - 1);
    within("peak window, ms", peakWindowMs, HOUR_MS, DAY_MS);
    within("remembered ids", remembered, 16, 1_000_000);
  }

  private static void within(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(what + " must lie in " + least + ".." + most);
    }
  }
}

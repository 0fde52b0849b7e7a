package org.novation.market;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples the premium of one instrument once a minute and sums up each hour (risk rules, section
 * 8). A minute's sample is the median of what arrived in it; a minute in which nothing arrived, or
 * in which this clock did not run, counts as zero. Belongs to one thread.
 */
public final class FundingClock {
  private static final long MINUTE_MS = 60_000;

  /** Most premiums of one minute that are kept; later ones of that minute are left out. */
  static final int PREMIUMS_MAX = 1_024;

  /**
   * An hour that has ended.
   *
   * @param endMs when, a multiple of an hour
   * @param samples minutes in which a premium arrived
   * @param meanPpm over sixty minutes, missing ones as zero
   */
  public record Hour(long endMs, int samples, long meanPpm) {}

  private final List<Long> premiums = new ArrayList<>();
  private final List<Long> samples = new ArrayList<>();
  private long minute = Long.MIN_VALUE;

  /** A premium that arrived now. Call {@link #advance} first. */
  public void premium(long ppm) {
    if (premiums.size() < PREMIUMS_MAX) premiums.add(ppm);
  }

  /**
   * Moves on to a time. Returns the hour that ended, if one did. Of several hours that passed at
   * once only the first had a chance of samples and is returned: no funding is paid for hours in
   * which the house did not run.
   */
  public @Nullable Hour advance(long nowMs) {
    long now = Math.floorDiv(nowMs, MINUTE_MS);
    if (minute == Long.MIN_VALUE) minute = now;
    if (now <= minute) return null;
    closeMinute();
    long hour = hourOf(minute);
    minute = now;
    if (hourOf(now) == hour) return null;
    Hour ended =
        new Hour(
            (hour + 1) * FundingRate.HOUR_MS,
            samples.size(),
            FundingRate.meanPpm(samples, FundingRate.SAMPLES_PER_HOUR));
    samples.clear();
    return ended;
  }

  private void closeMinute() {
    if (premiums.isEmpty()) return;
    samples.add(FundingRate.samplePpm(premiums));
    premiums.clear();
  }

  private static long hourOf(long minute) {
    return Math.floorDiv(minute, 60);
  }
}

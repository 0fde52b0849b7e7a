package org.novation.market;

import java.util.Arrays;
import java.util.Collection;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * What one side of a perpetual pays the other so that its price keeps to the index (risk rules,
 * section 8). Rates are ppm of index notional per 8 hours; positive: longs pay shorts. The shape is
 * that of BitMEX, Binance and dYdX: the mean premium, pulled toward the interest term.
 *
 * <p>Every division truncates toward zero, so that no rounding makes anybody pay more than the
 * premium says, and the same premium costs longs what it would cost shorts.
 */
public final class FundingRate {
  /** Premium samples in the hour that a rate is the mean of: one a minute. */
  public static final int SAMPLES_PER_HOUR = 60;

  /** The period that a rate is stated for. */
  public static final long PERIOD_MS = 8 * 3_600_000L;

  /** What is paid at once: an eighth of the period. */
  public static final long HOUR_MS = 3_600_000;

  private static final long HOURS_PER_PERIOD = PERIOD_MS / HOUR_MS;

  private FundingRate() {}

  /**
   * The premium of the impact prices over the index, in ppm: (max(0, bid − index) − max(0, index −
   * ask)) / index, truncated toward zero. All prices in the same unit.
   *
   * @param impactBid the price at which a set notional can be sold; 0 when nobody bids for it
   * @param impactAsk the price at which it can be bought; 0 when nobody offers it
   * @param index above 0
   * @throws ArithmeticException when the index is not positive or the premium does not fit
   */
  public static long premiumPpm(long impactBid, long impactAsk, long index) {
    if (index <= 0) throw new ArithmeticException("a premium needs a positive index");
    long above = Math.max(0, impactBid - index);
    long below = impactAsk <= 0 ? 0 : Math.max(0, index - impactAsk);
    return Fixed.mulDivTruncate(above - below, Fixed.PPM, index);
  }

  /**
   * The sample of one minute: the median of the premiums that arrived in it, of an even count the
   * mean of the middle two, truncated toward zero; 0 when none arrived.
   */
  public static long samplePpm(Collection<Long> premiumsPpm) {
    if (premiumsPpm.isEmpty()) return 0;
    long[] sorted = premiumsPpm.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    if (sorted.length % 2 == 1) return sorted[middle];
    return Math.addExact(sorted[middle - 1], sorted[middle]) / 2;
  }

  /**
   * The mean of the samples of an hour, truncated toward zero. A missing sample counts as zero, so
   * an outage shrinks funding and never inflates it.
   *
   * @param samplesExpected {@link #SAMPLES_PER_HOUR}, above 0
   */
  public static long meanPpm(Collection<Long> samplesPpm, int samplesExpected) {
    if (samplesExpected <= 0) throw new IllegalArgumentException("a mean needs samples");
    long sum = 0;
    for (long sample : samplesPpm) sum = Math.addExact(sum, sample);
    return sum / Math.max(samplesPpm.size(), samplesExpected);
  }

  /**
   * The rate per 8 hours: mean + clamp(interest − mean, ±clamp), then at most the cap. The cap is
   * stated per hour and binds the rate at eight times as much.
   */
  public static long ratePpm(long meanPpm, Perpetual.Funding funding) {
    long pull = Math.subtractExact(funding.interestPpm(), meanPpm);
    long rate = Math.addExact(meanPpm, Math.clamp(pull, -funding.clampPpm(), funding.clampPpm()));
    long cap = Math.multiplyExact(funding.capPpmPerHour(), HOURS_PER_PERIOD);
    return Math.clamp(rate, -cap, cap);
  }

  /**
   * How far the funding index of an instrument moves: what a long of one lot pays, in 1e-6 micros,
   * truncated toward zero. Micros of index notional times ppm are 1e-6 micros, so that only the
   * share of the period is divided; after a whole hour it is an eighth.
   *
   * @param indexTicks the index price on the instrument's grid
   * @param ratePpm per 8 hours
   * @param elapsedMs at least 0; {@link #HOUR_MS} at each payment
   */
  public static long indexStep(Perpetual perpetual, long indexTicks, long ratePpm, long elapsedMs) {
    if (elapsedMs < 0) throw new IllegalArgumentException("time went backwards");
    long perPeriod = Math.multiplyExact(perpetual.notionalMicros(indexTicks, 1), ratePpm);
    return Fixed.mulDivTruncate(perPeriod, elapsedMs, PERIOD_MS);
  }
}

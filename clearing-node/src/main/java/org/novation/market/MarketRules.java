package org.novation.market;

import org.novation.money.Fixed;

/**
 * The parameters of prices. Times in ms of the house's time, rates in ppm.
 *
 * @param quorum fewest fresh feeds that make an index
 * @param staleAfterMs a price or quote older than this is not fresh, and not taken
 * @param futureMs how far ahead of the house's clock an observation may be
 * @param outlierFactorPpm largest ratio to the time-weighted average, either way
 * @param averageWindowMs what that average looks back over
 * @param averageForgottenMs after so long without an index the average judges nobody any more
 * @param confidencePpm widest half interval of an oracle, as a fraction of its price
 * @param divergencePpm a feed farther than this from the median has no weight
 * @param quoteFactorPpm largest ratio of a venue's price to the index, either way: one venue alone
 *     may be two of the three prices that a mark is the median of
 * @param basisWindowMs what the average of (mid − index) looks back over
 * @param clearedStaleMs after so long the last cleared price does not count in the mark
 * @param volatilityHalfLifeMs in which a day's volatility loses half its weight
 * @param outageMs longer than this without a fresh quorum is an outage
 * @param outageWaitMs how long after an outage nobody withdraws
 */
public record MarketRules(
    int quorum,
    long staleAfterMs,
    long futureMs,
    long outlierFactorPpm,
    long averageWindowMs,
    long averageForgottenMs,
    long confidencePpm,
    long divergencePpm,
    long quoteFactorPpm,
    long basisWindowMs,
    long clearedStaleMs,
    long volatilityHalfLifeMs,
    long outageMs,
    long outageWaitMs) {
  private static final long QUOTE_FACTOR_PPM_MAX = 1_500_000;

  /** Risk rules, section 7; what it leaves open is as the large venues have it. */
  public static final MarketRules DEFAULTS =
      new MarketRules(
          3,
          15_000,
          5_000,
          3_000_000,
          300_000,
          1_800_000,
          10_000,
          50_000,
          1_100_000,
          150_000,
          60_000,
          86_400_000,
          60_000,
          300_000);

  /**
   * @throws IllegalArgumentException when a parameter breaks a hard bound
   */
  public MarketRules {
    require(quorum >= 1 && quorum <= Feeds.ORACLES_MAX, "a quorum has 1 to 64 feeds");
    require(staleAfterMs > 0 && futureMs >= 0, "staleness must be positive");
    require(outlierFactorPpm > Fixed.PPM, "the outlier factor must exceed 1");
    require(
        isWindow(averageWindowMs) && isWindow(basisWindowMs) && isWindow(volatilityHalfLifeMs),
        "a window lasts 1 s to 30 days");
    require(averageForgottenMs > 0 && clearedStaleMs > 0, "a lapse must be positive");
    require(isWindow(outageMs) && isWindow(outageWaitMs), "an outage lasts 1 s to 30 days");
    require(confidencePpm > 0 && confidencePpm <= Fixed.PPM, "confidence lies in 0..1");
    require(divergencePpm > 0 && divergencePpm < Fixed.PPM, "divergence lies in 0..1");
    require(
        quoteFactorPpm > Fixed.PPM && quoteFactorPpm <= QUOTE_FACTOR_PPM_MAX,
        "the quote factor exceeds 1 and is at most 1.5");
  }

  /** These rules with another staleness, as sparse price tapes need. */
  public MarketRules withStaleAfterMs(long otherMs) {
    return new MarketRules(
        quorum,
        otherMs,
        futureMs,
        outlierFactorPpm,
        averageWindowMs,
        averageForgottenMs,
        confidencePpm,
        divergencePpm,
        quoteFactorPpm,
        basisWindowMs,
        clearedStaleMs,
        volatilityHalfLifeMs,
        outageMs,
        outageWaitMs);
  }

  private static boolean isWindow(long ms) {
    return ms >= 1_000 && ms <= 30 * 86_400_000L;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new IllegalArgumentException(otherwise);
  }
}

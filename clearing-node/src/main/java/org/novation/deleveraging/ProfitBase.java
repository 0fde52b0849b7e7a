package org.novation.deleveraging;

/**
 * What may be taken from an account: profit only, and only what is still there. Profit of an
 * instrument is what is unrealised plus what was realised in it within the look-back, so that
 * closing and reopening hides nothing; all of an account's profits together are bounded by its
 * equity, so that what was withdrawn or lost elsewhere is not taken from somebody's deposit.
 */
public final class ProfitBase {
  private ProfitBase() {}

  /**
   * The bases of one account's profits, in their order: the profits themselves, or if equity is
   * less than their sum its shares, pro rata.
   *
   * @param profitMicros each at least 0
   */
  public static long[] of(long[] profitMicros, long equityMicros) {
    long total = ProRata.sum(profitMicros);
    if (total <= equityMicros) return profitMicros.clone();
    return ProRata.split(Math.max(0, equityMicros), profitMicros);
  }

  /**
   * What an account pays when it is asked at execution: the whole, or what is still there.
   *
   * @param askedMicros its share of the haircut
   * @param equityNowMicros its equity now
   */
  public static long takeable(long askedMicros, long equityNowMicros) {
    return Math.min(askedMicros, Math.max(0, equityNowMicros));
  }
}

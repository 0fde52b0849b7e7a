package org.novation.deleveraging;

/**
 * What may be taken from an account: profit only, each only once, and only what is still there.
 * Profit of an instrument is what is unrealised plus what was realised in it within the look-back,
 * so that closing and reopening hides nothing, less what was taken of either before, so that a
 * second wave finds nothing on a winner that has won nothing since; all of an account's profits
 * together are bounded by its equity, so that what was withdrawn or lost elsewhere is not taken
 * from somebody's deposit.
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
   * What an account pays when it is asked at execution: of each instrument no more than was asked
   * and no more than its profit is now; of all together no more than its equity now, pro rata.
   *
   * @param askedMicros by instrument, its shares of the haircut, each at least 0
   * @param profitNowMicros likewise, each at least 0
   */
  public static long[] takeable(long[] askedMicros, long[] profitNowMicros, long equityNowMicros) {
    long[] takeable = new long[askedMicros.length];
    for (int n = 0; n < takeable.length; n++)
      takeable[n] = Math.min(askedMicros[n], profitNowMicros[n]);
    return of(takeable, equityNowMicros);
  }
}

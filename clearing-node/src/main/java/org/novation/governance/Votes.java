package org.novation.governance;

import java.math.BigInteger;

/**
 * What was voted, in the smallest unit of the token: integers without bound, because tokens of
 * other houses have up to 18 decimals and recorded votes are counted by the same rule as ours.
 *
 * @param abstaining counted for nothing, but shown
 */
public record Votes(BigInteger inFavour, BigInteger against, BigInteger abstaining) {
  /** Nobody has voted. */
  public static final Votes NONE = of(0, 0, 0);

  /**
   * @throws IllegalArgumentException when a figure is negative
   */
  public Votes {
    if (inFavour.signum() < 0 || against.signum() < 0 || abstaining.signum() < 0)
      throw new IllegalArgumentException("nobody votes with less than nothing");
  }

  /** Votes that fit our own token. */
  public static Votes of(long inFavour, long against, long abstaining) {
    return new Votes(
        BigInteger.valueOf(inFavour), BigInteger.valueOf(against), BigInteger.valueOf(abstaining));
  }
}

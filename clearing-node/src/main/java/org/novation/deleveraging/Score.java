package org.novation.deleveraging;

/**
 * The classic rank: profit % × effective leverage, where profit % = unrealised / |cost basis| and
 * leverage = |notional| / equity; of a losing position profit % / leverage. Higher is nearer to
 * being deleveraged. Kept as a fraction of 128-bit products and compared by cross products in 256
 * bits: nothing is divided, nothing rounded. Without equity, or without a basis, a winner's score
 * is without bound. Source: BitMEX and Delta Exchange.
 */
public final class Score implements Comparable<Score> {
  private final int sign;
  private final long numeratorHigh;
  private final long numeratorLow;
  private final long denominatorHigh;
  private final long denominatorLow;

  private Score(int sign, long a, long b, long c, long d) {
    this.sign = sign;
    this.numeratorHigh = Math.multiplyHigh(a, b);
    this.numeratorLow = a * b;
    this.denominatorHigh = Math.multiplyHigh(c, d);
    this.denominatorLow = c * d;
  }

  /**
   * The score of one position, signs as they come. Amounts in one unit, whatever it is.
   *
   * @throws ArithmeticException for {@code Long.MIN_VALUE}
   */
  public static Score of(long unrealised, long costBasis, long notional, long equity) {
    long profit = Math.absExact(unrealised);
    long basis = Math.absExact(costBasis);
    long size = Math.absExact(notional);
    long own = Math.max(0, equity);
    return switch (Long.signum(unrealised)) {
      case 1 -> new Score(1, profit, Math.max(1, size), basis, own);
      case 0 -> new Score(0, 0, 0, 1, 1);
      default -> new Score(-1, profit, own, Math.max(1, basis), Math.max(1, size));
    };
  }

  @Override
  public int compareTo(Score other) {
    if (sign != other.sign) return Integer.compare(sign, other.sign);
    int order =
        compare(
            product(numeratorHigh, numeratorLow, other.denominatorHigh, other.denominatorLow),
            product(other.numeratorHigh, other.numeratorLow, denominatorHigh, denominatorLow));
    return sign < 0 ? -order : order;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Score score && compareTo(score) == 0;
  }

  /** By sign alone: equal fractions have many forms. */
  @Override
  public int hashCode() {
    return sign;
  }

  /** A product of two unsigned 128-bit numbers, in four words, the highest first. */
  private record Wide(long w3, long w2, long w1, long w0) {}

  private static Wide product(long aHigh, long aLow, long bHigh, long bLow) {
    long w0 = aLow * bLow;
    long w1 = Math.unsignedMultiplyHigh(aLow, bLow);
    long w2 = aHigh * bHigh;
    long w3 = Math.unsignedMultiplyHigh(aHigh, bHigh);
    long[][] mixed = {{aHigh, bLow}, {aLow, bHigh}};
    for (long[] factors : mixed) {
      long low = factors[0] * factors[1];
      w1 += low;
      long carry = Long.compareUnsigned(w1, low) < 0 ? 1 : 0;
      // The high word of a product is at most 2^64 - 2: the carry fits.
      long high = Math.unsignedMultiplyHigh(factors[0], factors[1]) + carry;
      w2 += high;
      if (Long.compareUnsigned(w2, high) < 0) w3++;
    }
    return new Wide(w3, w2, w1, w0);
  }

  private static int compare(Wide a, Wide b) {
    int order = Long.compareUnsigned(a.w3, b.w3);
    if (order == 0) order = Long.compareUnsigned(a.w2, b.w2);
    if (order == 0) order = Long.compareUnsigned(a.w1, b.w1);
    return order != 0 ? order : Long.compareUnsigned(a.w0, b.w0);
  }
}

package org.novation.deleveraging;

import java.util.Arrays;
import java.util.Comparator;
import org.novation.money.Fixed;

/** Divides an amount by weights into whole micros that add up to it: largest remainder. */
final class ProRata {
  private ProRata() {}

  /**
   * Shares that add up to the amount exactly, none more than one micro from its exact part. Of
   * equal remainders the first gets the micro; a weight of 0 gets nothing. No share exceeds its
   * weight unless the amount exceeds their sum. Without any weight there are only zeros.
   *
   * @param amount at least 0
   * @param weights each at least 0
   * @throws ArithmeticException when the weights' sum does not fit
   */
  static long[] split(long amount, long[] weights) {
    long[] shares = new long[weights.length];
    long total = sum(weights);
    if (total == 0) return shares;
    long[] remainders = new long[weights.length];
    long left = amount;
    for (int n = 0; n < weights.length; n++) {
      shares[n] = Fixed.mulDivFloor(amount, weights[n], total);
      // Both products may wrap; their difference, below the total, is right all the same.
      remainders[n] = amount * weights[n] - shares[n] * total;
      left -= shares[n];
    }
    if (left == 0) return shares;
    Integer[] order = new Integer[weights.length];
    Arrays.setAll(order, n -> n);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingLong(n -> remainders[n]).reversed().thenComparing(n -> n));
    for (int n = 0; n < left; n++) shares[order[n]]++;
    return shares;
  }

  static long sum(long[] values) {
    long sum = 0;
    for (long value : values) sum = Math.addExact(sum, value);
    return sum;
  }
}

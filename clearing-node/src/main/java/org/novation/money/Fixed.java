package org.novation.money;

import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * Exact integer arithmetic with 128-bit intermediate products. Overflow of a result throws {@link
 * ArithmeticException}.
 */
public final class Fixed {
  /** One whole, in parts per million. */
  public static final long PPM = 1_000_000;

  /** One unit of the settlement asset, in micros. */
  public static final long MICROS = 1_000_000;

  private Fixed() {}

  /** {@code a * b / divisor}, rounded toward negative infinity. {@code divisor > 0}. */
  public static long mulDivFloor(long a, long b, long divisor) {
    if (fits(a, b)) return Math.floorDiv(a * b, divisor);
    return wide(a, b, divisor, RoundingMode.FLOOR);
  }

  /** {@code a * b / divisor}, rounded toward positive infinity. {@code divisor > 0}. */
  public static long mulDivCeil(long a, long b, long divisor) {
    if (fits(a, b)) return Math.ceilDiv(a * b, divisor);
    return wide(a, b, divisor, RoundingMode.CEILING);
  }

  /** {@code a * b / divisor}, rounded toward zero. {@code divisor > 0}. */
  public static long mulDivTruncate(long a, long b, long divisor) {
    if (fits(a, b)) return a * b / divisor;
    return wide(a, b, divisor, RoundingMode.DOWN);
  }

  /** A share of an amount, rounded up: what is owed. {@code amount * ppm / 1e6}. */
  public static long ppmCeil(long amount, long ppm) {
    return mulDivCeil(amount, ppm, PPM);
  }

  /** A share of an amount, rounded down: what is credited. {@code amount * ppm / 1e6}. */
  public static long ppmFloor(long amount, long ppm) {
    return mulDivFloor(amount, ppm, PPM);
  }

  /**
   * Whether {@code a / b < c / d} for positive {@code b}, {@code d}, compared by cross product in
   * 128 bits.
   */
  public static boolean ratioLess(long a, long b, long c, long d) {
    return compareProducts(a, d, c, b) < 0;
  }

  /** Compares {@code a * b} with {@code c * d} in 128 bits. */
  public static int compareProducts(long a, long b, long c, long d) {
    int high = Long.compare(Math.multiplyHigh(a, b), Math.multiplyHigh(c, d));
    return high != 0 ? high : Long.compareUnsigned(a * b, c * d);
  }

  private static boolean fits(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    return high == (a * b) >> 63;
  }

  private static long wide(long a, long b, long divisor, RoundingMode rounding) {
    BigInteger[] parts =
        BigInteger.valueOf(a)
            .multiply(BigInteger.valueOf(b))
            .divideAndRemainder(BigInteger.valueOf(divisor));
    BigInteger quotient = parts[0];
    int remainder = parts[1].signum();
    if (rounding == RoundingMode.FLOOR && remainder < 0)
      quotient = quotient.subtract(BigInteger.ONE);
    if (rounding == RoundingMode.CEILING && remainder > 0) quotient = quotient.add(BigInteger.ONE);
    return quotient.longValueExact();
  }
}

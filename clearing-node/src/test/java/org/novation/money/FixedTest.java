package org.novation.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Every operation against the same in numbers without an end. */
final class FixedTest {
  @FunctionalInterface
  private interface Division {
    long of(long a, long b, long divisor);
  }

  @Property(tries = 20_000)
  void dividesAProductAsUnboundedIntegersDo(
      @ForAll long a, @ForAll long b, @ForAll @LongRange(min = 1) long divisor) {
    agrees(Fixed::mulDivFloor, RoundingMode.FLOOR, a, b, divisor);
    agrees(Fixed::mulDivCeil, RoundingMode.CEILING, a, b, divisor);
    agrees(Fixed::mulDivTruncate, RoundingMode.DOWN, a, b, divisor);
  }

  @Property(tries = 20_000)
  void dividesSmallProductsAsUnboundedIntegersDo(
      @ForAll @LongRange(min = -1_000, max = 1_000) long a,
      @ForAll @LongRange(min = -1_000, max = 1_000) long b,
      @ForAll @LongRange(min = 1, max = 100) long divisor) {
    agrees(Fixed::mulDivFloor, RoundingMode.FLOOR, a, b, divisor);
    agrees(Fixed::mulDivCeil, RoundingMode.CEILING, a, b, divisor);
    agrees(Fixed::mulDivTruncate, RoundingMode.DOWN, a, b, divisor);
  }

  /** Quotients that just fit or just do not: the divisor is near one of the factors. */
  @Property(tries = 20_000)
  void throwsExactlyWhereTheQuotientDoesNotFit(
      @ForAll long a,
      @ForAll @LongRange(min = 1) long b,
      @ForAll @LongRange(min = -2, max = 2) long off) {
    long divisor = Math.max(1, b + Math.min(off, Long.MAX_VALUE - b));
    agrees(Fixed::mulDivFloor, RoundingMode.FLOOR, a, b, divisor);
    agrees(Fixed::mulDivCeil, RoundingMode.CEILING, a, b, divisor);
    agrees(Fixed::mulDivTruncate, RoundingMode.DOWN, a, b, divisor);
  }

  @Property(tries = 20_000)
  void comparesProductsAsUnboundedIntegersDo(
      @ForAll long a, @ForAll long b, @ForAll long c, @ForAll long d) {
    int expected = product(a, b).compareTo(product(c, d));
    assertThat(Integer.signum(Fixed.compareProducts(a, b, c, d))).isEqualTo(expected);
    assertThat(Fixed.compareProducts(a, b, b, a)).isZero();
  }

  @Test
  void takesASharesFractionFromTheOneItIsRoundedAgainst() {
    assertThat(Fixed.ppmCeil(1, 1)).isEqualTo(1);
    assertThat(Fixed.ppmFloor(1, 1)).isZero();
    assertThat(Fixed.ppmCeil(-1, 1)).isZero();
    assertThat(Fixed.ppmFloor(-1, 1)).isEqualTo(-1);
    assertThat(Fixed.ppmCeil(Long.MAX_VALUE, Fixed.PPM)).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> Fixed.ppmCeil(Long.MAX_VALUE, Fixed.PPM + 1))
        .isInstanceOf(ArithmeticException.class);
  }

  private static void agrees(Division ours, RoundingMode rounding, long a, long b, long divisor) {
    BigInteger expected =
        new BigDecimal(product(a, b))
            .divide(BigDecimal.valueOf(divisor), 0, rounding)
            .toBigIntegerExact();
    if (expected.bitLength() > 63) {
      assertThatThrownBy(() -> ours.of(a, b, divisor)).isInstanceOf(ArithmeticException.class);
    } else {
      assertThat(ours.of(a, b, divisor)).isEqualTo(expected.longValueExact());
    }
  }

  private static BigInteger product(long a, long b) {
    return BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
  }
}

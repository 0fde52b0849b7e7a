package org.novation.money;

import org.novation.money.Decimals.DecimalException;
import org.novation.money.Decimals.Flaw;

/**
 * The smallest step of a price (tick) or a quantity (lot): {@code unscaled / 10^scale}. Values on
 * its grid are counted in whole steps.
 */
public record Increment(long unscaled, int scale) {
  /**
   * @throws IllegalArgumentException unless the step is positive and its scale lies in 0..18
   */
  public Increment {
    if (unscaled <= 0 || scale < 0 || scale > 18) {
      throw new IllegalArgumentException("an increment must be positive with 0 to 18 decimals");
    }
  }

  /** Reads a step such as {@code 0.10} or {@code 5}; trailing zeros are dropped. */
  public static Increment of(String text) {
    int point = text.indexOf('.');
    int scale = point < 0 ? 0 : text.length() - point - 1;
    long unscaled = Decimals.parse(text, scale);
    while (scale > 0 && unscaled % 10 == 0) {
      unscaled /= 10;
      scale--;
    }
    return new Increment(unscaled, scale);
  }

  /**
   * How many steps a decimal text is.
   *
   * @throws DecimalException when it is malformed, too large, or (flaw {@link Flaw#TOO_PRECISE})
   *     not a multiple of the step
   */
  public long count(String text) {
    long value = Decimals.parse(text, scale);
    if (value % unscaled != 0) throw new DecimalException(Flaw.TOO_PRECISE, text);
    return value / unscaled;
  }

  /** The decimal text of so many steps. */
  public String text(long count) {
    return Decimals.format(Math.multiplyExact(count, unscaled), scale);
  }

  /**
   * The nearest count of steps to {@code value / 10^valueScale}, half up; what an index price
   * becomes on the grid.
   */
  public long nearest(long value, int valueScale) {
    // value / 10^valueScale / (unscaled / 10^scale), doubled and halved so that one floor does the
    // rounding.
    long twice =
        Fixed.mulDivFloor(
            Math.multiplyExact(value, 2),
            pow10(scale),
            Math.multiplyExact(unscaled, pow10(valueScale)));
    return Math.floorDiv(Math.addExact(twice, 1), 2);
  }

  /** {@code 10^exponent} for 0..18. */
  public static long pow10(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) power = Math.multiplyExact(power, 10);
    return power;
  }

  @Override
  public String toString() {
    return Decimals.format(unscaled, scale);
  }
}

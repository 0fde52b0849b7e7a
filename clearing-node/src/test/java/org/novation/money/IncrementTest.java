package org.novation.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.money.Decimals.DecimalException;

final class IncrementTest {
  @Property(tries = 10_000)
  void countsTheStepsThatItWrites(
      @ForAll @LongRange(min = 1, max = 1_000) long unscaled,
      @ForAll @IntRange(max = 9) int scale,
      @ForAll @LongRange(min = -1_000_000_000, max = 1_000_000_000) long count) {
    Increment step = new Increment(unscaled, scale);
    assertThat(step.count(step.text(count))).isEqualTo(count);
    assertThat(Increment.of(step.toString()).count(step.text(count))).isEqualTo(count);
  }

  @Property(tries = 10_000)
  void refusesWhatLiesBetweenTwoSteps(
      @ForAll @LongRange(min = 2, max = 1_000) long unscaled,
      @ForAll @IntRange(max = 9) int scale,
      @ForAll @LongRange(min = -1_000_000, max = 1_000_000) long value) {
    Increment step = new Increment(unscaled, scale);
    String text = Decimals.format(value, scale);
    if (value % unscaled == 0) {
      assertThat(step.count(text)).isEqualTo(value / unscaled);
    } else {
      assertThatThrownBy(() -> step.count(text)).isInstanceOf(DecimalException.class);
    }
  }

  @Property(tries = 10_000)
  void findsTheNearestStepHalfUp(
      @ForAll @LongRange(min = 1, max = 1_000) long unscaled,
      @ForAll @IntRange(max = 6) int scale,
      @ForAll @LongRange(min = -1_000_000_000_000L, max = 1_000_000_000_000L) long value,
      @ForAll @IntRange(max = 6) int valueScale) {
    BigDecimal steps =
        BigDecimal.valueOf(value, valueScale)
            .divide(BigDecimal.valueOf(unscaled, scale), 30, RoundingMode.FLOOR);
    long expected =
        steps.add(new BigDecimal("0.5")).setScale(0, RoundingMode.FLOOR).longValueExact();
    assertThat(new Increment(unscaled, scale).nearest(value, valueScale)).isEqualTo(expected);
  }

  @Test
  void dropsTrailingZerosOfAStep() {
    assertThat(Increment.of("0.10")).isEqualTo(new Increment(1, 1));
    assertThat(Increment.of("5")).isEqualTo(new Increment(5, 0));
    assertThat(Increment.of("10")).isEqualTo(new Increment(10, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "0.00", "-0.01"})
  void refusesAStepThatIsNotPositive(String text) {
    assertThatThrownBy(() -> Increment.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "1.", "abc", "1e-2"})
  void refusesAStepThatIsNoDecimal(String text) {
    assertThatThrownBy(() -> Increment.of(text)).isInstanceOf(DecimalException.class);
  }
}

package org.novation.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.money.Decimals.DecimalException;
import org.novation.money.Decimals.Flaw;

final class DecimalsTest {
  @Property(tries = 20_000)
  void writesWhatItReads(@ForAll long value, @ForAll @IntRange(max = 18) int scale) {
    String text = Decimals.format(value, scale);
    assertThat(Decimals.parse(text, scale)).isEqualTo(value);
    assertThat(new BigDecimal(text)).isEqualByComparingTo(BigDecimal.valueOf(value, scale));
    assertThat(text).doesNotContain("E").doesNotContain("+");
    if (text.contains(".")) assertThat(text).doesNotEndWith("0");
  }

  /** Texts of the characters that numbers are made of, right and wrong. */
  @Property(tries = 20_000)
  void readsExactlyWhatIsADecimal(
      @ForAll @StringLength(max = 24) @CharRange(from = '-', to = '9') String text,
      @ForAll @IntRange(max = 12) int scale) {
    if (!text.matches("-?[0-9]+(\\.[0-9]+)?")) {
      assertThatThrownBy(() -> Decimals.parse(text, scale)).isInstanceOf(DecimalException.class);
      return;
    }
    BigDecimal scaled = new BigDecimal(text).movePointRight(scale).stripTrailingZeros();
    boolean whole = scaled.scale() <= 0;
    boolean fits = scaled.toBigInteger().bitLength() <= 63;
    if (whole && fits) {
      assertThat(Decimals.parse(text, scale)).isEqualTo(scaled.longValueExact());
    } else {
      assertThatThrownBy(() -> Decimals.parse(text, scale)).isInstanceOf(DecimalException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        ".",
        "-.",
        "1.",
        ".5",
        "+1",
        "1e3",
        "1E3",
        "NaN",
        "Infinity",
        "0x10",
        " 1",
        "1 ",
        "1,5",
        "1.2.3",
        "--1",
        "1-",
        "١",
        "1.0000000x",
        "1_000",
        "12345678901234567890123456789012345678901"
      })
  void callsMalformedWhatIsNoPlainDecimal(String text) {
    assertThat(flaw(text, 6)).isEqualTo(Flaw.MALFORMED);
  }

  @ParameterizedTest
  @CsvSource({"0.0000001,6", "-1.5,0", "12.3456789,6"})
  void refusesDigitsBeyondTheScale(String text, int scale) {
    assertThat(flaw(text, scale)).isEqualTo(Flaw.TOO_PRECISE);
  }

  @ParameterizedTest
  @CsvSource({
    "9223372036854775808,0",
    "-9223372036854775809,0",
    "9223372036854.775808,6",
    "10000000000000,6",
    "99999999999999999999,0"
  })
  void refusesWhatDoesNotFit(String text, int scale) {
    assertThat(flaw(text, scale)).isEqualTo(Flaw.TOO_LARGE);
  }

  @Test
  void readsTheLargestNumbersThatFit() {
    assertThat(Decimals.parse("9223372036854.775807", 6)).isEqualTo(Long.MAX_VALUE);
    assertThat(Decimals.parse("-9223372036854.775808", 6)).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void acceptsZerosBeyondTheScale() {
    assertThat(Decimals.parse("1.5000000000", 1)).isEqualTo(15);
    assertThat(Decimals.parse("-0", 6)).isZero();
    assertThat(Decimals.parse("007", 0)).isEqualTo(7);
  }

  private static Flaw flaw(String text, int scale) {
    DecimalException refusal =
        catchThrowableOfType(DecimalException.class, () -> Decimals.parse(text, scale));
    assertThat(refusal).as(text).isNotNull();
    return refusal.flaw();
  }
}

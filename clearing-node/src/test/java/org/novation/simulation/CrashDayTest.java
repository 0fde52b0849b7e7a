package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CrashDayTest {
  private static final long START_MS = 1_700_000_000_000L;

  @Test
  void theSameSeedGivesTheSameDayOnEveryMachine() throws NoSuchAlgorithmException {
    // Written down from one machine. If it changes, every published seed means another day.
    assertThat(digest(7)).isEqualTo("a2b07ced232f1261");
    assertThat(digest(8)).isNotEqualTo(digest(7));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 7, 42, -5, 123_456_789_012L})
  void bitcoinFallsByAboutHalfAndEtherSomewhatMore(long seed) {
    double[][] day = prices(seed);
    assertThat(fall(day[0])).as("seed %d", seed).isBetween(0.42, 0.60);
    assertThat(fall(day[1])).as("seed %d", seed).isBetween(0.45, 0.68);
    assertThat(fall(day[1])).as("seed %d", seed).isGreaterThan(fall(day[0]) - 0.03);
    assertThat(Arrays.stream(day[0])).allMatch(price -> price > 10_000 && price < 100_000);
    assertThat(Arrays.stream(day[1])).allMatch(price -> price > 500 && price < 6_000);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 7, 42})
  void theCoinsMoveTogetherButNotAsOne(long seed) {
    double[][] day = prices(seed);
    assertThat(correlation(returns(day[0]), returns(day[1])))
        .as("seed %d", seed)
        .isBetween(0.7, 0.98);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 7, 42})
  void tailsAreFarFatterThanThoseOfANormalDistribution(long seed) {
    double[] returns = returns(prices(seed)[0]);
    assertThat(kurtosis(returns)).as("seed %d", seed).isGreaterThan(8);
    // Some half minute moves the market by more than one per cent.
    assertThat(Arrays.stream(returns)).as("seed %d", seed).anyMatch(r -> r < -0.01);
    assertThat(Arrays.stream(returns)).as("seed %d", seed).allMatch(r -> Math.abs(r) < 0.2);
  }

  @Test
  void stepsAreHalfAMinuteApartAndFillTheDay() {
    long count = 0;
    long last = 0;
    try (CrashDay day = CrashDay.of(1, START_MS)) {
      for (Tick tick = day.next(); tick != null; tick = day.next(), count++) {
        assertThat(tick.timeMs()).isEqualTo(START_MS + count / 2 * 30_000);
        assertThat(tick.symbol()).isEqualTo(count % 2 == 0 ? "BTC" : "ETH");
        assertThat(tick.price().scale()).isEqualTo(2);
        last = tick.timeMs();
      }
      assertThat(last).isEqualTo(day.endMs());
    }
    assertThat(count).isEqualTo(5_760);
    assertThat(last + 30_000 - START_MS).isEqualTo(86_400_000);
  }

  private static String digest(long seed) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (CrashDay day = CrashDay.of(seed, START_MS)) {
      for (Tick tick = day.next(); tick != null; tick = day.next()) {
        digest.update((tick + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  private static double[][] prices(long seed) {
    double[][] prices = new double[2][CrashDay.STEPS];
    try (CrashDay day = CrashDay.of(seed, START_MS)) {
      int count = 0;
      for (Tick tick = day.next(); tick != null; tick = day.next(), count++) {
        prices[count % 2][count / 2] = tick.price().doubleValue();
      }
    }
    return prices;
  }

  private static double fall(double[] prices) {
    double low = Double.MAX_VALUE;
    for (double price : prices) low = Math.min(low, price);
    return 1 - low / prices[0];
  }

  private static double[] returns(double[] prices) {
    double[] returns = new double[prices.length - 1];
    for (int i = 0; i < returns.length; i++) returns[i] = Math.log(prices[i + 1] / prices[i]);
    return returns;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) sum += value;
    return sum / values.length;
  }

  private static double correlation(double[] a, double[] b) {
    double ma = mean(a);
    double mb = mean(b);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - ma) * (b[i] - mb);
      aa += (a[i] - ma) * (a[i] - ma);
      bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / Math.sqrt(aa * bb);
  }

  private static double kurtosis(double[] values) {
    double mean = mean(values);
    double second = 0;
    double fourth = 0;
    for (double value : values) {
      double square = (value - mean) * (value - mean);
      second += square;
      fourth += square * square;
    }
    return values.length * fourth / (second * second);
  }
}

package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class TimeWeightedAverageTest {
  @Test
  void weighsAValueByHowLongItStood() {
    TimeWeightedAverage average = new TimeWeightedAverage(100_000);
    average.follow(1_000, 0);
    for (int n = 0; n < 1_000; n++) average.follow(9_000_000, 0);
    assertThat(average.at(0)).isEqualTo(1_000);
    average.follow(2_000, 0);
    assertThat(average.at(10_000)).isEqualTo(1_100);
    assertThat(average.at(200_000)).isEqualTo(2_000);
  }

  @Test
  void movesByStepsTooSmallToCountAlone() {
    TimeWeightedAverage average = new TimeWeightedAverage(150_000);
    average.follow(0, 0);
    average.follow(10, 0);
    for (int ms = 1; ms <= 150_000; ms++) average.follow(10, ms);
    assertThat(average.at(150_000)).isBetween(6L, 7L);
  }

  @Property(tries = 500)
  void staysBetweenTheSmallestAndTheLargestValue(@ForAll long seed) {
    Random random = new Random(seed);
    TimeWeightedAverage average = new TimeWeightedAverage(150_000);
    long low = Long.MAX_VALUE;
    long high = Long.MIN_VALUE;
    long now = 0;
    for (int n = 0; n < 100; n++) {
      long value = random.nextLong(1L << 58) - (1L << 57);
      low = Math.min(low, value);
      high = Math.max(high, value);
      average.follow(value, now);
      now += random.nextInt(200_000);
      assertThat(average.at(now)).isBetween(low, high);
    }
  }
}

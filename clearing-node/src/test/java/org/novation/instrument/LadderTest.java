package org.novation.instrument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class LadderTest {
  private static final long NOTIONAL_MAX = 4_000_000_000_000L;

  /** The formula of the risk rules is a short cut for charging each slice at its own rate. */
  @Property(tries = 5_000)
  void chargesEachSliceAtItsOwnRate(
      @ForAll long seed, @ForAll @LongRange(min = 0, max = NOTIONAL_MAX) long notional) {
    Ladder ladder = random(seed);
    BigDecimal marginal = BigDecimal.ZERO;
    for (int n = 0; n < ladder.tiers(); n++) {
      long end = n == ladder.tiers() - 1 ? Long.MAX_VALUE : ladder.lowerBoundMicros(n + 1);
      long slice = Math.max(0, Math.min(notional, end) - ladder.lowerBoundMicros(n));
      marginal =
          marginal.add(
              BigDecimal.valueOf(slice).multiply(BigDecimal.valueOf(ladder.ratePpm(n), 6)));
    }
    assertThat(ladder.requirementMicros(notional))
        .isEqualTo(marginal.setScale(0, RoundingMode.CEILING).longValueExact());
  }

  @Property(tries = 2_000)
  void isContinuousAcrossEveryBracket(@ForAll long seed) {
    Ladder ladder = random(seed);
    for (int n = 1; n < ladder.tiers(); n++) {
      long bound = ladder.lowerBoundMicros(n);
      long below = ladder.requirementMicros(bound - 1);
      long at = ladder.requirementMicros(bound);
      long above = ladder.requirementMicros(bound + 1);
      assertThat(at - below).isBetween(0L, 1L);
      assertThat(above - at).isBetween(0L, 1L);
      assertThat(ladder.tier(bound - 1)).isEqualTo(n - 1);
      assertThat(ladder.tier(bound)).isEqualTo(n);
    }
  }

  @Property(tries = 5_000)
  void neverFallsWithSizeNorAsksForMoreThanTheWhole(
      @ForAll long seed,
      @ForAll @LongRange(min = 0, max = NOTIONAL_MAX) long notional,
      @ForAll @LongRange(min = 0, max = 1_000_000) long more) {
    Ladder ladder = random(seed);
    long before = ladder.requirementMicros(notional);
    long after = ladder.requirementMicros(notional + more);
    assertThat(after - before).isBetween(0L, more);
    assertThat(before).isBetween(0L, notional);
  }

  @Property(tries = 2_000)
  void coversItselfWhenScaledUp(
      @ForAll long seed, @ForAll @LongRange(min = 1_000_000, max = 5_000_000) long multiplier) {
    Ladder ladder = random(seed);
    Ladder scaled = ladder.scaledBy(multiplier);
    assertThat(scaled.covers(ladder)).isTrue();
    for (int n = 0; n < ladder.tiers(); n++) {
      assertThat(scaled.ratePpm(n))
          .isEqualTo(Math.min(1_000_000, Math.ceilDiv(ladder.ratePpm(n) * multiplier, 1_000_000)));
    }
  }

  @Property(tries = 2_000)
  void growsWithOpenInterestFromItsRateToTheWhole(
      @ForAll long seed,
      @ForAll @LongRange(min = 0, max = 3_000_000) long openInterest,
      @ForAll @LongRange(min = 0, max = 3_000_000) long more) {
    Ladder ladder = random(seed);
    Ladder now = ladder.scaledByOpenInterest(openInterest, 1_000_000, 2_000_000);
    Ladder then = ladder.scaledByOpenInterest(openInterest + more, 1_000_000, 2_000_000);
    assertThat(now.covers(ladder)).isTrue();
    assertThat(then.covers(now)).isTrue();
    if (openInterest <= 1_000_000) assertThat(now).isEqualTo(ladder);
    if (openInterest >= 2_000_000) assertThat(now.ratePpm(0)).isEqualTo(1_000_000);
  }

  @Test
  void refusesBracketsThatDoNotRise() {
    refuses("starts at 0", new long[] {1_000_000}, new long[] {1});
    refuses("tiers", new long[] {}, new long[] {});
    refuses("tiers", new long[] {0}, new long[] {1, 2});
    refuses("tiers", new long[33], new long[33]);
    refuses("brackets must rise", new long[] {0, 0}, new long[] {1, 2});
    refuses("rates must not fall", new long[] {0, 1_000_000}, new long[] {2, 1});
    refuses("whole unit", new long[] {0, 1_500_000}, new long[] {1, 2});
    refuses("0..1", new long[] {0}, new long[] {1_000_001});
    refuses("0..1", new long[] {0}, new long[] {-1});
  }

  private static void refuses(String why, long[] bounds, long[] rates) {
    assertThatThrownBy(() -> new Ladder(bounds, rates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  private static Ladder random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int tiers = 1 + random.nextInt(6);
    long[] bounds = new long[tiers];
    long[] rates = new long[tiers];
    for (int n = 0; n < tiers; n++) {
      bounds[n] = n == 0 ? 0 : bounds[n - 1] + random.nextLong(1, 800_000) * 1_000_000;
      rates[n] = Math.min(1_000_000, (n == 0 ? 0 : rates[n - 1]) + random.nextLong(0, 300_000));
    }
    return new Ladder(bounds, rates);
  }
}

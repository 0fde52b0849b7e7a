package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SlidingWindowTest {
  private static final long LENGTH = 3_600_000;
  private static final long SLOT = LENGTH / SlidingWindow.SLOTS;

  @Test
  void countsNeverLessThanPassedAndAtMostOneSlotMore() {
    long seed = Long.getLong("novation.seed", 5);
    Random random = new Random(seed);
    SlidingWindow window = new SlidingWindow(LENGTH);
    List<long[]> passed = new ArrayList<>();
    long now = 1_800_000_000_000L;
    for (int step = 0; step < 5_000; step++) {
      now += random.nextLong(120_000);
      long amount = 1L + random.nextInt(100);
      window.add(now, amount);
      passed.add(new long[] {now, amount});
      if (random.nextInt(10) == 0) {
        long[] back = passed.removeLast();
        window.takeBack(back[0], back[1]);
      }
      assertThat(window.used(now))
          .as("seed %s", seed)
          .isBetween(sum(passed, now - LENGTH), sum(passed, now - LENGTH - SLOT));
      assertThat(window.slots()).hasSizeLessThanOrEqualTo(SlidingWindow.SLOTS + 1);
    }
  }

  private static long sum(List<long[]> passed, long afterMs) {
    return passed.stream().filter(one -> one[0] > afterMs).mapToLong(one -> one[1]).sum();
  }

  @Test
  void saysFromWhenMoreFits() {
    SlidingWindow window = new SlidingWindow(LENGTH);
    window.add(0, 60);
    window.add(SLOT, 40);
    assertThat(window.fitsFromMs(SLOT, 100, 1)).isEqualTo(SLOT + LENGTH);
    assertThat(window.used(SLOT + LENGTH - 1)).isEqualTo(100);
    assertThat(window.used(SLOT + LENGTH)).isEqualTo(40);
    assertThat(window.fitsFromMs(SLOT, 100, 61)).isEqualTo(2 * SLOT + LENGTH);
    assertThat(window.fitsFromMs(SLOT, 100, 101)).isZero();
    assertThat(window.fitsFromMs(SLOT, 200, 100)).isEqualTo(SLOT);
  }

  @Test
  void makesRoomForNamesWhoseWindowHasRunEmpty() {
    Velocity velocity = new Velocity(LENGTH, 2);
    velocity.add("a", 0, 1);
    velocity.add("b", SLOT, 1);
    assertThat(velocity.hasRoomFor("b", SLOT)).isTrue();
    assertThat(velocity.hasRoomFor("c", LENGTH)).isFalse();
    assertThat(velocity.hasRoomFor("c", SLOT + LENGTH)).isTrue();
    velocity.add("c", SLOT + LENGTH, 1);
    assertThat(velocity.windows()).extracting(Velocity.Named::name).containsExactly("b", "c");
  }
}

package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

final class ThrottleTest {
  @Test
  void neverLetsMoreThanTheLimitGoWithinAnyMinute() {
    Seeds.each(
        200,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Throttle throttle = Throttle.idle();
          List<long[]> sales = new ArrayList<>();
          long limit = 1_000 + random.nextLong(1_000_000);
          long now = random.nextLong(-100_000, 100_000);
          for (int step = 0; step < 300; step++) {
            now += random.nextInt(4) == 0 ? random.nextLong(70_000) : random.nextLong(900);
            long perLot = 1 + random.nextLong(limit);
            long lots = throttle.lots(now, limit, perLot);
            if (lots == 0) continue;
            long sold = 1 + random.nextLong(lots);
            throttle = throttle.take(now, sold * perLot);
            sales.add(new long[] {now, sold * perLot});
            long within = 0;
            for (long[] sale : sales) if (sale[0] > now - 60_000) within += sale[1];
            assertThat(within).isLessThanOrEqualTo(limit);
          }
          assertThat(sales).hasSizeGreaterThan(5);
        });
  }

  @Test
  void giveBackTheWholeLimitAfterAMinuteAndASecond() {
    Throttle throttle = Throttle.idle().take(5_999, 700);
    assertThat(throttle.lots(65_999, 1_000, 1)).isEqualTo(300);
    assertThat(throttle.lots(66_000, 1_000, 1)).isEqualTo(1_000);
  }

  @Test
  void saysFromWhenOnMoreMayGoAndNotLater() {
    Seeds.each(
        200,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Throttle throttle = Throttle.idle();
          long now = random.nextLong(-100_000, 100_000);
          for (int step = 0; step < 100; step++) {
            now += random.nextLong(3_000);
            throttle = throttle.take(now, random.nextLong(3));
            long taken = throttle.takenMicros(now);
            long more = throttle.moreAtMs(now);
            if (taken == 0) {
              assertThat(more).isEqualTo(now);
            } else {
              assertThat(throttle.takenMicros(more - 1)).isEqualTo(taken);
              assertThat(throttle.takenMicros(more)).isLessThan(taken);
            }
          }
        });
  }

  @Test
  void letsOneLotGoThatIsLargerThanTheLimitWhenNothingElseWent() {
    assertThat(Throttle.idle().lots(0, 10, 1_000)).isEqualTo(1);
    assertThat(Throttle.idle().take(0, 1_000).lots(1, 10, 1_000)).isZero();
  }

  @Test
  void forgetsWhatIsGivenBackInTheSecondInWhichItWasTaken() {
    Throttle throttle = Throttle.idle().take(5_000, 700).take(6_000, 200);
    Throttle less = throttle.giveBack(5_999, 300);
    assertThat(less.takenMicros(6_000)).isEqualTo(600);
    assertThat(less.lots(65_999, 1_000, 1)).isEqualTo(400);
    assertThat(less.lots(66_000, 1_000, 1)).isEqualTo(800);
    assertThat(throttle.giveBack(5_000, 1_000)).isEqualTo(Throttle.idle().take(6_000, 200));
  }

  @Test
  void forgetsNothingTwiceNorAfterItsMinuteNorThatIsStillToCome() {
    Throttle throttle = Throttle.idle().take(5_000, 700);
    assertThat(throttle.giveBack(5_000, 700).giveBack(5_000, 700).takenMicros(5_000)).isZero();
    Throttle later = throttle.take(66_000, 500);
    assertThat(later.giveBack(5_000, 500)).isEqualTo(later);
    assertThat(throttle.giveBack(6_000, 700)).isEqualTo(throttle);
  }

  @Test
  void countsAClockThatStepsBackAsStandingStill() {
    Throttle throttle = Throttle.idle().take(100_000, 700);
    assertThat(throttle.takenMicros(0)).isEqualTo(700);
    assertThat(throttle.take(0, 100)).isEqualTo(throttle.take(100_000, 100));
  }
}

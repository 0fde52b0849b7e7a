package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FundingClockTest {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long START = 1_000 * HOUR;

  private final FundingClock clock = new FundingClock();

  @Test
  void takesTheMedianOfEachMinuteAndTheMeanOfTheHour() {
    for (int minute = 0; minute < 60; minute++) {
      assertThat(clock.advance(START + minute * MINUTE)).isNull();
      clock.premium(100);
      clock.premium(200);
      clock.premium(1_000_000);
    }
    assertThat(clock.advance(START + HOUR)).isEqualTo(new FundingClock.Hour(START + HOUR, 60, 200));
  }

  @Test
  void countsMissingMinutesAsZeroSoThatAnOutageShrinksFunding() {
    for (int minute = 0; minute < 30; minute++) {
      clock.advance(START + minute * MINUTE);
      clock.premium(600);
    }
    assertThat(clock.advance(START + HOUR)).isEqualTo(new FundingClock.Hour(START + HOUR, 30, 300));
  }

  @Test
  void paysOnceForHoursThatPassedAtOnce() {
    clock.advance(START);
    clock.premium(6_000);
    assertThat(clock.advance(START + 5 * HOUR))
        .isEqualTo(new FundingClock.Hour(START + HOUR, 1, 100));
    assertThat(clock.advance(START + 6 * HOUR))
        .isEqualTo(new FundingClock.Hour(START + 6 * HOUR, 0, 0));
  }

  @Test
  void ignoresAClockThatStepsBack() {
    clock.advance(START + 2 * MINUTE);
    assertThat(clock.advance(START)).isNull();
  }

  @Test
  void keepsABoundedNumberOfPremiumsPerMinute() {
    clock.advance(START);
    for (int n = 0; n < 2 * FundingClock.PREMIUMS_MAX; n++) {
      clock.premium(n < FundingClock.PREMIUMS_MAX ? 60 : 1_000_000);
    }
    assertThat(clock.advance(START + HOUR)).isEqualTo(new FundingClock.Hour(START + HOUR, 1, 1));
  }
}

package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LiquidationPolicyTest {
  /** Lowest and highest of every parameter, in the order of the record. */
  private static final long[][] BOUNDS = {
    {0, 200_000},
    {0, 900_000},
    {0, 950_000},
    {0, 1_000_000_000_000L},
    {0, 1_000_000_000_000L},
    {1, 1L << 56},
    {0, 3_600_000},
    {0, 3_600_000},
    {0, 3_600_000},
    {1_000, 3_600_000},
    {5_000, 1_000_000},
    {500, 60_000},
    {0, 14_400_000},
  };

  @Test
  void acceptsEveryParameterAtItsBoundsAndNoneBeyond() {
    for (int at = 0; at < BOUNDS.length; at++) {
      int which = at;
      long low = BOUNDS[at][0];
      long high = BOUNDS[at][1];
      assertThatCode(() -> with(which, low)).doesNotThrowAnyException();
      assertThatCode(() -> with(which, high)).doesNotThrowAnyException();
      assertThatThrownBy(() -> with(which, low - 1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> with(which, high + 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void takesNoMoreThanNinetyFivePercentOfWhatIsLeft() {
    LiquidationPolicy policy = LiquidationPolicy.DEFAULTS;
    assertThat(policy.penaltyMicros(1_000, 1_000)).isEqualTo(400);
    assertThat(policy.penaltyMicros(1_000, 421)).isEqualTo(399);
    assertThat(policy.penaltyMicros(1_000, 1)).isZero();
    assertThat(policy.penaltyMicros(1_000, -1)).isZero();
  }

  private static LiquidationPolicy with(int which, long value) {
    LiquidationPolicy d = LiquidationPolicy.DEFAULTS;
    long[] p = {
      d.bufferPpm(),
      d.penaltyPpm(),
      d.feeCapPpm(),
      d.dustMicros(),
      d.leastSliceMicros(),
      d.throttleMicrosPerMinute(),
      d.penaltyPhaseMs(),
      d.bankruptcyPhaseMs(),
      d.fundPhaseMs(),
      d.lastCallMs(),
      d.minimumBidPpm(),
      d.reservationMs(),
      d.standstillMsMax()
    };
    p[which] = value;
    return new LiquidationPolicy(
        p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12]);
  }
}

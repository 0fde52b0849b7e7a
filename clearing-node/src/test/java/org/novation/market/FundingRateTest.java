package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

final class FundingRateTest {
  private static final Perpetual.Funding DEFAULTS = new Perpetual.Funding(100, 500, 40_000);

  @Test
  void reachesTheWorkedNumberOfTheRiskRules() {
    long premium = FundingRate.premiumPpm(10_100, 10_200, 10_000);
    long mean = FundingRate.meanPpm(Collections.nCopies(60, premium), 60);
    long rate = FundingRate.ratePpm(mean, DEFAULTS);
    assertThat(premium).isEqualTo(10_000);
    assertThat(rate).isEqualTo(9_500);
    // 0.11875 % of 10,000 are 11.875: one lot of one unit, in 1e-6 micros.
    assertThat(FundingRate.indexStep(perpetual(), 10_000, rate, FundingRate.HOUR_MS))
        .isEqualTo(11_875_000_000_000L);
  }

  @Test
  void chargesShortsWhenTheOfferIsUnderTheIndex() {
    assertThat(FundingRate.premiumPpm(9_700, 9_900, 10_000)).isEqualTo(-10_000);
  }

  @Test
  void hasNoPremiumWhileTheIndexLiesBetweenBidAndAsk() {
    assertThat(FundingRate.premiumPpm(10_000, 10_000, 10_000)).isZero();
    assertThat(FundingRate.premiumPpm(9_999, 10_001, 10_000)).isZero();
  }

  @Test
  void treatsASideWithoutDepthAsNoPremium() {
    assertThat(FundingRate.premiumPpm(0, 0, 10_000)).isZero();
    assertThat(FundingRate.premiumPpm(0, 9_900, 10_000)).isEqualTo(-10_000);
    assertThat(FundingRate.premiumPpm(10_100, 0, 10_000)).isEqualTo(10_000);
  }

  @Test
  void refusesAPremiumOverNoIndex() {
    assertThatThrownBy(() -> FundingRate.premiumPpm(1, 2, 0))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void truncatesAPremiumTowardZeroOnBothSides() {
    assertThat(FundingRate.premiumPpm(3_000_001, 0, 3_000_000)).isZero();
    assertThat(FundingRate.premiumPpm(0, 2_999_995, 3_000_000)).isEqualTo(-1);
    assertThat(FundingRate.premiumPpm(3_000_005, 0, 3_000_000)).isEqualTo(1);
  }

  @Test
  void takesTheMedianOfWhatArrivedInAMinute() {
    assertThat(FundingRate.samplePpm(List.of())).isZero();
    assertThat(FundingRate.samplePpm(List.of(900L, -5L, 100L))).isEqualTo(100);
    assertThat(FundingRate.samplePpm(List.of(100L, -5L, 900L, 103L))).isEqualTo(101);
    assertThat(FundingRate.samplePpm(List.of(-2L, -5L))).isEqualTo(-3);
  }

  @Test
  void countsAMissingSampleAsZeroSoThatAnOutageShrinksFunding() {
    assertThat(FundingRate.meanPpm(Collections.nCopies(30, 1_000L), 60)).isEqualTo(500);
    assertThat(FundingRate.meanPpm(List.of(), 60)).isZero();
    assertThat(FundingRate.meanPpm(Collections.nCopies(120, 1_000L), 60)).isEqualTo(1_000);
    assertThat(FundingRate.meanPpm(List.of(-119L), 60)).isEqualTo(-1);
  }

  @Test
  void paysTheInterestTermAloneWhileThePremiumIsWithinTheClampOfIt() {
    assertThat(FundingRate.ratePpm(0, DEFAULTS)).isEqualTo(100);
    assertThat(FundingRate.ratePpm(600, DEFAULTS)).isEqualTo(100);
    assertThat(FundingRate.ratePpm(601, DEFAULTS)).isEqualTo(101);
    assertThat(FundingRate.ratePpm(-400, DEFAULTS)).isEqualTo(100);
    assertThat(FundingRate.ratePpm(-401, DEFAULTS)).isEqualTo(99);
  }

  @Test
  void capsTheRateAtEightTimesTheHourlyCap() {
    assertThat(FundingRate.ratePpm(320_500, DEFAULTS)).isEqualTo(320_000);
    assertThat(FundingRate.ratePpm(320_499, DEFAULTS)).isEqualTo(319_999);
    assertThat(FundingRate.ratePpm(9_000_000, DEFAULTS)).isEqualTo(320_000);
    assertThat(FundingRate.ratePpm(-9_000_000, DEFAULTS)).isEqualTo(-320_000);
  }

  @Test
  void movesTheIndexTowardZeroOnly() {
    assertThat(FundingRate.indexStep(perpetual(), 10_000, 1, 1)).isEqualTo(347);
    assertThat(FundingRate.indexStep(perpetual(), 10_000, -1, 1)).isEqualTo(-347);
    assertThat(FundingRate.indexStep(perpetual(), 10_000, 9_500, 0)).isZero();
    assertThatThrownBy(() -> FundingRate.indexStep(perpetual(), 10_000, 1, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Perpetual perpetual() {
    return new Perpetual(
        "X-PERP",
        "X",
        new Increment(1, 0),
        new Increment(1, 0),
        1_000,
        1_000,
        new Ladder(new long[] {0}, new long[] {50_000}),
        new Ladder(new long[] {0}, new long[] {25_000}),
        new Perpetual.Scaling(0, 0, 600_000, 1_000_000, 10_000, 600_000),
        0,
        100_000,
        DEFAULTS);
  }
}

package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Asset;
import org.novation.money.Increment;

final class HaircutTest {
  private static final long AMOUNT_MAX = 1_000_000_000_000_000L;

  @Property(tries = 10_000)
  void weighsAnAmountByTheCurveRoundedDown(
      @ForAll @LongRange(min = 1, max = AMOUNT_MAX) long amount,
      @ForAll @IntRange(max = 12) int decimals,
      @ForAll @LongRange(min = 1, max = 3_000_000) long concentration) {
    Asset asset = new Asset("X", decimals, 900_000, concentration, 0, false);
    MathContext digits = new MathContext(40);
    BigDecimal root = BigDecimal.valueOf(amount, decimals).sqrt(digits);
    BigDecimal curve =
        new BigDecimal("1.1")
            .divide(
                BigDecimal.ONE.add(BigDecimal.valueOf(concentration, 6).multiply(root)), digits);
    BigDecimal weight = curve.min(new BigDecimal("0.9"));
    BigDecimal ours = BigDecimal.valueOf(Haircut.accountWeightPpm(asset, amount), 6);
    // The root, the product and the quotient each give up less than a millionth.
    assertThat(weight.subtract(ours)).isBetween(BigDecimal.ZERO, new BigDecimal("0.000004"));
  }

  @Property(tries = 10_000)
  void neverWeighsMoreOfAnAssetHigher(
      @ForAll @LongRange(min = 0, max = AMOUNT_MAX) long amount,
      @ForAll @LongRange(min = 0, max = AMOUNT_MAX) long more,
      @ForAll @LongRange(min = 0, max = 3_000_000) long concentration) {
    Asset asset = new Asset("X", 6, 950_000, concentration, 0, false);
    assertThat(Haircut.accountWeightPpm(asset, amount + more))
        .isLessThanOrEqualTo(Haircut.accountWeightPpm(asset, amount));
  }

  @Property(tries = 10_000)
  void neverTakesMoreFromALargerBalanceThanAMillionthOfItsWorth(
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long amount,
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long more,
      @ForAll @LongRange(min = 0, max = 3_000_000) long concentration) {
    // A weight is whole parts per million: one step of it is the most that more can cost.
    Asset asset = new Asset("X", 6, 950_000, concentration, 0, false);
    long price = 3_000_000;
    long worth = (amount + more) * 3;
    assertThat(value(asset, amount + more, price, 1_000_000))
        .isGreaterThanOrEqualTo(
            value(asset, amount, price, 1_000_000) - 3 * (worth / 1_000_000 + 1));
  }

  @Property(tries = 10_000)
  void neverValuesABalanceLowerAtAHigherPriceOrHouseFactor(
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long amount,
      @ForAll @LongRange(min = 1, max = 2_000_000) long price,
      @ForAll @LongRange(min = 0, max = 1_000_000) long dearer,
      @ForAll @LongRange(min = 0, max = 1_000_000) long factor,
      @ForAll boolean stablecoin) {
    Asset asset = new Asset("X", 6, 950_000, 100_000, 0, stablecoin);
    assertThat(value(asset, amount, price + dearer, factor))
        .isGreaterThanOrEqualTo(value(asset, amount, price, factor) - 1);
    assertThat(value(asset, amount, price, 1_000_000))
        .isGreaterThanOrEqualTo(value(asset, amount, price, factor));
    assertThat(value(asset, amount, price, factor)).isNotNegative();
  }

  @Property(tries = 10_000)
  void neverValuesABalanceAboveItsWorth(
      @ForAll @LongRange(min = -AMOUNT_MAX, max = AMOUNT_MAX) long amount,
      @ForAll @IntRange(max = 12) int decimals,
      @ForAll @LongRange(min = 1, max = 9_000) long price) {
    Asset asset = new Asset("X", decimals, 1_000_000, 0, 0, false);
    BigDecimal worth =
        BigDecimal.valueOf(amount)
            .multiply(BigDecimal.valueOf(price))
            .divide(BigDecimal.valueOf(Increment.pow10(decimals)));
    assertThat(value(asset, amount, price, 1_000_000))
        .isEqualTo(worth.setScale(0, RoundingMode.FLOOR).longValueExact());
  }

  @Property(tries = 5_000)
  void shrinksAsTheHouseHoldsMore(
      @ForAll @LongRange(min = 1, max = AMOUNT_MAX) long cap,
      @ForAll @LongRange(min = 0, max = AMOUNT_MAX) long deposits,
      @ForAll @LongRange(min = 0, max = AMOUNT_MAX) long more) {
    Asset asset = new Asset("X", 6, 950_000, 0, cap, false);
    long factor = Haircut.houseFactorPpm(asset, deposits);
    assertThat(factor).isBetween(0L, 1_000_000L);
    assertThat(Haircut.houseFactorPpm(asset, deposits + more)).isLessThanOrEqualTo(factor);
    if (deposits <= cap) assertThat(factor).isEqualTo(1_000_000);
  }

  @Test
  void hasNoHouseFactorWithoutACap() {
    Asset asset = new Asset("X", 6, 950_000, 0, 0, false);
    assertThat(Haircut.houseFactorPpm(asset, Long.MAX_VALUE)).isEqualTo(1_000_000);
  }

  @Test
  void countsADebtInFullWhateverTheWeight() {
    Asset worthless = new Asset("X", 6, 0, 3_000_000, 1, true);
    assertThat(Haircut.valueMicros(worthless, -1_000_000, 500_000, 1_000_000, 0))
        .isEqualTo(-500_000);
  }

  @Test
  void startsTheDepegContingencyBelowNinetyNineCents() {
    Asset stable = new Asset("X", 6, 1_000_000, 0, 0, true);
    assertThat(value(stable, 1_000_000, 990_000, 1_000_000)).isEqualTo(990_000);
    assertThat(value(stable, 1_000_000, 989_999, 1_000_000)).isEqualTo(989_998);
    assertThat(value(stable, 1_000_000, 495_000, 1_000_000)).isZero();
    assertThat(value(stable, 1_000_000, 100_000, 1_000_000)).isZero();
  }

  @Test
  void takesTheRootOfTheLargestBalance() {
    Asset whole = new Asset("X", 0, 1_000_000, 1, 0, false);
    // √(2^63) = 3,037,000,499.97…: 1.1 / (1 + 0.000001 x that) = 0.000362…
    assertThat(Haircut.accountWeightPpm(whole, Long.MAX_VALUE)).isEqualTo(362);
    Asset fine = new Asset("X", 12, 1_000_000, 1_000_000, 0, false);
    assertThat(Haircut.accountWeightPpm(fine, Long.MAX_VALUE)).isEqualTo(362);
  }

  private static long value(Asset asset, long amount, long price, long factor) {
    long weight = amount < 0 ? 1_000_000 : Haircut.accountWeightPpm(asset, amount);
    return Haircut.valueMicros(asset, amount, price, weight, factor);
  }
}

package org.novation.liquidation.auction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Saleable;

final class ChargeTest {
  @Test
  void givesTheFundWhatTheDiscountLeavesOfThePenalty() {
    assertThat(charge(0, 100, 1_000, 0)).isEqualTo(new Charge(0, 0, 100));
    assertThat(charge(30, 100, 1_000, 0)).isEqualTo(new Charge(30, 0, 70));
    assertThat(charge(100, 100, 1_000, 0)).isEqualTo(new Charge(100, 0, 0));
    assertThat(charge(500, 100, 1_000, 0)).isEqualTo(new Charge(500, 0, 0));
  }

  @Test
  void takesAtMostNinetyFivePercentOfWhatIsLeftAsAFee() {
    assertThat(charge(30, 100, 70, 0)).isEqualTo(new Charge(30, 0, 38));
    assertThat(charge(30, 100, 30, 50)).isEqualTo(new Charge(30, 0, 0));
  }

  @Test
  void drawsOnTheFundBeyondTheBankruptcyPriceUpToItsCap() {
    assertThat(charge(500, 100, 400, 1_000)).isEqualTo(new Charge(400, 100, 0));
    assertThat(charge(500, 100, 400, 60)).isEqualTo(new Charge(440, 60, 0));
    assertThat(charge(500, 100, -400, 1_000)).isEqualTo(new Charge(0, 500, 0));
    assertThat(charge(0, 100, -400, 1_000)).isEqualTo(new Charge(0, 0, 0));
  }

  @Test
  void refusesToLetTheFundPayAndBePaidAtOnce() {
    assertThatThrownBy(() -> new Charge(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Charge(-1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void paysTheTakerExactlyAndNeverBankruptsBySurplus() {
    Seeds.each(
        5_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          long discount = random.nextLong(1_000);
          long share = random.nextLong(2_000) - 500;
          Charge charge = charge(discount, random.nextLong(500), share, random.nextLong(500));
          assertThat(charge.takerMicros()).isEqualTo(discount);
          if (charge.feeMicros() > 0)
            assertThat(charge.sellerMicros() + charge.feeMicros()).isLessThan(share);
          if (charge.fundMicros() > 0)
            assertThat(charge.sellerMicros()).isGreaterThanOrEqualTo(Math.max(0, share));
        });
  }

  @Test
  void givesAPartItsShareOfEquityByMaintenanceMargin() {
    assertThat(new Saleable(100, 30).shareMicros(new Saleable(100, 20), false)).isEqualTo(33);
    assertThat(new Saleable(-100, 30).shareMicros(new Saleable(-100, 20), false)).isEqualTo(-34);
    assertThat(new Saleable(100, 30).shareMicros(new Saleable(100, 0), false)).isEqualTo(100);
  }

  private static Charge charge(long discount, long penalty, long share, long fundMax) {
    return Charge.of(
        new Allocation(List.of(), 1, discount, penalty, fundMax),
        share,
        LiquidationPolicy.DEFAULTS);
  }
}

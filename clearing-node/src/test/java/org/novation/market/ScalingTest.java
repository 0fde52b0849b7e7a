package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Asset;
import org.novation.instrument.Perpetual;
import org.novation.risk.MarginLadders;

final class ScalingTest {
  private static final long MILLION = 1_000_000_000_000L; // In micros.
  private static final long DAY_MS = 86_400_000;

  /** Worked number 3 of the risk rules: IMR 5 %, 70M between 40M and 100M. */
  @Test
  void scalesInitialMarginAloneByOpenInterest() {
    Perpetual perpetual = TestPerpetuals.perpetual("BTC-PERP", "0.1", 40 * MILLION, 100 * MILLION);
    LadderBook book = new LadderBook(perpetual);
    MarginLadders ladders = book.scale(1_000_000, 1_000_000, 70 * MILLION);
    assertThat(ladders.initial().ratePpm(0)).isEqualTo(525_000);
    assertThat(ladders.maintenance()).isEqualTo(perpetual.maintenance());
  }

  @Test
  void keepsTheEpochWhileLaddersDriftAndEndsItWhenTheyLeave() {
    LadderBook book = new LadderBook(TestPerpetuals.BTC);
    long epoch = book.scale(1_200_000, 1_000_000, 0).epoch();
    assertThat(book.scale(1_230_000, 1_000_000, 0).epoch()).isEqualTo(epoch);
    assertThat(book.scale(1_170_000, 1_000_000, 0).epoch()).isEqualTo(epoch);
    assertThat(book.scale(1_300_000, 1_000_000, 0).epoch()).isEqualTo(epoch + 1);
  }

  @Test
  void givesTheSameObjectWhileNothingThatCountsChanges() {
    LadderBook book =
        new LadderBook(TestPerpetuals.perpetual("BTC-PERP", "0.1", 40 * MILLION, 100 * MILLION));
    MarginLadders quiet = book.scale(1_000_000, 1_000_000, 1 * MILLION);
    assertThat(book.scale(1_000_000, 1_000_000, 30 * MILLION)).isSameAs(quiet);
  }

  @Test
  void neverMultipliesInitialMarginByLessThanMaintenance() {
    LadderBook book = new LadderBook(TestPerpetuals.BTC);
    MarginLadders ladders = book.scale(1_000_000, 1_500_000, 0);
    assertThat(ladders.initial().ratePpm(0)).isEqualTo(75_000);
    assertThat(ladders.maintenance().ratePpm(0)).isEqualTo(37_500);
  }

  @Test
  void countsDepositsHoweverMany() {
    HouseFactor factor = new HouseFactor(new Asset("BTC", 8, 900_000, 0, 1L << 62, false));
    factor.scale(Long.MAX_VALUE);
    assertThat(factor.factorPpm()).isEqualTo(500_000);
    assertThat(factor.floorPpm()).isEqualTo(500_000);
  }

  @Property(tries = 1_000)
  void keepsWhatIsInForceInsideItsCorridorOnAnyPath(@ForAll long seed) {
    Random random = new Random(seed);
    LadderBook book =
        new LadderBook(TestPerpetuals.perpetual("BTC-PERP", "0.1", 40 * MILLION, 100 * MILLION));
    for (int n = 0; n < 50; n++) {
      MarginLadders before = book.ladders();
      // The constructor of MarginLadders throws when a ladder left its corridor.
      MarginLadders now =
          book.scale(
              1_000_000 + random.nextInt(1_000_001),
              1_000_000 + random.nextInt(1_000_001),
              random.nextLong(120 * MILLION));
      if (now.epoch() != before.epoch()) continue;
      assertThat(now.initialCeiling()).isEqualTo(before.initialCeiling());
      assertThat(now.maintenanceFloor()).isEqualTo(before.maintenanceFloor());
    }
  }

  @Test
  void shrinksAWeightAsTheHouseHoldsMoreAndLetsItDriftInACorridor() {
    HouseFactor factor = new HouseFactor(new Asset("BTC", 8, 900_000, 0, 1_000, false));
    factor.scale(900);
    assertThat(factor.factorPpm()).isEqualTo(1_000_000);
    assertThat(factor.epoch()).isZero();
    factor.scale(2_000);
    assertThat(factor.factorPpm()).isEqualTo(500_000);
    assertThat(factor.epoch()).isEqualTo(1);
    factor.scale(2_050);
    assertThat(factor.epoch()).isEqualTo(1);
    assertThat(factor.factorPpm()).isBetween(factor.floorPpm(), factor.ceilingPpm());
    factor.scale(3_000);
    assertThat(factor.epoch()).isEqualTo(2);
  }

  @Test
  void multipliesByOneInACalm() {
    Volatility volatility = new Volatility(TestPerpetuals.BTC.scaling(), DAY_MS, 300_000);
    // 0.75 · 30 % + 0.25 · 120 % = 52.5 %, under the reference of 70 %.
    assertThat(volatility.multiplierPpm()).isEqualTo(1_000_000);
    assertThat(volatility.sigmaPpm()).isBetween(300_000L, 300_001L);
  }

  @Test
  void multipliesByTheMixOfRecentAndStressedVolatility() {
    Volatility volatility = new Volatility(TestPerpetuals.BTC.scaling(), DAY_MS, 1_000_000);
    // 0.75 · 100 % + 0.25 · 120 % = 105 % over 70 % = 1.5.
    assertThat(volatility.multiplierPpm()).isBetween(1_500_000L, 1_500_001L);
  }

  @Test
  void risesAtOnceInACrashAndIsBounded() {
    Volatility volatility = new Volatility(TestPerpetuals.BTC.scaling(), DAY_MS, 300_000);
    long price = 100_000_000_000L;
    for (int minute = 0; minute < 30; minute++) {
      volatility.observe(price, minute * 60_000L);
      price = price * 98 / 100;
    }
    assertThat(volatility.multiplierPpm()).isEqualTo(2_000_000);
  }

  @Test
  void findsTheVolatilityOfAWalkWithOne() {
    Random random = new Random(7);
    Volatility volatility = new Volatility(TestPerpetuals.BTC.scaling(), DAY_MS, 300_000);
    double sigmaPerMinute = 0.8 / Math.sqrt(365 * 24 * 60);
    double price = 1e12;
    for (int minute = 0; minute < 20_000; minute++) {
      volatility.observe(Math.round(price), minute * 60_000L);
      price *= Math.exp(random.nextGaussian() * sigmaPerMinute);
    }
    assertThat(volatility.sigmaPpm()).isBetween(760_000L, 840_000L);
  }

  @Test
  void letsMaintenanceFollowAtMostASetRatePerHour() {
    Perpetual.Scaling scaling = TestPerpetuals.BTC.scaling();
    assertThat(Volatility.maintenanceMultiplierPpm(1_000_000, 2_000_000, scaling))
        .isEqualTo(1_100_000);
    assertThat(Volatility.maintenanceMultiplierPpm(2_000_000, 1_000_000, scaling))
        .isEqualTo(1_900_000);
    assertThat(Volatility.maintenanceMultiplierPpm(1_050_000, 1_100_000, scaling))
        .isEqualTo(1_100_000);
  }
}

package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.House.DAY;
import static org.novation.governance.House.HOUR;
import static org.novation.governance.House.NOW;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.governance.Parameter.Collateral;
import org.novation.governance.Parameter.Contract;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.market.MarketRules;
import org.novation.money.Fixed;

/** The ways from what is in force to what was voted. */
final class SettingTest {
  private static final int ROUNDS = 40;
  private static final long LONGEST = 600 * DAY;

  @Test
  void movesEveryFigureOneWayWithinItsRangeToExactlyWhatWasVoted() {
    long seed = 7;
    Random random = new Random(seed);
    for (Class<?> kind : SchemaTest.kinds()) {
      Parameter from = SchemaTest.sample(kind);
      for (int n = 0; n < ROUNDS; n++) {
        Parameter to = House.other(from, random);
        Setting setting = new Setting(from, to, NOW, 2);
        Parameter before = from;
        for (long at = NOW; at < setting.endsAtMs(); at += (1 + random.nextInt(60)) * HOUR) {
          Parameter now = setting.at(at); // Its constructor holds the bounds between figures.
          assertBetween(before, now, to, "seed " + seed + " round " + n);
          before = now;
        }
        assertThat(setting.at(setting.endsAtMs())).as("seed %d", seed).isEqualTo(to);
        assertThat(setting.at(NOW + LONGEST)).isEqualTo(to);
        from = random.nextInt(4) == 0 ? setting.at(NOW + random.nextLong(20 * DAY)) : to;
      }
    }
  }

  private static void assertBetween(Parameter before, Parameter now, Parameter to, String seed) {
    Map<String, String> a = Schema.of(now).texts(before);
    Map<String, String> b = Schema.of(now).texts(now);
    Map<String, String> c = Schema.of(now).texts(to);
    for (Figure figure : Schema.of(now).figures()) {
      String name = figure.name();
      if (figure.kind() == Figure.Kind.LADDER) {
        assertBetween(
            Ladders.parse(a.getOrDefault(name, "")),
            Ladders.parse(b.getOrDefault(name, "")),
            Ladders.parse(c.getOrDefault(name, "")),
            seed + " " + name);
      } else if (figure.kind() == Figure.Kind.NUMBER && !figure.zeroIsNone()) {
        long x = Long.parseLong(a.getOrDefault(name, ""));
        long y = Long.parseLong(b.getOrDefault(name, ""));
        long z = Long.parseLong(c.getOrDefault(name, ""));
        assertThat(y).as("%s %s", seed, name).isBetween(Math.min(x, z), Math.max(x, z));
      }
    }
  }

  /** Each bracket's rate; requirements follow, for they are sums of them. */
  private static void assertBetween(Ladder before, Ladder now, Ladder to, String as) {
    for (int n = 0; n < now.tiers(); n++) {
      long bound = now.lowerBoundMicros(n);
      long x = before.ratePpm(before.tier(bound));
      long z = to.ratePpm(to.tier(bound));
      assertThat(now.ratePpm(n)).as(as).isBetween(Math.min(x, z), Math.max(x, z));
    }
  }

  @Test
  void asksNobodyForMoreMaintenanceOvernight() {
    long seed = 11;
    Random random = new Random(seed);
    Contract from = contract();
    for (int n = 0; n < ROUNDS; n++) {
      Contract to = (Contract) House.other(from, random);
      Setting setting = new Setting(from, to, NOW, 2);
      for (long at = NOW; at < NOW + DAY; at += HOUR) {
        Contract now = (Contract) setting.at(at);
        assertThat(Ladders.compare(now.terms().maintenance(), from.terms().maintenance()))
            .as("seed %d round %d", seed, n)
            .isZero();
        assertThat(now.terms().scaling().sigmaStressedPpm())
            .isEqualTo(from.terms().scaling().sigmaStressedPpm());
      }
      for (long at = NOW; at < NOW + 9 * DAY; at += HOUR)
        assertSlow(from, to, (Contract) setting.at(at), (Contract) setting.at(at + DAY));
    }
  }

  /** Funding takes from accounts, and volatility multiplies what they need. */
  @Test
  void changesForADayNothingElseThatCouldLiquidateAnybody() {
    Contract from = contract();
    Map<String, String> figures =
        Map.of(
            "scaling.maintenanceStepPpmPerHour", "200000",
            "funding.interestPpm", "10000",
            "funding.clampPpm", "10000",
            "funding.capPpmPerHour", "40000");
    Setting voted = new Setting(from, with(from, figures), NOW, 2);
    Contract later = (Contract) voted.at(NOW + DAY);
    assertThat(later.terms().scaling()).isEqualTo(from.terms().scaling());
    assertThat(later.terms().funding()).isEqualTo(from.terms().funding());
    long step = from.terms().scaling().maintenanceStepPpmPerHour();
    assertThat(
            ((Contract) voted.at(NOW + DAY + 7 * DAY / 2))
                .terms()
                .scaling()
                .maintenanceStepPpmPerHour())
        .isEqualTo((step + 200_000) / 2);
    Parameter.Prices prices = new Parameter.Prices(MarketRules.DEFAULTS);
    Map<String, String> texts = new LinkedHashMap<>(Schema.of(prices).texts(prices));
    texts.put("volatilityHalfLifeMs", Long.toString(HOUR));
    Parameter faster = Schema.of(prices).make(Path.HOUSE, texts);
    assertThat(new Setting(prices, faster, NOW, 2).at(NOW + DAY)).isEqualTo(prices);
  }

  /** No more than a seventh of the way in a day, but for a ppm of rounding in each rate. */
  private static void assertSlow(Contract from, Contract to, Contract now, Contract later) {
    for (long millions = 0; millions < 2_000; millions += 100) {
      long size = millions * 1_000_000 * House.UNIT;
      long way = maintenance(to, size) - maintenance(from, size);
      long moved = maintenance(later, size) - maintenance(now, size);
      assertThat(moved).isLessThanOrEqualTo(Math.max(0, way) / 7 + 2 * (size / Fixed.PPM) + 2);
    }
  }

  private static long maintenance(Contract contract, long sizeMicros) {
    return contract.terms().maintenance().requirementMicros(sizeMicros);
  }

  @Test
  void raisesInitialMarginAtOnceForItLiquidatesNobody() {
    Contract from = contract();
    Contract to = with(from, Map.of("initial", "0:40000,150000000000000:60000"));
    Setting setting = new Setting(from, to, NOW, 2);
    assertThat(((Contract) setting.at(NOW)).terms().initial()).isEqualTo(to.terms().initial());
  }

  @Test
  void startsNewCollateralAtWeightNothingAndLetsItRiseByFiveInAHundredADay() {
    Collateral voted = new Collateral(new Asset("SOL", 9, 800_000, 1_000, 1_000_000, false));
    Setting setting = Setting.of(null, voted, NOW, 2);
    assertThat(weight(setting, 0)).isZero();
    assertThat(weight(setting, HOUR - 1)).isZero();
    assertThat(weight(setting, DAY)).isEqualTo(50_000);
    assertThat(weight(setting, 16 * DAY - HOUR)).isLessThan(800_000);
    assertThat(weight(setting, 16 * DAY)).isEqualTo(800_000);
    assertThat(((Collateral) setting.at(NOW)).terms().houseCap()).isEqualTo(100_000);
  }

  @Test
  void neverLetsCollateralLoseWeightOvernight() {
    Collateral from = new Collateral(new Asset("SOL", 9, 800_000, 1_000, 1_000_000, false));
    Collateral to = new Collateral(new Asset("SOL", 9, 100_000, 9_000, 1_000, false));
    Setting setting = new Setting(from, to, NOW, 2);
    assertThat(setting.at(NOW + DAY)).isEqualTo(from);
    assertThat(weight(setting, DAY + 7 * DAY / 2)).isEqualTo(450_000);
    assertThat(setting.at(NOW + 8 * DAY)).isEqualTo(to);
  }

  @Test
  void raisesACapByATenthADayAtMostAndLowersItAtOnce() {
    for (Pace pace : List.of(Pace.CAP, Pace.SCALE, Pace.GRACE_CAP)) {
      long before = 1_000;
      for (long day = 0; day <= 30; day++) {
        long now = pace.at(1_000, 1_000_000, day * DAY);
        assertThat(now).isBetween(before, before + before / 10);
        assertThat(pace.at(1_000, 1_000_000, day * DAY + DAY - 1)).isEqualTo(now);
        before = now;
      }
      assertThat(before).isLessThan(18_000);
    }
    assertThat(Pace.CAP.at(1_000_000, 1_000, 0)).isEqualTo(1_000);
    assertThat(Pace.CAP.at(0, 3, 2 * DAY)).as("out of nothing too").isEqualTo(2);
  }

  @Test
  void shortensAWaitByATenthADayAtMost() {
    assertThat(Pace.WAIT.at(1_000, 100, DAY - 1)).isEqualTo(1_000);
    assertThat(Pace.WAIT.at(1_000, 100, DAY)).isEqualTo(900);
    assertThat(Pace.WAIT.at(1_000, 100, 2 * DAY)).isEqualTo(810);
    assertThat(Pace.WAIT.at(100, 1_000, 0)).isEqualTo(1_000);
  }

  @Test
  void startsTheCapsOfANewContractAtATenth() {
    Setting setting = Setting.of(null, contract(), NOW, 2);
    Contract now = (Contract) setting.at(NOW);
    assertThat(now.terms().lotsPerAccountMax()).isEqualTo(100_000);
    assertThat(now.terms().lotsPerTradeMax()).isEqualTo(1_000);
    assertThat(now.terms().maintenance()).isEqualTo(contract().terms().maintenance());
  }

  @Test
  void survivesBeingStored() {
    Random random = new Random(3);
    for (Class<?> kind : SchemaTest.kinds()) {
      Parameter from = SchemaTest.sample(kind);
      Setting setting = new Setting(from, House.other(from, random), NOW, 9);
      assertThat(setting.written().setting()).isEqualTo(setting);
    }
  }

  private static long weight(Setting setting, long elapsedMs) {
    return ((Collateral) setting.at(NOW + elapsedMs)).terms().weightPpm();
  }

  private static Contract contract() {
    return new Contract(House.perpetual("BTC-PERP", "BTC"), false);
  }

  private static Contract with(Contract contract, Map<String, String> figures) {
    Schema<?> schema = Schema.of(contract);
    Map<String, String> texts = new LinkedHashMap<>(schema.texts(contract));
    texts.putAll(figures);
    return (Contract) schema.make(contract.path().subject(), texts);
  }
}

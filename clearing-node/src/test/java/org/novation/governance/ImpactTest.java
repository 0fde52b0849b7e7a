package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.novation.governance.House.NOW;
import static org.novation.governance.House.UNIT;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.governance.Impact.Count;
import org.novation.governance.Impact.Reckoning;
import org.novation.governance.ProposedMarkets.Scale;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.insurance.CoverTwo.TopTwo;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/** Whom a change would put under margin, before anybody votes for it. */
final class ImpactTest {
  private static final long MARK = 600_000; // 60,000 in ticks of 0.1.
  private static final Governance HOUSE = House.setUp();
  private static final MarketView NOW_VIEW = view(HOUSE.parameters().catalogue(NOW));

  private static MarketView view(Catalogue catalogue) {
    return ProposedMarkets.view(
            MarketView.unpriced(catalogue, NOW), catalogue, List.of(), List.of())
        .with(
            0,
            new MarketView.Instrument(
                MARK,
                MARK,
                0,
                PriceValidity.FRESH,
                MarketView.unpriced(catalogue, NOW).instrument(0).ladders()),
            NOW)
        .with(
            1,
            new MarketView.AssetPrice(
                60_000 * UNIT, 1_000_000, 1_000_000, 1_000_000, PriceValidity.FRESH, 0),
            NOW);
  }

  private static Change change(String path, String... figures) throws Amendments.Refused {
    return new Amendments(HOUSE.parameters())
        .changes(List.of(House.amend(HOUSE, path, figures)), NOW)
        .getFirst();
  }

  private static MarketView proposed(Change... changes) {
    return ProposedMarkets.view(
        NOW_VIEW,
        ProposedMarkets.catalogue(HOUSE.parameters(), List.of(changes)),
        List.of(),
        List.of());
  }

  /** Long one bitcoin at the mark with so much cash; needs 1,500 to open and 750 to keep. */
  private static Portfolio longWith(long cashMicros) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, cashMicros);
    portfolio.restore(0, 1_000, 60_000 * UNIT, 0, 0, 0, 0);
    return portfolio;
  }

  @Test
  void saysWhomHigherMarginWouldPutUnderInitialAndUnderMaintenance() throws Amendments.Refused {
    Change higher =
        change(
            "contract/BTC-PERP",
            "initial",
            "0:50000,150000000000000:60000",
            "maintenance",
            "0:25000,150000000000000:30000");
    Reckoning reckoning = new Reckoning(NOW_VIEW, proposed(higher));
    reckoning.add("under both now", longWith(749 * UNIT), new Holds());
    reckoning.add("under initial now", longWith(750 * UNIT), new Holds());
    reckoning.add("under both then", longWith(1_500 * UNIT - 1), new Holds());
    reckoning.add("at maintenance then", longWith(1_500 * UNIT), new Holds());
    reckoning.add("at initial then", longWith(3_000 * UNIT), new Holds());
    Portfolio flat = new Portfolio();
    flat.credit(0, UNIT);
    reckoning.add("flat", flat, new Holds());
    Impact impact = reckoning.impact();
    long each = 60_000 * UNIT;
    assertThat(impact.accounts()).isEqualTo(6);
    assertThat(impact.belowInitialBefore()).isEqualTo(new Count(3, 3 * each));
    assertThat(impact.belowInitialAfter()).isEqualTo(new Count(4, 4 * each));
    assertThat(impact.newlyBelowInitial()).isEqualTo(new Count(1, each));
    assertThat(impact.belowMaintenanceBefore()).isEqualTo(new Count(1, each));
    assertThat(impact.belowMaintenanceAfter()).isEqualTo(new Count(3, 3 * each));
    assertThat(impact.newlyBelowMaintenance()).isEqualTo(new Count(2, 2 * each));
    assertThat(impact.healthBefore().stream().map(Count::accounts))
        .containsExactly(0L, 1L, 1L, 0L, 1L, 1L, 1L, 0L, 1L);
    assertThat(impact.healthAfter().stream().map(Count::accounts))
        .containsExactly(0L, 3L, 1L, 0L, 0L, 1L, 0L, 0L, 1L);
  }

  @Test
  void saysWhatLighterCollateralWouldCostTheFund() throws Amendments.Refused {
    Portfolio pledged = new Portfolio();
    pledged.credit(1, 100_000_000); // One bitcoin, at 0.9.
    pledged.credit(0, -40_000 * UNIT);
    Reckoning reckoning =
        new Reckoning(NOW_VIEW, proposed(change("collateral/BTC", "weightPpm", "500000")));
    reckoning.add("anna", pledged, new Holds());
    Impact impact = reckoning.impact();
    assertThat(impact.newlyBelowMaintenance()).isEqualTo(new Count(1, 0));
    assertThat(impact.lossesBefore().moves().getFirst())
        .as("half the price: worth 27,000 against 40,000")
        .isEqualTo(new TopTwo("anna", 13_000 * UNIT, "", 0));
    assertThat(impact.lossesAfter().moves().getFirst())
        .isEqualTo(new TopTwo("anna", 25_000 * UNIT, "", 0));
  }

  @Test
  void reckonsWithHouseCapsOpenInterestAndVolatilityOfNow() throws Amendments.Refused {
    Catalogue capped =
        ProposedMarkets.catalogue(
            HOUSE.parameters(), List.of(change("collateral/BTC", "houseCap", "1000000000000")));
    MarketView view =
        ProposedMarkets.view(
            NOW_VIEW,
            capped,
            List.of(new Scale(1_000_000, 1_000_000, 70_000_000 * UNIT)),
            List.of(0L, 2_000_000_000_000L));
    assertThat(view.asset(1).houseFactorPpm()).isEqualTo(500_000);
    assertThat(view.instrument(0).ladders().initial().ratePpm(0)).isEqualTo(512_500);
    Catalogue nervous =
        ProposedMarkets.catalogue(
            HOUSE.parameters(),
            List.of(change("contract/BTC-PERP", "scaling.sigmaReferencePpm", "350000")));
    MarketView scaled =
        ProposedMarkets.view(
            NOW_VIEW, nervous, List.of(new Scale(1_000_000, 1_000_000, 0)), List.of());
    assertThat(scaled.instrument(0).ladders().maintenance().ratePpm(0)).isEqualTo(25_000);
  }

  @Test
  void keepsWhatIsListedWhereItStandsAndPricesNothingNew() throws Amendments.Refused {
    Change eth =
        new Amendments(HOUSE.parameters())
            .changes(
                List.of(
                    House.list(new Parameter.Collateral(new Asset("ETH", 9, 1, 0, 1_000, false)))),
                NOW)
            .getFirst();
    MarketView view = proposed(eth);
    assertThat(view.catalogue().assets()).isEqualTo(3);
    assertThat(view.asset(2).validity()).isEqualTo(PriceValidity.NONE);
    assertThat(view.instrument(0).markTicks()).isEqualTo(MARK);
    Catalogue other =
        new Catalogue(
            2,
            List.of(House.perpetual("ETH-PERP", "ETH")),
            List.of(new Asset("USDC", 6, 1_000_000, 0, 0, false)));
    assertThatThrownBy(() -> ProposedMarkets.view(NOW_VIEW, other, List.of(), List.of()))
        .hasMessageContaining("ETH-PERP stands where BTC-PERP stood");
  }

  @Test
  void leavesOutWhatHasNoPriceAndSaysSo() {
    MarketView unpriced = MarketView.unpriced(HOUSE.parameters().catalogue(NOW), NOW);
    Reckoning reckoning = new Reckoning(unpriced, unpriced);
    reckoning.add("anna", longWith(UNIT), new Holds());
    assertThat(reckoning.impact().unreckoned()).isEqualTo(1);
    assertThat(reckoning.impact().belowInitialBefore()).isEqualTo(Count.NONE);
  }

  @Test
  void findsTheSameInPartsMergedInAnyOrder() throws Amendments.Refused {
    long seed = 17;
    Random random = new Random(seed);
    MarketView then =
        proposed(change("contract/BTC-PERP", "initial", "0:40000,150000000000000:60000"));
    Reckoning whole = new Reckoning(NOW_VIEW, then);
    List<Reckoning> parts = new ArrayList<>();
    for (int n = 0; n < 7; n++) parts.add(new Reckoning(NOW_VIEW, then));
    for (int n = 0; n < 2_000; n++) {
      Portfolio portfolio = longWith(random.nextLong(4_000) * UNIT);
      whole.add("a" + n, portfolio, new Holds());
      parts.get(random.nextInt(parts.size())).add("a" + n, portfolio, new Holds());
    }
    Collections.shuffle(parts, random);
    Impact merged = Impact.none();
    for (Reckoning part : parts) merged = part.impact().merge(merged);
    assertThat(merged).as("seed %d", seed).isEqualTo(whole.impact());
  }

  @Test
  void looksAtAHundredThousandAccountsInLessThanFiveSeconds() throws Amendments.Refused {
    MarketView then =
        proposed(
            change("contract/BTC-PERP", "initial", "0:40000,150000000000000:60000"),
            change("collateral/BTC", "weightPpm", "500000"));
    Random random = new Random(1);
    List<Portfolio> accounts = new ArrayList<>();
    for (int n = 0; n < 100_000; n++) {
      Portfolio portfolio = longWith(random.nextLong(4_000) * UNIT);
      portfolio.credit(1, random.nextLong(1_000_000));
      accounts.add(portfolio);
    }
    // Of the thread that reckons: what else the machine does is not the rules' time.
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long begunNanos = threads.getCurrentThreadCpuTime();
    Reckoning reckoning = new Reckoning(NOW_VIEW, then);
    for (int n = 0; n < accounts.size(); n++) reckoning.add("a" + n, accounts.get(n), new Holds());
    Duration took = Duration.ofNanos(threads.getCurrentThreadCpuTime() - begunNanos);
    assertThat(reckoning.impact().newlyBelowInitial().accounts()).isGreaterThan(1_000);
    assertThat(took).isLessThan(Duration.ofSeconds(5));
  }
}

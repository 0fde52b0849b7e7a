package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.ManualHouseTime;
import org.novation.custody.CustodianSet;
import org.novation.custody.CustodyTerms;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Setting;
import org.novation.governance.Voted;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.insurance.FundTerms;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.node.store.StoreConfig;
import org.novation.risk.Brake;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.Stop;

/** What a node goes by is a function of version and time, whole, and at once or nowhere. */
final class RulesInForceTest {
  private static final Path CONFIG = Path.of("..", "config");
  private static final long NOW = 1_700_000_000_000L;
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;

  @TempDir Path home;
  private final ManualHouseTime time = new ManualHouseTime(NOW);
  private final List<Rules> heard = new ArrayList<>();
  private ParameterSet first;
  private RulesInForce rules;

  @BeforeEach
  void start() {
    NodeSettings dev = NodeSettings.read(CONFIG, "dev", Map.of());
    NodeSettings settings =
        NodeSettings.local(
                home, new StoreConfig.H2Memory("rules"), InstrumentConfig.in(CONFIG).catalogue())
            .withCustody(Objects.requireNonNull(dev.custody()).withCustodians(CustodianSet.NONE))
            .withGovernance(Objects.requireNonNull(dev.governance()));
    first =
        Voted.first(Objects.requireNonNull(settings.governance()).parameters(settings, NOW), NOW);
    rules = new RulesInForce(time, Rules.configured(settings));
    rules.take(first);
    rules.listen(heard::add);
  }

  private Perpetual contract() {
    return rules.now().markets().catalogue().perpetual(0);
  }

  private static Parameter.Contract dearer(Perpetual of) {
    return new Parameter.Contract(
        new Perpetual(
            of.symbol(),
            of.underlying(),
            of.tick(),
            of.lot(),
            of.lotsPerTradeMax(),
            of.lotsPerAccountMax(),
            of.initial().scaledBy(2_000_000),
            of.maintenance().scaledBy(2_000_000),
            of.scaling(),
            of.profitCapMicros(),
            of.bandPpm(),
            of.funding(),
            of.halt()),
        false);
  }

  @Test
  void theFirstVersionIsWhatTheNodeIsConfiguredWith() {
    assertThat(rules.now().version()).isEqualTo(1);
    Catalogue configured = InstrumentConfig.in(CONFIG).catalogue();
    for (int i = 0; i < configured.instruments(); i++)
      assertThat(rules.now().markets().catalogue().perpetual(i)).isEqualTo(configured.perpetual(i));
    assertThat(rules.now().liquidation()).isEqualTo(LiquidationPolicy.DEFAULTS);
    assertThat(rules.now().markets().standstill()).isNull();
    assertThat(rules.now().changesAtMs()).isEqualTo(Long.MAX_VALUE);
    assertThat(time.alarms()).isZero();
  }

  @Test
  void marketsFundAndCustodyGoByTheVersionThatTheyAreToName() {
    rules.take(Voted.next(first, NOW, dearer(contract())));
    Rules now = rules.now();
    assertThat(now.markets().catalogue().version()).isEqualTo(2);
    assertThat(now.fundTerms()).isEqualTo(new FundTerms(2, now.fund()));
    CustodySettings custody = Objects.requireNonNull(now.custody());
    assertThat(now.custodyTerms())
        .isEqualTo(new CustodyTerms(2, custody.policy(), custody.custodians()));
  }

  /** Of a requirement that doubles: a day of notice, then a week in steps of an hour. */
  @Test
  void everyHourOfARampReachesWhoGoesByItAndThenItIsOver() {
    Ladder before = contract().maintenance();
    rules.take(Voted.next(first, NOW, dearer(contract())));
    assertThat(contract().maintenance()).isEqualTo(before);
    assertThat(contract().initial().ratePpm(0)).isEqualTo(2 * first(0));
    heard.clear();
    time.advance(DAY);
    assertThat(contract().maintenance().ratePpm(0)).isEqualTo(before.ratePpm(0));
    long last = before.ratePpm(0);
    for (int hour = 1; hour <= 7 * 24; hour++) {
      int told = heard.size();
      time.advance(HOUR);
      assertThat(heard).as("hour %d", hour).hasSizeGreaterThan(told);
      long now = contract().maintenance().ratePpm(0);
      assertThat(now).isGreaterThanOrEqualTo(last);
      assertThat(now - last).isLessThanOrEqualTo(before.ratePpm(0) / 160);
      last = now;
    }
    assertThat(last).isEqualTo(2 * before.ratePpm(0));
    assertThat(rules.now().changesAtMs()).isEqualTo(Long.MAX_VALUE);
    assertThat(time.alarms()).isZero();
    assertThat(heard).allSatisfy(each -> assertThat(each.version()).isEqualTo(2));
  }

  private long first(int tier) {
    return first.catalogue(NOW).perpetual(0).initial().ratePpm(tier);
  }

  @Test
  void aDecisionGoesByThePolicyOfTheVersionOfItsView() {
    MarketView earlier = MarketView.unpriced(rules.now().markets().catalogue(), NOW);
    LiquidationPolicy other =
        new LiquidationPolicy(
            30_000, 150_000, 950_000, 0, 0, 1_000_000_000, 1, 1, 1, 1_000, 5_000, 500, 0);
    rules.take(Voted.next(first, NOW, new Parameter.Liquidation(other)));
    assertThat(rules.liquidation(earlier)).isEqualTo(LiquidationPolicy.DEFAULTS);
    MarketView later = MarketView.unpriced(rules.now().markets().catalogue(), NOW);
    assertThat(rules.liquidation(later)).isEqualTo(other);
  }

  @Test
  void whatTheCouncilHaltsIsPausedUntilItsTimeAndTheKillSwitchHoldsUpNewRisk() {
    rules.take(
        Voted.next(
            first,
            NOW,
            new Parameter.Halt("BTC-PERP", NOW + HOUR, 0, 0, 0, 0, 0),
            new Parameter.Halt("*", 0, 0, 0, 0, 0, NOW + DAY),
            new Parameter.KillSwitch(true)));
    assertThat(rules.now().killed()).isTrue();
    assertThat(rules.now().markets().standstill()).isEqualTo(new Stop(Brake.KILL_SWITCH, "*", 0));
    assertThat(rules.now().markets().halts().untilMs(Operation.TRADING, "BTC-PERP"))
        .isEqualTo(NOW + HOUR);
    assertThat(rules.now().markets().halts().untilMs(Operation.TRADING, "ETH-PERP")).isZero();
    assertThat(rules.now().markets().halts().untilMs(Operation.WITHDRAWALS, "USDC"))
        .isEqualTo(NOW + DAY);
  }

  @Test
  void aVersionThatCannotBeGoneByLeavesTheLastOneAndTakesNoNewRiskUntilALaterOneCan() {
    Parameters parameters = new Parameters();
    for (Parameters.Part part : Parameters.parts(new Published(1, first.written())))
      parameters.take(part, 0);
    List<Setting.Written> strange = new ArrayList<>(first.written());
    List<Entry> unknown = List.of(new Entry("fromTheFuture", "1"));
    strange.add(new Setting.Written("moon/house", NOW, 2, unknown, unknown));
    for (Parameters.Part part : Parameters.parts(new Published(2, strange)))
      parameters.take(part, 0);
    rules.look(parameters, 0);
    assertThat(rules.now().version()).isEqualTo(1);
    assertThat(rules.missing()).isEqualTo("version 2");
    assertThat(rules.now().markets().standstill())
        .isEqualTo(new Stop(Brake.PARAMETERS, "version 2", 0));
    assertThat(rules.now().liquidation()).isEqualTo(LiquidationPolicy.DEFAULTS);
    assertThat(heard).hasSize(1);

    ParameterSet third = new ParameterSet(3, first.settings());
    for (Parameters.Part part : Parameters.parts(new Published(3, third.written())))
      parameters.take(part, 0);
    rules.take(parameters.newest());
    rules.look(parameters, 0);
    assertThat(rules.now().version()).isEqualTo(3);
    assertThat(rules.now().markets().standstill()).isNull();
  }

  @Test
  void whoHearsAVersionInPartsAloneTakesNoNewRiskUntilItIsWhole() {
    Parameters parameters = new Parameters();
    List<Parameters.Part> parts = Parameters.parts(new Published(1, first.written()));
    assertThat(parts).hasSizeGreaterThan(1);
    for (Parameters.Part part : parts) parameters.take(part, 0);
    ParameterSet second = Voted.next(first, NOW, dearer(contract()));
    List<Parameters.Part> newer = Parameters.parts(new Published(2, second.written()));
    parameters.take(newer.getFirst(), 1_000);
    rules.look(parameters, 1_000);
    assertThat(rules.now().markets().standstill())
        .isEqualTo(new Stop(Brake.PARAMETERS, "version 2", 0));
    for (Parameters.Part part : newer) parameters.take(part, 2_000);
    rules.take(parameters.newest());
    rules.look(parameters, 2_000);
    assertThat(rules.now().markets().standstill()).isNull();
    // And nobody takes one part of what it knows, again and again, for all of it.
    for (long ms = 3_000; ms <= 63_000; ms += 1_000) parameters.take(newer.getFirst(), ms);
    rules.look(parameters, 63_000);
    assertThat(rules.missing()).isEqualTo("the newest version");
    for (Parameters.Part part : newer) parameters.take(part, 64_000);
    rules.look(parameters, 64_000);
    assertThat(rules.missing()).isEmpty();
  }

  @Test
  void aFigureThatThisProgramDoesNotKnowMakesAVersionUnreadable() {
    Parameters parameters = new Parameters();
    List<Setting.Written> later = new ArrayList<>();
    for (Setting.Written each : first.written()) {
      List<Entry> figures = new ArrayList<>(each.to());
      if (each.path().equals("fees/house")) figures.add(new Entry("rebatePpm", "1"));
      later.add(
          new Setting.Written(each.path(), each.sinceMs(), each.version(), each.from(), figures));
    }
    for (Parameters.Part part : Parameters.parts(new Published(2, later))) parameters.take(part, 0);
    assertThat(parameters.unreadable()).isEqualTo(2);
  }

  @Test
  void aVersionThatListsOtherThingsAtTheSamePlacesIsNotGoneBy() {
    List<Parameter> fewer = new ArrayList<>(first.voted());
    fewer.removeIf(each -> each instanceof Parameter.Contract);
    rules.take(new ParameterSet(2, Voted.first(fewer, NOW).settings()));
    assertThat(rules.now().version()).isEqualTo(1);
    assertThat(rules.missing()).isEqualTo("version 2");
    assertThat(Objects.requireNonNull(rules.now().markets().standstill()).brake())
        .isEqualTo(Brake.PARAMETERS);
  }

  @Test
  void whoHasHeardOfNoVersionForAMinuteTakesNoNewRiskUntilItHears() {
    Parameters parameters = new Parameters();
    List<Parameters.Part> parts = Parameters.parts(new Published(1, first.written()));
    for (Parameters.Part part : parts) parameters.take(part, 1_000);
    rules.look(parameters, 61_000);
    assertThat(rules.now().markets().standstill()).isNull();
    rules.look(parameters, 61_001);
    assertThat(rules.now().markets().standstill())
        .isEqualTo(new Stop(Brake.PARAMETERS, "the newest version", 0));
    for (Parameters.Part part : parts) parameters.take(part, 62_000);
    rules.look(parameters, 62_000);
    assertThat(rules.now().markets().standstill()).isNull();
    assertThat(heard).hasSize(2);
  }
}

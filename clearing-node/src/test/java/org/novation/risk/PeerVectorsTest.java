package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.novation.risk.Vectors.decimal;
import static org.novation.risk.Vectors.millionths;
import static org.novation.risk.Vectors.millionthsDown;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.MarginStatement.Position;
import org.novation.risk.Vectors.Case;

/** Reaches, through the rules of this house, numbers that no one here wrote. */
final class PeerVectorsTest {
  private static final List<String> TOPICS = List.of("margin", "bankruptcy_price", "liquidation");

  /** Why a case of the collection is not carried. */
  private static final Map<String, String> LEFT_OUT = leftOut();

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    String stated = "maintenance rates are stated per bracket here, not derived from initial ones";
    for (String id : List.of("02", "04", "06")) why.put("mrg-dydx-mmf-" + id, stated);
    String slope = "margin grows in brackets of notional here, not by a slope over the whole size";
    for (String id : List.of("1", "2", "3", "5")) why.put("mrg-deribit-linear-" + id, slope);
    String inverse = "an inverse contract; only linear ones are listed";
    why.put("mrg-binance-coinm-amount", inverse);
    why.put("mrg-binance-coinm-mm", inverse);
    why.put("mrg-bybit-inverse-im", inverse);
    why.put("bkr-bybit-inverse-cross", inverse);
    why.put("bkr-delta-inverse", inverse);
    String liability = "needs liability weights; a debt counts in full here, without a weight";
    why.put("mrg-drift-custom-ratio-2", liability);
    why.put("mrg-drift-maintenance-unaffected", liability);
    why.put("mrg-vega-perp-addon", "needs a funding add-on; accrued funding is in equity here");
    why.put("mrg-vega-capped-future", "needs a capped product");
    String orders = "isolated margin of resting orders; this house sees trades, not orders";
    for (String id : List.of("buy-1", "buy-2", "buy-3", "sell-1", "sell-2", "sell-3")) {
      why.put("mrg-vega-isolated-" + id, orders);
    }
    for (String id : List.of("1", "3", "4")) why.put("mrg-vega-isolated-auction-" + id, orders);
    String option = "options are not listed yet";
    why.put("mrg-derive-short-call-2", option);
    why.put("mrg-derive-short-put-4", option);
    why.put("mrg-derive-json-Test3", option);
    why.put("mrg-derive-json-Test19", option);
    why.put(
        "liq-trigger-4",
        "disagrees: the risk rules (9.1) trigger on maintenance above equity alone, so a debt"
            + " without positions counts as under maintenance here");
    String sliding =
        "needs a limit price that slides with health; the auction's slides with time here";
    for (String id : List.of("01", "02", "04", "05", "07", "08", "11", "13", "14")) {
      why.put("liq-fillable-price-" + id, sliding);
    }
    why.put(
        "liq-max-notional-2",
        "a limit by the share of a position; the throttle here is by notional and minute");
    String entry = "maintenance on the entry notional; it is on the mark here";
    for (String id : List.of("2", "4", "5", "7", "8")) {
      why.put("liq-isolated-entrybased-" + id, entry);
    }
    why.put("liq-bybit-usdt", entry);
    return why;
  }

  @Test
  void carriesOrListsEveryCaseOfTheCollection() throws IOException {
    assumeTrue(Vectors.collectionIsHere(), "the collection of vectors is not beside the project");
    Set<String> collected = new TreeSet<>();
    for (String topic : TOPICS) collected.addAll(Vectors.collected(topic));
    Set<String> accounted = new TreeSet<>(LEFT_OUT.keySet());
    accounted.addAll(carriedIds());
    assertThat(accounted).isEqualTo(collected);
  }

  @Test
  void leavesOutNothingThatItCarries() {
    assertThat(LEFT_OUT.keySet()).doesNotContainAnyElementsOf(carriedIds());
  }

  private static Set<String> carriedIds() {
    return TOPICS.stream()
        .flatMap(topic -> Vectors.carried(topic).stream())
        .map(Case::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // ---- margin

  static Stream<Case> requirement() {
    return Vectors.carried("margin", "requirement");
  }

  @ParameterizedTest
  @MethodSource("requirement")
  void reachesRequirements(Case each) {
    Position position = one(each, each.text("size"), each.text("price"), each.text("price"));
    check(each, "initialMargin", position.initialMarginMicros());
    check(each, "maintenanceMargin", position.maintenanceMarginMicros());
  }

  static Stream<Case> openInterest() {
    return Vectors.carried("margin", "openInterest");
  }

  @ParameterizedTest
  @MethodSource("openInterest")
  void reachesRequirementsUnderOpenInterest(Case each) {
    Perpetual perpetual = perpetual("X-PERP", flat(each, "baseImf"), flat(each, "mmf"));
    Ladder scaled =
        perpetual
            .initial()
            .scaledByOpenInterest(
                millionths(each.given("openInterest").multiply(each.given("price"))),
                millionths(each.given("openInterestLowerCapNotional")),
                millionths(each.given("openInterestUpperCapNotional")));
    MarketView view =
        new TestMarkets()
            .with(perpetual, perpetual.tick().count(each.text("price")), scaled, 0)
            .view();
    Portfolio portfolio = new Portfolio();
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), each.text("price"));
    Health health = Margin.health(portfolio, view);
    check(each, "effectiveImf", scaled.ratePpm(0));
    check(each, "initialMargin", health.initialMarginMicros());
    check(each, "maintenanceMargin", health.maintenanceMarginMicros());
  }

  static Stream<Case> imfCurve() {
    return Vectors.carried("margin", "imfCurve");
  }

  @ParameterizedTest
  @MethodSource("imfCurve")
  void reachesTheCurveOfOpenInterest(Case each) {
    Ladder scaled =
        flat(each, "baseImf")
            .scaledByOpenInterest(
                millionths(each.given("openNotional")),
                millionths(each.given("lowerCap")),
                millionths(each.given("upperCap")));
    check(each, "effectiveImf", scaled.ratePpm(0));
  }

  static Stream<Case> account() {
    return Vectors.carried("margin", "account");
  }

  @ParameterizedTest
  @MethodSource("account")
  void reachesAWholeAccount(Case each) {
    Health health = Margin.health(dydxPortfolio(each), dydxView(each));
    check(each, "equity", health.equityMicros());
    if (each.expects("initialMargin")) {
      check(each, "initialMargin", health.initialMarginMicros());
      check(each, "maintenanceMargin", health.maintenanceMarginMicros());
    }
  }

  static Stream<Case> tierAmounts() {
    return Vectors.carried("margin", "tierAmounts");
  }

  @ParameterizedTest
  @MethodSource("tierAmounts")
  void reachesTheDeductionsOfBrackets(Case each) {
    long[] bounds = millionthsOf(each.given().required("tierFloors"));
    Ladder ladder = new Ladder(bounds, millionthsOf(each.given().required("tierMmf")));
    long[] deductions = millionthsOf(each.expect().required("maintenanceAmounts"));
    for (int n = 0; n < deductions.length; n++) {
      assertThat(ladder.deductionMicros(n)).isEqualTo(deductions[n]);
    }
  }

  static Stream<Case> openOrders() {
    return Vectors.carried("margin", "openOrders");
  }

  /** What a venue calls an open order is here a trade on hold. */
  @ParameterizedTest
  @MethodSource("openOrders")
  void reachesTheWorstOfWhatIsStillOpen(Case each) {
    String rate = each.given().has("imf") ? "imf" : "mmf";
    Ladder initial = each.given().has("imf") ? flat(each, "imf") : TestMarkets.flat("1");
    Ladder maintenance = each.given().has("mmf") ? flat(each, "mmf") : TestMarkets.flat("0.000001");
    Perpetual perpetual = perpetual("X-PERP", initial, maintenance);
    String mark = each.text("markPrice");
    MarketView view = new TestMarkets().with(perpetual, mark).view();
    Portfolio portfolio = new Portfolio();
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("position"), mark);
    Holds holds = new Holds();
    long buys = perpetual.lot().count(each.text("buyOrders"));
    long sells = perpetual.lot().count(each.text("sellOrders"));
    long ticks = perpetual.tick().count(mark);
    if (buys > 0) holds.add(0, buys, perpetual.notionalMicros(ticks, buys));
    if (sells > 0) holds.add(0, -sells, perpetual.notionalMicros(ticks, -sells));

    Health health = Margin.health(portfolio, holds, view);
    BigDecimal required =
        decimal(
            rate.equals("imf") ? health.initialMarginMicros() : health.maintenanceMarginMicros());
    BigDecimal perUnit = each.given("markPrice").multiply(each.given(rate));
    assertThat(required).isEqualByComparingTo(each.expected("worstCaseSize").multiply(perUnit));
    if (each.expects("initialMargin")) check(each, "initialMargin", health.initialMarginMicros());
    if (each.expects("maintenanceMargin")) {
      check(each, "maintenanceMargin", health.maintenanceMarginMicros());
    }
  }

  static Stream<Case> markMove() {
    return Vectors.carried("margin", "markMove");
  }

  @ParameterizedTest
  @MethodSource("markMove")
  void followsTheMarkAndNotTheEntry(Case each) {
    Perpetual perpetual = perpetual("X-PERP", flat(each, "imf"), TestMarkets.flat("0.000001"));
    MarketView view = new TestMarkets().with(perpetual, each.text("markPrice")).view();
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), each.text("entryPrice"));
    MarginStatement statement = MarginStatement.of(portfolio, view);
    check(each, "unrealizedPnl", statement.unrealisedMicros());
    check(each, "accountValue", statement.health().equityMicros());
    check(each, "initialMargin", statement.health().initialMarginMicros());
  }

  static Stream<Case> equity() {
    return Vectors.carried("margin", "equity");
  }

  @ParameterizedTest
  @MethodSource("equity")
  void reachesEquityFromDepositAndCost(Case each) {
    MarketView view =
        new TestMarkets().with("X-PERP", each.text("oraclePrice"), "0.1", "0.05").view();
    Portfolio portfolio = TestMarkets.cash(each.text("deposit"));
    long lots = view.catalogue().perpetual(0).lot().count(each.text("size"));
    portfolio.restore(0, lots, millionths(each.given("entryCost")), 0, 0, 0, 0);
    check(each, "equity", Margin.health(portfolio, view).equityMicros());
  }

  static Stream<Case> assetWeight() {
    return Vectors.carried("margin", "assetWeight");
  }

  @ParameterizedTest
  @MethodSource("assetWeight")
  void reachesTheWeightUnderTheHouseCap(Case each) {
    BigDecimal price = each.given("price");
    long cap = each.given("scaleStart").divide(price).longValueExact();
    long deposits = each.given("totalDepositValue").divide(price).longValueExact();
    Asset asset = new Asset("X", 0, millionths(each.given("baseAssetWeight")), 0, cap, false);
    MarketView view =
        new TestMarkets()
            .with(asset, price.toPlainString(), Haircut.houseFactorPpm(asset, deposits))
            .view();
    Portfolio portfolio = new Portfolio();
    portfolio.credit(1, deposits);
    BigDecimal value = decimal(Margin.health(portfolio, view).equityMicros());
    BigDecimal weight = value.divide(each.given("totalDepositValue"));
    assertThat(each.reaches("assetWeight", weight)).as("weight %s", weight).isTrue();
  }

  static Stream<Case> marginBalance() {
    return Vectors.carried("margin", "marginBalance");
  }

  @ParameterizedTest
  @MethodSource("marginBalance")
  void reachesTheBalanceOverMargin(Case each) {
    Perpetual perpetual = perpetual("X-PERP", flat(each, "imf"), flat(each, "mmf"));
    long lots = perpetual.lot().count(each.text("size"));
    MarketView view =
        new TestMarkets()
            .with(
                perpetual,
                perpetual.tick().count(each.text("perpPrice")),
                perpetual.initial(),
                fundingIndex(each.given("unsettledFunding"), lots))
            .view();
    Portfolio portfolio = new Portfolio();
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), each.text("entryPrice"));
    MarginStatement statement = MarginStatement.of(portfolio, view);
    Health health = statement.health();
    check(each, "unrealizedPnl", statement.unrealisedMicros());
    check(each, "initialMarginBalance", health.freeMicros());
    check(
        each, "maintenanceMarginBalance", health.equityMicros() - health.maintenanceMarginMicros());
  }

  static Stream<Case> opening() {
    return Vectors.carried("margin", "opening");
  }

  @ParameterizedTest
  @MethodSource("opening")
  void acceptsAnOpeningAtEqualityAndNotBelow(Case each) {
    Perpetual perpetual = perpetual("X-PERP", flat(each, "imf"), TestMarkets.flat("0.000001"));
    MarketView view = new TestMarkets().with(perpetual, each.text("price")).view();
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), each.text("price"));
    assertThat(Margin.health(portfolio, view).freeMicros() >= 0)
        .isEqualTo(each.expect().required("accepted").asBoolean());
    portfolio.credit(0, 1_000_000);
    assertThat(Margin.health(portfolio, view).freeMicros()).isZero();
  }

  // ---- bankruptcy price

  static Stream<Case> closing() {
    return Vectors.carried("bankruptcy_price", "closing");
  }

  @ParameterizedTest
  @MethodSource("closing")
  void reachesWhatClosingMustBring(Case each) {
    MarketView view = dydxView(each);
    MarginStatement statement = MarginStatement.of(dydxPortfolio(each), view);
    Position position =
        statement
            .positions()
            .get(view.catalogue().instrumentListed(each.text("closing") + "-PERP"));
    long share =
        BankruptcyPrice.shareMicros(
            statement.health().equityMicros(),
            position.maintenanceMarginMicros(),
            statement.health().maintenanceMarginMicros());
    long lots = position.perpetual().lot().count(each.text("closeSize"));
    long closing =
        BankruptcyPrice.closingNotionalMicros(
            position.perpetual(),
            position.lots(),
            position.markTicks(),
            share,
            position.lots() > 0 ? lots : -lots);

    if (each.expects("proceeds")) check(each, "proceeds", closing);
    else check(each, "cost", -closing);
    if (each.expects("pricePerUnit")) {
      assertThat(new BigDecimal(position.bankruptcyText()))
          .isEqualByComparingTo(each.expected("pricePerUnit"));
    }
    if (each.expects("equity")) {
      check(each, "equity", statement.health().equityMicros());
      check(each, "maintenanceBtc", statement.positions().get(0).maintenanceMarginMicros());
      check(each, "maintenanceEth", statement.positions().get(1).maintenanceMarginMicros());
    }
  }

  static Stream<Case> entry() {
    return Vectors.carried("bankruptcy_price", "entry");
  }

  @ParameterizedTest
  @MethodSource("entry")
  void reachesTheBankruptcyPriceFromEntryAndDeposit(Case each) {
    String entry = each.text("entryPrice");
    MarketView view = new TestMarkets().with("X-PERP", entry, "0.1", "0.05").view();
    Portfolio portfolio = TestMarkets.cash(each.text("deposit"));
    String size = (each.text("side").equals("short") ? "-" : "") + each.text("size");
    TestMarkets.hold(portfolio, view, "X-PERP", size, entry);
    Position position = MarginStatement.of(portfolio, view).positions().getFirst();
    assertThat(new BigDecimal(position.bankruptcyText()))
        .isEqualByComparingTo(each.expected("bankruptcyPrice"));
    if (each.expects("loss")) {
      TestMarkets.hold(portfolio, view, "X-PERP", "-" + size, each.text("closePrice"));
      check(each, "loss", -portfolio.realisedMicrosAt(0));
      check(each, "insuranceFundPays", -Margin.health(portfolio, view).equityMicros());
    }
  }

  // ---- liquidation

  static Stream<Case> fromEquity() {
    return Vectors.carried("liquidation", "fromEquity");
  }

  @ParameterizedTest
  @MethodSource("fromEquity")
  void reachesTheLiquidationPriceFromEquity(Case each) {
    String mark = each.text("markPrice");
    MarketView view = new TestMarkets().with("X-PERP", mark, "0.5", each.text("mmf")).view();
    Portfolio portfolio = TestMarkets.cash(each.text("equity"));
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), mark);
    checkLiquidationPrice(each, MarginStatement.of(portfolio, view).positions().getFirst());
  }

  static Stream<Case> threshold() {
    return Vectors.carried("liquidation", "threshold");
  }

  @ParameterizedTest
  @MethodSource("threshold")
  void reachesTheLiquidationPriceOfABracket(Case each) {
    TestMarkets markets = new TestMarkets();
    String mark = each.given("markPrice", each.text("entryPrice")).toPlainString();
    markets.with(tiered("X-PERP", each.given()), mark);
    JsonNode other = each.given().path("other");
    if (other.isObject()) {
      markets.with(tiered("Y-PERP", other), other.required("markPrice").asText());
    }
    MarketView view = markets.view();
    Portfolio portfolio = TestMarkets.cash(each.text("walletBalance"));
    TestMarkets.hold(portfolio, view, "X-PERP", each.text("size"), each.text("entryPrice"));
    if (other.isObject()) {
      TestMarkets.hold(
          portfolio,
          view,
          "Y-PERP",
          other.required("size").asText(),
          other.required("entryPrice").asText());
    }
    checkLiquidationPrice(each, MarginStatement.of(portfolio, view).positions().getFirst());
  }

  static Stream<Case> isolated() {
    return Vectors.carried("liquidation", "isolated");
  }

  /**
   * Everything a thousand million times as large, so that a tick can be as fine as the tolerance.
   */
  @ParameterizedTest
  @MethodSource("isolated")
  void reachesTheLiquidationPriceOfAnIsolatedPosition(Case each) {
    BigDecimal times = new BigDecimal("1000000000");
    BigDecimal size = each.given("size").multiply(times);
    BigDecimal cost = size.multiply(each.given("entryPrice"));
    boolean amount = each.given().has("maintenanceAmount");
    Perpetual perpetual =
        TestMarkets.perpetual(
            "X-PERP",
            Increment.of("0.000000000001"),
            Increment.of("100000000"),
            TestMarkets.ladder("0", "0.5", "2000000000", "0.5"),
            amount
                ? TestMarkets.ladder("0", each.text("lowerMmf"), "2000000000", each.text("mmf"))
                : TestMarkets.ladder("0", each.text("mmf"), "2000000000", each.text("mmf")),
            TestMarkets.NO_PROFIT_CAP);
    if (amount) {
      assertThat(decimal(perpetual.maintenance().deductionMicros(1)))
          .isEqualByComparingTo(each.given("maintenanceAmount").multiply(times));
    }
    MarketView view = new TestMarkets().with(perpetual, each.text("entryPrice")).view();
    Portfolio portfolio = new Portfolio();
    portfolio.credit(
        0, millionthsDown(cost.divide(each.given("leverage"), MathContext.DECIMAL128)));
    long lots = perpetual.lot().count(size.toPlainString());
    if (each.text("side").equals("short")) lots = -lots;
    portfolio.restore(0, lots, Long.signum(lots) * millionths(cost), 0, 0, 0, 0);
    checkLiquidationPrice(each, MarginStatement.of(portfolio, view).positions().getFirst());
  }

  static Stream<Case> slice() {
    return Vectors.carried("liquidation", "slice");
  }

  /** What handing over a slice does to the books; its price and fee are given. */
  @ParameterizedTest
  @MethodSource("slice")
  void reachesTheBooksAfterASlice(Case each) {
    MarketView view =
        new TestMarkets().with("X-PERP", each.text("oraclePrice"), "0.1", "0.05").view();
    Perpetual perpetual = view.catalogue().perpetual(0);
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    long lots = perpetual.lot().count(each.text("size"));
    portfolio.restore(0, lots, millionths(each.given("entryCost")), 0, 0, 0, 0);
    BigDecimal closed = each.given("closeSize");
    TestMarkets.hold(
        portfolio, view, "X-PERP", closed.negate().toPlainString(), each.text("transferPrice"));
    long fee =
        millionths(closed.multiply(each.given("oraclePrice")).multiply(each.given("insuranceFee")));
    portfolio.credit(0, -fee);

    assertThat(new BigDecimal(perpetual.lot().text(portfolio.lots(0))))
        .isEqualByComparingTo(each.expected("sizeAfter"));
    check(each, "quoteAfter", portfolio.realisedMicrosAt(0) - portfolio.basisMicrosAt(0) - fee);
    if (each.expects("insurancePaid")) {
      check(each, "insurancePaid", fee);
      check(each, "equityAfter", Margin.health(portfolio, view).equityMicros());
    }
  }

  static Stream<Case> standing() {
    return Vectors.carried("liquidation", "standing");
  }

  @ParameterizedTest
  @MethodSource("standing")
  void reachesTheStandingOfAnAccountOfTwoPositions(Case each) {
    TestMarkets markets = new TestMarkets();
    for (JsonNode position : each.given().required("positions")) {
      markets.with(
          position.required("asset").asText() + "-PERP",
          position.required("markPrice").asText(),
          "0.5",
          each.text("mmf"));
    }
    MarketView view = markets.view();
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    for (JsonNode position : each.given().required("positions")) {
      TestMarkets.hold(
          portfolio,
          view,
          position.required("asset").asText() + "-PERP",
          position.required("size").asText(),
          position.required("entryPrice").asText());
    }
    MarginStatement statement = MarginStatement.of(portfolio, view);
    check(each, "unrealizedPnl", statement.unrealisedMicros());
    check(each, "maintenance", statement.health().maintenanceMarginMicros());
    check(each, "accountValue", statement.health().equityMicros());
    assertThat(statement.state()).isEqualTo(MarginState.LIQUIDATION);
  }

  // ---- terms of the sources in terms of this house

  private static void check(Case each, String name, long millionths) {
    assertThat(decimal(millionths)).as(name).isEqualByComparingTo(each.expected(name));
  }

  private static void checkLiquidationPrice(Case each, Position position) {
    BigDecimal price = new BigDecimal(position.liquidationText());
    assertThat(each.reaches("liquidationPrice", price)).as("price %s", price).isTrue();
  }

  private static Ladder flat(Case each, String name) {
    return TestMarkets.flat(each.text(name));
  }

  private static Perpetual perpetual(String symbol, Ladder initial, Ladder maintenance) {
    return TestMarkets.perpetual(
        symbol,
        Increment.of("0.01"),
        Increment.of("0.001"),
        initial,
        maintenance,
        TestMarkets.NO_PROFIT_CAP);
  }

  private static Position one(Case each, String size, String entry, String mark) {
    Perpetual perpetual = perpetual("X-PERP", flat(each, "imf"), flat(each, "mmf"));
    MarketView view = new TestMarkets().with(perpetual, mark).view();
    Portfolio portfolio = new Portfolio();
    TestMarkets.hold(portfolio, view, "X-PERP", size, entry);
    return MarginStatement.of(portfolio, view).positions().getFirst();
  }

  /** Two brackets, the second with the source's rate and its maintenance amount. */
  private static Perpetual tiered(String symbol, JsonNode given) {
    BigDecimal lower = new BigDecimal(given.required("lowerMmf").asText());
    BigDecimal rate = new BigDecimal(given.required("mmf").asText());
    BigDecimal amount = new BigDecimal(given.required("maintenanceAmount").asText());
    BigDecimal bound = amount.divide(rate.subtract(lower));
    long[] bounds = {0, millionths(bound)};
    return TestMarkets.perpetual(
        symbol,
        Increment.of("0.01"),
        Increment.of("0.001"),
        new Ladder(bounds, new long[] {500_000, 500_000}),
        new Ladder(bounds, new long[] {millionths(lower), millionths(rate)}),
        TestMarkets.NO_PROFIT_CAP);
  }

  /** Cash that already paid for its positions: what is held has no basis. */
  private static Portfolio dydxPortfolio(Case each) {
    MarketView view = dydxView(each);
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    for (Map.Entry<String, JsonNode> held : each.given().required("positions").properties()) {
      int instrument = view.catalogue().instrumentListed(held.getKey() + "-PERP");
      long lots = view.catalogue().perpetual(instrument).lot().count(held.getValue().asText());
      portfolio.restore(instrument, lots, 0, 0, 0, 0, 0);
    }
    return portfolio;
  }

  private static MarketView dydxView(Case each) {
    TestMarkets markets = new TestMarkets();
    List<String> names = new ArrayList<>();
    each.given().required("positions").fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      Perpetual perpetual =
          TestMarkets.perpetual(
              name + "-PERP",
              Increment.of(each.given().path("tick").asText("0.01")),
              Increment.of(each.given().path("lot").asText("0.0001")),
              TestMarkets.flat(rate(each, "imf", name, "1")),
              TestMarkets.flat(rate(each, "mmf", name, "0.1")),
              TestMarkets.NO_PROFIT_CAP);
      long lots = perpetual.lot().count(each.given().required("positions").get(name).asText());
      markets.with(
          perpetual,
          perpetual.tick().count(each.given().required("prices").get(name).asText()),
          perpetual.initial(),
          fundingIndex(each.given("unsettledFunding", "0"), lots));
    }
    return markets.view();
  }

  /** A rate that a source states for all positions, for each, or not at all. */
  private static String rate(Case each, String kind, String name, String otherwise) {
    JsonNode rate = each.given().path(kind);
    return rate.isObject() ? rate.required(name).asText() : rate.asText(otherwise);
  }

  /** The funding index at which lots that were touched at 0 have accrued so much. */
  private static long fundingIndex(BigDecimal accrued, long lots) {
    return accrued.movePointRight(12).divide(BigDecimal.valueOf(-lots)).longValueExact();
  }

  private static long[] millionthsOf(JsonNode numbers) {
    long[] values = new long[numbers.size()];
    for (int n = 0; n < values.length; n++) {
      values[n] = millionths(new BigDecimal(numbers.get(n).asText()));
    }
    return values;
  }
}

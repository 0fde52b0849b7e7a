package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.novation.risk.Vectors.decimal;
import static org.novation.risk.Vectors.millionths;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
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
import org.novation.instrument.Perpetual;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.liquidation.auction.Charge;
import org.novation.money.Increment;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.TestMarkets;
import org.novation.risk.Vectors;
import org.novation.risk.Vectors.Case;

/**
 * Reaches, through the rules of liquidation, numbers that no one here wrote. The liquidation cases
 * about margin and prices are reached in the {@code risk} room, which also lists what is left out.
 */
final class PeerVectorsTest {
  /** Why a case of the collection of auctions is not carried. */
  private static final Map<String, String> LEFT_OUT = leftOut();

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    String start = "begins below the mark; an auction begins at the mark here";
    why.put("dut-curve-6", start);
    for (String id : List.of("Test3-1", "Test6-1")) why.put("dut-sim-" + id, start);
    String share =
        "the discount is a share of the account's value that is no whole ppm of its maintenance"
            + " margin; dut-solvent-half holds the same rule";
    for (String id : List.of("Test4-2", "Test5-2", "Test6-2")) why.put("dut-sim-" + id, share);
    return why;
  }

  @Test
  void carriesOrListsEveryAuctionOfTheCollection() throws IOException {
    assumeTrue(Vectors.collectionIsHere(), "the collection of vectors is not beside the project");
    Set<String> accounted = new TreeSet<>(LEFT_OUT.keySet());
    accounted.addAll(carriedIds());
    assertThat(accounted).isEqualTo(new TreeSet<>(Vectors.collected("dutch_auction")));
  }

  @Test
  void leavesOutNothingThatItCarries() {
    assertThat(LEFT_OUT.keySet()).doesNotContainAnyElementsOf(carriedIds());
  }

  private static Set<String> carriedIds() {
    return Vectors.carried("dutch_auction").stream().map(Case::id).collect(Collectors.toSet());
  }

  // ---- how much

  static Stream<Case> sliceSize() {
    return Vectors.carried("liquidation", "sliceSize");
  }

  /** A thousand million times as large, so that a lot can be as fine as the tolerance. */
  @ParameterizedTest
  @MethodSource("sliceSize")
  void reachesTheSizeThatCoversAShortage(Case each) {
    BigDecimal times = new BigDecimal("1000000000");
    BigDecimal price = each.given("oraclePrice").multiply(each.given("quotePrice"));
    BigDecimal size = BigDecimal.TEN.multiply(times);
    MarketView view = market("X-PERP", price, "1", "0.5", each.text("marginRatio"));
    Portfolio portfolio = new Portfolio();
    TestMarkets.hold(portfolio, view, "X-PERP", size.toPlainString(), price.toPlainString());
    long maintenance = Margin.health(portfolio, view).maintenanceMarginMicros();
    portfolio.credit(0, maintenance - millionths(each.given("marginShortage").multiply(times)));
    BigDecimal fees = each.given("liquidationFee").add(each.given("insuranceFee"));
    BigDecimal penalty = fees.divide(each.given("marginRatio"));
    Slice slice = cut(portfolio, view, policy(BigDecimal.ZERO, penalty));
    BigDecimal closed = BigDecimal.valueOf(slice.legs().getFirst().lots()).divide(times);
    assertThat(each.reaches("sizeToClose", closed)).as("size %s", closed).isTrue();
  }

  static Stream<Case> standing() {
    return Vectors.carried("liquidation", "standing");
  }

  @ParameterizedTest
  @MethodSource("standing")
  void reachesEveryStepOfAShareAndChoosesNoLargerOne(Case each) {
    TestMarkets markets = new TestMarkets();
    JsonNode positions = each.given().required("positions");
    for (JsonNode position : positions) {
      String symbol = position.required("asset").asText() + "-PERP";
      markets.with(symbol, position.required("markPrice").asText(), "0.5", each.text("mmf"));
    }
    MarketView view = markets.view();
    Portfolio portfolio = TestMarkets.cash(each.text("cash"));
    for (JsonNode position : positions) {
      TestMarkets.hold(
          portfolio,
          view,
          position.required("asset").asText() + "-PERP",
          position.required("size").asText(),
          position.required("entryPrice").asText());
    }
    BigDecimal buffer =
        BigDecimal.ONE
            .divide(each.given("targetMarginRatio"), 6, RoundingMode.UP)
            .subtract(BigDecimal.ONE);
    LiquidationPolicy policy = policy(buffer, each.given("liquidationFee"));
    long steps = 1_000; // The lots of the larger position.
    for (JsonNode step : each.expect().required("steps")) {
      long k = number(step, "share").multiply(BigDecimal.valueOf(steps)).longValueExact();
      Slice slice = SliceSizing.slice(portfolio, view, policy, k);
      assertThat(decimal(slice.maintenanceMicros() - slice.releasedMicros()))
          .isEqualByComparingTo(number(step, "maintenance"));
      assertThat(decimal(slice.penaltyMicros())).isEqualByComparingTo(number(step, "penalty"));
      assertThat(decimal(slice.equityMicros() - slice.penaltyMicros()))
          .isEqualByComparingTo(number(step, "accountValue"));
    }
    BigDecimal share =
        BigDecimal.valueOf(cut(portfolio, view, policy).legs().get(1).lots())
            .abs()
            .movePointLeft(3);
    BigDecimal chosen = each.expected("chosenShare");
    assertThat(share).isBetween(chosen.subtract(each.given("shareStep")), chosen);
  }

  static Stream<Case> share() {
    return Vectors.carried("dutch_auction", "share");
  }

  @ParameterizedTest
  @MethodSource("share")
  void reachesTheLargestShareThatMayBeBoughtAndWhatIsPaidForIt(Case each) {
    BigDecimal equity = each.given("mtm");
    BigDecimal maintenance = equity.subtract(each.given("mm"));
    MarketView view = market("X-PERP", BigDecimal.ONE, "0.0001", "0.5", "0.1");
    BigDecimal size = maintenance.multiply(BigDecimal.TEN);
    Portfolio portfolio = TestMarkets.cash(equity.toPlainString());
    TestMarkets.hold(portfolio, view, "X-PERP", size.toPlainString(), "1");
    BigDecimal discount = BigDecimal.ONE.subtract(each.given("fractionOfMark")).multiply(equity);
    LiquidationPolicy policy = policy(each.given("bufferFraction"), discount.divide(maintenance));
    long lots = portfolio.lots(0);
    Slice slice = cut(portfolio, view, policy);
    BigDecimal largest =
        BigDecimal.valueOf(slice.legs().getFirst().lots())
            .divide(BigDecimal.valueOf(lots), 12, RoundingMode.DOWN);
    if (each.expects("maxProportion")) {
      assertThat(printed(largest, each, "maxProportion"))
          .isEqualByComparingTo(each.expected("maxProportion"));
      Health health = Margin.health(portfolio, view);
      assertThat(
              decimal(
                  health.equityMicros() - policy.targetMicros(health.maintenanceMarginMicros())))
          .isEqualByComparingTo(each.expected("bufferMargin"));
    } else {
      long k = each.given("bidProportion").multiply(BigDecimal.valueOf(lots)).longValueExact();
      slice = SliceSizing.slice(portfolio, view, policy, k);
    }
    BigDecimal paid = decimal(slice.equityShareMicros() - slice.penaltyMicros());
    assertThat(printed(paid, each, "paid")).isEqualByComparingTo(each.expected("paid"));
  }

  // ---- at what price

  static Stream<Case> curve() {
    return Vectors.carried("dutch_auction", "curve");
  }

  @ParameterizedTest
  @MethodSource("curve")
  void reachesTheFallingPrice(Case each) {
    AuctionTerms terms = terms(each, BigDecimal.ONE);
    BigDecimal fraction = BigDecimal.ONE.subtract(decimal(terms.discountMicros(millis(each, "t"))));
    assertThat(fraction).isEqualByComparingTo(each.expected("fractionOfMark"));
  }

  static Stream<Case> sequence() {
    return Vectors.carried("dutch_auction", "sequence");
  }

  @ParameterizedTest
  @MethodSource("sequence")
  void reachesThePriceOfWhatTheFirstBidLeft(Case each) {
    BigDecimal first = each.given("mtmAtStart");
    BigDecimal price = first.subtract(decimal(terms(each, first).discountMicros(0)));
    assertThat(price).isEqualByComparingTo(each.expected("firstPrice"));
    assertThat(price.multiply(each.given("bidShare")))
        .isEqualByComparingTo(each.expected("firstPays"));
    BigDecimal left = each.given("mtmLater").subtract(each.given("reservedCashLater"));
    long discount = terms(each, left).discountMicros(millis(each, "tLater"));
    assertThat(left.subtract(decimal(discount))).isEqualByComparingTo(each.expected("laterPrice"));
  }

  static Stream<Case> insolvent() {
    return Vectors.carried("dutch_auction", "insolvent");
  }

  @ParameterizedTest
  @MethodSource("insolvent")
  void reachesWhatTheFundPaysForAnInsolventAccount(Case each) {
    long equity = millionths(each.given("mtm"));
    long cap = -millionths(each.given("mm"));
    AuctionTerms terms =
        new AuctionTerms(
            0, 0, 0, millis(each, "insolventSeconds"), 1_000, 1_000_000_000, 0, equity, cap);
    long discount = terms.discountMicros(millis(each, "t"));
    assertThat(decimal(equity - discount)).isEqualByComparingTo(each.expected("price"));
    Charge charge = Charge.of(allocation(discount, 0, cap), equity, LiquidationPolicy.DEFAULTS);
    assertThat(charge.sellerMicros()).isZero();
    assertThat(decimal(charge.fundMicros() - equity))
        .isEqualByComparingTo(each.expected("paidByFund"));
  }

  // ---- who pays

  static Stream<Case> feeCap() {
    return Vectors.carried("liquidation", "feeCap");
  }

  @ParameterizedTest
  @MethodSource("feeCap")
  void reachesTheFeeThatMarginCanBear(Case each) {
    BigDecimal notional = each.given("size").multiply(each.given("oraclePrice"));
    BigDecimal equity =
        notional.multiply(each.given("marginRatio")).subtract(each.given("marginShortage"));
    BigDecimal discount = notional.multiply(each.given("liquidatorFee"));
    BigDecimal penalty = discount.add(notional.multiply(each.given("maxInsuranceFee")));
    Charge charge =
        Charge.of(
            allocation(millionths(discount), millionths(penalty), 0),
            millionths(equity),
            LiquidationPolicy.DEFAULTS);
    assertThat(decimal(charge.feeMicros()).divide(notional))
        .isEqualByComparingTo(each.expected("insuranceFee"));
  }

  static Stream<Case> surplus() {
    return Vectors.carried("insurance", "surplus");
  }

  /** The fill is the mark; what it brings beyond the bankruptcy value is what is left. */
  @ParameterizedTest
  @MethodSource("surplus")
  void reachesWhatTheFundGetsOfASurplus(Case each) {
    BigDecimal fill = each.given("size").multiply(each.given("fillPrice"));
    BigDecimal left = fill.subtract(each.given("bankruptcyValue"));
    if (each.text("side").equals("short")) left = left.negate();
    BigDecimal penalty = fill.multiply(each.given("maxLiquidationFee"));
    Charge charge =
        Charge.of(
            allocation(0, millionths(penalty), 0), millionths(left), LiquidationPolicy.DEFAULTS);
    assertThat(each.reaches("insuranceFundDelta", decimal(charge.feeMicros()))).isTrue();
  }

  static Stream<Case> slice() {
    return Vectors.carried("liquidation", "slice");
  }

  @ParameterizedTest
  @MethodSource("slice")
  void reachesTheBooksOfWhoSoldASlice(Case each) {
    BigDecimal closed = each.given("closeSize");
    BigDecimal notional = closed.multiply(each.given("oraclePrice"));
    BigDecimal discount = notional.multiply(each.given("liquidatorFee"));
    BigDecimal fee = notional.multiply(each.given("insuranceFee", "0"));
    BigDecimal size = each.given("size");
    BigDecimal equity =
        each.given("cash", "0")
            .subtract(each.given("entryCost"))
            .add(size.multiply(each.given("oraclePrice")));
    Charge charge =
        Charge.of(
            allocation(millionths(discount), millionths(discount.add(fee)), 0),
            millionths(equity.multiply(closed).divide(size)),
            LiquidationPolicy.DEFAULTS);
    BigDecimal paid = decimal(charge.sellerMicros() + charge.feeMicros());
    assertThat(notional.subtract(each.given("entryCost")).subtract(paid))
        .isEqualByComparingTo(each.expected("quoteAfter"));
    if (each.expects("insurancePaid")) {
      assertThat(decimal(charge.feeMicros())).isEqualByComparingTo(each.expected("insurancePaid"));
      assertThat(equity.subtract(paid)).isEqualByComparingTo(each.expected("equityAfter"));
    }
  }

  // ---- terms of the sources in terms of this house

  private static Slice cut(Portfolio portfolio, MarketView view, LiquidationPolicy policy) {
    return ((Sizing.Cut) SliceSizing.of(portfolio, view, policy, LotBudget.UNLIMITED)).slice();
  }

  private static LiquidationPolicy policy(BigDecimal buffer, BigDecimal penalty) {
    LiquidationPolicy d = LiquidationPolicy.DEFAULTS;
    return new LiquidationPolicy(
        millionths(buffer),
        millionths(penalty),
        d.feeCapPpm(),
        0,
        0,
        d.throttleMicrosPerMinute(),
        d.penaltyPhaseMs(),
        d.bankruptcyPhaseMs(),
        d.fundPhaseMs(),
        d.lastCallMs(),
        d.minimumBidPpm(),
        d.reservationMs(),
        d.standstillMsMax());
  }

  private static MarketView market(
      String symbol, BigDecimal price, String lot, String initial, String maintenance) {
    Perpetual perpetual =
        TestMarkets.perpetual(
            symbol,
            Increment.of("0.01"),
            Increment.of(lot),
            TestMarkets.flat(initial),
            TestMarkets.flat(maintenance),
            TestMarkets.NO_PROFIT_CAP);
    return new TestMarkets().with(perpetual, price.toPlainString()).view();
  }

  /** Of something that is worth so much, and all of it to be had in the end. */
  private static AuctionTerms terms(Case each, BigDecimal value) {
    BigDecimal first = BigDecimal.ONE.subtract(each.given("cutoff")).multiply(value);
    return new AuctionTerms(
        0,
        millis(each, "fastSeconds"),
        millis(each, "slowSeconds"),
        0,
        1_000,
        millionths(value),
        millionths(first),
        millionths(value),
        0);
  }

  private static Allocation allocation(long discount, long penalty, long fundMax) {
    return new Allocation(List.of(), 1, discount, penalty, fundMax);
  }

  private static long millis(Case each, String seconds) {
    return each.given(seconds).movePointRight(3).longValueExact();
  }

  private static BigDecimal number(JsonNode node, String name) {
    return new BigDecimal(node.required(name).asText());
  }

  /** A figure in the digits in which the source prints it. */
  private static BigDecimal printed(BigDecimal figure, Case each, String name) {
    return figure.setScale(each.expected(name).scale(), RoundingMode.DOWN);
  }
}

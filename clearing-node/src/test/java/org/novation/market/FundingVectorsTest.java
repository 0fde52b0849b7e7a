package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.novation.risk.Vectors.millionths;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
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
import org.novation.money.Increment;
import org.novation.risk.Fill;
import org.novation.risk.Portfolio;
import org.novation.risk.TestMarkets;
import org.novation.risk.Vectors;
import org.novation.risk.Vectors.Case;

/** Reaches funding rates, index steps and payments that no one here wrote. */
final class FundingVectorsTest {
  private static final long CAP_PPM_PER_HOUR = 40_000;
  private static final BigDecimal EIGHT = BigDecimal.valueOf(8);

  /** Why a case of the collection is not carried. */
  private static final Map<String, String> LEFT_OUT = leftOut();

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    why.put("fnd-dydx-tick-05", "its cap of 150 % per 8 hours is beyond the hard bound of 4 %/h");
    String cap = "the cap is stated per instrument here, not derived from its margin rates";
    for (String id : List.of("2", "3", "5", "6")) why.put("fnd-dydx-clamp-" + id, cap);
    String tails = "needs a trimmed mean; a minute's median keeps outliers out here";
    for (String id : List.of("1", "6", "7")) why.put("fnd-dydx-tails-" + id, tails);
    String average = "premiums are sampled each minute here, not averaged over time";
    why.put("fnd-vega-twap-1", average);
    why.put("fnd-vega-twap-auction", average);
    String factor = "needs a factor and one-sided bounds on the payment";
    why.put("fnd-vega-rate-1", factor);
    for (String id : List.of("1", "2", "4")) why.put("fnd-vega-modifier-" + id, factor);
    return why;
  }

  @Test
  void carriesOrListsEveryCaseOfTheCollection() throws IOException {
    assumeTrue(Vectors.collectionIsHere(), "the collection of vectors is not beside the project");
    Set<String> accounted = new TreeSet<>(LEFT_OUT.keySet());
    accounted.addAll(carriedIds());
    assertThat(accounted).isEqualTo(new TreeSet<>(Vectors.collected("funding")));
  }

  @Test
  void leavesOutNothingThatItCarries() {
    assertThat(LEFT_OUT.keySet()).doesNotContainAnyElementsOf(carriedIds());
  }

  private static Set<String> carriedIds() {
    return Vectors.carried("funding").stream().map(Case::id).collect(Collectors.toSet());
  }

  static Stream<Case> tick() {
    return Vectors.carried("funding", "tick");
  }

  @ParameterizedTest
  @MethodSource("tick")
  void reachesTheRateOfAnHourOfSamples(Case each) {
    List<Long> samples = new ArrayList<>();
    for (JsonNode sample : each.given().required("samples")) {
      long premium = millionths(new BigDecimal(sample.required("premium").asText()));
      samples.addAll(Collections.nCopies(sample.required("count").asInt(), premium));
    }
    BigDecimal cap =
        each.given("clampFactor").multiply(each.given("imf").subtract(each.given("mmf")));
    long capPpmPerHour = Math.min(CAP_PPM_PER_HOUR, millionths(cap.divide(EIGHT)));
    long mean = FundingRate.meanPpm(samples, each.given("expectedSamples").intValueExact());
    long rate =
        FundingRate.ratePpm(
            mean, new Perpetual.Funding(millionths(each.given("defaultRate8h")), 0, capPpmPerHour));
    BigDecimal step = perUnit(each, each.text("price"), rate, FundingRate.HOUR_MS);

    assertThat(Vectors.decimal(rate)).isEqualByComparingTo(each.expected("rate8h"));
    assertThat(truncated(step, each.given("indexUnit")))
        .isEqualByComparingTo(each.expected("perUnitPerHour"));
  }

  static Stream<Case> index() {
    return Vectors.carried("funding", "index");
  }

  @ParameterizedTest
  @MethodSource("index")
  void reachesTheStepOfTheIndex(Case each) {
    long elapsedMs =
        each.given("fractionOf8h")
            .multiply(BigDecimal.valueOf(FundingRate.PERIOD_MS))
            .longValueExact();
    BigDecimal step =
        perUnit(each, each.text("price"), millionths(each.given("rate8h")), elapsedMs);
    assertThat(truncated(step, each.given("indexUnit")))
        .isEqualByComparingTo(each.expected("indexDelta"));
  }

  static Stream<Case> settlement() {
    return Vectors.carried("funding", "settlement");
  }

  /** A source counts what is settled in the unit that is here the residue's: 1e-6 micros. */
  @ParameterizedTest
  @MethodSource("settlement")
  void reachesTheSettlementOfAPosition(Case each) {
    long last = each.given("indexAtLastSettlement").longValueExact();
    long now = each.given("indexNow").longValueExact();
    long lots = each.given("size").longValueExact();
    Portfolio portfolio = new Portfolio();
    portfolio.restore(0, lots, 0, last, 0, 0, 0);
    Fill fill = portfolio.fill(0, -lots, 0, now, now);
    long settled =
        Math.addExact(
            Math.multiplyExact(fill.fundingMicros(), Portfolio.FUNDING_SCALE),
            fill.fundingResidue());
    assertThat(BigDecimal.valueOf(settled)).isEqualByComparingTo(each.expected("settlement"));
    assertThat(portfolio.accruedFundingMicrosAt(0, now)).isEqualTo(fill.fundingMicros());
  }

  static Stream<Case> rate() {
    return Vectors.carried("funding", "rate");
  }

  @ParameterizedTest
  @MethodSource("rate")
  void reachesTheRateOfAPremium(Case each) {
    Perpetual perpetual = perpetual(each);
    Increment tick = perpetual.tick();
    long index = tick.count(each.text("oraclePrice"));
    long premium =
        each.given().has("premium")
            ? millionths(each.given("premium"))
            : FundingRate.premiumPpm(
                tick.count(each.given("impactBid", "0").toPlainString()),
                tick.count(each.given("impactAsk", "0").toPlainString()),
                index);
    long mean =
        FundingRate.meanPpm(
            Collections.nCopies(
                FundingRate.SAMPLES_PER_HOUR, FundingRate.samplePpm(List.of(premium))),
            FundingRate.SAMPLES_PER_HOUR);
    long cap =
        each.given().has("maxRatePerHour")
            ? millionths(each.given("maxRatePerHour"))
            : CAP_PPM_PER_HOUR;
    long rate =
        FundingRate.ratePpm(
            mean,
            new Perpetual.Funding(
                millionths(each.given("interestRate8h")), millionths(each.given("clamp")), cap));

    String price = each.text("oraclePrice");
    check(each, "premium", Vectors.decimal(premium));
    check(each, "rate8h", Vectors.decimal(rate));
    check(each, "ratePerHour", Vectors.decimal(rate).divide(EIGHT));
    check(each, "perUnit8h", perUnit(each, price, rate, FundingRate.PERIOD_MS));
    check(each, "perUnitPerHour", perUnit(each, price, rate, FundingRate.HOUR_MS));
  }

  static Stream<Case> payment() {
    return Vectors.carried("funding", "payment");
  }

  @ParameterizedTest
  @MethodSource("payment")
  void reachesThePaymentForATimeHeld(Case each) {
    Perpetual perpetual = perpetual(each);
    long step =
        FundingRate.indexStep(
            perpetual,
            perpetual.tick().count(each.text("price")),
            millionths(each.given("rate8h")),
            each.given("elapsedMs").longValueExact());
    Portfolio portfolio = new Portfolio();
    portfolio.restore(0, perpetual.lot().count(each.text("size")), 0, 0, 0, 0, 0);
    check(each, "credited", Vectors.decimal(portfolio.accruedFundingMicrosAt(0, step)));
    check(each, "indexStep", perUnit(perpetual, step));
  }

  private static void check(Case each, String name, BigDecimal figure) {
    if (!each.expects(name)) return;
    assertThat(each.reaches(name, figure)).as("%s %s", name, figure).isTrue();
  }

  private static BigDecimal perUnit(Case each, String price, long ratePpm, long elapsedMs) {
    Perpetual perpetual = perpetual(each);
    long ticks = perpetual.tick().count(price);
    return perUnit(perpetual, FundingRate.indexStep(perpetual, ticks, ratePpm, elapsedMs));
  }

  /** 1e-6 micros per lot as an amount per unit. */
  private static BigDecimal perUnit(Perpetual perpetual, long step) {
    return BigDecimal.valueOf(step, 12).divide(new BigDecimal(perpetual.lot().toString()));
  }

  private static BigDecimal truncated(BigDecimal number, BigDecimal unit) {
    return number.divide(unit, 0, RoundingMode.DOWN).multiply(unit);
  }

  private static Perpetual perpetual(Case each) {
    return TestMarkets.perpetual(
        "X-PERP",
        Increment.of(each.given().path("tick").asText("0.001")),
        Increment.of(each.given().path("lot").asText("0.1")),
        TestMarkets.flat("0.1"),
        TestMarkets.flat("0.05"),
        0);
  }
}

package org.novation.insurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.novation.risk.Vectors.decimal;
import static org.novation.risk.Vectors.millionths;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundDecision.Accepted;
import org.novation.risk.Vectors;
import org.novation.risk.Vectors.Case;

/**
 * Reaches, through the fund, numbers that no one here wrote. How much of a surplus gets there is a
 * rule of liquidation, when withdrawals stop one of risk: both are reached in those rooms.
 */
final class InsuranceVectorsTest {
  private static final String TOPIC = "insurance";

  /** Why a case of the collection is not carried. */
  private static final Map<String, String> LEFT_OUT = leftOut();

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    String surplus =
        "disagrees: the fund gets all that is left of the account there; here a fee takes at most"
            + " 95 % of it (risk rules, 9.5)";
    for (String id : List.of("03", "04", "10")) why.put("ins-dydx-delta-" + id, surplus);
    String shares = "needs fund shares with an unstaking delay; nobody stakes in the fund here";
    why.put("ins-drift-cancel-1", shares);
    why.put("ins-drift-cancel-6", shares);
    return why;
  }

  @Test
  void carriesOrListsEveryCaseOfTheCollection() throws IOException {
    assumeTrue(Vectors.collectionIsHere(), "the collection of vectors is not beside the project");
    Set<String> accounted = new TreeSet<>(LEFT_OUT.keySet());
    Vectors.carried(TOPIC).forEach(each -> accounted.add(each.id()));
    assertThat(accounted).isEqualTo(new TreeSet<>(Vectors.collected(TOPIC)));
  }

  static Stream<Case> shortfall() {
    return Vectors.carried(TOPIC, "shortfall");
  }

  /** A fill beyond the bankruptcy price: the fund pays the whole difference. */
  @ParameterizedTest
  @MethodSource("shortfall")
  void paysAShortfallInFull(Case each) {
    BigDecimal fill = each.given("size").multiply(each.given("fillPrice"));
    BigDecimal due = each.given("bankruptcyValue");
    BigDecimal shortfall =
        each.text("side").equals("long") ? due.subtract(fill) : fill.subtract(due);
    Draw draw = draw(BigDecimal.valueOf(10_000), shortfall);
    assertThat(each.reaches("insuranceFundDelta", decimal(-draw.grantedMicros()))).isTrue();
  }

  static Stream<Case> allowed() {
    return Vectors.carried(TOPIC, "allowed");
  }

  @ParameterizedTest
  @MethodSource("allowed")
  void isDrawnToExactlyZeroAndNeverBelow(Case each) {
    BigDecimal delta = each.given("delta");
    if (delta.signum() > 0) return; // A contribution is always welcome.
    Draw draw = draw(each.given("fundBalance"), delta.negate());
    assertThat(draw.boundBy() == Cap.NONE).isEqualTo(each.expect().required("allowed").asBoolean());
  }

  static Stream<Case> cover() {
    return Vectors.carried(TOPIC, "cover");
  }

  @ParameterizedTest
  @MethodSource("cover")
  void coversTheLossBeyondTheDeposit(Case each) {
    BigDecimal loss =
        each.given("size").multiply(each.given("entryPrice").subtract(each.given("closePrice")));
    assertThat(each.reaches("loss", loss)).isTrue();
    Draw draw = draw(BigDecimal.valueOf(1_000), loss.subtract(each.given("deposit")));
    assertThat(each.reaches("fundPays", decimal(draw.grantedMicros()))).isTrue();
  }

  static Stream<Case> drained() {
    return Vectors.carried(TOPIC, "drained");
  }

  @ParameterizedTest
  @MethodSource("drained")
  void drainsFullyBeforeAnyWinnerIsCut(Case each) {
    Draw draw = draw(each.given("fundBalance"), each.given("shortfall"));
    assertThat(each.reaches("fundPays", decimal(draw.grantedMicros()))).isTrue();
    long left = draw.requestedMicros() - draw.grantedMicros();
    assertThat(each.reaches("socialized", decimal(left))).isTrue();
  }

  private static Draw draw(BigDecimal balance, BigDecimal amount) {
    Fund fund = new Fund();
    apply(fund, new Contribute("c", Cause.FEE, "", millionths(balance), 1));
    apply(fund, new ReserveDraw("l", "a", millionths(amount), 1));
    return Objects.requireNonNull(fund.draw("l"));
  }

  private static void apply(Fund fund, FundCommand command) {
    FundDecision decision = fund.decide(command, new FundTerms(1, FundPolicy.DEFAULT), 1);
    assertThat(decision).isInstanceOf(Accepted.class);
    ((Accepted) decision).events().forEach(fund::apply);
  }
}

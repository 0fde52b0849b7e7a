package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.novation.risk.Vectors.decimal;
import static org.novation.risk.Vectors.millionths;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.BankruptcyPrice;
import org.novation.risk.TestMarkets;
import org.novation.risk.Vectors;
import org.novation.risk.Vectors.Case;

/** Reaches, through the policies of this house, numbers that no one here wrote. */
final class AdlVectorsTest {
  private static final String TOPIC = "adl";
  private static final String SYMBOL = "BTC-PERP";

  /** One tick of one lot is a hundredth of a unit. */
  private static final Perpetual PERPETUAL =
      TestMarkets.perpetual(
          SYMBOL,
          Increment.of("0.1"),
          Increment.of("0.1"),
          TestMarkets.flat("0.1"),
          TestMarkets.flat("0.05"),
          TestMarkets.NO_PROFIT_CAP);

  /** Why a case of the collection is not carried. */
  private static final Map<String, String> LEFT_OUT = leftOut();

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    String settlement =
        "a settlement that is refused when an account is under zero; closing at the mark leaves"
            + " everybody's equity as it is, so nobody is refused for it here";
    for (String id : List.of("4", "7", "8")) why.put("adl-dydx-settlement-" + id, settlement);
    return why;
  }

  @Test
  void carriesOrListsEveryCaseOfTheCollection() throws IOException {
    assumeTrue(Vectors.collectionIsHere(), "the collection of vectors is not beside the project");
    Set<String> accounted = new TreeSet<>(LEFT_OUT.keySet());
    Vectors.carried(TOPIC).forEach(each -> accounted.add(each.id()));
    assertThat(accounted).isEqualTo(new TreeSet<>(Vectors.collected(TOPIC)));
  }

  /** Cash net of what was paid for the position, as the source counts. */
  private record Party(String id, BigDecimal cash, long lots) {
    static Party of(String id, JsonNode node) {
      return new Party(
          id,
          new BigDecimal(node.required("cash").asText()),
          PERPETUAL.lot().count(node.required("size").asText()));
    }

    long equityMicros(long markTicks) {
      return millionths(cash) + PERPETUAL.notionalMicros(markTicks, lots);
    }

    Candidate candidate(long markTicks) {
      return new Candidate(
          SYMBOL,
          id,
          1,
          lots,
          -millionths(cash),
          equityMicros(markTicks),
          0,
          equityMicros(markTicks),
          Math.abs(lots),
          1,
          0);
    }

    BigDecimal cashAfter(Allocation decided) {
      long cashMicros = millionths(cash);
      for (Closing closing : decided.closings()) {
        long bought = PERPETUAL.notionalMicros(closing.priceTicks(), closing.lots());
        if (closing.account().equals(id)) cashMicros -= bought;
        if (id.isEmpty()) cashMicros += bought;
      }
      return decimal(cashMicros);
    }
  }

  private static Allocation decide(
      Kind kind, String mark, Party liquidated, String quantity, List<Party> others) {
    long markTicks = PERPETUAL.tick().count(mark);
    long bankruptcyTicks =
        BankruptcyPrice.ticks(
                PERPETUAL, liquidated.lots(), markTicks, liquidated.equityMicros(markTicks))
            .orElse(0);
    Exposure exposure =
        new Exposure(
            SYMBOL,
            Long.signum(liquidated.lots()),
            PERPETUAL.lot().count(quantity),
            0,
            markTicks,
            bankruptcyTicks,
            PERPETUAL.tickValueMicros());
    List<Candidate> candidates = others.stream().map(party -> party.candidate(markTicks)).toList();
    return AdlPolicy.of(kind).allocate(input(kind, exposure, candidates));
  }

  private static AdlInput input(Kind kind, Exposure exposure, List<Candidate> candidates) {
    return new AdlInput("w", "p", "", 0, 0, kind, 0, 0, 0, 0, List.of(exposure), candidates);
  }

  static Stream<Case> pair() {
    return Vectors.carried(TOPIC, "pair");
  }

  @ParameterizedTest
  @MethodSource("pair")
  void closesAtTheBankruptcyPriceOrRefusesWhomItWouldBankrupt(Case each) {
    Party liquidated = Party.of("", each.given().required("liquidated"));
    Party other = Party.of("other", each.given().required("counterparty"));
    Allocation decided =
        decide(
            Kind.QUEUE,
            each.text("oraclePrice"),
            liquidated,
            each.text("quantity"),
            List.of(other));
    boolean accepted = each.expect().required("accepted").asBoolean();
    assertThat(decided.closings().isEmpty()).isEqualTo(!accepted);
    if (!accepted) return;
    String price = PERPETUAL.tick().text(decided.closings().getFirst().priceTicks());
    assertThat(each.reaches("price", new BigDecimal(price))).isTrue();
    assertThat(each.reaches("liquidatedCash", liquidated.cashAfter(decided))).isTrue();
    assertThat(each.reaches("counterpartyCash", other.cashAfter(decided))).isTrue();
  }

  static Stream<Case> several() {
    return Vectors.carried(TOPIC, "several");
  }

  @ParameterizedTest
  @MethodSource("several")
  void closesAgainstSeveralAtOnePrice(Case each) {
    Party liquidated = Party.of("", each.given().required("liquidated"));
    List<Party> others = new ArrayList<>();
    for (JsonNode node : each.given().required("counterparties")) {
      others.add(Party.of("other" + others.size(), node));
    }
    Allocation decided =
        decide(Kind.QUEUE, each.text("oraclePrice"), liquidated, each.text("quantity"), others);
    assertThat(each.reaches("liquidatedCash", liquidated.cashAfter(decided))).isTrue();
    assertThat(decided.unfilled()).isEmpty();
    for (int n = 0; n < others.size(); n++) {
      assertThat(others.get(n).cashAfter(decided))
          .isEqualByComparingTo(each.expect().required("counterpartyCash").get(n).asText());
    }
  }

  static Stream<Case> choice() {
    return Vectors.carried(TOPIC, "choice");
  }

  @ParameterizedTest
  @MethodSource("choice")
  void passesOverWhomThePriceWouldBankruptAndLeavesOpenWhatNobodyTakes(Case each) {
    Party liquidated = Party.of("", each.given().required("liquidated"));
    List<Party> others = new ArrayList<>();
    for (JsonNode node : each.given().required("candidates")) {
      others.add(Party.of(node.required("id").asText(), node));
    }
    Allocation decided =
        decide(Kind.QUEUE, each.text("oraclePrice"), liquidated, each.text("quantity"), others);
    List<String> chosen = new ArrayList<>();
    each.expect().required("chosen").forEach(node -> chosen.add(node.asText()));
    assertThat(decided.closings()).extracting(Closing::account).isEqualTo(chosen);
    long left = decided.unfilled().stream().mapToLong(Allocation.Unfilled::lots).sum();
    assertThat(each.reaches("remaining", new BigDecimal(PERPETUAL.lot().text(left)))).isTrue();
  }

  static Stream<Case> hedged() {
    return Vectors.carried(TOPIC, "hedged");
  }

  /** Its other leg brings equity to nothing, so the price is the mark. */
  @ParameterizedTest
  @MethodSource("hedged")
  void closesOneLegOfAnAccountWithoutEquityAtTheMark(Case each) {
    JsonNode held = each.given().required("liquidated");
    JsonNode marks = each.given().required("oraclePrices");
    BigDecimal other =
        new BigDecimal(held.required("positions").required("ETH").asText())
            .multiply(new BigDecimal(marks.required("ETH").asText()));
    Party liquidated =
        new Party(
            "",
            new BigDecimal(held.required("cash").asText()).add(other),
            PERPETUAL.lot().count(held.required("positions").required("BTC").asText()));
    JsonNode counter = each.given().required("counterparty");
    Party winner =
        new Party(
            "winner",
            new BigDecimal(counter.required("cash").asText()),
            PERPETUAL.lot().count(counter.required("positions").required("BTC").asText()));
    Allocation decided =
        decide(
            Kind.QUEUE,
            marks.required("BTC").asText(),
            liquidated,
            each.text("quantity"),
            List.of(winner));
    assertThat(each.reaches("counterpartyCash", winner.cashAfter(decided))).isTrue();
    assertThat(each.reaches("liquidatedCash", liquidated.cashAfter(decided).subtract(other)))
        .isTrue();
  }

  static Stream<Case> settlement() {
    return Vectors.carried(TOPIC, "settlement");
  }

  @ParameterizedTest
  @MethodSource("settlement")
  void closesAtTheMarkUnderTheDefaultPolicy(Case each) {
    Party liquidated = Party.of("", each.given().required("liquidated"));
    Party other = Party.of("other", each.given().required("counterparty"));
    Allocation decided =
        decide(
            Kind.PRO_RATA,
            each.text("oraclePrice"),
            liquidated,
            each.text("quantity"),
            List.of(other));
    assertThat(each.reaches("liquidatedCash", liquidated.cashAfter(decided))).isTrue();
    assertThat(each.reaches("counterpartyCash", other.cashAfter(decided))).isTrue();
  }

  static Stream<Case> entry() {
    return Vectors.carried(TOPIC, "entry");
  }

  @ParameterizedTest
  @MethodSource("entry")
  void givesTheWinnerExactlyWhatTheLoserDeposited(Case each) {
    JsonNode loser = each.given().required("liquidated");
    BigDecimal paid =
        new BigDecimal(loser.required("size").asText())
            .multiply(new BigDecimal(loser.required("entryPrice").asText()));
    BigDecimal cash = new BigDecimal(loser.required("deposit").asText()).add(paid);
    String size = loser.required("size").asText();
    Party liquidated = new Party("", cash, -PERPETUAL.lot().count(size));
    Party winner = new Party("winner", paid.negate(), PERPETUAL.lot().count(size));
    Allocation decided =
        decide(
            Kind.QUEUE, loser.required("entryPrice").asText(), liquidated, size, List.of(winner));
    String price = PERPETUAL.tick().text(decided.closings().getFirst().priceTicks());
    assertThat(each.reaches("price", new BigDecimal(price))).isTrue();
    assertThat(each.reaches("counterpartyPnl", winner.cashAfter(decided))).isTrue();
  }

  static Stream<Case> order() {
    return Vectors.carried(TOPIC, "order");
  }

  @ParameterizedTest
  @MethodSource("order")
  void ranksWinnersAsTheSourceDoes(Case each) {
    List<String> winners = new ArrayList<>();
    for (Candidate candidate : Ranking.order(scored(each))) {
      if (candidate.unrealisedMicros() > 0) winners.add(candidate.account());
    }
    List<String> expected = new ArrayList<>();
    each.expect().required("winnersOrder").forEach(node -> expected.add(node.asText()));
    assertThat(winners).isEqualTo(expected);
  }

  static Stream<Case> take() {
    return Vectors.carried(TOPIC, "take");
  }

  @ParameterizedTest
  @MethodSource("take")
  void takesFromTheTopOfTheQueue(Case each) {
    Exposure exposure =
        new Exposure(SYMBOL, -1, Long.parseLong(each.text("liquidatedShort")), 0, 100, 100, 1);
    Allocation decided = new QueuePolicy().allocate(input(Kind.QUEUE, exposure, scored(each)));
    List<String> closed = new ArrayList<>();
    decided.closings().forEach(closing -> closed.add(closing.account() + ":" + -closing.lots()));
    List<String> expected = new ArrayList<>();
    for (JsonNode node : each.expect().required("closed")) {
      expected.add(node.required("account").asText() + ":" + node.required("closed").asText());
    }
    assertThat(closed).isEqualTo(expected);
  }

  /** Positions with the source's profit % and leverage. */
  private static List<Candidate> scored(Case each) {
    BigDecimal basis = BigDecimal.valueOf(1_000_000_000_000L);
    List<Candidate> candidates = new ArrayList<>();
    for (JsonNode node : each.given().required("candidates")) {
      BigDecimal profit = basis.multiply(new BigDecimal(node.required("pnlFraction").asText()));
      BigDecimal leverage = new BigDecimal(node.required("leverage").asText());
      BigDecimal equity = basis.add(profit).divide(leverage, 0, RoundingMode.HALF_UP);
      long lots = Long.parseLong(node.required("size").asText());
      candidates.add(
          new Candidate(
              SYMBOL,
              node.required("account").asText(),
              1,
              lots,
              basis.longValueExact(),
              profit.longValueExact(),
              0,
              equity.longValueExact(),
              lots,
              1,
              0));
    }
    return candidates;
  }
}

package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.risk.TestMarkets.cash;
import static org.novation.risk.TestMarkets.flat;
import static org.novation.risk.TestMarkets.hold;
import static org.novation.risk.TestMarkets.ladder;
import static org.novation.risk.TestMarkets.perpetual;

import java.math.BigDecimal;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Increment;
import org.novation.risk.MarginStatement.Balance;
import org.novation.risk.MarginStatement.Position;
import org.novation.risk.MarginStatement.Term;

final class MarginStatementTest {
  private static final Increment CENT = Increment.of("0.01");
  private static final Increment MILLI = Increment.of("0.001");

  private static final BigDecimal MICRO = new BigDecimal("0.000001");

  /** Terms that compare, or that rest on a figure which the statement does not know. */
  private static final Set<String> NOT_A_SUM =
      Set.of("state", "bracket", "house factor", "liquidation price");

  private static final Set<String> IN_WORDS =
      Set.of("of the bracket", "no position", "the settlement asset counts as it is");

  @Property(tries = 5_000)
  void addsUpToWhatMarginReckons(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio portfolio = books.portfolio();
    Holds holds = books.holds();
    MarginStatement statement = MarginStatement.of(portfolio, holds, books.view());

    assertThat(statement.health()).isEqualTo(Margin.health(portfolio, books.view()));
    assertThat(statement.reserved()).isEqualTo(Margin.health(portfolio, holds, books.view()));
    assertThat(statement.state()).isEqualTo(statement.health().state());
    assertThat(statement.cashMicros() + statement.collateralMicros())
        .isEqualTo(Margin.collateralMicros(portfolio, books.view()));
  }

  @Property(tries = 2_000)
  void saysTheFigureThatItStandsFor(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    MarginStatement statement = MarginStatement.of(books.portfolio(), books.holds(), books.view());

    assertThat(term(statement.terms(), "equity").value())
        .isEqualTo(Decimals.micros(statement.health().equityMicros()));
    assertThat(term(statement.terms(), "free collateral").value())
        .isEqualTo(Decimals.micros(statement.freeMicros()));
    for (Balance balance : statement.balances()) {
      assertThat(balance.terms().getLast().value())
          .isEqualTo(Decimals.micros(balance.valueMicros()));
    }
    for (Position position : statement.positions()) {
      if (position.lots() == 0) continue;
      assertThat(term(position.terms(), "maintenance margin").value())
          .isEqualTo(Decimals.micros(position.maintenanceMarginMicros()));
      String initial =
          statement.leverageMax() == 0 ? "initial margin" : "initial margin with leverage cap";
      assertThat(term(position.terms(), initial).value())
          .isEqualTo(Decimals.micros(position.initialMarginMicros()));
    }
  }

  /** A formula says in figures what its value is, and its words which way it was rounded. */
  @Property(tries = 3_000)
  void canBeFollowedByHand(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    MarginStatement statement = MarginStatement.of(books.portfolio(), books.holds(), books.view());
    statement.terms().forEach(term -> follow(term, MICRO));
    statement.balances().forEach(each -> each.terms().forEach(term -> follow(term, MICRO)));
    statement.held().forEach(each -> each.terms().forEach(term -> follow(term, MICRO)));
    for (Position position : statement.positions()) {
      BigDecimal tick = new BigDecimal(position.perpetual().tick().toString());
      position.terms().forEach(term -> follow(term, tick));
    }
  }

  private static void follow(Term term, BigDecimal tick) {
    if (NOT_A_SUM.contains(term.name()) || term.value().equals("none")) return;
    if (IN_WORDS.contains(term.formula())) return;
    BigDecimal off = new BigDecimal(term.value()).subtract(Formula.value(term.formula()));
    if (term.name().equals("bankruptcy price")) {
      assertThat(off.abs()).as(term.toString()).isLessThan(tick);
    } else if (term.name().equals("concentration")) {
      // The root and the product are rounded before the quotient is.
      assertThat(off.abs()).as(term.toString()).isLessThan(new BigDecimal("0.000004"));
    } else if (term.formula().endsWith("rounded up")) {
      assertThat(off).as(term.toString()).isNotNegative().isLessThan(MICRO);
    } else if (term.formula().endsWith("rounded down")) {
      assertThat(off.negate()).as(term.toString()).isNotNegative().isLessThan(MICRO);
    } else {
      assertThat(off).as(term.toString()).isZero();
    }
  }

  /** Risk rules, section 15, number 2: 40x to 150M, then 20x; maintenance is half of it. */
  @Test
  void followsTheBracketsOfTheWorkedNumber() {
    Ladder initial = ladder("0", "0.025", "150000000", "0.05");
    Ladder maintenance = ladder("0", "0.0125", "150000000", "0.025");
    Perpetual btc = perpetual("BTC-PERP", CENT, MILLI, initial, maintenance, 0);
    MarketView view = new TestMarkets().with(btc, "100000").view();
    Portfolio portfolio = cash("20000000");
    hold(portfolio, view, "BTC-PERP", "2000", "100000");

    Position position = MarginStatement.of(portfolio, view).positions().getFirst();
    assertThat(position.maintenanceMarginMicros()).isEqualTo(3_125_000_000_000L);
    assertThat(position.terms())
        .contains(
            new Term("notional", "2000 x 100000", "200000000"),
            new Term("bracket", "150000000 <= 200000000", "2 of 2"),
            new Term("maintenance rate", "of the bracket", "0.025"),
            new Term("maintenance deduction", "150000000 x (0.025 - 0.0125)", "1875000"),
            new Term("maintenance margin", "200000000 x 0.025 - 1875000, rounded up", "3125000"));
    assertThat(maintenance.requirementMicros(150_000_000_000_000L)).isEqualTo(1_875_000_000_000L);
  }

  /** Risk rules, section 15, number 3: open interest scales initial margin and nothing else. */
  @Test
  void namesTheShareOfOpenInterestInTheInitialRate() {
    Perpetual btc = perpetual("BTC-PERP", CENT, MILLI, flat("0.05"), flat("0.025"), 0);
    Ladder scaled = btc.initial().scaledByOpenInterest(70_000_000, 40_000_000, 100_000_000);
    MarketView view = new TestMarkets().with(btc, 100_00, scaled, 0).view();
    Portfolio portfolio = cash("1000");
    hold(portfolio, view, "BTC-PERP", "10", "100");

    MarginStatement statement = MarginStatement.of(portfolio, view);
    Position position = statement.positions().getFirst();
    assertThat(position.terms())
        .contains(
            new Term("initial rate", "0.05 of the bracket + 0.475 of scaling", "0.525"),
            new Term("initial margin", "1000 x 0.525, rounded up", "525"),
            new Term("maintenance rate", "of the bracket", "0.025"));
    assertThat(statement.health().maintenanceMarginMicros()).isEqualTo(25_000_000);
    assertThat(statement.allowed()).isEqualTo("anything");
  }

  /** Risk rules, section 15, number 7, as far as margin goes: the profit frees nothing. */
  @Test
  void leavesProfitBeyondTheCapOutOfFreeCollateral() {
    Perpetual btc = perpetual("BTC-PERP", CENT, MILLI, flat("0.05"), flat("0.025"), 0);
    MarketView view = new TestMarkets().with(btc, "20000").view();
    Portfolio portfolio = cash("1000");
    hold(portfolio, view, "BTC-PERP", "1", "15000");

    MarginStatement statement = MarginStatement.of(portfolio, view);
    assertThat(statement.health().equityMicros()).isEqualTo(6_000_000_000L);
    assertThat(statement.health().initialEquityMicros()).isEqualTo(1_000_000_000);
    assertThat(statement.freeMicros()).isZero();
    assertThat(statement.state()).isEqualTo(MarginState.EARLY_WARNING);
    assertThat(statement.positions().getFirst().terms())
        .contains(new Term("profit beyond cap", "5000 - cap 0", "5000"));
    assertThat(statement.terms())
        .contains(
            new Term("equity for initial margin", "equity 6000 - profit beyond caps 5000", "1000"),
            new Term(
                "free collateral", "equity for initial margin 1000 - initial margin 1000", "0"));
  }

  @Test
  void raisesInitialMarginToTheAccountsOwnLeverageCap() {
    MarketView view = new TestMarkets().with("BTC-PERP", "100", "0.05", "0.025").view();
    Portfolio portfolio = cash("1000");
    portfolio.capLeverage(5);
    hold(portfolio, view, "BTC-PERP", "10", "100");

    Position position = MarginStatement.of(portfolio, view).positions().getFirst();
    assertThat(position.initialMarginMicros()).isEqualTo(200_000_000);
    assertThat(position.maintenanceMarginMicros()).isEqualTo(25_000_000);
    assertThat(position.terms())
        .contains(
            new Term("initial margin", "1000 x 0.05, rounded up", "50"),
            new Term("initial margin by leverage cap", "1000 / 5, rounded up", "200"),
            new Term("initial margin with leverage cap", "max(50, 200)", "200"));
  }

  @Test
  void explainsEachFactorOfAHaircut() {
    Asset btc = new Asset("BTC", 8, 950_000, 100_000, 100_000_000_000L, false);
    MarketView view = new TestMarkets().with(btc, "50000", 500_000).view();
    Portfolio portfolio = new Portfolio();
    portfolio.credit(1, 2_500_000_000L);

    Balance balance = MarginStatement.of(portfolio, view).balances().getFirst();
    // 1.1 / (1 + 0.1 x 5) = 0.733333
    assertThat(balance.terms())
        .containsExactly(
            new Term("market value", "25 x 50000, rounded down", "1250000"),
            new Term("concentration", "1.1 / (1 + 0.1 x sqrt(25)), rounded down", "0.733333"),
            new Term("account weight", "min(0.95, 0.733333)", "0.733333"),
            new Term(
                "house factor",
                "min(1, house cap 1000 / what the house holds), rounded down",
                "0.5"),
            new Term("weight", "0.733333 x 0.5, rounded down", "0.366666"),
            new Term("value", "1250000 x 0.366666, rounded down", "458332.5"));
  }

  @Test
  void chargesAStablecoinUnderItsPegTwice() {
    Asset usdt = new Asset("USDT", 6, 1_000_000, 0, 0, true);
    MarketView view = new TestMarkets().with(usdt, "0.97", 1_000_000).view();
    Portfolio portfolio = new Portfolio();
    portfolio.credit(1, 1_000_000_000);

    Balance balance = MarginStatement.of(portfolio, view).balances().getFirst();
    assertThat(balance.terms())
        .containsExactly(
            new Term("market value", "1000 x 0.97, rounded down", "970"),
            new Term("depeg contingency", "1000 x (0.99 - 0.97), rounded up", "20"),
            new Term("value", "max(0, 970 x 1 - 20), rounded down", "950"));
  }

  @Test
  void countsADebtInFull() {
    Asset btc = new Asset("BTC", 8, 500_000, 0, 0, false);
    MarketView view = new TestMarkets().with(btc, "50000", 500_000).view();
    Portfolio portfolio = new Portfolio();
    portfolio.credit(1, -10_000_000);

    assertThat(MarginStatement.of(portfolio, view).balances().getFirst().valueMicros())
        .isEqualTo(-5_000_000_000L);
  }

  @Test
  void showsWhatHeldTradesReserve() {
    MarketView view = new TestMarkets().with("BTC-PERP", "100", "0.1", "0.05").view();
    Portfolio portfolio = cash("1000");
    hold(portfolio, view, "BTC-PERP", "-1", "100");
    Holds holds = new Holds();
    holds.add(0, 3_000, 303_000_000);

    MarginStatement statement = MarginStatement.of(portfolio, holds, view);
    assertThat(statement.health().initialMarginMicros()).isEqualTo(10_000_000);
    assertThat(statement.freeMicros()).isEqualTo(977_000_000); // 1000 - 10 - 10 more - 3 of loss.
    assertThat(statement.held().getFirst().terms())
        .contains(new Term("worst size", "max(|-1|, |-1 + 3|, |-1 - 0|)", "2"));
    assertThat(statement.terms())
        .contains(
            new Term(
                "reserved by held trades", "their loss 3 + the initial margin they add 10", "13"));
  }

  @Test
  void allowsReductionsOnlyWhileAPriceMayNotMarginNewRisk() {
    MarketView fresh = new TestMarkets().with("BTC-PERP", "100", "0.1", "0.05").view();
    Portfolio portfolio = cash("1000");
    hold(portfolio, fresh, "BTC-PERP", "1", "100");

    assertThat(MarginStatement.of(portfolio, fresh).allowed()).isEqualTo("anything");
    assertThat(MarginStatement.of(portfolio, judged(fresh, PriceValidity.DIVERGED)).allowed())
        .isEqualTo("anything");
    assertThat(MarginStatement.of(portfolio, judged(fresh, PriceValidity.STALE)).allowed())
        .isEqualTo("reductions only");
    assertThat(MarginStatement.of(cash("1000"), judged(fresh, PriceValidity.STALE)).allowed())
        .isEqualTo("anything");
  }

  @Test
  void hasNoLiquidationPendingOnAPriceThatAllowsNone() {
    MarketView fresh = new TestMarkets().with("BTC-PERP", "100", "0.1", "0.05").view();
    Portfolio portfolio = cash("1");
    hold(portfolio, fresh, "BTC-PERP", "1", "100");

    assertThat(MarginStatement.of(portfolio, fresh).allowed())
        .isEqualTo("reductions only, liquidation pending");
    assertThat(MarginStatement.of(portfolio, judged(fresh, PriceValidity.DIVERGED)).allowed())
        .isEqualTo("reductions only");
    assertThat(MarginStatement.of(portfolio, judged(fresh, PriceValidity.STALE)).allowed())
        .isEqualTo("reductions only");
  }

  private static MarketView judged(MarketView view, PriceValidity validity) {
    MarketView.Instrument now = view.instrument(0);
    return view.with(
        0,
        new MarketView.Instrument(
            now.markTicks(), now.indexTicks(), now.fundingIndex(), validity, now.ladders()),
        2_000);
  }

  @Test
  void tellsEachStateByTheThresholdThatDecidesIt() {
    MarketView view = new TestMarkets().with("BTC-PERP", "100", "0.1", "0.05").view();
    assertThat(stateOf("11", view)).isEqualTo(MarginState.HEALTHY);
    assertThat(stateOf("10.999999", view)).isEqualTo(MarginState.EARLY_WARNING);
    assertThat(stateOf("10", view)).isEqualTo(MarginState.EARLY_WARNING);
    assertThat(stateOf("9.999999", view)).isEqualTo(MarginState.MARGIN_CALL);
    assertThat(stateOf("5", view)).isEqualTo(MarginState.MARGIN_CALL);
    assertThat(stateOf("4.999999", view)).isEqualTo(MarginState.LIQUIDATION);
  }

  private static MarginState stateOf(String cash, MarketView view) {
    Portfolio portfolio = cash(cash);
    hold(portfolio, view, "BTC-PERP", "1", "100");
    MarginStatement statement = MarginStatement.of(portfolio, view);
    String allowed =
        switch (statement.state()) {
          case HEALTHY, EARLY_WARNING -> "anything";
          case MARGIN_CALL -> "reductions only";
          case LIQUIDATION -> "reductions only, liquidation pending";
        };
    assertThat(statement.allowed()).isEqualTo(allowed);
    return statement.state();
  }

  @Test
  void statesAnEmptyAccount() {
    MarginStatement statement =
        MarginStatement.of(
            new Portfolio(), new TestMarkets().with("X-PERP", "1", "0.1", "0.05").view());
    assertThat(statement.state()).isEqualTo(MarginState.HEALTHY);
    assertThat(statement.positions()).isEmpty();
    assertThat(term(statement.terms(), "initial margin"))
        .isEqualTo(new Term("initial margin", "no position", "0"));
  }

  private static Term term(List<Term> terms, String name) {
    return terms.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}

package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.instrument.Asset;
import org.novation.risk.Vectors.Case;
import org.novation.risk.WithdrawalGate.Outage;

/** Risk rules, section 12: who may withdraw while something is wrong in the house. */
final class WithdrawalGateTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final int USDC = 0;
  private static final int ETH = 1;
  private static final int PERP = 0;

  private final Portfolio portfolio = TestMarkets.cash("1000");
  private MarketView view =
      new TestMarkets()
          .with("BTC-PERP", "100", "0.1", "0.05")
          .with(new Asset("ETH", 9, 900_000, 0, 0, false), "3000", 1_000_000)
          .view();

  @Test
  void letsWithdrawWhileNothingIsWrong() {
    TestMarkets.hold(portfolio, view, "BTC-PERP", "1", "100");
    portfolio.credit(ETH, 1);
    assertThat(against(WithdrawalGate.OPEN, USDC)).isNull();
    assertThat(against(WithdrawalGate.OPEN, ETH)).isNull();
  }

  @Test
  void waitsAfterAnOutageUntilItsTime() {
    WithdrawalGate during = new WithdrawalGate(List.of(new Outage("BTC", 0)), null);
    assertThat(against(during, USDC)).isEqualTo(new Stop(Brake.OUTAGE, "BTC", 0));
    WithdrawalGate after = new WithdrawalGate(List.of(new Outage("BTC", NOW + 1)), null);
    assertThat(against(after, USDC)).isEqualTo(new Stop(Brake.OUTAGE, "BTC", NOW + 1));
    WithdrawalGate over = new WithdrawalGate(List.of(new Outage("BTC", NOW)), null);
    assertThat(against(over, USDC)).isNull();
  }

  @Test
  void staysShutForAllWhileAnInsolventAccountIsKnown() {
    WithdrawalGate gate = new WithdrawalGate(List.of(), "broke");
    assertThat(against(gate, USDC)).isEqualTo(new Stop(Brake.INSOLVENT_ACCOUNT, "broke", 0));
  }

  static Stream<Case> blocked() {
    return Vectors.carried("insurance", "blocked");
  }

  @ParameterizedTest
  @MethodSource("blocked")
  void isShutWhereInsolventAccountsNeedMoreThanTheFundHasAndAlsoWhereTheyNeedNoMore(Case each) {
    BigDecimal fund = each.given("fundBalance");
    assertThat(shut(each.given("insolventMaintenanceShortfall")))
        .isEqualTo(each.expect().required("withdrawalsBlocked").asBoolean());
    assertThat(shut(fund)).as("the peer lets withdraw then; risk rules, section 12").isTrue();
    assertThat(shut(BigDecimal.ZERO)).isFalse();
  }

  private boolean shut(BigDecimal owed) {
    WithdrawalGate gate = new WithdrawalGate(List.of(), owed.signum() > 0 ? "broke" : null);
    return against(gate, USDC) != null;
  }

  @Test
  void namesAnOperatorsPauseOfTheAssetBeforeAnythingElse() {
    view = view.with(ETH, view.asset(ETH).braked(paused(NOW + 9)), NOW);
    WithdrawalGate gate = new WithdrawalGate(List.of(), "broke");
    assertThat(against(gate, ETH)).isEqualTo(new Stop(Brake.PAUSE, "ETH", NOW + 9));
    assertThat(against(gate, USDC)).isEqualTo(new Stop(Brake.INSOLVENT_ACCOUNT, "broke", 0));
  }

  @Test
  void leavesAnAssetAloneThatIsHeldBesideOneThatIsPaused() {
    portfolio.credit(ETH, 1);
    view = view.with(ETH, view.asset(ETH).braked(paused(NOW + 9)), NOW);
    assertThat(against(WithdrawalGate.OPEN, USDC)).isNull();
  }

  @Test
  void needsFreshPricesOfAllThatTheAccountsMarginDependsOn() {
    for (PriceValidity validity :
        List.of(PriceValidity.DIVERGED, PriceValidity.STALE, PriceValidity.NONE)) {
      MarketView.Instrument market = view.instrument(PERP);
      MarketView then =
          view.with(PERP, new MarketView.Instrument(1, 1, 0, validity, market.ladders()), NOW);
      assertThat(WithdrawalGate.OPEN.against(portfolio, USDC, then, NOW))
          .as("without a position")
          .isNull();
      Portfolio holder = TestMarkets.cash("1000");
      TestMarkets.hold(holder, view, "BTC-PERP", "1", "100");
      assertThat(WithdrawalGate.OPEN.against(holder, USDC, then, NOW)).isNotNull();
      Portfolio pledged = TestMarkets.cash("1000");
      pledged.credit(ETH, 1);
      MarketView.AssetPrice price = new MarketView.AssetPrice(1, 1, 1, 1, validity, 0);
      assertThat(WithdrawalGate.OPEN.against(pledged, USDC, view.with(ETH, price, NOW), NOW))
          .isNotNull();
    }
  }

  @Test
  void letsWhatCountsNothingAsCollateralLeaveWithoutAPriceButNotWhilePaused() {
    MarketView house =
        new TestMarkets()
            .with("BTC-PERP", "100", "0.1", "0.05")
            .with(new Asset("NOVA", 6, 0, 0, 1_000, false), "1", 1_000_000)
            .view();
    MarketView.AssetPrice none = new MarketView.AssetPrice(0, 0, 1, 1, PriceValidity.NONE, 0);
    MarketView unpriced = house.with(ETH, none, NOW);
    portfolio.credit(ETH, 1);
    assertThat(WithdrawalGate.OPEN.against(portfolio, ETH, unpriced, NOW)).isNull();
    assertThat(WithdrawalGate.OPEN.against(portfolio, USDC, unpriced, NOW)).isNull();
    for (Action action : Action.values())
      assertThat(unpriced.stop(action, portfolio, NOW)).as("%s", action).isNull();
    portfolio.credit(ETH, -2);
    assertThat(unpriced.stop(Action.LIQUIDATE, portfolio, NOW)).as("a debt counts").isNotNull();
    portfolio.credit(ETH, 2);
    MarketView pausing = house.with(ETH, none.braked(paused(NOW + 9)), NOW);
    assertThat(WithdrawalGate.OPEN.against(portfolio, ETH, pausing, NOW))
        .isEqualTo(new Stop(Brake.PAUSE, "NOVA", NOW + 9));
  }

  @Test
  void takesAHaltForAReasonToWait() {
    TestMarkets.hold(portfolio, view, "BTC-PERP", "1", "100");
    Brakes halted = Brakes.NONE.withHalt(NOW + 1);
    view = view.with(PERP, view.instrument(PERP).braked(halted), NOW);
    assertThat(against(WithdrawalGate.OPEN, USDC))
        .isEqualTo(new Stop(Brake.HALT, "BTC-PERP", NOW + 1));
  }

  @Test
  void saysWhetherAPositionMayBeLiquidated() {
    TestMarkets.hold(portfolio, view, "BTC-PERP", "1", "100");
    assertThat(view.mayLiquidate(PERP, NOW)).isTrue();
    assertThat(view.stop(Action.LIQUIDATE, portfolio, NOW)).isNull();
    Brakes paused = Brakes.NONE.withPause(Operation.LIQUIDATION, NOW + 1);
    view = view.with(PERP, view.instrument(PERP).braked(paused), NOW);
    assertThat(view.mayLiquidate(PERP, NOW)).isFalse();
    assertThat(view.mayLiquidate(PERP, NOW + 1)).isTrue();
    assertThat(view.stop(Action.LIQUIDATE, portfolio, NOW))
        .isEqualTo(new Stop(Brake.PAUSE, "BTC-PERP", NOW + 1));
    assertThat(view.stop(Action.LIQUIDATE, TestMarkets.cash("1"), NOW)).isNull();
  }

  @Test
  void aPauseEverywhereStopsAFlatAccountToo() {
    Brakes paused = Brakes.NONE.withPause(Operation.LIQUIDATION, NOW + 1);
    MarketView everywhere = view.with(USDC, view.asset(USDC).braked(paused), NOW);
    assertThat(everywhere.stop(Action.DRAW_FUND, TestMarkets.cash("-1"), NOW))
        .isEqualTo(new Stop(Brake.PAUSE, "USDC", NOW + 1));
    assertThat(view.stop(Action.DRAW_FUND, TestMarkets.cash("-1"), NOW)).isNull();
  }

  private static Brakes paused(long untilMs) {
    return Brakes.NONE.withPause(Operation.WITHDRAWALS, untilMs);
  }

  private @Nullable Stop against(WithdrawalGate gate, int asset) {
    return gate.against(portfolio, asset, view, NOW);
  }
}

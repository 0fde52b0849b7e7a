package org.novation.simulation.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CascadeLoadTest {
  private static final List<TradeLoad.Market> MARKETS =
      List.of(
          new TradeLoad.Market("BTC-PERP", 600_000, 1_000_000),
          new TradeLoad.Market("ETH-PERP", 30_000, 1_000_000));
  private static final int FIRST = CascadeLoad.MAKERS;

  private final CascadeLoad load = load(1, 4.35);

  private static CascadeLoad load(double from, double to) {
    return new CascadeLoad(7, FIRST, 10_000, from, to, MARKETS, List.of(60_000_000L, 3_000_000L));
  }

  @Test
  void sameSeedGivesTheSameTraders() {
    CascadeLoad again = load(1, 4.35);
    for (int account = FIRST; account < FIRST + 100; account++)
      assertThat(again.trader(account)).isEqualTo(load.trader(account));
  }

  @Test
  void aboutAFifthIsAboveTheLeverageAtWhichAFallOfThirtyPercentIsTooMuch() {
    int above = 0;
    for (int account = FIRST; account < FIRST + 10_000; account++) {
      CascadeLoad.Trader trader = load.trader(account);
      double notional = trader.lots() * (double) load.lotMicros().get(trader.market());
      double leverage = notional / trader.cashMicros();
      assertThat(leverage).isBetween(0.99, 4.36);
      if (leverage > 3.24) above++;
    }
    assertThat(above).isBetween(1_800, 2_200);
  }

  @Test
  void tradesGiveEachTraderItsPositionAgainstAMaker() {
    for (int account = FIRST; account < FIRST + 1_000; account++) {
      Order order = load.order(account);
      assertThat(order.buyer()).isEqualTo(account);
      assertThat(order.seller()).isBetween(0, CascadeLoad.MAKERS - 1);
      assertThat(order.lots()).isEqualTo(load.trader(account).lots()).isPositive();
    }
  }

  @Test
  void refusesTradersWhoAreMakersAndLeverageBelowOne() {
    assertThatThrownBy(() -> new CascadeLoad(1, 0, 10, 1, 2, MARKETS, List.of(1L, 1L)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> load(0.5, 2)).isInstanceOf(IllegalArgumentException.class);
  }
}

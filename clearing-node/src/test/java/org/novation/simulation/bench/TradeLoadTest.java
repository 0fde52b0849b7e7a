package org.novation.simulation.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TradeLoadTest {
  private static final List<TradeLoad.Market> MARKETS =
      List.of(new TradeLoad.Market("BTC-PERP", 600_000, 10), new TradeLoad.Market("X-PERP", 1, 1));

  @Test
  void sameSeedGivesTheSameTrades() {
    TradeLoad one = new TradeLoad(7, 100, Skew.MARKET_MAKER, MARKETS);
    TradeLoad other = new TradeLoad(7, 100, Skew.MARKET_MAKER, MARKETS);
    assertThat(orders(one, 1_000)).isEqualTo(orders(other, 1_000));
  }

  @ParameterizedTest
  @EnumSource(Skew.class)
  void everyTradeIsOneThatAVenueCouldReport(Skew skew) {
    TradeLoad load = new TradeLoad(1, 6, skew, MARKETS);
    assertThat(orders(load, 10_000))
        .allSatisfy(
            order -> {
              assertThat(order.buyer()).isBetween(0, 5).isNotEqualTo(order.seller());
              assertThat(order.seller()).isBetween(0, 5);
              assertThat(order.priceTicks()).isPositive();
              assertThat(order.lots()).isPositive();
            })
        .extracting(Order::number)
        .doesNotHaveDuplicates();
  }

  @Test
  void marketMakersAreOneSideOfNineTradesInTen() {
    TradeLoad load = new TradeLoad(1, 1_000, Skew.MARKET_MAKER, MARKETS);
    List<Order> orders = orders(load, 100_000);
    assertThat(orders.stream().filter(order -> maker(order.buyer()) || maker(order.seller())))
        .hasSizeBetween(89_500, 90_500);
    assertThat(orders.stream().filter(order -> maker(order.buyer()) && maker(order.seller())))
        .isEmpty();
  }

  @Test
  void tooFewAccountsAreRefused() {
    assertThatThrownBy(() -> new TradeLoad(1, 1, Skew.UNIFORM, MARKETS))
        .hasMessageContaining("at least 2 accounts");
    assertThatThrownBy(() -> new TradeLoad(1, 5, Skew.MARKET_MAKER, MARKETS))
        .hasMessageContaining("at least 6 accounts");
  }

  private static boolean maker(int account) {
    return account < TradeLoad.MAKERS;
  }

  private static List<Order> orders(TradeLoad load, int many) {
    return Stream.generate(load::next).limit(many).toList();
  }
}

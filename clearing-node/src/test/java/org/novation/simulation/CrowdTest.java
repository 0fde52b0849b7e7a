package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.node.InstrumentConfig;

final class CrowdTest {
  private static final Catalogue CATALOGUE =
      InstrumentConfig.in(Path.of("..", "config")).catalogue();
  private static final List<Crowd.Market> MARKETS =
      List.of(
          new Crowd.Market(CATALOGUE.instrumentListed("BTC-PERP"), 64_000),
          new Crowd.Market(CATALOGUE.instrumentListed("ETH-PERP"), 3_300));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyDealIsOnTheGridWithinTheLimitsAndTheBand(long seed) {
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 500, seed);
    double[] last = new double[2];
    int deals = 0;
    try (CrashDay day = CrashDay.of(seed, 0)) {
      for (Tick tick = day.next(); tick != null; tick = day.next()) {
        int market = tick.symbol().equals("BTC") ? 0 : 1;
        last[market] = tick.price().doubleValue();
        crowd.priced(market, last[market]);
        if (market == 0) continue;
        for (Deal deal : crowd.round(tick.timeMs(), 10, 10)) {
          Perpetual perpetual = CATALOGUE.perpetual(deal.instrument());
          double price =
              perpetual.tick().unscaled()
                  * deal.priceTicks()
                  / Math.pow(10, perpetual.tick().scale());
          double now = last[perpetual.symbol().equals("BTC-PERP") ? 0 : 1];
          assertThat(deal.lots()).isBetween(1L, perpetual.lotsPerTradeMax());
          assertThat(Math.abs(price / now - 1)).as("seed %d, %s", seed, deal).isLessThan(0.002);
          assertThat(deal.buyer()).isNotEqualTo(deal.seller());
          assertThat(deal.timeMs()).isEqualTo(tick.timeMs());
          if (deal.number() % 17 == 0) crowd.refused(deal);
          else crowd.novated(deal);
          deals++;
        }
      }
    }
    assertThat(crowd.opened()).isTrue();
    assertThat(deals).isGreaterThan(20_000);
  }

  @Test
  void theSameSeedGivesTheSameCrowdAndTheSameDeals() {
    assertThat(deals(5)).isEqualTo(deals(5)).isNotEqualTo(deals(6));
  }

  @Test
  void makersAreOnOneSideOfMostDeals() {
    List<Deal> deals = deals(5);
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 1_000, 5);
    long withMaker =
        deals.stream()
            .filter(
                deal ->
                    crowd.role(deal.buyer()) == Crowd.Role.MARKET_MAKER
                        || crowd.role(deal.seller()) == Crowd.Role.MARKET_MAKER)
            .count();
    assertThat((double) withMaker / deals.size()).isBetween(0.8, 0.97);
  }

  @Test
  void aCrowdHasEveryRoleAndEverybodyBringsSomething() {
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 2_000, 9);
    Map<Crowd.Role, Integer> roles = new EnumMap<>(Crowd.Role.class);
    boolean coins = false;
    for (int account = 0; account < crowd.accounts(); account++) {
      roles.merge(crowd.role(account), 1, Integer::sum);
      assertThat(crowd.deposits(account)).isNotEmpty().allMatch(deposit -> deposit.amount() > 0);
      coins |= crowd.deposits(account).stream().anyMatch(deposit -> deposit.asset() != 0);
      assertThat(crowd.accountId(account)).matches("[a-z]+-[0-9]{6}");
    }
    assertThat(roles.keySet()).containsExactlyInAnyOrder(Crowd.Role.values());
    assertThat(roles.get(Crowd.Role.LEVERAGED_LONG)).isBetween(800, 1_080);
    assertThat(roles.get(Crowd.Role.MARKET_MAKER)).isEqualTo(40);
    assertThat(coins).isTrue();
  }

  @Test
  void aMarketThatHasNotShownAPriceIsNotTraded() {
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 500, 3);
    crowd.priced(0, 64_000);
    assertThat(crowd.round(1, 500, 100))
        .isNotEmpty()
        .allMatch(deal -> deal.instrument() == MARKETS.getFirst().instrument());
  }

  @Test
  void theLargestCrowdStillFitsAndOpensItsPositions() {
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 100_000, 3);
    crowd.priced(0, 64_000);
    crowd.priced(1, 3_300);
    int deals = 0;
    while (!crowd.opened()) {
      for (Deal deal : crowd.round(1, 1_000, 0)) {
        crowd.novated(deal);
        deals++;
      }
    }
    assertThat(deals).isGreaterThan(90_000);
  }

  private static List<Deal> deals(long seed) {
    Crowd crowd = new Crowd(CATALOGUE, MARKETS, 1_000, seed);
    List<Deal> deals = new ArrayList<>();
    for (int round = 0; round < 100; round++) {
      crowd.priced(0, 64_000 - round * 50);
      crowd.priced(1, 3_300 + round);
      for (Deal deal : crowd.round(round, 20, 20)) {
        crowd.novated(deal);
        deals.add(deal);
      }
    }
    return deals;
  }
}

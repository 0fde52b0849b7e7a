package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.node.InstrumentConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.DiscountPoint;
import org.novation.protocol.v1.Position;
import org.novation.simulation.Liquidator.Wish;

/** What a built-in liquidator wants, and that it keeps to its limits. */
final class LiquidatorTest {
  private static final double CAPITAL = 100_000;

  private final Volatilities calm =
      new Volatilities(InstrumentConfig.in(Path.of("..", "config")).catalogue());

  @Test
  void itNeverWantsMoreThanItsLimitWhateverTheSeed() {
    Seeds.each(
        200,
        seed -> {
          Liquidator liquidator = liquidator(seed);
          for (int n = 0; n < 200; n++) {
            Auction auction = auction("1", "1");
            Wish wish = liquidator.wish(auction, calm).orElse(null);
            if (wish == null) break;
            assertThat(wish.fraction()).isBetween(0.01, 1.0);
            assertThat(wish.discount()).isPositive();
            liquidator.bid(auction, wish);
          }
          assertThat(liquidator.held()).isLessThanOrEqualTo(liquidator.limit());
        });
  }

  @Test
  void itWantsMoreWhenPricesMoveMore() {
    Volatilities wild = new Volatilities(InstrumentConfig.in(Path.of("..", "config")).catalogue());
    for (int n = 0; n < 20; n++) wild.priced("BTC", n % 2 == 0 ? 60_000 : 57_000, n * 60_000L);
    Auction auction = auction("1", "1");
    assertThat(liquidator(1).wish(auction, wild).orElseThrow().discount())
        .isGreaterThan(liquidator(1).wish(auction, calm).orElseThrow().discount());
  }

  @Test
  void itWantsMoreWhenItIsNearlyFull() {
    Liquidator full = liquidator(1);
    full.holds(holding("BTC-PERP", String.valueOf(full.limit() * 0.8)));
    Auction auction = auction("1", "0.1");
    assertThat(full.wish(auction, calm).orElseThrow().discount())
        .isGreaterThan(liquidator(1).wish(auction, calm).orElseThrow().discount());
  }

  @Test
  void fullItStillTakesWhatMakesItsPositionSmaller() {
    Liquidator full = liquidator(1);
    full.holds(holding("BTC-PERP", String.valueOf(-full.limit())));
    assertThat(full.wish(auction("0.1", "0.1"), calm)).isPresent();
    full.holds(holding("BTC-PERP", String.valueOf(full.limit())));
    assertThat(full.wish(auction("0.1", "0.1"), calm)).isEmpty();
  }

  @Test
  void aRemainderThatIsNotWorthAnybodysWhileIsTakenWhole() {
    // 0.001 of a lot of 60,000 each.
    Wish wish = liquidator(1).wish(auction("1", "0.001"), calm).orElseThrow();
    assertThat(wish.fraction()).isEqualTo(0.001);
  }

  @Test
  void nothingIsWantedOfWhatHasNoMark() {
    Auction stale =
        auction("1", "1").toBuilder()
            .setLegs(0, auction("1", "1").getLegs(0).toBuilder().setMark(""))
            .build();
    assertThat(liquidator(1).wish(stale, calm)).isEmpty();
  }

  @Test
  void itKnowsFromTheScheduleWhenItsPriceIsReached() {
    Auction auction = auction("1", "1");
    assertThat(Liquidator.reachedAtMs(auction, 0)).isEqualTo(1_000);
    assertThat(Liquidator.reachedAtMs(auction, 0.005)).isEqualTo(16_000);
    assertThat(Liquidator.reachedAtMs(auction, 0.02)).isEqualTo(61_000);
    assertThat(Liquidator.reachedAtMs(auction, 0.021)).isNull();
  }

  @Test
  void coinsAreBoughtWithCashThatItHasAndNoMore() {
    Auction coins =
        auction("1", "1").toBuilder()
            .setLegs(
                0,
                auction("1", "1").getLegs(0).toBuilder().clearInstrument().setAsset("BTC").build())
            .build();
    Liquidator liquidator = liquidator(1);
    liquidator.holds(Account.newBuilder().setCash("30000").build());
    Wish wish = liquidator.wish(coins, calm).orElseThrow();
    assertThat(wish.notional()).isLessThanOrEqualTo(30_000.0);
    liquidator.bid(coins, wish);
    liquidator.bid(coins, new Wish(0.5, 0, 30_000));
    assertThat(liquidator.wish(coins, calm)).as("nothing is left to pay with").isEmpty();
    liquidator.holds(Account.newBuilder().setCash("-1").build());
    assertThat(liquidator.wish(coins, calm)).isEmpty();
  }

  private static Liquidator liquidator(long seed) {
    return new Liquidator(0, "USDC", Dice.of(seed, "test"), CAPITAL);
  }

  private static Account holding(String instrument, String notional) {
    return Account.newBuilder()
        .addPositions(Position.newBuilder().setInstrument(instrument).setNotional(notional))
        .build();
  }

  private static Auction auction(String quantity, String free) {
    return Auction.newBuilder()
        .setAuctionId("x.1")
        .setMinimumBid("0.01")
        .addLegs(
            AuctionLeg.newBuilder()
                .setInstrument("BTC-PERP")
                .setQuantity(quantity)
                .setFree(free)
                .setMark("60000")
                .setWeight("750"))
        .addAllSchedule(List.of(point(1_000, "0"), point(31_000, "0.01"), point(61_000, "0.02")))
        .build();
  }

  private static DiscountPoint point(long atMs, String discount) {
    return DiscountPoint.newBuilder().setAtMs(atMs).setDiscount(discount).build();
  }
}

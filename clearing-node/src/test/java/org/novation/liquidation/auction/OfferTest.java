package org.novation.liquidation.auction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Offer.Verdict;

final class OfferTest {
  private static final Slice SLICE =
      new Slice(
          List.of(
              new Slice.Leg("BTC-PERP", 100, 60, 3_000), new Slice.Leg("ETH-PERP", -7, 3, 1_000)),
          2_000,
          8_000,
          4_000,
          6_021,
          100,
          false);

  private final Offer offer = Offer.of("auction", SLICE);

  @Test
  void settlesABidOnceAndNoMoreThanIsForSale() {
    Allocation most = part(70, -7);
    assertThat(offer.judge("b-1", most)).isEqualTo(Verdict.SETTLE);
    Offer then = offer.settle("b-1", most);
    assertThat(then.judge("b-1", most)).isEqualTo(Verdict.SETTLED_BEFORE);
    assertThat(then.judge("b-2", part(31, 0))).isEqualTo(Verdict.REFUSED);
    assertThat(then.judge("b-2", part(30, -1))).isEqualTo(Verdict.REFUSED);
    Offer last = then.settle("b-2", part(30, 0));
    assertThat(last.nothingRemains()).isTrue();
    assertThat(last.soldLots()).containsExactly(100L, 7L);
  }

  @Test
  void refusesWhatWouldAddToAPositionOrTouchAnother() {
    assertThat(offer.judge("b", part(-1, 0))).isEqualTo(Verdict.REFUSED);
    Allocation other = new Allocation(List.of(new Allocation.Leg("SOL-PERP", 1, 1)), 1, 0, 0, 0);
    assertThat(offer.judge("b", other)).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void takesOffTheSaleWhatTheAccountNeedsNoLongerAndNeverPutsItBack() {
    Offer sold = offer.settle("b-1", part(50, -1));
    Offer less = sold.reassess(needing(20, -7));
    assertThat(less.withdrawnLots()).containsExactly(30L, 0L);
    assertThat(less.remainingLots(0)).isEqualTo(20);
    assertThat(less.remainingLots(1)).isEqualTo(6);
    assertThat(less.reassess(needing(100, -7))).isEqualTo(less);
    assertThat(less.reassess(needing(20, 7)).remainingLots(1)).isZero();
    assertThat(less.reassess(null).nothingRemains()).isTrue();
    assertThat(less.judge("b-2", part(21, 0))).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void restatesTheBankruptcyPriceOnTheAccountAsItIsNow() {
    assertThat(offer.bankruptcyMicros(new Saleable(2_000, 8_000))).isEqualTo(1_000);
    assertThat(offer.bankruptcyMicros(new Saleable(-1, 8_000))).isEqualTo(-1);
  }

  private static Allocation part(long btc, long eth) {
    List<Allocation.Leg> legs =
        eth == 0
            ? List.of(new Allocation.Leg("BTC-PERP", btc, 60))
            : List.of(
                new Allocation.Leg("BTC-PERP", btc, 60), new Allocation.Leg("ETH-PERP", eth, 3));
    return new Allocation(legs, 1, 0, 0, 0);
  }

  private static Slice needing(long btc, long eth) {
    return new Slice(
        List.of(new Slice.Leg("BTC-PERP", btc, 60, 1), new Slice.Leg("ETH-PERP", eth, 3, 1)),
        1,
        1,
        1,
        1,
        0,
        false);
  }
}

package org.novation.liquidation.auction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

final class AuctionTermsTest {
  /** Ten seconds to a penalty of 100, twenty to bankruptcy at 300, five to the fund's 50 more. */
  private static final AuctionTerms SOLVENT =
      new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 300, 50);

  @Test
  void risesFromNothingToThePenaltyToBankruptcyToTheFundsCap() {
    assertThat(SOLVENT.discountMicros(0)).isZero();
    assertThat(SOLVENT.discountMicros(1_000)).isZero();
    assertThat(SOLVENT.discountMicros(6_000)).isEqualTo(50);
    assertThat(SOLVENT.discountMicros(11_000)).isEqualTo(100);
    assertThat(SOLVENT.discountMicros(21_000)).isEqualTo(200);
    assertThat(SOLVENT.discountMicros(31_000)).isEqualTo(300);
    assertThat(SOLVENT.discountMicros(33_500)).isEqualTo(325);
    assertThat(SOLVENT.discountMicros(36_000)).isEqualTo(350);
    assertThat(SOLVENT.discountMicros(Long.MAX_VALUE)).isEqualTo(350);
    assertThat(SOLVENT.endsAtMs()).isEqualTo(38_000);
    assertThat(SOLVENT.discountPpm(6_000)).isEqualTo(5_000);
  }

  @Test
  void beginsWithTheFundsMoneyWhenTheAccountIsInsolvent() {
    AuctionTerms insolvent =
        new AuctionTerms(0, 10_000, 20_000, 5_000, 2_000, 10_000, 0, -100, 300);
    assertThat(insolvent.discountMicros(0)).isZero();
    assertThat(insolvent.discountMicros(2_500)).isEqualTo(100);
    assertThat(insolvent.discountMicros(5_000)).isEqualTo(200);
    assertThat(insolvent.endsAtMs()).isEqualTo(7_000);
  }

  @Test
  void offersAtTheMarkForTheLastCallWhenTheFundCannotEvenPayTheDeficit() {
    AuctionTerms broke = new AuctionTerms(0, 10_000, 20_000, 5_000, 2_000, 10_000, 0, -100, 100);
    assertThat(broke.discountMicros(1_999)).isZero();
    assertThat(broke.endsAtMs()).isEqualTo(2_000);
  }

  @Test
  void neverFallsStaysBelowItsEndAndTellsWhenItReachesAPrice() {
    Seeds.each(
        2_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          AuctionTerms terms = random(random);
          long before = 0;
          for (long at = terms.startMs(); at <= terms.endsAtMs(); at += 1 + random.nextLong(500)) {
            long discount = terms.discountMicros(at);
            assertThat(discount).isGreaterThanOrEqualTo(before);
            before = discount;
          }
          long last = terms.discountMicros(terms.endsAtMs());
          long solvent = Math.max(0, terms.bankruptcyMicros());
          assertThat(last)
              .isEqualTo(Math.max(solvent, terms.bankruptcyMicros() + terms.fundCapMicros()));
          assertThat(terms.reachedAtMs(last + 1)).isEmpty();
          long asked = random.nextLong(last + 1);
          OptionalLong reached = terms.reachedAtMs(asked);
          assertThat(terms.discountMicros(reached.orElseThrow())).isGreaterThanOrEqualTo(asked);
          if (reached.getAsLong() > terms.startMs())
            assertThat(terms.discountMicros(reached.getAsLong() - 1)).isLessThan(asked);
        });
  }

  @Test
  void refusesTermsThatMakeNoSense() {
    assertThatThrownBy(() -> new AuctionTerms(0, -1, 0, 0, 1, 1, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AuctionTerms(0, 0, 0, 0, 0, 1, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AuctionTerms(0, 0, 0, 0, 1, 0, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AuctionTerms(0, 0, 0, 0, 1, 1, 0, 0, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AuctionTerms(0, 0, 0, 0, 1, 1, 0, 5, Long.MAX_VALUE))
        .isInstanceOf(ArithmeticException.class);
  }

  static AuctionTerms random(SplittableRandom random) {
    long notional = 1 + (long) Math.exp(random.nextDouble() * 35);
    long bankruptcy = random.nextLong(notional) - (random.nextInt(3) == 0 ? notional / 2 : 0);
    return new AuctionTerms(
        random.nextLong(1_000_000),
        random.nextInt(4) == 0 ? 0 : random.nextLong(40_000),
        random.nextInt(4) == 0 ? 0 : random.nextLong(40_000),
        random.nextInt(4) == 0 ? 0 : random.nextLong(40_000),
        1 + random.nextLong(20_000),
        notional,
        random.nextLong(notional / 4 + 1),
        bankruptcy,
        random.nextInt(3) == 0 ? 0 : random.nextLong(notional));
  }
}

package org.novation.liquidation.auction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

final class AuctionTermsTest {
  /** Ten seconds to a penalty of 100, twenty to bankruptcy at 300, five to the fund's 50 more. */
  private static final AuctionTerms SOLVENT =
      new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 300, 50);

  private static final long M = 1_000_000;

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
  void goesOnFromTheDiscountThatStandsWhenTheBankruptcyPriceMoves() {
    // At 2 of 1 to 3, the half: that is a quarter of 1 to 5, and four fifths of 1 to 2.25.
    AuctionTerms terms = new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, M, M, 3 * M, M / 2);
    AuctionTerms richer = terms.withBankruptcyMicros(5 * M, 21_000);
    assertThat(richer.discountMicros(21_000)).isEqualTo(2 * M);
    assertThat(richer.reachedAtMs(5 * M)).hasValue(36_000);
    assertThat(richer.endsAtMs()).isEqualTo(43_000);
    AuctionTerms poorer = terms.withBankruptcyMicros(2_250_000, 21_000);
    assertThat(poorer.discountMicros(21_000)).isEqualTo(2 * M);
    assertThat(poorer.reachedAtMs(2_250_000)).hasValue(25_000);
    assertThat(poorer.endsAtMs()).isEqualTo(32_000);
    assertThat(SOLVENT.withBankruptcyMicros(300, 21_000)).isEqualTo(SOLVENT);
  }

  @Test
  void beginsTheFundsPhaseWhereTheAccountHasNoMoreThanTheDiscountThatStands() {
    // At 50 of a penalty of 100, then at 200 of 300: the fund is asked from what is left, in full.
    assertThat(SOLVENT.withBankruptcyMicros(40, 6_000))
        .isEqualTo(new AuctionTerms(-4_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 40, 50));
    AuctionTerms fallen = SOLVENT.withBankruptcyMicros(120, 21_000);
    assertThat(fallen.discountMicros(21_000)).isEqualTo(120);
    assertThat(fallen.discountMicros(23_500)).isEqualTo(145);
    assertThat(fallen.endsAtMs()).isEqualTo(28_000);
  }

  @Test
  void goesBackToTheAccountsOwnMoneyWhenADepositComesInTheFundsPhase() {
    AuctionTerms deposited = SOLVENT.withBankruptcyMicros(525, 33_500);
    assertThat(deposited.discountMicros(33_500)).isEqualTo(325);
    assertThat(deposited.discountMicros(34_500)).isEqualTo(346);
    assertThat(deposited.reachedAtMs(525)).hasValue(42_911);
  }

  @Test
  void beginsTheLastCallButOnce() {
    AuctionTerms terms = SOLVENT;
    for (long at = 36_500; at < 38_400; at += 100) {
      terms = terms.withBankruptcyMicros(terms.bankruptcyMicros() + (at % 200 == 0 ? 1 : -1), at);
    }
    assertThat(terms.endsAtMs()).isLessThan(40_000);
  }

  @Test
  void beginsTheFundsPhaseAtNoMoreThanTheAccountHasThoughTheFundAnswersAfterTheLastCall() {
    AuctionTerms waiting =
        new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 300, 0);
    long now = waiting.endsAtMs() + 10;
    assertThat(waiting.withBankruptcyMicros(400, now)).isEqualTo(waiting);
    for (long bankruptcy : new long[] {120, 40, -20}) {
      AuctionTerms fallen = waiting.withBankruptcyMicros(bankruptcy, now);
      assertThat(fallen.endsAtMs()).isEqualTo(waiting.endsAtMs());
      AuctionTerms pledged = fallen.withFundCapMicros(50, 2_000, now);
      assertThat(pledged.discountMicros(now)).isEqualTo(Math.max(0, bankruptcy));
      assertThat(pledged.discountMicros(now + 5_000)).isEqualTo(bankruptcy + 50);
      assertThat(pledged.endsAtMs()).isEqualTo(now + 7_000);
    }
  }

  @Test
  void neverJumpsAgainstTheSellerNorSkipsAPhaseWheneverTheBankruptcyPriceMoves() {
    List<Integer> moves = new ArrayList<>(List.of(0, 0, 0, 0));
    Seeds.each(
        4_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          AuctionTerms terms = timed(random(random));
          long now = terms.startMs();
          for (int move = 0; move < 8; move++) {
            now += random.nextLong(1 + (terms.endsAtMs() - now) / 3);
            AuctionTerms moved = terms.withBankruptcyMicros(movedBankruptcy(terms, random), now);
            int phase = phase(terms, now);
            moves.set(phase, moves.get(phase) + 1);
            // The discount stands, but for a millisecond; it falls to where its phase leads now.
            long stood = Math.min(terms.discountMicros(now), highest(moved, Math.min(phase, 2)));
            assertThat(moved.discountMicros(now)).isLessThanOrEqualTo(stood);
            if (moved.discountMicros(now) < stood)
              assertThat(moved.discountMicros(now + 1)).isGreaterThan(stood);
            // What comes after the phase is still to come, in full.
            for (int later = phase + 1; later <= 3; later++)
              assertThat(beginsAtMs(moved, later)).isGreaterThanOrEqualTo(now);
            long lastCalled = phase == 3 ? now - beginsAtMs(terms, 3) : 0;
            assertThat(moved.lastCallMs() + lastCalled).isEqualTo(terms.lastCallMs());
            // And a fall does not draw the sale out.
            if (moved.bankruptcyMicros() <= terms.bankruptcyMicros())
              assertThat(moved.endsAtMs()).isLessThanOrEqualTo(terms.endsAtMs());
            if (moved.bankruptcyMicros() == terms.bankruptcyMicros() && phase < 3)
              assertThat(moved).isEqualTo(terms);
            terms = moved;
          }
        });
    assertThat(moves).as("moves in each phase").allMatch(times -> times > 500);
  }

  private static long movedBankruptcy(AuctionTerms terms, SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> terms.bankruptcyMicros();
      case 1 -> terms.bankruptcyMicros() + random.nextInt(-3, 4);
      case 2 -> terms.bankruptcyMicros() - random.nextLong(terms.notionalMicros());
      default -> random.nextLong(terms.notionalMicros());
    };
  }

  /** With no phase that takes no time, for that one is jumped over by intent. */
  private static AuctionTerms timed(AuctionTerms terms) {
    return new AuctionTerms(
        terms.startMs(),
        1 + terms.penaltyPhaseMs(),
        1 + terms.bankruptcyPhaseMs(),
        1 + terms.fundPhaseMs(),
        terms.lastCallMs(),
        terms.notionalMicros(),
        terms.penaltyMicros(),
        terms.bankruptcyMicros(),
        terms.fundCapMicros());
  }

  /** The discount at which a phase ends. */
  private static long highest(AuctionTerms terms, int phase) {
    long solvent = Math.max(0, terms.bankruptcyMicros());
    return switch (phase) {
      case 0 -> Math.min(terms.penaltyMicros(), solvent);
      case 1 -> solvent;
      default -> Math.max(solvent, terms.bankruptcyMicros() + terms.fundCapMicros());
    };
  }

  /** When a phase begins, reckoned from the end; 3 is the last call. */
  private static long beginsAtMs(AuctionTerms terms, int phase) {
    long[] lasts = {terms.penaltyPhaseMs(), terms.bankruptcyPhaseMs(), terms.fundPhaseMs()};
    long at = terms.endsAtMs() - terms.lastCallMs();
    for (int each = 2; each >= phase; each--) {
      boolean leadsOn = highest(terms, each) > (each == 0 ? 0 : highest(terms, each - 1));
      if (leadsOn) at -= lasts[each];
    }
    return at;
  }

  private static int phase(AuctionTerms terms, long nowMs) {
    int phase = 3;
    while (phase > 0 && beginsAtMs(terms, phase) > nowMs) phase--;
    return phase;
  }

  @Test
  void offersTheFundsMoneyFromTheMomentThatItIsKnownAndNotBeforeTheBankruptcyPrice() {
    AuctionTerms terms = new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 300, 0);
    assertThat(terms.bankruptcyReachedAtMs()).isEqualTo(31_000);
    assertThat(terms.endsAtMs()).isEqualTo(33_000);
    AuctionTerms early = terms.withFundCapMicros(50, 2_000, 20_000);
    assertThat(early.startMs()).isEqualTo(1_000);
    assertThat(early.discountMicros(20_000)).isEqualTo(terms.discountMicros(20_000));
    assertThat(early.endsAtMs()).isEqualTo(38_000);
    AuctionTerms late = terms.withFundCapMicros(50, 2_000, 32_500);
    assertThat(late.discountMicros(32_500)).isEqualTo(300);
    assertThat(late.discountMicros(35_000)).isEqualTo(325);
    assertThat(late.discountMicros(37_500)).isEqualTo(350);
    assertThat(late.endsAtMs()).isEqualTo(39_500);
  }

  @Test
  void cornersTellTheDiscountOfEveryMoment() {
    AuctionTerms terms =
        new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 100, 300, 50);
    assertThat(terms.corners())
        .containsExactly(
            new AuctionTerms.Corner(1_000, 0),
            new AuctionTerms.Corner(11_000, 100),
            new AuctionTerms.Corner(31_000, 300),
            new AuctionTerms.Corner(36_000, 350));
    for (AuctionTerms.Corner corner : terms.corners())
      assertThat(terms.discountMicros(corner.atMs())).isEqualTo(corner.discountMicros());
    AuctionTerms insolvent =
        new AuctionTerms(1_000, 10_000, 20_000, 5_000, 2_000, 10_000, 0, -300, 200);
    assertThat(insolvent.corners()).containsExactly(new AuctionTerms.Corner(1_000, 0));
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

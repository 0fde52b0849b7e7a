package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Allocation.Unfilled;

/** What must hold of every decision, whatever it is made of. */
final class AllocationPropertyTest {
  private static final int SEEDS = 3_000;

  @Test
  void takesTheDeficitToTheMicroOrAllTheProfitThereIs() {
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.PRO_RATA);
          Allocation decided = new ProRataPolicy().allocate(input);
          long bases = Arrays.stream(input.baseMicros()).sum();
          long taken = decided.takings().stream().mapToLong(Taking::totalMicros).sum();
          assertThat(taken).isEqualTo(Math.min(input.deficitMicros(), bases));
          assertThat(decided.haircutMicros()).isEqualTo(taken);
          assertThat(decided.uncoveredMicros()).isEqualTo(input.deficitMicros() - taken);
        });
  }

  @Test
  void takesProfitOnlyAndOnlyWhatIsStillInTheAccount() {
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.PRO_RATA);
          Map<String, Long> byAccount = new HashMap<>();
          for (Taking taking : new ProRataPolicy().allocate(input).takings()) {
            Candidate candidate = candidate(input, taking.instrument(), taking.account());
            assertThat(taking.totalMicros()).isBetween(1L, taking.baseMicros());
            assertThat(taking.baseMicros())
                .isLessThanOrEqualTo(
                    Math.max(0, candidate.unrealisedMicros() + candidate.realisedMicros()));
            byAccount.merge(taking.account(), taking.totalMicros(), Long::sum);
            assertThat(byAccount.get(taking.account()))
                .isLessThanOrEqualTo(candidate.equityMicros());
          }
        });
  }

  /** Who is on the defaulter's side pays at most as one of the pool's other winners. */
  @Test
  void takesFirstFromThoseAgainstTheDefaulterAndFromOthersOnlyWhenTheirProfitIsGone() {
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.PRO_RATA);
          Allocation decided = new ProRataPolicy().allocate(input);
          Map<String, Exposure> exposures = new HashMap<>();
          input.exposures().forEach(each -> exposures.put(each.instrument(), each));
          boolean pool = false;
          for (Taking taking : decided.takings()) {
            Exposure exposure = exposures.get(taking.instrument());
            Candidate candidate = candidate(input, taking.instrument(), taking.account());
            if (taking.micros() > 0) {
              assertThat(exposure != null && exposure.against(candidate)).isTrue();
              assertThat(exposure != null && exposure.lossMicros() > 0).isTrue();
            }
            pool |= taking.poolMicros() > 0;
          }
          long losses = input.exposures().stream().mapToLong(Exposure::lossMicros).sum();
          if (pool && losses > 0) assertThat(someInstrumentGaveAll(input, decided)).isTrue();
        });
  }

  private static boolean someInstrumentGaveAll(AdlInput input, Allocation decided) {
    long[] bases = input.baseMicros();
    for (Exposure exposure : input.exposures()) {
      if (exposure.lossMicros() == 0) continue;
      long profit = 0;
      for (int n = 0; n < bases.length; n++) {
        if (exposure.against(input.candidates().get(n))) profit += bases[n];
      }
      long taken =
          decided.takings().stream()
              .filter(each -> each.instrument().equals(exposure.instrument()))
              .mapToLong(Taking::micros)
              .sum();
      if (taken == profit) return true;
    }
    return false;
  }

  @Test
  void closesExactlyWhatIsNeededOrAllThereIsAndNeverMoreThanSomebodyHolds() {
    for (Kind kind : Kind.values()) {
      Seeds.each(SEEDS, seed -> contractsAreZeroSum(new RandomWaves(seed).input(kind)));
    }
  }

  private static void contractsAreZeroSum(AdlInput input) {
    Allocation decided = AdlPolicy.of(input.policy()).allocate(input);
    for (Exposure exposure : input.exposures()) {
      long closed = 0;
      Set<String> accounts = new HashSet<>();
      for (Closing closing : decided.closings()) {
        if (!closing.instrument().equals(exposure.instrument())) continue;
        Candidate candidate = candidate(input, closing.instrument(), closing.account());
        assertThat(accounts.add(closing.account())).isTrue();
        assertThat(closing.version()).isEqualTo(candidate.version());
        assertThat(Long.signum(closing.lots())).isEqualTo(exposure.side());
        assertThat(Long.signum(candidate.lots())).isEqualTo(-exposure.side());
        assertThat(Math.abs(closing.lots())).isBetween(1L, Math.abs(candidate.lots()));
        closed += Math.abs(closing.lots());
      }
      long unfilled =
          decided.unfilled().stream()
              .filter(each -> each.instrument().equals(exposure.instrument()))
              .mapToLong(Unfilled::lots)
              .sum();
      assertThat(closed + unfilled).isEqualTo(exposure.closeLots());
      if (unfilled > 0 && input.policy() == Kind.PRO_RATA) {
        long closable =
            input.candidates().stream()
                .filter(exposure::against)
                .mapToLong(Candidate::closableLots)
                .sum();
        assertThat(closed).as("all there is").isEqualTo(closable);
      }
    }
  }

  @Test
  void neverBreaksAHedgeUnderTheDefaultPolicy() {
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.PRO_RATA);
          Allocation decided = new ProRataPolicy().allocate(input);
          assertThat(decided.hedgesBroken()).isZero();
          for (Closing closing : decided.closings()) {
            assertThat(Math.abs(closing.lots()))
                .isLessThanOrEqualTo(
                    candidate(input, closing.instrument(), closing.account()).closableLots());
          }
        });
  }

  /** In the queue what is given up follows from the price; pro rata it never overshoots. */
  @Test
  void accountsForEveryMicroThatTheQueueGivesUp() {
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.QUEUE);
          Allocation decided = new QueuePolicy().allocate(input);
          long given = 0;
          for (Closing closing : decided.closings()) {
            Exposure exposure = exposure(input, closing.instrument());
            // Who buys above the mark, or sells below it, gives up the difference.
            given +=
                (closing.priceTicks() - exposure.markTicks())
                    * closing.lots()
                    * exposure.tickValueMicros();
          }
          assertThat(decided.haircutMicros()).isEqualTo(given);
          assertThat(decided.takings()).isEmpty();
          assertThat(decided.uncoveredMicros())
              .isEqualTo(input.deficitMicros() - Math.clamp(given, 0, input.deficitMicros()));
        });
  }

  /** Two closings, each of which it could bear, must not end an account together. */
  @Test
  void leavesNobodyWithLessThanNothingByAllThatTheQueueClosesOfIt() {
    int[] several = {0};
    Seeds.each(
        SEEDS,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(Kind.QUEUE);
          Map<String, Long> left = new HashMap<>();
          for (Closing closing : new QueuePolicy().allocate(input).closings()) {
            Candidate candidate = candidate(input, closing.instrument(), closing.account());
            Exposure exposure = exposure(input, closing.instrument());
            long gives = exposure.gainMicros(Math.abs(closing.lots()), closing.priceTicks());
            Long before = left.get(closing.account());
            long after = (before == null ? candidate.equityMicros() : before) - gives;
            assertThat(after >= 0 || gives <= 0).as("survives " + closing).isTrue();
            left.put(closing.account(), after);
            if (before != null && gives > 0) several[0]++;
          }
        });
    assertThat(several[0]).as("closings that took from who had closed before").isGreaterThan(500);
  }

  @Test
  void doesNotDependOnTheOrderOfItsInput() {
    for (Kind kind : Kind.values()) {
      Seeds.each(
          SEEDS,
          seed -> {
            AdlInput input = new RandomWaves(seed).input(kind);
            AdlInput shuffled = RandomWaves.shuffled(input, seed);
            assertThat(shuffled).isEqualTo(input);
            assertThat(Receipt.of(shuffled)).isEqualTo(Receipt.of(input));
          });
    }
  }

  static Exposure exposure(AdlInput input, String instrument) {
    return input.exposures().stream()
        .filter(each -> each.instrument().equals(instrument))
        .findFirst()
        .orElseThrow();
  }

  static Candidate candidate(AdlInput input, String instrument, String account) {
    return input.candidates().stream()
        .filter(each -> each.instrument().equals(instrument) && each.account().equals(account))
        .findFirst()
        .orElseThrow();
  }
}

package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

final class CandidateSelectionTest {
  private static final Exposure LONG = new Exposure("BTC-PERP", 1, 5, 0, 900, 0, 1);

  @Test
  void namesEveryWinnerOfThePoolAndTheBestOthersAgainstWhatIsToClose() {
    Candidate winner = position("BTC-PERP", "w", -4, 10);
    Candidate winnerOnTheSameSide = position("BTC-PERP", "v", 4, 10);
    Candidate winnerElsewhere = position("SOL-PERP", "u", 4, 10);
    Candidate littleLost = position("BTC-PERP", "l", -4, -1);
    Candidate muchLost = position("BTC-PERP", "m", -4, -100);
    Candidate loserOnTheSameSide = position("BTC-PERP", "n", 4, -1);
    Candidate loserElsewhere = position("SOL-PERP", "o", -4, -1);
    assertThat(
            CandidateSelection.ofNode(
                List.of(
                    muchLost,
                    winner,
                    winnerOnTheSameSide,
                    loserOnTheSameSide,
                    winnerElsewhere,
                    littleLost,
                    loserElsewhere),
                List.of(LONG),
                1))
        .containsExactlyInAnyOrder(winner, winnerOnTheSameSide, winnerElsewhere, littleLost);
  }

  @Test
  void namesNoLosersWhereOnlyMoneyIsMissing() {
    Exposure money = LONG.withCloseLots(0);
    assertThat(
            CandidateSelection.ofNode(
                List.of(position("BTC-PERP", "l", -4, -1)), List.of(money), 10))
        .isEmpty();
  }

  @Test
  void takesAnAccountThatMovedOnceAsItIsAtItsNewestVersion() {
    Candidate before = position("BTC-PERP", "a", -4, 10);
    Candidate after = new Candidate("BTC-PERP", "a", 2, -3, -2_700, 9, 0, 90, 0, 1, 1);
    Candidate closedSince = position("SOL-PERP", "a", -4, 10);
    assertThat(
            CandidateSelection.merge(
                List.of(List.of(before, closedSince), List.of(after)), "loser", 10))
        .containsExactly(after);
  }

  @Test
  void neverNamesTheDefaulter() {
    assertThat(
            CandidateSelection.merge(
                List.of(List.of(position("BTC-PERP", "loser", -4, 10))), "loser", 10))
        .isEmpty();
  }

  @Test
  void leavesTheSmallestProfitsOutWhereThereIsNoRoomForAll() {
    List<Candidate> all =
        IntStream.range(0, 50).mapToObj(n -> position("BTC-PERP", "a" + n, -4, n)).toList();
    assertThat(CandidateSelection.merge(List.of(all), "loser", 3))
        .extracting(Candidate::account)
        .containsExactly("a49", "a48", "a47");
  }

  /** However the accounts lie on nodes, the wave is decided alike. */
  @Test
  void decidesTheSameOnOneNodeAsOnSeveral() {
    Seeds.each(
        300,
        seed -> {
          AdlInput input = new RandomWaves(seed).input(AdlPolicy.Kind.PRO_RATA);
          List<List<Candidate>> nodes = List.of(new ArrayList<>(), new ArrayList<>());
          for (Candidate each : input.candidates())
            nodes.get(Math.floorMod(each.account().hashCode() + seed, 2)).add(each);
          List<Candidate> one =
              CandidateSelection.merge(
                  List.of(CandidateSelection.ofNode(input.candidates(), input.exposures(), 1_000)),
                  RandomWaves.DEFAULTER,
                  1_000);
          List<Candidate> several =
              CandidateSelection.merge(
                  nodes.stream()
                      .map(each -> CandidateSelection.ofNode(each, input.exposures(), 1_000))
                      .toList(),
                  RandomWaves.DEFAULTER,
                  1_000);
          assertThat(receipt(input, several)).isEqualTo(receipt(input, one));
        });
  }

  private static Receipt receipt(AdlInput input, List<Candidate> candidates) {
    return Receipt.of(input.remaining(input.deficitMicros(), input.exposures(), candidates));
  }

  private static Candidate position(String instrument, String account, long lots, long profit) {
    return new Candidate(
        instrument, account, 1, lots, lots * 900, profit, 0, 1_000, Math.abs(lots), 1, 0);
  }
}

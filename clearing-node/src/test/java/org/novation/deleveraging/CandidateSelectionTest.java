package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
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
                List.of(List.of(before, closedSince), List.of(after)), "loser", List.of()))
        .containsExactly(after);
  }

  @Test
  void neverNamesTheDefaulter() {
    assertThat(
            CandidateSelection.merge(
                List.of(List.of(position("BTC-PERP", "loser", -4, 10))), "loser", List.of()))
        .isEmpty();
  }

  @Test
  void leavesTheSmallestProfitsOutWhereThereIsNoRoomForAll() {
    List<Candidate> all =
        IntStream.range(0, 50).mapToObj(n -> position("BTC-PERP", "a" + n, -4, n)).toList();
    assertThat(CandidateSelection.merge(List.of(all), "loser", 3, Long.MAX_VALUE))
        .extracting(Candidate::account)
        .containsExactly("a49", "a48", "a47");
    long bytes = ReceiptBytes.most(all.getLast());
    assertThat(CandidateSelection.merge(List.of(all), "loser", 50, 4 * bytes - 1))
        .extracting(Candidate::account)
        .containsExactly("a49", "a48", "a47");
  }

  /** As many as may be named, with the longest names, each of whom closes and pays. */
  @Test
  void whateverIsNamedAWaveCanBeginWithIt() {
    long most = AdlInput.CANDIDATES_MAX;
    String name = "a".repeat(58);
    List<Candidate> named =
        LongStream.range(0, most)
            .mapToObj(n -> position("BTC-PERP", name + (100_000 + n), -1, 1 + n))
            .toList();
    Exposure all = LONG.withCloseLots(most);
    List<Candidate> merged = CandidateSelection.merge(List.of(named), "loser", List.of(all));
    assertThat(merged).hasSizeBetween(150_000, (int) most - 1);
    assertThat(merged.getLast().profitMicros()).as("the smallest left out").isGreaterThan(1);
    AdlInput input =
        new AdlInput(
            "main-1",
            "main",
            "loser",
            1,
            1,
            AdlPolicy.Kind.PRO_RATA,
            0,
            100,
            0,
            Long.MAX_VALUE >> 1,
            List.of(all),
            merged);
    Receipt receipt = Receipt.of(input);
    assertThat(receipt.allocation().closings()).hasSameSizeAs(merged);
    assertThat(receipt.allocation().takings()).hasSameSizeAs(merged);
    Coordination coordination = new Coordination("main");
    List<WaveEvent> begun = coordination.begin(receipt, 1);
    long bytes = 0;
    for (WaveEvent event : begun)
      if (event instanceof WaveEvent.ReceiptPart part) bytes += part.bytes().length;
    assertThat(bytes)
        .as("no room is wasted, beside what names that differ in length may need")
        .isBetween(AdlWave.RECEIPT_BYTES_MAX - (64L << 10), (long) AdlWave.RECEIPT_BYTES_MAX);
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
                  input.exposures());
          List<Candidate> several =
              CandidateSelection.merge(
                  nodes.stream()
                      .map(each -> CandidateSelection.ofNode(each, input.exposures(), 1_000))
                      .toList(),
                  RandomWaves.DEFAULTER,
                  input.exposures());
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

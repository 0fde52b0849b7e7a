package org.novation.insurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.insurance.CoverTwo.Coverage;
import org.novation.insurance.CoverTwo.TopTwo;

final class CoverTwoTest {
  @Test
  void setsTheTwoLargestLossesOfTheWorstMoveAgainstTheFund() {
    CoverTwo cover =
        CoverTwo.none(2)
            .with("a", new long[] {50, 90})
            .with("b", new long[] {60, 0})
            .with("c", new long[] {10, -700});
    assertThat(cover.against(100))
        .isEqualTo(new Coverage(0, new TopTwo("b", 60, "a", 50), 100, 10));
    assertThat(cover.against(110).covered()).isTrue();
    assertThat(cover.against(109).covered()).isFalse();
  }

  @Test
  void countsAnAccountOnceThoughTwoPartsNameIt() {
    CoverTwo here = CoverTwo.none(1).with("a", new long[] {50});
    CoverTwo there = CoverTwo.none(1).with("a", new long[] {70});
    assertThat(here.merge(there).moves()).containsExactly(new TopTwo("a", 70, "", 0));
    assertThat(there.merge(here)).isEqualTo(here.merge(there));
  }

  @Test
  void refusesPartsOfAnotherSetOfMoves() {
    assertThatThrownBy(() -> CoverTwo.none(1).merge(CoverTwo.none(2)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void findsTheSameTwoHoweverThePoolIsDividedAndOrdered() {
    Seeds.each(500, CoverTwoTest::partsGiveTheWhole);
  }

  private static void partsGiveTheWhole(long seed) {
    Random random = new Random(seed);
    int moves = 1 + random.nextInt(3);
    List<String> accounts = new ArrayList<>();
    List<long[]> losses = new ArrayList<>();
    for (int n = random.nextInt(12); n >= 0; n--) {
      accounts.add("a" + n);
      losses.add(random.longs(moves, -3, 6).toArray());
    }
    CoverTwo whole = CoverTwo.none(moves);
    for (int n = 0; n < accounts.size(); n++) whole = whole.with(accounts.get(n), losses.get(n));

    List<CoverTwo> parts = new ArrayList<>(Collections.nCopies(3, CoverTwo.none(moves)));
    List<Integer> order = new ArrayList<>();
    for (int n = 0; n < accounts.size(); n++) order.add(n);
    Collections.shuffle(order, random);
    for (int n : order) {
      int part = random.nextInt(3);
      parts.set(part, parts.get(part).with(accounts.get(n), losses.get(n)));
    }
    Collections.shuffle(parts, random);
    CoverTwo merged = CoverTwo.none(moves);
    for (CoverTwo part : parts) merged = merged.merge(part).merge(part);
    assertThat(merged).isEqualTo(whole);
  }
}

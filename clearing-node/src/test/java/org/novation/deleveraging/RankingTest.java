package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.deleveraging.Ranking.Standing;

final class RankingTest {
  @Test
  void ranksByProfitPercentTimesLeverage() {
    Candidate twentyTimes = candidate("a", 50, 1_000, 52);
    Candidate tenTimes = candidate("b", 50, 1_000, 105);
    Candidate moreProfit = candidate("c", 100, 1_000, 105);
    assertThat(Ranking.order(List.of(tenTimes, twentyTimes, moreProfit)))
        .extracting(Candidate::account)
        .containsExactly("c", "a", "b");
  }

  @Test
  void ranksLosersAfterWinnersTheMoreLeveragedFirst() {
    Candidate winner = candidate("w", 1, 1_000, 1_000_000);
    Candidate even = candidate("e", 0, 1_000, 1);
    Candidate small = candidate("s", -100, 1_000, 450); // −10 % at 2 times: −5 %
    Candidate large = candidate("l", -100, 1_000, 900); // −10 % at 1 time: −10 %
    assertThat(Ranking.order(List.of(large, small, even, winner)))
        .extracting(Candidate::account)
        .containsExactly("w", "e", "s", "l");
  }

  @Test
  void ranksWhoHasNoEquityBeforeEveryOtherWinner() {
    Candidate broke = candidate("z", 1, 1_000_000, -5);
    Candidate high = candidate("a", 900_000, 1_000, 1);
    assertThat(Ranking.order(List.of(high, broke)).getFirst()).isEqualTo(broke);
  }

  @Test
  void comparesScoresAsExactFractionsWouldCompare() {
    Seeds.each(
        20_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          long[] a = figures(random);
          long[] b = random.nextInt(4) == 0 ? doubled(a) : figures(random);
          int order = Score.of(a[0], a[1], a[2], a[3]).compareTo(Score.of(b[0], b[1], b[2], b[3]));
          assertThat(Integer.signum(order)).isEqualTo(exact(a, b));
        });
  }

  /** The same fraction, written otherwise. */
  private static long[] doubled(long[] figures) {
    long[] twice = figures.clone();
    for (int n = 0; n < 4; n++) {
      if (Math.abs(twice[n]) > Long.MAX_VALUE / 2) return figures;
    }
    for (int n = 0; n < 4; n++) twice[n] *= 2;
    return twice;
  }

  private static long[] figures(SplittableRandom random) {
    long[] figures = new long[4];
    int bits = random.nextBoolean() ? 62 : 4;
    for (int n = 0; n < 4; n++) figures[n] = random.nextLong(1, 1L << random.nextInt(1, bits + 1));
    if (random.nextInt(3) == 0) figures[0] = -figures[0];
    return figures;
  }

  private static int exact(long[] a, long[] b) {
    if (Long.signum(a[0]) != Long.signum(b[0])) return Long.signum(a[0]);
    BigInteger left = big(a[0]).multiply(big(a[0] > 0 ? a[2] : a[3]));
    BigInteger right = big(b[0]).multiply(big(b[0] > 0 ? b[2] : b[3]));
    left = left.multiply(big(b[1])).multiply(big(b[0] > 0 ? b[3] : b[2]));
    right = right.multiply(big(a[1])).multiply(big(a[0] > 0 ? a[3] : a[2]));
    return left.compareTo(right);
  }

  private static BigInteger big(long value) {
    return new BigDecimal(value).toBigIntegerExact();
  }

  @Test
  void mergesTheBestOfEachNodeIntoTheBestOfAll() {
    Seeds.each(
        1_000,
        seed -> {
          Random random = new Random(seed);
          List<Candidate> all = new ArrayList<>();
          for (int n = random.nextInt(40); n > 0; n--) {
            all.add(
                candidate(
                    "a" + n, random.nextInt(9) - 3, random.nextInt(5) + 1, random.nextInt(6) - 1));
          }
          int most = random.nextInt(12);
          List<Candidate> global = Ranking.order(all);
          List<List<Candidate>> nodes = new ArrayList<>();
          for (int n = 0; n < 3; n++) nodes.add(new ArrayList<>());
          Collections.shuffle(all, random);
          all.forEach(each -> nodes.get(random.nextInt(3)).add(each));
          nodes.replaceAll(node -> Ranking.top(node, most));
          Collections.shuffle(nodes, random);
          assertThat(Ranking.merge(nodes, most))
              .isEqualTo(global.subList(0, Math.min(most, global.size())));
        });
  }

  @Test
  void tellsAnAccountItsRankFromWhatEachNodeCounts() {
    Seeds.each(
        500,
        seed -> {
          Random random = new Random(seed);
          List<Candidate> all = new ArrayList<>();
          for (int n = 0; n <= random.nextInt(30); n++) {
            all.add(candidate("a" + n, random.nextInt(9) - 3, 10, random.nextInt(6)));
          }
          List<Candidate> order = Ranking.order(all);
          int cut = random.nextInt(all.size() + 1);
          for (int place = 0; place < order.size(); place++) {
            Candidate own = order.get(place);
            Standing standing =
                Ranking.standing(own, all.subList(0, cut))
                    .plus(Ranking.standing(own, all.subList(cut, all.size())));
            assertThat(standing).isEqualTo(new Standing(place, all.size()));
            assertThat(standing.rank()).isEqualTo(place + 1L);
            assertThat(standing.lights()).isBetween(1, 5);
          }
        });
  }

  @Test
  void lightsFiveForTheNearestFifthAndOneForTheFarthest() {
    assertThat(new Standing(0, 100).lights()).isEqualTo(5);
    assertThat(new Standing(19, 100).lights()).isEqualTo(5);
    assertThat(new Standing(20, 100).lights()).isEqualTo(4);
    assertThat(new Standing(99, 100).lights()).isEqualTo(1);
  }

  static Candidate candidate(String account, long unrealised, long basis, long equity) {
    return new Candidate("BTC-PERP", account, 1, 1, basis, unrealised, 0, equity, 1, 10, 0);
  }
}

package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.deleveraging.Ranking.Standing;

final class RankBookTest {
  private static final String[] INSTRUMENTS = {"BTC-PERP", "ETH-PERP"};

  /** What a walk over all positions counts. */
  @Test
  void booksOfSeveralNodesAddUpToTheRankAmongAll() {
    Seeds.each(
        500,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          List<List<Candidate>> nodes = List.of(new ArrayList<>(), new ArrayList<>());
          List<Candidate> all = new ArrayList<>();
          for (int account = 0; account < random.nextInt(1, 40); account++) {
            List<Candidate> node = nodes.get(random.nextInt(2));
            for (String instrument : INSTRUMENTS) {
              if (random.nextInt(3) == 0) continue;
              Candidate position = position(random, instrument, "a" + account);
              node.add(position);
              all.add(position);
            }
          }
          for (Candidate own : all) {
            Candidate now = random.nextBoolean() ? own : moved(random, own);
            Standing sum = new Standing(0, 1);
            for (List<Candidate> node : nodes) sum = sum.plus(new RankBook(node).standing(now));
            List<Candidate> others =
                all.stream()
                    .filter(each -> !each.account().equals(own.account()))
                    .filter(each -> each.instrument().equals(own.instrument()))
                    .filter(each -> Long.signum(each.lots()) == Long.signum(own.lots()))
                    .toList();
            assertThat(sum).isEqualTo(Ranking.standing(now, others).plus(new Standing(0, 1)));
          }
        });
  }

  @Test
  void aBookWithoutPositionsHasNobodyAhead() {
    Candidate own = position(new SplittableRandom(1), "BTC-PERP", "a");
    assertThat(RankBook.EMPTY.standing(own)).isEqualTo(new Standing(0, 0));
  }

  private static Candidate position(SplittableRandom random, String instrument, String account) {
    long lots = random.nextLong(1, 5) * (random.nextBoolean() ? 1 : -1);
    return new Candidate(
        instrument,
        account,
        1,
        lots,
        lots * 900,
        random.nextLong(-3, 4),
        0,
        random.nextLong(-1, 4),
        0,
        1,
        1);
  }

  /** The same position at other prices, as it is while the book is not yet written anew. */
  private static Candidate moved(SplittableRandom random, Candidate from) {
    return new Candidate(
        from.instrument(),
        from.account(),
        2,
        from.lots(),
        from.costBasisMicros(),
        random.nextLong(-3, 4),
        0,
        from.equityMicros(),
        0,
        1,
        1);
  }
}

package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.instrument.Perpetual;

/** Risk rules, section 12: 10 % within five minutes, from wherever the index stood meanwhile. */
final class IndexMovesTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long MINUTE = 60_000;
  private static final long FRESH = 15_000;
  private static final Perpetual.Halt HALT = new Perpetual.Halt(100_000, 5 * MINUTE, 2 * MINUTE);

  private final IndexMoves moves = new IndexMoves(HALT);

  @Test
  void takesTenPerCentAndNoMoreForAnOrdinaryMove() {
    assertThat(observe(1_000, NOW)).isZero();
    assertThat(observe(1_100, NOW + 1_000)).isZero();
    assertThat(observe(1_101, NOW + 2_000)).as("from its lowest").isEqualTo(1_000);
    IndexMoves down = new IndexMoves(HALT);
    down.observe(1_000, NOW + FRESH, NOW);
    assertThat(down.observe(900, NOW + FRESH, NOW)).isZero();
    assertThat(down.observe(899, NOW + FRESH, NOW)).isEqualTo(1_000);
  }

  @Test
  void countsFromTheFarthestPriceOfTheWindowAndForgetsWhatIsOlder() {
    observe(1_000, NOW);
    for (long at = NOW; at <= NOW + 4 * MINUTE; at += 10_000)
      assertThat(observe(1_060, at)).isZero();
    assertThat(observe(1_101, NOW + 4 * MINUTE)).isEqualTo(1_000);
    IndexMoves slow = new IndexMoves(HALT);
    slow.observe(1_000, NOW + FRESH, NOW);
    for (long at = NOW + 1_000; at <= NOW + 6 * MINUTE; at += 10_000)
      assertThat(slow.observe(1_060, at + FRESH, at)).isZero();
    assertThat(slow.observe(1_101, NOW + 7 * MINUTE, NOW + 6 * MINUTE)).isZero();
  }

  @Test
  void countsAJumpFromWhereTheIndexStoodUntilThen() {
    moves.observe(1_000, NOW + 120 * MINUTE, NOW); // As on a tape of hours.
    assertThat(moves.observe(1_101, NOW + 180 * MINUTE, NOW + 60 * MINUTE)).isEqualTo(1_000);
  }

  @Test
  void countsNoJumpOverALongOutage() {
    observe(1_000, NOW);
    assertThat(observe(2_000, NOW + FRESH + 6 * MINUTE)).isZero();
    IndexMoves brief = new IndexMoves(HALT);
    brief.observe(1_000, NOW + FRESH, NOW);
    assertThat(brief.observe(2_000, NOW + 5 * MINUTE, NOW + 4 * MINUTE)).isEqualTo(1_000);
  }

  @Test
  void countsAnewAfterAMoveFromWhereItEnded() {
    observe(1_000, NOW);
    assertThat(observe(1_200, NOW + 1)).isEqualTo(1_000);
    assertThat(observe(1_201, NOW + 2)).isZero();
    assertThat(observe(1_320, NOW + 3)).isZero();
    assertThat(observe(1_321, NOW + 4)).as("10 % above 1,200 and more").isEqualTo(1_200);
  }

  /** Said once more and slowly: every price of the window is looked at, to a slot of 5 seconds. */
  @Test
  void missesNoMoveThatIsWellWithinTheWindowAndFindsNoneOutsideHoweverOftenItIsAsked() {
    Seeds.each(
        300,
        seed -> {
          Random random = new Random(seed);
          IndexMoves once = new IndexMoves(HALT);
          IndexMoves often = new IndexMoves(HALT);
          List<long[]> standing = new ArrayList<>(); // Price, from, until.
          long at = NOW + random.nextInt(100_000);
          long price = 100_000;
          for (int n = 0; n < 60; n++) {
            long from = once.observe(price, at + FRESH, at);
            assertThat(often.observe(price, at + FRESH, at)).isEqualTo(from);
            long now = price;
            long time = at;
            boolean inside =
                standing.stream().anyMatch(s -> s[2] > time - 295_000 && far(s[0], now));
            boolean around =
                standing.stream().anyMatch(s -> s[2] > time - 306_000 && far(s[0], now));
            if (inside) assertThat(from).isPositive();
            if (!around) assertThat(from).isZero();
            if (from != 0) standing.clear();
            long next = at + random.nextInt(60_000);
            standing.add(new long[] {price, at, Math.min(next, at + FRESH)});
            for (int look = random.nextInt(4); look > 0 && next > at; look--) {
              long moment = at + random.nextLong(next - at);
              if (moment <= at + FRESH) often.observe(price, at + FRESH, moment);
            }
            at = next;
            price = Math.max(1, price + random.nextInt(-6_000, 6_001));
          }
        });
  }

  private static boolean far(long from, long price) {
    return Math.abs(price - from) * 10 > from;
  }

  private long observe(long price, long atMs) {
    return moves.observe(price, atMs + FRESH, atMs);
  }
}

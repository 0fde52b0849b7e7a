package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.risk.PriceValidity;

final class FeedsTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long UNIT = 1_000_000_000;
  private static final MarketRules RULES = MarketRules.DEFAULTS;
  private static final List<String> ORACLES = List.of("a", "b", "c", "d");

  private final Feeds feeds = new Feeds("BTC", ORACLES, RULES);

  @Test
  void refusesARepeatedAndALowerSequenceNumber() {
    assertThat(refusal("a", 100, 7, NOW)).isNull();
    assertThat(refusal("a", 100, 7, NOW)).isEqualTo(new PriceRefusal.OutOfSequence(7, 7));
    assertThat(refusal("a", 100, 6, NOW)).isEqualTo(new PriceRefusal.OutOfSequence(6, 7));
    assertThat(refusal("b", 100, 7, NOW)).as("sequences are the oracle's own").isNull();
  }

  @Test
  void refusesASequenceNumberThatWouldShutItsOracleOut() {
    assertThat(refusal("a", 100, Long.MAX_VALUE, NOW))
        .isEqualTo(new PriceRefusal.SequenceTooHigh(Long.MAX_VALUE, Feeds.SEQUENCE_MAX));
    assertThat(refusal("a", 100, Long.MIN_VALUE, NOW))
        .isEqualTo(new PriceRefusal.OutOfSequence(Long.MIN_VALUE, -1));
    assertThat(refusal("a", 100, 0, NOW)).isNull();
    assertThat(refusal("a", 100, Feeds.GAP_MAX + 1, NOW))
        .isEqualTo(new PriceRefusal.SequenceTooHigh(Feeds.GAP_MAX + 1, Feeds.GAP_MAX));
    assertThat(feeds.observe("a", 100, Feeds.GAP_MAX, NOW, 0, NOW).gaps())
        .isEqualTo(Feeds.GAP_MAX - 1);
  }

  @Test
  void takesASkippedSequenceNumberAndCountsWhatWasSkipped() {
    assertThat(feeds.observe("a", 100, 7, NOW, 0, NOW).gaps()).isZero();
    assertThat(feeds.observe("a", 100, 8, NOW, 0, NOW).gaps()).isZero();
    assertThat(feeds.observe("a", 100, 12, NOW, 0, NOW)).isEqualTo(new Feeds.Intake(null, 3));
  }

  @Test
  void aRefusedPriceDoesNotUseUpItsSequenceNumber() {
    assertThat(refusal("a", 0, 7, NOW)).isInstanceOf(PriceRefusal.NotPositive.class);
    assertThat(refusal("a", 100, 7, NOW)).isNull();
  }

  @Test
  void refusesZeroAndLessWhateverTheAverageSays() {
    assertThat(refusal("a", 0, 1, NOW)).isEqualTo(new PriceRefusal.NotPositive(0));
    assertThat(refusal("a", -5, 1, NOW)).isEqualTo(new PriceRefusal.NotPositive(-5));
    settleAt(100 * UNIT, NOW);
    assertThat(refusal("a", 0, 99, NOW)).isEqualTo(new PriceRefusal.NotPositive(0));
    assertThat(feeds.index(NOW).price()).isEqualTo(100 * UNIT);
  }

  @Test
  void refusesTenTimesTheAverageAndATenthOfIt() {
    settleAt(100 * UNIT, NOW);
    assertThat(refusal("a", 1_000 * UNIT, 99, NOW))
        .isEqualTo(new PriceRefusal.Outlier(1_000 * UNIT, 100 * UNIT, 3_000_000));
    assertThat(refusal("a", 10 * UNIT, 99, NOW))
        .isEqualTo(new PriceRefusal.Outlier(10 * UNIT, 100 * UNIT, 3_000_000));
    assertThat(feeds.index(NOW).price()).isEqualTo(100 * UNIT);
  }

  @Test
  void takesExactlyTheFactorAndRefusesBeyond() {
    settleAt(100 * UNIT, NOW);
    assertThat(refusal("a", 300 * UNIT, 99, NOW)).isNull();
    assertThat(refusal("b", 300 * UNIT + 1, 99, NOW)).isInstanceOf(PriceRefusal.Outlier.class);
    assertThat(refusal("b", 100 * UNIT / 3, 99, NOW)).isInstanceOf(PriceRefusal.Outlier.class);
    assertThat(refusal("b", 100 * UNIT / 3 + 1, 99, NOW)).isNull();
  }

  @Test
  void judgesNobodyByAnAverageFromBeforeALongOutage() {
    settleAt(100 * UNIT, NOW);
    long later = NOW + RULES.averageForgottenMs() + 1;
    assertThat(refusal("a", 1_000 * UNIT, 99, later)).isNull();
  }

  @Test
  void refusesAPriceOlderThanStaleness() {
    long oldest = NOW - RULES.staleAfterMs();
    assertThat(refusal("a", 100, 1, oldest)).isNull();
    assertThat(refusal("b", 100, 1, oldest - 1))
        .isEqualTo(new PriceRefusal.StalePrice(oldest - 1, oldest));
  }

  @Test
  void refusesAPriceFromTheFuture() {
    long newest = NOW + 5_000;
    assertThat(refusal("a", 100, 1, newest)).isNull();
    assertThat(refusal("b", 100, 1, newest + 1))
        .isEqualTo(new PriceRefusal.InTheFuture(newest + 1, newest));
  }

  @Test
  void refusesAnOracleThatIsNotSureEnough() {
    assertThat(feeds.observe("a", 10_000, 1, NOW, 100, NOW).refusal()).isNull();
    assertThat(feeds.observe("b", 10_000, 1, NOW, 101, NOW).refusal())
        .isEqualTo(new PriceRefusal.TooUnsure(101, 100));
  }

  @Test
  void refusesAnOracleThatIsNotRegistered() {
    assertThat(refusal("z", 100, 1, NOW))
        .isEqualTo(new PriceRefusal.UnregisteredOracle("z", "BTC"));
  }

  @Test
  void hasNoPriceBeforeAFreshQuorum() {
    refusal("a", 100 * UNIT, 1, NOW);
    refusal("b", 100 * UNIT, 1, NOW);
    assertThat(feeds.index(NOW)).isEqualTo(IndexPrice.NONE);
    refusal("c", 101 * UNIT, 1, NOW);
    assertThat(feeds.index(NOW)).isEqualTo(new IndexPrice(100 * UNIT, PriceValidity.FRESH, 3, NOW));
  }

  @Test
  void isStaleWithAQuorumOfTwoAndKeepsTheLastIndex() {
    settleAt(100 * UNIT, NOW);
    long later = NOW + RULES.staleAfterMs() + 1;
    refusal("a", 110 * UNIT, 9, later);
    refusal("b", 110 * UNIT, 9, later);
    assertThat(feeds.index(later))
        .isEqualTo(new IndexPrice(100 * UNIT, PriceValidity.STALE, 2, NOW));
    refusal("c", 110 * UNIT, 9, later);
    assertThat(feeds.index(later).validity()).isEqualTo(PriceValidity.FRESH);
  }

  @Test
  void givesAFeedMoreThanFivePercentOffNoWeight() {
    settleAt(100 * UNIT, NOW);
    refusal("a", 100 * UNIT, 9, NOW);
    refusal("b", 101 * UNIT, 9, NOW);
    refusal("c", 102 * UNIT, 9, NOW);
    refusal("d", 110 * UNIT, 9, NOW);
    // With d the median would be 101.5; without it, it is 101.
    assertThat(feeds.index(NOW)).isEqualTo(new IndexPrice(101 * UNIT, PriceValidity.FRESH, 3, NOW));
  }

  @Test
  void countsAFeedExactlyFivePercentOff() {
    Feeds three = new Feeds("BTC", ORACLES.subList(0, 3), RULES);
    three.observe("a", 100_000, 1, NOW, 0, NOW);
    three.observe("b", 100_000, 1, NOW, 0, NOW);
    three.observe("c", 105_000, 1, NOW, 0, NOW);
    assertThat(three.index(NOW).validity()).isEqualTo(PriceValidity.FRESH);
    three.observe("c", 105_001, 2, NOW, 0, NOW);
    assertThat(three.index(NOW).validity()).isEqualTo(PriceValidity.DIVERGED);
  }

  @Test
  void divergesWhenFewerThanAQuorumAgreeAndFollowsTheirMedian() {
    settleAt(100 * UNIT, NOW);
    refusal("a", 100 * UNIT, 9, NOW);
    refusal("b", 101 * UNIT, 9, NOW);
    refusal("c", 150 * UNIT, 9, NOW);
    refusal("d", 160 * UNIT, 9, NOW);
    IndexPrice index = feeds.index(NOW);
    assertThat(index.validity()).isEqualTo(PriceValidity.DIVERGED);
    assertThat(index.feeds()).isLessThan(3);
  }

  @Test
  void feedsThatNeverAgreedMakeNoPrice() {
    refusal("a", 100 * UNIT, 1, NOW);
    refusal("b", 150 * UNIT, 1, NOW);
    refusal("c", 200 * UNIT, 1, NOW);
    assertThat(feeds.index(NOW)).isEqualTo(IndexPrice.NONE);
  }

  @Test
  void anOracleStruckOffDoesNotCountAnyMore() {
    settleAt(100 * UNIT, NOW);
    feeds.register(List.of("a", "b"));
    assertThat(feeds.index(NOW).validity()).isEqualTo(PriceValidity.STALE);
    assertThat(refusal("c", 100 * UNIT, 99, NOW))
        .isInstanceOf(PriceRefusal.UnregisteredOracle.class);
  }

  @Property(tries = 500)
  void oneLiarAmongFourMovesTheIndexNoFartherThanTheHonestSpread(
      @ForAll @Size(3) List<@IntRange(min = 99_000, max = 101_000) Integer> honest,
      @ForAll @IntRange(min = 1, max = 10_000_000) int lie) {
    Feeds fresh = new Feeds("BTC", ORACLES, RULES);
    for (int n = 0; n < 3; n++) fresh.observe(ORACLES.get(n), honest.get(n), 1, NOW, 0, NOW);
    fresh.observe("d", lie, 1, NOW, 0, NOW);
    long lowest = honest.stream().min(Integer::compare).orElseThrow();
    long highest = honest.stream().max(Integer::compare).orElseThrow();
    assertThat(fresh.index(NOW).price()).isBetween(lowest, highest);
  }

  private @Nullable PriceRefusal refusal(String oracle, long price, long sequence, long timeMs) {
    // Whoever speaks of a later time than NOW by a lot speaks then.
    long now = timeMs > NOW + 10_000 ? timeMs : NOW;
    return feeds.observe(oracle, price, sequence, timeMs, 0, now).refusal();
  }

  private void settleAt(long price, long nowMs) {
    for (String oracle : ORACLES) feeds.observe(oracle, price, 5, nowMs, 0, nowMs);
    assertThat(feeds.index(nowMs).validity()).isEqualTo(PriceValidity.FRESH);
  }
}

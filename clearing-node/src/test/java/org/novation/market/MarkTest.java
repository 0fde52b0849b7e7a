package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.market.TestPerpetuals.UNIT;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MarkTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long INDEX = 100 * UNIT; // 1,000 ticks.

  private final Mark mark = new Mark(TestPerpetuals.BTC, MarketRules.DEFAULTS);

  @Test
  void isTheIndexWhereThereIsNothingElse() {
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_000);
  }

  @Test
  void isNotMovedByATradeAlone() {
    mark.cleared(2_000, NOW);
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_000);
  }

  @Test
  void isTheMedianOfSmoothedIndexMidAndLastCleared() {
    quote("v", 1, 1_009, 1_011, NOW);
    assertThat(mark.ticks(INDEX, NOW)).as("index + first basis, mid 1010, index").isEqualTo(1_010);
    mark.cleared(1_030, NOW);
    long later = NOW + 10_000;
    quote("v", 2, 1_039, 1_041, later);
    // Smoothed stands at 1,010, mid at 1,040, cleared at 1,030.
    assertThat(mark.ticks(INDEX, later)).isEqualTo(1_030);
  }

  @Test
  void smoothsTheBasisOver150Seconds() {
    quote("v", 1, 1_000, 1_000, NOW);
    mark.ticks(INDEX, NOW);
    mark.cleared(900, NOW + 30_000);
    quote("v", 2, 1_100, 1_100, NOW + 15_000);
    mark.ticks(INDEX, NOW + 15_000);
    // The mid stood 100 ticks above for 15 of 150 s: smoothed is 1,010 between 900 and 1,100.
    assertThat(mark.ticks(INDEX, NOW + 30_000)).isEqualTo(1_010);
  }

  @Test
  void takesTheMedianMidOfVenues() {
    quote("u", 1, 999, 1_001, NOW);
    quote("v", 1, 1_009, 1_011, NOW);
    quote("w", 1, 1_089, 1_091, NOW);
    mark.cleared(1_080, NOW);
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_010);
  }

  @Test
  void forgetsQuotesAndTradesThatAreOld() {
    quote("v", 1, 1_100, 1_100, NOW);
    mark.cleared(1_100, NOW);
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_100);
    assertThat(mark.ticks(INDEX, NOW + 61_000)).isEqualTo(1_000);
  }

  @Test
  void refusesQuotesThatCannotBe() {
    assertThat(mark.quote("v", quotes(1, 1_001, 1_000, NOW), INDEX, NOW))
        .isInstanceOf(QuoteRefusal.Crossed.class);
    assertThat(mark.quote("v", quotes(1, -1, 1_000, NOW), INDEX, NOW))
        .isInstanceOf(QuoteRefusal.Crossed.class);
    quote("v", 5, 999, 1_001, NOW);
    assertThat(mark.quote("v", quotes(5, 999, 1_001, NOW), INDEX, NOW))
        .isEqualTo(new QuoteRefusal.OutOfSequence(5, 5));
    assertThat(mark.quote("v", quotes(6, 999, 1_001, NOW - 15_001), INDEX, NOW))
        .isInstanceOf(QuoteRefusal.StaleQuotes.class);
    assertThat(mark.quote("v", quotes(6, 999, 1_001, NOW + 5_001), INDEX, NOW))
        .isInstanceOf(QuoteRefusal.InTheFuture.class);
  }

  @Test
  void refusesQuotesWithAnyPriceTooFarFromTheIndex() {
    for (long far : new long[] {1_101, 909, 100_000_000_000L, Long.MAX_VALUE}) {
      QuoteRefusal outlier = new QuoteRefusal.Outlier(far, 1_000, 1_100_000);
      assertThat(refusal(new Quotes(far, 0, 0, 0, 1, NOW))).isEqualTo(outlier);
      assertThat(refusal(new Quotes(0, far, 0, 0, 1, NOW))).isEqualTo(outlier);
      assertThat(refusal(new Quotes(0, 0, 0, far, 1, NOW))).isEqualTo(outlier);
    }
    assertThat(refusal(new Quotes(1_000, 1_001, 909, 1_001, 1, NOW)))
        .isEqualTo(new QuoteRefusal.Outlier(909, 1_000, 1_100_000));
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_000);
    assertThat(refusal(new Quotes(910, 1_100, 910, 1_100, 1, NOW))).isNull();
  }

  @Test
  void refusesASequenceNumberThatWouldShutItsVenueOut() {
    assertThat(mark.quote("v", quotes(Long.MAX_VALUE, 999, 1_001, NOW), INDEX, NOW))
        .isEqualTo(new QuoteRefusal.SequenceTooHigh(Long.MAX_VALUE, Feeds.SEQUENCE_MAX));
    quote("v", 1, 999, 1_001, NOW);
    assertThat(mark.quote("v", quotes(Feeds.SEQUENCE_MAX, 999, 1_001, NOW), INDEX, NOW))
        .isEqualTo(new QuoteRefusal.SequenceTooHigh(Feeds.SEQUENCE_MAX, Feeds.GAP_MAX + 1));
  }

  @Test
  void refusesQuotesBeforeThereIsAnIndexToHoldThemAgainst() {
    assertThat(mark.quote("v", quotes(1, 999, 1_001, NOW), 0, NOW))
        .isEqualTo(new QuoteRefusal.NoIndex("BTC-PERP"));
  }

  @Test
  void leavesOutQuotesThatTheIndexHasLeftBehind() {
    quote("v", 1, 1_049, 1_051, NOW);
    mark.cleared(1_050, NOW);
    assertThat(mark.ticks(INDEX, NOW)).isEqualTo(1_050);
    assertThat(mark.ticks(90 * UNIT, NOW)).isEqualTo(900);
  }

  private @Nullable QuoteRefusal refusal(Quotes quotes) {
    return mark.quote("v", quotes, INDEX, NOW);
  }

  @Test
  void keepsABoundedNumberOfVenuesAndMakesRoomFromStaleOnes() {
    for (int n = 0; n < Mark.VENUES_MAX; n++) quote("v" + n, 1, 999, 1_001, NOW);
    assertThat(mark.quote("more", quotes(1, 999, 1_001, NOW), INDEX, NOW))
        .isEqualTo(new QuoteRefusal.TooManyVenues(Mark.VENUES_MAX));
    long later = NOW + 20_000;
    assertThat(mark.quote("more", quotes(1, 999, 1_001, later), INDEX, later)).isNull();
  }

  @Test
  void isAtLeastOneTick() {
    assertThat(mark.ticks(1, NOW)).isEqualTo(1);
  }

  @Test
  void bandsATradeAroundTheMarkBothBoundsIncluded() {
    PriceBand band = PriceBand.around(1_000, 50_000);
    assertThat(band).isEqualTo(new PriceBand(950, 1_050));
    assertThat(band.contains(950)).isTrue();
    assertThat(band.contains(949)).isFalse();
    assertThat(band.contains(1_050)).isTrue();
    assertThat(band.contains(1_051)).isFalse();
    assertThat(PriceBand.around(1, 50_000)).isEqualTo(new PriceBand(1, 1));
  }

  private void quote(String venue, long sequence, long bid, long ask, long nowMs) {
    assertThat(mark.quote(venue, quotes(sequence, bid, ask, nowMs), INDEX, nowMs)).isNull();
  }

  private static Quotes quotes(long sequence, long bid, long ask, long timeMs) {
    return new Quotes(bid, ask, bid, ask, sequence, timeMs);
  }
}

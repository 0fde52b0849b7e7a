package org.novation.market;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * Why an oracle's price has no effect; an ordinary answer. Named as in the contract. Prices at
 * scale {@link Feeds#PRICE_SCALE}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
  @JsonSubTypes.Type(PriceRefusal.UnknownSymbol.class),
  @JsonSubTypes.Type(PriceRefusal.UnregisteredOracle.class),
  @JsonSubTypes.Type(PriceRefusal.NotPositive.class),
  @JsonSubTypes.Type(PriceRefusal.OutOfSequence.class),
  @JsonSubTypes.Type(PriceRefusal.SequenceTooHigh.class),
  @JsonSubTypes.Type(PriceRefusal.StalePrice.class),
  @JsonSubTypes.Type(PriceRefusal.InTheFuture.class),
  @JsonSubTypes.Type(PriceRefusal.Outlier.class),
  @JsonSubTypes.Type(PriceRefusal.TooUnsure.class)
})
public sealed interface PriceRefusal {
  /** Nothing depends on such a symbol. */
  record UnknownSymbol(String symbol) implements PriceRefusal {}

  /** The oracle is not registered for the symbol. */
  record UnregisteredOracle(String oracle, String symbol) implements PriceRefusal {}

  /** Zero or below: a migration once printed BTC at 0 and longs were closed at it. */
  record NotPositive(long price) implements PriceRefusal {}

  /** Repeated, lower than the last that was taken, or below zero. */
  record OutOfSequence(long sequence, long last) implements PriceRefusal {}

  /** So far above the last that was taken that nothing could follow it, or hardly by intent. */
  record SequenceTooHigh(long sequence, long highest) implements PriceRefusal {}

  /** Observed too long ago. */
  record StalePrice(long timeMs, long oldestMs) implements PriceRefusal {}

  /** Observed later than the house's clock allows. */
  record InTheFuture(long timeMs, long newestMs) implements PriceRefusal {}

  /**
   * Too far from the time-weighted average of the index.
   *
   * @param factorPpm the largest ratio either way that is taken
   */
  record Outlier(long price, long average, long factorPpm) implements PriceRefusal {}

  /** The oracle's own interval is too wide. */
  record TooUnsure(long confidence, long limit) implements PriceRefusal {}
}

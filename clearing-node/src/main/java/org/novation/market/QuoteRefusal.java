package org.novation.market;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** Why a venue's quotes have no effect. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
  @JsonSubTypes.Type(QuoteRefusal.UnknownInstrument.class),
  @JsonSubTypes.Type(QuoteRefusal.Crossed.class),
  @JsonSubTypes.Type(QuoteRefusal.OutOfSequence.class),
  @JsonSubTypes.Type(QuoteRefusal.SequenceTooHigh.class),
  @JsonSubTypes.Type(QuoteRefusal.StaleQuotes.class),
  @JsonSubTypes.Type(QuoteRefusal.InTheFuture.class),
  @JsonSubTypes.Type(QuoteRefusal.NoIndex.class),
  @JsonSubTypes.Type(QuoteRefusal.Outlier.class),
  @JsonSubTypes.Type(QuoteRefusal.TooManyVenues.class)
})
public sealed interface QuoteRefusal {
  /** Not listed on this underlying. */
  record UnknownInstrument(String instrument) implements QuoteRefusal {}

  /** A price below zero, a bid above its ask, or an impact price inside the best ones. */
  record Crossed(long bidTicks, long askTicks) implements QuoteRefusal {}

  /** Repeated, lower than the last that was taken, or below zero. */
  record OutOfSequence(long sequence, long last) implements QuoteRefusal {}

  /** So far above the last that was taken that nothing could follow it, or hardly by intent. */
  record SequenceTooHigh(long sequence, long highest) implements QuoteRefusal {}

  /** Observed too long ago. */
  record StaleQuotes(long timeMs, long oldestMs) implements QuoteRefusal {}

  /** Observed later than the house's clock allows. */
  record InTheFuture(long timeMs, long newestMs) implements QuoteRefusal {}

  /** There has been no index yet that the quotes could be held against. */
  record NoIndex(String instrument) implements QuoteRefusal {}

  /**
   * One of the prices is too far from the index.
   *
   * @param factorPpm the largest ratio either way that is taken
   */
  record Outlier(long priceTicks, long indexTicks, long factorPpm) implements QuoteRefusal {}

  /** The instrument has as many venues as are kept. */
  record TooManyVenues(int venuesMax) implements QuoteRefusal {}
}

package org.novation.liquidation;

/** What there is to sell of an account now. */
public sealed interface Sizing {
  /** Nothing: the account has what it needs, or no position. */
  record NotNeeded(long equityMicros, long targetMicros) implements Sizing {}

  /** This. */
  record Cut(Slice slice) implements Sizing {}

  /** Nothing yet: so much of this instrument went on sale within the minute. */
  record Throttled(String instrument) implements Sizing {}

  /** Nothing on these prices: that of this market or asset allows no liquidation. */
  record Unpriced(String market) implements Sizing {}
}

package org.novation.node;

import java.util.concurrent.atomic.LongAdder;
import org.novation.risk.MarginState;

/**
 * How often something happened on this node since it started. Any thread counts; any thread reads.
 */
public final class Counters {
  private final LongAdder earlyWarnings = new LongAdder();
  private final LongAdder marginCalls = new LongAdder();
  private final LongAdder liquidationTriggers = new LongAdder();
  private final LongAdder recoveries = new LongAdder();
  private final LongAdder liquidating = new LongAdder();
  private final LongAdder waterfallMoves = new LongAdder();

  /** An auction, the fund or a wave of deleveraging was heard of. */
  void waterfallMoved() {
    waterfallMoves.increment();
  }

  void stateChanged(MarginState from, MarginState to) {
    if (to == MarginState.LIQUIDATION && from != to) liquidating.increment();
    if (from == MarginState.LIQUIDATION && from != to) liquidating.decrement();
    if (to.compareTo(from) <= 0) {
      recoveries.increment();
      return;
    }
    // One leap may cross several thresholds.
    if (falls(from, to, MarginState.EARLY_WARNING)) earlyWarnings.increment();
    if (falls(from, to, MarginState.MARGIN_CALL)) marginCalls.increment();
    if (falls(from, to, MarginState.LIQUIDATION)) liquidationTriggers.increment();
  }

  private static boolean falls(MarginState from, MarginState to, MarginState threshold) {
    return from.compareTo(threshold) < 0 && to.compareTo(threshold) >= 0;
  }

  /** How often an account fell under 110 % of initial margin. */
  public long earlyWarnings() {
    return earlyWarnings.sum();
  }

  /** How often an account fell under initial margin. */
  public long marginCalls() {
    return marginCalls.sum();
  }

  /** How often an account fell under maintenance margin. */
  public long liquidationTriggers() {
    return liquidationTriggers.sum();
  }

  /** Accounts that are under maintenance margin now, of those that got there on this node. */
  public long liquidating() {
    return liquidating.sum();
  }

  /** How often there was news of an auction, of the fund or of a wave of deleveraging. */
  public long waterfallMoves() {
    return waterfallMoves.sum();
  }

  /** Accounts whose margin state improved. */
  public long recoveries() {
    return recoveries.sum();
  }
}

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

  void stateChanged(MarginState from, MarginState to) {
    if (to.compareTo(from) <= 0) {
      recoveries.increment();
      return;
    }
    switch (to) {
      case HEALTHY -> throw new IllegalStateException("nothing is better than healthy");
      case EARLY_WARNING -> earlyWarnings.increment();
      case MARGIN_CALL -> marginCalls.increment();
      case LIQUIDATION -> liquidationTriggers.increment();
    }
  }

  /** Accounts that fell under 110 % of initial margin and no further. */
  public long earlyWarnings() {
    return earlyWarnings.sum();
  }

  /** Accounts that fell under initial margin and not under maintenance margin. */
  public long marginCalls() {
    return marginCalls.sum();
  }

  /** Accounts that fell under maintenance margin. */
  public long liquidationTriggers() {
    return liquidationTriggers.sum();
  }

  /** Accounts whose margin state improved. */
  public long recoveries() {
    return recoveries.sum();
  }
}

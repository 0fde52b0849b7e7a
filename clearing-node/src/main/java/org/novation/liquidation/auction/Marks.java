package org.novation.liquidation.auction;

import org.jspecify.annotations.Nullable;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/** The markets as an auction needs them: at what its legs may change hands now. */
@FunctionalInterface
public interface Marks {
  /** The mark of a leg in ticks; 0 where its price or a brake forbids to sell it. */
  long mark(String leg);

  /**
   * What forbids to sell a leg; null when nothing does. Who knows marks alone says that there is no
   * fresh price where there is no mark.
   */
  default @Nullable Stop stop(String leg) {
    return mark(leg) > 0 ? null : new Stop(Brake.NO_FRESH_PRICE, leg, 0);
  }
}

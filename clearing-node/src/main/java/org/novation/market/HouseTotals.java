package org.novation.market;

import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.novation.instrument.Catalogue;

/**
 * What the accounts of one node hold together: lots held long per instrument, deposits per asset.
 * Told by the accounts from any thread, at every change, after recovery (from 0) and at their stop
 * (to 0). Costs an addition.
 */
public final class HouseTotals {
  // For as many as may ever be listed: what is listed later finds its place.
  private final LongAdder[] longLots = adders();
  private final LongAdder[] deposits = adders();

  /** An account went from so many signed lots to so many. */
  public void positionChanged(int instrument, long lotsBefore, long lotsNow) {
    long change = Math.max(0, lotsNow) - Math.max(0, lotsBefore);
    if (change != 0) longLots[instrument].add(change);
  }

  /** An account's balance went from so much to so much; debts are nobody's deposit. */
  public void balanceChanged(int asset, long before, long now) {
    long change = Math.max(0, now) - Math.max(0, before);
    if (change != 0) deposits[asset].add(change);
  }

  /** Lots held long. While accounts trade, a trade may be half in it. */
  public long longLots(int instrument) {
    return longLots[instrument].sum();
  }

  /** In the asset's smallest unit. */
  public long deposits(int asset) {
    return deposits[asset].sum();
  }

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[Catalogue.ENTRIES_MAX];
    Arrays.setAll(adders, _ -> new LongAdder());
    return adders;
  }
}

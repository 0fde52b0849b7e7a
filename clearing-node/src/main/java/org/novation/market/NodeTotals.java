package org.novation.market;

import java.util.Map;

/**
 * What the accounts of one node hold together, for the other nodes.
 *
 * @param address of the node: one node at a time has it
 * @param incarnation of the node there, growing with each: the newest alone counts
 * @param longLots by instrument symbol; zeros left out
 * @param deposits by asset symbol, in its smallest unit; zeros left out
 */
public record NodeTotals(
    String address, long incarnation, Map<String, Long> longLots, Map<String, Long> deposits)
    implements Broadcast {
  public NodeTotals {
    longLots = Map.copyOf(longLots);
    deposits = Map.copyOf(deposits);
  }
}

package org.novation.market;

/** What every node's price board hears. */
public sealed interface Broadcast extends MarketMessage
    permits MarketUpdate, NodeTotals, PausesSaid {}

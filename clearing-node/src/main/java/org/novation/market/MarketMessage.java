package org.novation.market;

/** What travels between nodes about markets: records that Jackson can carry. Never stored. */
public interface MarketMessage {}

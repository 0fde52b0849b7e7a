package org.novation.simulation;

import java.math.BigDecimal;

/**
 * One price of a tape.
 *
 * @param symbol of the index, e.g. {@code BTC}
 * @param price as recorded, also when it is 0 or below: that is for the feed rules to refuse
 */
public record Tick(long timeMs, String symbol, BigDecimal price) {}

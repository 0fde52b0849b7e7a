package org.novation.market;

/**
 * One price of one oracle.
 *
 * @param price at scale {@link Feeds#PRICE_SCALE}
 * @param sequence strictly growing per oracle and symbol
 * @param confidence half width of the oracle's own interval, at the same scale
 */
public record Observation(long price, long sequence, long timeMs, long confidence) {}

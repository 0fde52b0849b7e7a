package org.novation.market;

import org.novation.risk.PriceValidity;

/**
 * What the feeds of one symbol agree on.
 *
 * @param price at scale {@link Feeds#PRICE_SCALE}; 0 while there has never been one
 * @param feeds fresh feeds that count in it
 * @param timeMs of the newest of them
 */
public record IndexPrice(long price, PriceValidity validity, int feeds, long timeMs) {
  static final IndexPrice NONE = new IndexPrice(0, PriceValidity.NONE, 0, 0);
}

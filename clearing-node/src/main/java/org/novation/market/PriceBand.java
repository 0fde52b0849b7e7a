package org.novation.market;

import org.novation.money.Fixed;

/**
 * How far from the mark a trade may be priced (risk rules, section 12): within ± a share of the
 * mark, the bounds included.
 *
 * @param lowestTicks rounded up, at least 1
 * @param highestTicks rounded down
 */
public record PriceBand(long lowestTicks, long highestTicks) {
  /** The band around a mark above 0. */
  public static PriceBand around(long markTicks, long bandPpm) {
    return new PriceBand(
        Math.max(1, Fixed.mulDivCeil(markTicks, Fixed.PPM - bandPpm, Fixed.PPM)),
        Fixed.mulDivFloor(markTicks, Fixed.PPM + bandPpm, Fixed.PPM));
  }

  /** Whether a price lies in it. */
  public boolean contains(long priceTicks) {
    return priceTicks >= lowestTicks && priceTicks <= highestTicks;
  }
}

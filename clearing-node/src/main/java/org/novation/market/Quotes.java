package org.novation.market;

import org.novation.money.Fixed;

/**
 * One venue's order book, in ticks; 0 where a side is empty.
 *
 * @param impactBidTicks average price of selling the instrument's impact notional
 * @param impactAskTicks average price of buying it
 */
public record Quotes(
    long bidTicks,
    long askTicks,
    long impactBidTicks,
    long impactAskTicks,
    long sequence,
    long timeMs) {
  boolean crossed() {
    if (bidTicks < 0 || askTicks < 0 || impactBidTicks < 0 || impactAskTicks < 0) return true;
    if (bidTicks > 0 && askTicks > 0 && bidTicks > askTicks) return true;
    if (impactBidTicks > bidTicks) return true;
    return impactAskTicks > 0 && impactAskTicks < askTicks;
  }

  /**
   * The first of its prices whose ratio to the index exceeds the factor either way; 0 when none
   * does. Compared in 128 bits: a venue may say any number.
   */
  long outlier(long indexTicks, long factorPpm) {
    for (long ticks : new long[] {bidTicks, askTicks, impactBidTicks, impactAskTicks}) {
      if (ticks == 0) continue; // An empty side.
      if (Fixed.compareProducts(ticks, Fixed.PPM, indexTicks, factorPpm) > 0
          || Fixed.compareProducts(ticks, factorPpm, indexTicks, Fixed.PPM) < 0) return ticks;
    }
    return 0;
  }

  boolean hasMid() {
    return bidTicks > 0 && askTicks > 0;
  }
}

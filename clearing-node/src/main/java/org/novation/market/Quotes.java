package org.novation.market;

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

  boolean hasMid() {
    return bidTicks > 0 && askTicks > 0;
  }
}

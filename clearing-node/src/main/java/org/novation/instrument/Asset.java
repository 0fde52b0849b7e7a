package org.novation.instrument;

import org.novation.money.Fixed;

/**
 * An asset that accounts hold. The settlement asset has weight 1 and price 1; any other counts at a
 * haircut that grows with what one account holds of it and with what the whole house holds of it.
 *
 * @param symbol e.g. {@code BTC}; its price is the index of the same name
 * @param decimals scale of its balances: an amount is a count of {@code 10^-decimals}
 * @param weightPpm the weight of a small amount, 0..1
 * @param concentrationPpm k of 1.1 / (1 + k·√size), size in whole units; 0 switches it off
 * @param houseCap what the house can hold, in the asset's smallest unit, before its weight shrinks;
 *     0 means no cap
 * @param stablecoin whether it carries a depeg contingency below 0.99
 */
public record Asset(
    String symbol,
    int decimals,
    long weightPpm,
    long concentrationPpm,
    long houseCap,
    boolean stablecoin) {
  /** Most decimals of an asset. */
  public static final int DECIMALS_MAX = 12;

  /**
   * @throws IllegalArgumentException when a parameter breaks a hard bound
   */
  public Asset {
    if (!symbol.matches("[A-Z0-9]{1,16}"))
      throw new IllegalArgumentException("bad asset " + symbol);
    if (decimals < 0 || decimals > DECIMALS_MAX)
      throw new IllegalArgumentException("an asset has 0 to 12 decimals: " + symbol);
    if (weightPpm < 0 || weightPpm > Fixed.PPM)
      throw new IllegalArgumentException("a weight lies in 0..1: " + symbol);
    if (concentrationPpm < 0 || houseCap < 0)
      throw new IllegalArgumentException("a curve must not be negative: " + symbol);
  }
}

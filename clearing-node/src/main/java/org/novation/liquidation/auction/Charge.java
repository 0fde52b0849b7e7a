package org.novation.liquidation.auction;

import org.novation.liquidation.LiquidationPolicy;

/**
 * Who pays for one settlement, in micros. The taker gets what the seller and the fund pay; the
 * seller pays first, out of the part's share of its equity as it is at that moment; then the fund,
 * up to its cap; what neither covers the seller owes. What the discount leaves of the penalty goes
 * to the fund, at most 95 % of what is left of the part's equity: a fee never bankrupts.
 *
 * @param sellerMicros from the seller to the taker, at least 0
 * @param fundMicros from the fund to the taker, at least 0
 * @param feeMicros from the seller to the fund, at least 0; never beside {@code fundMicros}
 */
public record Charge(long sellerMicros, long fundMicros, long feeMicros) {
  public Charge {
    if (sellerMicros < 0 || fundMicros < 0 || feeMicros < 0)
      throw new IllegalArgumentException("nobody is charged less than nothing");
    if (fundMicros > 0 && feeMicros > 0)
      throw new IllegalArgumentException("the fund does not pay where it is paid");
  }

  /**
   * Splits an allocation.
   *
   * @param equityShareMicros the part's share of the seller's equity now, see {@link
   *     org.novation.liquidation.Saleable#shareMicros}
   */
  public static Charge of(Allocation allocation, long equityShareMicros, LiquidationPolicy policy) {
    long available = Math.max(0, equityShareMicros);
    long discount = allocation.discountMicros();
    long fund = Math.min(Math.max(0, discount - available), allocation.fundMicrosMax());
    long seller = discount - fund;
    long surplus = Math.max(0, allocation.penaltyMicros() - discount);
    return new Charge(seller, fund, Math.min(surplus, policy.feeMicrosMax(available - seller)));
  }

  /** What the taker gets. */
  public long takerMicros() {
    return sellerMicros + fundMicros;
  }
}

package org.novation.risk;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that brakes may forbid, and the matrix of what forbids it (risk rules, sections 7, 9
 * and 12): the worst prices that it may go by, the operation whose pause stops it, and the other
 * brakes that it heeds.
 *
 * <p>A halt stops nothing that ends risk: its prices are fresh, and a house that cannot liquidate
 * while the market falls is the greater risk. A withdrawal is no reduction, so a halt stops it too.
 */
public enum Action {
  /** A trade that is no reduction. */
  OPEN_RISK(
      PriceValidity.DIVERGED,
      Operation.TRADING,
      Brake.HALT,
      Brake.KILL_SWITCH,
      Brake.PARAMETERS,
      Brake.RETIRED),
  /** A trade that only reduces. Without a mark nothing can be reckoned, not even that. */
  REDUCE(PriceValidity.STALE, Operation.TRADING),
  /** To trigger an account, and to cut a slice of it. */
  LIQUIDATE(PriceValidity.FRESH, Operation.LIQUIDATION),
  /** To bid in an auction, and to settle a bid. */
  AUCTION(PriceValidity.FRESH, Operation.AUCTIONS),
  /** To close or tax a position that is not the defaulter's. */
  DELEVERAGE(PriceValidity.FRESH, Operation.ADL),
  /** To take collateral out of the house. */
  WITHDRAW(
      PriceValidity.FRESH,
      Operation.WITHDRAWALS,
      Brake.INSOLVENT_ACCOUNT,
      Brake.OUTAGE,
      Brake.HALT,
      Brake.KILL_SWITCH,
      Brake.PARAMETERS),
  /** To bring collateral: never stopped, for it is what heals. */
  DEPOSIT(PriceValidity.NONE, null),
  /** To pay an hour's funding: on the last index there was, if there was one. */
  PAY_FUNDING(PriceValidity.STALE, Operation.FUNDING),
  /** To pay a deficit from the insurance fund: the end of a liquidation. */
  DRAW_FUND(PriceValidity.FRESH, Operation.LIQUIDATION);

  private final PriceValidity worst;
  private final @Nullable Operation pausedAs;
  private final Set<Brake> heeded;

  Action(PriceValidity worst, @Nullable Operation pausedAs, Brake... heeded) {
    this.worst = worst;
    this.pausedAs = pausedAs;
    this.heeded = Set.of(heeded);
  }

  /** Whether it may go by such a price. */
  public boolean allowedOn(PriceValidity validity) {
    return validity.compareTo(worst) <= 0;
  }

  /** The operation whose pause stops it; null when nothing does. */
  public @Nullable Operation pausedAs() {
    return pausedAs;
  }

  /** Whether such a brake stops it. */
  public boolean heeds(Brake brake) {
    return heeded.contains(brake);
  }
}

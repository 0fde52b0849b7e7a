package org.novation.liquidation;

import org.novation.risk.Margin;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * For one account, a low and a high bound for every mark, funding index and collateral price that
 * its margin depends on. While each lies within its bounds, both included, {@link
 * org.novation.risk.Health#state()} is what it was when the box was made, for every ladder and
 * house factor inside its corridor (or, when the box is {@link #exact()}, for the ladders and house
 * factors as they were).
 *
 * <p>How: each threshold is a sum of terms, one per position and asset, each of which is concave in
 * its own price but for a few micros of rounding: profit less a convex requirement, or value at
 * haircut. The distance to the threshold is shared among the terms by notional times volatility; a
 * term may fall by its share. Where the state is bad already, a term may rise by its share of the
 * distance back, reckoned by a bound on its slope. Source: the architecture's section on price
 * ticks; the shares make the terms independent, so hedges are watched more closely than they need.
 */
public final class TriggerBox {
  private final MarginState state;
  private final boolean priced;
  private final boolean exact;
  private final boolean trusted;
  private final int[] variables;
  private final long[] low;
  private final long[] high;

  TriggerBox(
      MarginState state,
      boolean priced,
      boolean exact,
      boolean trusted,
      int[] variables,
      long[] low,
      long[] high) {
    this.state = state;
    this.priced = priced;
    this.exact = exact;
    this.trusted = trusted;
    this.variables = variables;
    this.low = low;
    this.high = high;
  }

  /**
   * The box around the market as it stands. Where a price has never been valid nothing can be
   * reckoned: such a box is unbounded, and the change of validity is what wakes the account. So is
   * the box of an account whose margin does not fit its integers, because prices have left its
   * {@link org.novation.risk.Headroom}; it is reckoned anew when it expires.
   */
  public static TriggerBox around(Portfolio portfolio, MarketView view) {
    try {
      return new BoxReckoning(portfolio, view).box();
    } catch (ArithmeticException beyondHeadroom) {
      return new BoxReckoning(portfolio, view).unbounded();
    }
  }

  /** The state that holds inside. */
  public MarginState state() {
    return state;
  }

  /**
   * Whether every price that it depends on has been valid, so that {@link #state()} means
   * something.
   */
  public boolean priced() {
    return priced;
  }

  /**
   * Whether any change of a ladder or house factor voids it, not only one that leaves its corridor.
   */
  public boolean exact() {
    return exact;
  }

  /**
   * Whether the prices that it was made around allow the account's state to change, {@link
   * Margin#mayChangeState}. Where they do not, only a change of validity can help.
   */
  public boolean trusted() {
    return trusted;
  }

  /** Whether nothing is watched: no position, and nothing but the settlement asset. */
  public boolean isEmpty() {
    return variables.length == 0;
  }

  /** How many variables are bounded. */
  public int size() {
    return variables.length;
  }

  /** Whether every variable of a view lies within its bounds. Says nothing of epochs. */
  public boolean contains(MarketView view) {
    for (int n = 0; n < variables.length; n++) {
      long value = valueOf(view, variables[n]);
      if (value < low[n] || value > high[n]) return false;
    }
    return true;
  }

  int variableAt(int n) {
    return variables[n];
  }

  /** Lowest value inside; {@link Long#MIN_VALUE} when there is no bound. */
  long lowAt(int n) {
    return low[n];
  }

  /** Highest value inside; {@link Long#MAX_VALUE} when there is no bound. */
  long highAt(int n) {
    return high[n];
  }

  static long valueOf(MarketView view, int variable) {
    int owner = Variables.owner(variable);
    if (Variables.isMark(variable)) return view.instrument(owner).markTicks();
    if (Variables.isPrice(variable)) return view.asset(owner).priceMicros();
    return view.instrument(owner).fundingIndex();
  }
}

package org.novation.liquidation;

import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * How an account asks to be woken when the market could have changed its margin state. Both calls
 * return at once; what they ask for happens later, in the order of the calls.
 */
public interface Watch {
  /**
   * Watches an account from now on, in place of whatever was watched for it before. To be called
   * after every change of the portfolio, after every waking, and after recovery. An account without
   * a position or other collateral is not watched.
   *
   * @param portfolio is read during the call and not kept
   * @param recorded the state that the account has on record; while it is not what the view says,
   *     the account is woken again and again
   * @param view what the account was judged on
   */
  void register(String accountId, Portfolio portfolio, MarginState recorded, MarketView view);

  /** Stops watching an account. */
  void forget(String accountId);
}

/**
 * What an account must hold and why: pure functions of a portfolio and a view of the market.
 * Positions at mark, funding accrued, collateral at haircut, margin ladders, what is allowed when,
 * bankruptcy and liquidation prices, and what brakes forbid: {@link org.novation.risk.Action} is
 * the one matrix of that. Nothing here knows an actor, a clock or a database, and nothing keeps
 * state: the same portfolio and view always give the same answer.
 *
 * <p>What has no weight counts for nothing at any price, so nothing waits for its price: {@link
 * org.novation.risk.MarketView#counts}. Collateral that has a weight is another matter. While its
 * price is stale, diverged or missing, whoever holds any of it takes no new risk, withdraws nothing
 * and is not liquidated either, for equity cannot be told. Where such a price never comes back, the
 * way out is to take the weight away, which the council may at any time: from that moment the
 * balance counts for nothing, and its holders are looked at again.
 *
 * <p>Requirements round up, credits round down. Unrealised profit is exact. Depends on {@code
 * money} and {@code instrument}. Start at {@link org.novation.risk.Margin}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.risk;

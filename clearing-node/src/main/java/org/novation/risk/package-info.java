/**
 * What an account must hold and why: pure functions of a portfolio and a view of the market.
 * Positions at mark, funding accrued, collateral at haircut, margin ladders, what is allowed when,
 * bankruptcy and liquidation prices, and what brakes forbid: {@link org.novation.risk.Action} is
 * the one matrix of that. Nothing here knows an actor, a clock or a database, and nothing keeps
 * state: the same portfolio and view always give the same answer.
 *
 * <p>Requirements round up, credits round down. Unrealised profit is exact. Depends on {@code
 * money} and {@code instrument}. Start at {@link org.novation.risk.Margin}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.risk;

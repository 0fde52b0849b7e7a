/**
 * What happens to an account that falls short, beginning with noticing it: price ticks do not wake
 * accounts. An account reckons a box around the market as it stands, {@link
 * org.novation.liquidation.TriggerBox}: as long as every mark, funding index and collateral price
 * stays inside, full revaluation gives the same margin state. The node's {@link
 * org.novation.liquidation.WatchIndex} keeps the sides of all boxes in order, so that a tick that
 * crosses nobody looks at the first of each heap and is done.
 *
 * <p>What follows the trigger: {@link org.novation.liquidation.LiquidationState} is the state
 * machine of one account, {@link org.novation.liquidation.SliceSizing} says how much of its
 * portfolio must go, {@link org.novation.liquidation.Throttle} how much may go within a minute,
 * {@link org.novation.liquidation.LotGrants} how a seller asks for that, {@link
 * org.novation.liquidation.LiquidationPolicy} holds the parameters. Who gets the slice, at what
 * discount, is the business of {@code liquidation.auction}.
 *
 * <p>Where the risk rules are silent: the liquidation penalty is a share of the maintenance margin
 * that a slice releases, not of its notional. Bankruptcy prices split equity by maintenance margin
 * too, so that discount, penalty and bankruptcy lie on one scale for any mix of instruments; and a
 * penalty under 100 % leaves a slice that suffices, whatever the brackets. The penalty is one
 * charge: the discount comes out of it first, what is left of it is the fund's surplus.
 *
 * <p>An account without positions falls short too when it owes the settlement asset against coins:
 * once equity, in which they count at their haircut, is below nothing. Coins are sold for such a
 * debt alone, after the positions or with the last of them, and no further than it takes. That the
 * haircut is their maintenance margin ({@link org.novation.liquidation.Saleable}) puts them on the
 * same scale: their discount, penalty and bankruptcy price are shares of it.
 *
 * <p>Invariants: an account that is registered is either inside its box or has been woken since,
 * and is woken again until it registers anew. A box never promises more than revaluation would
 * confirm; it may promise less. A slice shrinks every position and flips none, and takes coins only
 * where they are owed; sold for its penalty it brings the account to maintenance margin and buffer,
 * and one step less would not, or would be worth less than the least slice.
 *
 * <p>Plain Java, no actor, no clock. Depends on {@code risk} and what that depends on. The account
 * computes its box in its own thread; the index belongs to one thread.
 */
@NullMarked
package org.novation.liquidation;

import org.jspecify.annotations.NullMarked;

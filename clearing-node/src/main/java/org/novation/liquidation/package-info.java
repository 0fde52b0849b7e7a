/**
 * What happens to an account that falls short, beginning with noticing it: price ticks do not wake
 * accounts. An account reckons a box around the market as it stands, {@link
 * org.novation.liquidation.TriggerBox}: as long as every mark, funding index and collateral price
 * stays inside, full revaluation gives the same margin state. The node's {@link
 * org.novation.liquidation.WatchIndex} keeps the sides of all boxes in order, so that a tick that
 * crosses nobody looks at the first of each heap and is done.
 *
 * <p>Invariants: an account that is registered is either inside its box or has been woken since,
 * and is woken again until it registers anew. A box never promises more than revaluation would
 * confirm; it may promise less.
 *
 * <p>Plain Java, no actor, no clock. Depends on {@code risk} and what that depends on. The account
 * computes its box in its own thread; the index belongs to one thread.
 */
@NullMarked
package org.novation.liquidation;

import org.jspecify.annotations.NullMarked;

/**
 * Integers with a stated scale, and the few exact operations on them that the whole house uses.
 * Money is counted in micros of the settlement asset (1e-6), prices in ticks, quantities in lots,
 * rates in parts per million. Every division names its rounding; a result that does not fit a
 * {@code long} throws {@link java.lang.ArithmeticException}, it never wraps.
 *
 * <p>Depends on nothing. Start at {@link org.novation.money.Fixed}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.money;

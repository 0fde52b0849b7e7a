/**
 * A market in a box: prices from a tape or from a generated crash day, a seeded crowd that trades
 * around them, and a driver that runs both against a node through its own port and reports what
 * happened. The same seed gives the same prices and the same crowd on every machine: chance comes
 * from {@link org.novation.simulation.Dice}, transcendental functions from {@link
 * java.lang.StrictMath}, and no clock is read.
 *
 * <p>Prices here are {@code double} only where the crowd makes up its mind; whatever is submitted
 * is an integer number of ticks and lots. Called by the command line; calls a node only as its
 * clients do. Start at {@link org.novation.simulation.Replay}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.simulation;

/**
 * What operators pause: an operation, in one market, for one asset or everywhere, for a time or
 * until they lift it. Brakes that the markets apply by themselves (halts, stale prices) are the
 * market room's; what any brake forbids is the matrix of {@link org.novation.risk.Action}.
 *
 * <p>One {@link org.novation.brake.BrakeActor} for the whole house holds all pauses and says them
 * to every node's price board, so that one write pauses everything at once; a board goes by what it
 * heard last. Invariants: a pause survives any restart; it ends at its time without anybody's
 * doing; a command's id counts once; every change says who and why.
 *
 * <p>Depends on {@code risk}. Start at {@link org.novation.brake.PauseBook}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.brake;

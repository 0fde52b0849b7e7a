/**
 * How the house says no. Every refusal is a {@code google.rpc.Status} with one {@code ErrorInfo}: a
 * machine-readable reason, the domain {@code novation.org}, and every number that the reason
 * depends on. {@link org.novation.api.error.Refusals} translates each refusal of the trade,
 * exhaustively; {@link org.novation.api.error.Problem} is what all of them become.
 */
@org.jspecify.annotations.NullMarked
package org.novation.api.error;

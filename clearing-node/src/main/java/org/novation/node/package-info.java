/**
 * The node: wiring and nothing else. Starts the store, the actor system, markets, accounts and
 * gateways in the order in which they need each other, opens the port last and closes it first.
 * Leads the edge's calls to the actors. Holds no rule of the trade.
 *
 * <p>Start at {@link org.novation.node.Node}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.node;

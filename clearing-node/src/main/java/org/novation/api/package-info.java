/**
 * The edge: gRPC in, the rooms of the trade behind. Here callers are authenticated, requests are
 * read into the trade's own units and checked field by field, and answers and refusals are written
 * in the terms of the contract ({@code protocol/}). No rule of the trade lives here: what a request
 * means is decided behind {@link org.novation.api.ClearingPort}, {@link
 * org.novation.api.AccountPort} and {@link org.novation.api.MarketPort}, which the node wires to
 * its actors.
 *
 * <p>Holds: a request that is refused here went no further; nothing is buffered without bound for a
 * client that does not read; no thread of the edge ever waits for the trade. Start at {@link
 * org.novation.api.ApiServer}; sizes and rates are {@link org.novation.api.Limits}; {@code
 * THREATS.md} beside this file says what could go wrong and which test shows that it does not.
 */
@org.jspecify.annotations.NullMarked
package org.novation.api;

/**
 * What the markets say: prices from registered oracles, judged before anything else sees them,
 * marks, funding, and the scaling of margin. Its rules are pure; prices and times enter as
 * arguments.
 *
 * <p>One {@link org.novation.market.MarketActor} per underlying (not per instrument: an oracle's
 * price moves every perpetual on it and the asset of that name at once) turns feeds into an index,
 * marks and funding, and broadcasts what it says to the {@link org.novation.market.PriceBoardActor}
 * of every node. That writes the node's {@link org.novation.market.PriceBoard}, which anybody reads
 * without a message, and wakes the accounts whose triggers were crossed.
 *
 * <p>Oracles are registered in the configuration, {@code novation.oracles} of every node: one list
 * for all symbols, by the name in their tokens. A journal that names others for a symbol is
 * followed; nothing writes that yet.
 *
 * <p>Invariants: a price of zero or below, out of sequence, stale, from the future or far from the
 * average changes nothing; nobody's price alone moves an index; a venue's quotes too far from the
 * index move no mark; after a restart there is no price until a fresh quorum; the funding index
 * moves once an hour and only by what the journal says; a halt is in force with the update that
 * carries its move, outlives the market's actor, and ends by the house's time alone.
 *
 * <p>Where the rules were silent: a refused price does not use up its sequence number; after a
 * restart any sequence number is a first one; funding is not paid for whole hours in which the
 * market did not run; initial margin is never multiplied by less than maintenance; an average older
 * than half an hour judges nobody, since any price may be right after a long outage; an underlying
 * that a node has not heard of for ten seconds is stale there.
 *
 * <p>On brakes: a move is measured from every price at which the index stood while it was fresh, so
 * that a jump over less than the window counts; funding, liquidation and what follows it go on in a
 * halt; withdrawals wait five minutes after a minute or more without a quorum, and after every
 * start.
 *
 * <p>Depends on {@code money}, {@code instrument}, {@code risk}, {@code brake}; the board on {@code
 * liquidation}. Prices start at {@link org.novation.market.MarketBook}, funding at {@link
 * org.novation.market.FundingRate}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.market;

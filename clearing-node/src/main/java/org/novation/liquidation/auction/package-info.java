/**
 * The Dutch auction of a slice: who takes which part of a defaulter's positions, and for how much.
 *
 * <p>A part changes hands at the marks of the moment, plus one amount of cash, the discount, from
 * the seller to the taker: so any portfolio of lots needs nothing but integers, and profit stays
 * zero-sum. Coins change hands in the same way, for their worth at the price. The discount of the
 * whole slice is a function of time alone, {@link org.novation.liquidation.auction.AuctionTerms}:
 * from nothing to the penalty, to the bankruptcy price, and beyond it with the fund's money. What
 * the seller and the fund bear of it, and what the fund gets of the penalty, is {@link
 * org.novation.liquidation.auction.Charge}. When the account is worth something else, its curve
 * goes on from the discount that stands: no phase is skipped, and no sale lasts longer than twice
 * its time.
 *
 * <p>The clock of an auction runs while anybody may bid: where a brake or a price that is not fresh
 * forbids it in a market of what is for sale, or in one that the seller has beside it, it stands
 * still, with the discount and the end, for as long as that lasts. What forbids to bid forbids to
 * hand over what is left, so an end would help nobody, and pass over whoever would have bought. A
 * standstill that touches the last call gives it again as a whole, until standstills have added up
 * to what the policy says: so a market that closes and opens in turn does not put off the end for
 * ever either. It looks every few seconds, near its end and while it stands once a second: so much
 * of a brake may count, and a brake that begins after the end only puts off the hand-over. The
 * seller tells it what it needs, at each bid that it could not settle and every few seconds. What
 * the auction owes to others, reservations and the fund, goes by the house's time throughout.
 *
 * <p>Three parties keep their own books of a sale, each a state that its events build. {@link
 * org.novation.liquidation.auction.Auction} decides bids in the order in which they arrive: it
 * reserves a part at the price of the moment, for a short time, while the bidder's margin is
 * checked. {@link org.novation.liquidation.auction.Offer} is the seller's side, a part of the
 * account's state, and has the last word on what is sold: its write is the commit point of a
 * settlement. A settlement carries a deadline before its reservation lapses, so that a part is not
 * sold twice in the ordinary run of things; and where messages cross, the offer refuses the second,
 * and the auction books the first however late it hears of it.
 *
 * <p>Invariants: per leg, sold + withdrawn + remaining = the slice, at every step; cash that takers
 * get = what seller and fund pay; no bid that is neither settled nor settled in time keeps others
 * from bidding; the state is bounded; replaying the events gives the same state. Residues of
 * rounding stay with the seller: lots that do not divide are left to the last taker, micros of a
 * discount that do not divide are not paid.
 *
 * <p>The fund's money: an auction begins without it. When the discount has reached the bankruptcy
 * price and something is left, and at once where that price lies beyond the mark, the fund is asked
 * for what is missing at the mark and the maintenance margin of what is left; what it pledges is
 * offered from then on, and what was not taken returns once it is certain that nothing more of it
 * will be. A standstill does not keep it from others for long: after 12 last calls with a pledge
 * and no bid undecided the auction is over, the pledge goes back, and the seller, once somebody can
 * bid, offers what is left anew, at an auction that asks for itself, in the same liquidation's cap.
 * Its discount begins anew too; whoever is insolvent by then begins with the fund's money. After
 * three auctions in a row that ended so, a fourth one is as one that nobody bought from. A pledge
 * that is refused leaves the last call as it is. Settlements never take more than was pledged.
 *
 * <p>Whether a reservation that lapsed without a word was settled, only the seller knows: until it
 * has said so, the bidder is not answered and the fund not told.
 *
 * <p>Rules are plain Java, no actor, no clock; {@link
 * org.novation.liquidation.auction.AuctionActor} is the shell around them. Depends on {@code
 * liquidation}, {@code risk}, {@code money}; the shell on {@code clearing} and {@code insurance},
 * for what it says to accounts and to the fund. Start at {@link
 * org.novation.liquidation.auction.Auction}.
 */
@NullMarked
package org.novation.liquidation.auction;

import org.jspecify.annotations.NullMarked;

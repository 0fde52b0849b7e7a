/**
 * Novation: how one trade gets onto the books of two accounts, both or neither, exactly once, with
 * two journal writes. Hold at the first account, novate at the last (its write is the commit point
 * and answers the client), apply at the first until acknowledged.
 *
 * <p>Answers are truthful: <em>novated</em> is for ever; <em>refused</em> means that no attempt
 * begun so far can still get through; anything else is <em>unavailable</em>, to be retried with the
 * same id. Therefore who is first and who is last is a function of the trade alone; only the last
 * account says refused (a first account that will not hold makes the gateway send a void, which the
 * last answers); the last remembers its refusals for a deadline and is blind to attempts begun
 * before its recovery; the gateway takes one answer per phase; a release frees the hold of its own
 * attempt alone.
 *
 * <p>The rules ({@link org.novation.clearing.FirstRole}, {@link org.novation.clearing.LastRole},
 * {@link org.novation.clearing.Flight}) are plain and hold volatile memory only; what is persistent
 * belongs to the account and is seen through {@link org.novation.clearing.Books}. Called by the
 * account and by the gateway.
 *
 * <p>A trade is final; one that should not have been is put right by a further booking ({@link
 * org.novation.clearing.Correction}): undone, by a trade in the other direction at the same price
 * whose legs accrue funding from where the first ones did, so that what each side realised, paid
 * and got by it is nothing; or settled at another price, by a payment from one side to the other.
 * Two operators agree on it by its hash, within a time after the novation, once for each trade
 * ({@link org.novation.clearing.CorrectionBook}); then the trade's last account commits it, or
 * whoever pays, and its outbox brings it to the other. Whoever has traded on since keeps what that
 * made. It is forced: margin does not stand in its way, for the trade should never have been, and
 * who falls short by it is liquidated like anybody else. The house's own trades, of auctions and of
 * deleveraging, are not corrected.
 *
 * <p>A correction costs no fee. When it is booked, each side gets back, to the micro, the fee that
 * it was charged for a trade that is undone, by the rate of its own booking; for another price,
 * what that makes less of it, or it pays what that makes more. All of it is part of what two
 * operators agree on, and moves as a transfer from or to {@link
 * org.novation.clearing.HouseAccount#REVENUE}, once. The house pays it alone: what its fund got is
 * not traced to single trades, and stays there. It never owes for it, for its account is margined
 * like any other: while it has too little, the fee stays due, which the correction shows, and is
 * given back when more was earned, or somebody gave it.
 *
 * <p>A leg may be given up to the account that is to carry it ({@link
 * org.novation.clearing.GiveUp}): a trade of the house at the first one's price, cleared as any
 * other is, when the receiving account's owner has accepted it or permitted all of the giving
 * account ({@link org.novation.clearing.GiveUpBook}, one for each receiving account). It has an id
 * of its own, and the giver commits it, so that no leg is given up twice, to whomever. Both margins
 * are judged; no band stands against its price, which was judged when it was made; it costs no fee
 * and moves no mark. Funding until then stays with whoever executed. A trade is given up or
 * corrected, not both: a correction is between the two accounts that traded.
 */
@org.jspecify.annotations.NullMarked
package org.novation.clearing;

/**
 * The account: balances, positions, what it remembers of trades and deposits, and where it stands.
 * Everything about one account is decided and recorded here; its journal is its only truth.
 *
 * <p>{@link org.novation.account.Account} is the state that events build, {@link
 * org.novation.account.Batch} decides what arrived together and turns it into as few events as
 * possible, {@link org.novation.account.Desk} is its part in the clearing protocol between two
 * writes, {@link org.novation.account.SaleDesk} that in the default waterfall, {@link
 * org.novation.account.TransferDesk} that in transfers; {@link org.novation.account.Unwinding}
 * drives its liquidation on, and {@link org.novation.account.AccountActor} is the thin shell around
 * them: reply addresses, persistence, timers. Holds: replaying the journal gives the live state; a
 * batch that refuses everything changes nothing; an id is remembered, or is older than what is
 * remembered and then never guessed; cash = deposits less withdrawals + realised profit + funding -
 * fees + what transfers and the default waterfall moved.
 *
 * <p>A withdrawal leaves the balances when custody asks for it, is held ({@link
 * org.novation.account.HeldWithdrawals}), and returns or is gone for ever as custody decides; each
 * step once, by custody's number for it, however often and in whatever order it is told.
 *
 * <p>Each account is margined alone, and a member may have as many as it likes: a sub-account, or
 * isolated margin, is one more of them, and what it loses is not the others'. Collateral goes from
 * any account to any other by its owner's order; what may be withdrawn may be given. The giver's
 * write commits, its outbox delivers, and the taker knows it again by its id. An account in
 * liquidation gives nothing, and takes only what ends that.
 *
 * <p>A parameter version takes a moment to reach every node, so the two accounts of a trade may be
 * judged by different ones: each by its own, which its events name. What both share of a trade, its
 * price, notional, mark and funding index, is what the account decided that commits it.
 *
 * <p>Each side of a trade pays the fee of the parameter version that its own booking names; it
 * leaves the cash at once, is kept for the house, and goes to the fund and to {@link
 * org.novation.clearing.HouseAccount#REVENUE} when it is worth a message. Whether somebody reduces
 * is judged without it: nobody stays in a position because leaving costs something.
 *
 * <p>What nobody bought is handed over to be deleveraged; but not of a solvent account while the
 * fund's gate is closed ({@link org.novation.insurance.ClosedGate}): that is offered again, sized
 * anew, at most {@link org.novation.account.Batch#DEFERRALS_MAX} times in a row. It is handed over
 * after the auction at whose end the gate is open or not known, or the account insolvent.
 *
 * <p>The default waterfall commits here. A slice that is sold, what nobody bought, a debt, profit
 * that is given up: each is one event, known by its id, and what others are to have or to hear of
 * it goes through the outbox until it has arrived ({@link org.novation.account.Dispatch}). One
 * account is the house's own, {@link org.novation.clearing.HouseAccount#DEFAULT}: it takes over
 * what nobody bought at the marks, and with the last of an account that owes its debt, in one step,
 * so that no wave of deleveraging closes winners' contracts against that before their part of the
 * debt is known. An account that is sold in several slices keeps its debt until the last is gone:
 * what is handed over sooner brings neither cash nor debt, and whom a wave closes for it pays of
 * the debt afterwards, by what that realised, unless no position is left to him. This account is
 * never margined. Coins that came to it count at their haircut, so that what they are short of is
 * made good by winners at once; it offers them at auctions, no cheaper than they count for, again
 * and again until they are sold, and what that leaves goes to the fund.
 *
 * <p>Depends on {@code clearing}, {@code custody}, {@code liquidation}, {@code insurance}, {@code
 * deleveraging}, {@code risk}, {@code instrument}, {@code money}. Called by the gateway of {@code
 * clearing}, by auctions and the coordinator, and by {@code api}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.account;

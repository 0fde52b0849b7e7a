/**
 * How holders of the governance token change what the house runs by (risk rules, section 13), and
 * what no vote can do.
 *
 * <p>{@link org.novation.governance.Parameter} is everything that can be voted, one thing at a
 * time; {@code Schema} says once of each of its {@link org.novation.governance.Figure}s the hard
 * bounds, which way is tighter ({@link org.novation.governance.Tightens}) and how fast it moves
 * whatever the vote says ({@link org.novation.governance.Pace}). A {@link
 * org.novation.governance.ParameterSet} is all of them at one version; what is in force is a
 * function of it and the house's time, so every node that has the version has the same figures, and
 * an event that names version and time names every figure.
 *
 * <p>{@link org.novation.governance.Governance} decides and records: {@link
 * org.novation.governance.Stakes}, proposals with their {@link org.novation.governance.Stage},
 * versions, and what the council may do alone. {@link org.novation.governance.Counting} alone says
 * what votes amount to; {@link org.novation.governance.RecordedProposal} compares it with what
 * other houses recorded.
 *
 * <p>Before a vote, {@link org.novation.governance.ProposedMarkets} makes the markets as they would
 * be, and {@link org.novation.governance.Impact} says whom that would put under margin; parts of
 * the house reckon by themselves and are merged.
 *
 * <p>Tokens come out of the voter's account, and go back to it, by transfers under names that are
 * never another's; they count from when the account has given them, until it has them again.
 *
 * <p>Invariants: tokens that came in are staked, leaving, on their way back or gone back; a staked
 * token counts in a vote once at most; a proposal is voted with the stakes of when it was made, and
 * what is executed is, to the byte, what was voted, on the version that it was voted on; a
 * contract's maintenance margin is below its initial margin at every moment of every ramp; nothing
 * that accounts are measured by gets worse for them within a day of any decision; the council makes
 * no figure looser, now or at any later time; nobody's commands make another's forgotten; replaying
 * the events gives the same state; every collection is bounded.
 *
 * <p>Where the rules were silent: a deposit is a part of a stake that cannot leave while the
 * proposal is open, and always comes free again. Only votes in favour reach a quorum. A vote can be
 * given to one other and no farther. Replacing a parameter while it is on its way starts the new
 * way from where it is. A version that changes a parameter ends every open proposal on it at once.
 * The council cannot cancel what decides on itself or on the kill switch, acts by more than half of
 * its keys within an hour, and can throw the kill switch, which stops itself too; a vote lifts it.
 * Halts are parameters, so a council's halt is a tightening like any other, of a week at most.
 * Volatility's own scaling goes on as the market room has it; its parameters move with grace.
 *
 * <p>Its rules depend on the rooms whose parameters are voted, its actor on {@code clearing} for
 * the house's time. Called by {@code node}. Start at {@link org.novation.governance.Governance}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.governance;

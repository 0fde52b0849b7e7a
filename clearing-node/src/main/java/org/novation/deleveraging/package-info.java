/**
 * Auto-deleveraging: what is done when neither an auction nor the insurance fund could end a
 * default (risk rules, section 11). Two questions are kept apart. <em>Contracts</em>: what nobody
 * bought closes against the other side ({@link org.novation.deleveraging.ContractAllocation}).
 * <em>Money</em>: the deficit is taken from profit, pro rata, to the micro ({@link
 * org.novation.deleveraging.ProfitHaircut}). The classic queue, which answers both with one price,
 * stays available ({@link org.novation.deleveraging.QueuePolicy}); both stand behind {@link
 * org.novation.deleveraging.AdlPolicy}.
 *
 * <p>An {@link org.novation.deleveraging.AdlInput} is everything that a decision is made of, a
 * {@link org.novation.deleveraging.Receipt} is that with the decision and their hash, published
 * before anything is done; {@link org.novation.deleveraging.ReceiptVerifier} decides again and
 * compares. {@link org.novation.deleveraging.AdlWave} does it step by step, each exactly once,
 * through any crash. {@link org.novation.deleveraging.Coordination} is a pool's waves one after the
 * other; {@link org.novation.deleveraging.AdlCoordinatorActor} carries them out, with what {@link
 * org.novation.deleveraging.AdlHouse} says it finds around it.
 *
 * <p>Invariants: what is taken is the deficit or all profit there is, and of nobody, over all waves
 * together, more than was won in an instrument; who has no position pays nothing; contracts closed
 * are zero-sum; under the default policy nobody's margin requirement rises by them; the order of
 * the input changes nothing; at every step taken = paid + what the wave holds; receipts never say
 * together that the fund paid more than it did.
 *
 * <p>What the insurance fund paid of a debt goes along with the rest of it to the default account,
 * which keeps the sum of all; the coordinator counts in each receipt what the ones before it do not
 * ({@link org.novation.deleveraging.Coordination#uncountedMicros}). Both sums are their journals',
 * so that no crash counts a default twice, or never.
 *
 * <p>Where this falls short of the rules: they have whoever is closed at the mark pay too. Here he
 * does within the wave that closes him, whose base is read before any contract closes, and not in a
 * later one, since candidates are positions that are open ({@link
 * org.novation.deleveraging.CandidateReading#of}). The debt of an account that is sold in several
 * slices comes with the last of them; who was closed flat in an instrument by an earlier slice's
 * wave pays none of it from what he won there, and those who still hold theirs pay more. Naming him
 * takes a candidate without lots, who says on which side the house closed him, and so new forms of
 * the receipt and of the account's snapshot.
 *
 * <p>Where the rules were silent: profit of an instrument is unrealised plus realised within the
 * look-back, nothing if negative; an account's profits are together bounded by its equity, shared
 * pro rata. What a wave takes is charged where the profit stands: with the position as far as that
 * is unrealised, and then it moves into the look-back with what is realised of the position; the
 * rest with the oldest of what was realised within the look-back and not lost again ({@link
 * org.novation.deleveraging.RealisedWindow#take}). So a charge leaves the look-back together with
 * what it was taken of, and the next wave finds what was left and what was won since. Only
 * positions against the defaulter's pay first; the second base is what is left of every profit in
 * the pool, on either side. A requirement is taken to be convex in the lots closed, which ladders
 * and worst-of-scenarios both are, so that what does not raise it is an interval from nothing.
 * Losing positions can be asked to close at the mark: by rank they come after all winners, but whom
 * a closing relieves comes before whom it does not, winner or loser. The queue refuses whom its
 * price would leave with less than nothing, in part as for the whole (dYdX v4). An account that
 * changed since it was read is passed over for the wave. A market that is paused, or whose price is
 * not to be trusted, is left out, and nothing but it: an account's other positions are named, with
 * an equity that counts what it lost there and not what it won. A step that cannot be done for half
 * a minute is answered with a no for ever: nothing taken, or not closed. What is missing by it the
 * next round asks of others, and what nobody can give is left to the next wave.
 *
 * <p>A hedge is broken where a closing raises its account's maintenance margin, which is what the
 * rules mean by it. As long as margin is each instrument's own ladder, added up ({@link
 * org.novation.risk.Margin}), no closing can: whole positions are closable, every closing of some
 * size relieves, and hedges broken are 0 under either policy, whatever they decide. Two contracts
 * of one underlying, or coins against a short, are no hedge to such a margin, and the comparison of
 * policies says nothing about them. What is decided here goes by the requirement alone, so a margin
 * that nets brings the rule to life; of a candidate nothing else would have to be told.
 *
 * <p>Depends on {@code money}, {@code instrument}, {@code risk}, {@code clearing} (a contract
 * closes as a trade). Called by nodes, which read candidates ({@link
 * org.novation.deleveraging.CandidateReading}, {@link
 * org.novation.deleveraging.CandidateSelection}) and ranks ({@link
 * org.novation.deleveraging.RankBook}), and by the command line.
 */
@org.jspecify.annotations.NullMarked
package org.novation.deleveraging;

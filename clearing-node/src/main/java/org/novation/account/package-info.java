/**
 * The account: balances, positions, what it remembers of trades and deposits, and where it stands.
 * Everything about one account is decided and recorded here; its journal is its only truth.
 *
 * <p>{@link org.novation.account.Account} is the state that events build, {@link
 * org.novation.account.Batch} decides what arrived together and turns it into as few events as
 * possible, {@link org.novation.account.Desk} is its part in the clearing protocol between two
 * writes, {@link org.novation.account.AccountActor} is the thin shell around them: reply addresses,
 * persistence, timers. Holds: replaying the journal gives the live state; a batch that refuses
 * everything changes nothing; an id is remembered, or is older than what is remembered and then
 * never guessed; cash = deposits + realised profit + funding.
 *
 * <p>Depends on {@code clearing}, {@code risk}, {@code instrument}, {@code money}. Called by the
 * gateway of {@code clearing} and by {@code api}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.account;

/**
 * The insurance fund of a risk pool: what it is fed, what it pays when a liquidated account's money
 * is not enough, and when it says that auto-deleveraging may start (risk rules, section 10).
 *
 * <p>{@link org.novation.insurance.Fund} decides and records; its history is its events. A draw has
 * two steps, so that a crash between them neither loses nor doubles money: it is <em>reserved</em>
 * (the money leaves the balance and is held for one liquidation) and, once it was paid,
 * <em>settled</em> with what that really was; the rest returns. Both are idempotent by the draw's
 * id. A liquidation may draw several times, for takers of its slices and for its debts: all of it
 * counts in one cap while it is remembered, and a debt waits for what its liquidation's pledges
 * give back rather than be cut short. The house's own tranche stands in front: it pays first and
 * gets nothing back before the fund does.
 *
 * <p>Invariants: no part is ever negative; house + balance + reserved = contributed − paid, to the
 * last micro; an id that may have been forgotten is looked up in the journal, neither guessed nor
 * granted again; every collection in memory is bounded.
 *
 * <p>Where the rules were silent: blocks of time and days are aligned to the house's clock (UTC),
 * and what a draw gives back frees its caps while they last; what is reserved no longer counts as
 * available, for it is promised; the peak is exact to five minutes and never too low; an empty fund
 * opens the gate even if it never held anything. What the gate decides: while it is closed, what
 * nobody bought of an account that is solvent does not go to deleveraging, but is offered again, a
 * bounded number of times in a row. It protects nobody who is insolvent, and no money: what a cap
 * leaves unpaid is nobody else's to pay, and goes to deleveraging whatever the gate says. Who has
 * not heard of the fund for a while takes the gate to be open.
 *
 * <p>Its rules depend on {@code money} alone, its actor on {@code clearing} for the house's time.
 * Start at {@link org.novation.insurance.Fund}, which {@link
 * org.novation.insurance.InsuranceFundActor} alone drives; {@link org.novation.insurance.CoverTwo}
 * is for whoever gathers stress losses.
 */
@org.jspecify.annotations.NullMarked
package org.novation.insurance;

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
 */
@org.jspecify.annotations.NullMarked
package org.novation.clearing;

/**
 * What the house took back: single tokens by their ids, and all tokens of a caller that were issued
 * before a moment. Who a token stands for and what it may do is {@code api.auth}'s.
 *
 * <p>One {@link org.novation.access.RevocationActor} for the whole house holds them; every node
 * hears that there is something new within a second, asks for it, and cuts what is open. A node
 * takes no call before it has heard of all of them. Invariants: what was taken back is never given
 * back; it is forgotten only after no token that it is about can be valid any more; both lists are
 * bounded, and a full one refuses rather than forgets.
 *
 * <p>Depends on nothing. Start at {@link org.novation.access.RevocationBook}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.access;

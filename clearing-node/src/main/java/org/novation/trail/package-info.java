/**
 * The trail: who did what with more than a member's power. A record for what was asked, written
 * before it is done, and one for what came of it; each carries the hash of the one before, so that
 * none can be changed, removed, put elsewhere or slipped in without all that follow. Where the
 * trail ended once is its {@link org.novation.trail.TrailHead}: kept anywhere else, it proves that
 * nothing was cut off, or written anew from the first record on.
 *
 * <p>What members and voters do with what is theirs, a vote too, is not in it: that is in the
 * journals of accounts and of governance, which the audit reckons anew.
 *
 * <p>One {@link org.novation.trail.TrailActor} writes it for the whole house; the journal refuses a
 * second writer of a number. {@code novation audit} verifies it from the stored bytes.
 *
 * <p>Depends on nothing. Start at {@link org.novation.trail.TrailRecord}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.trail;

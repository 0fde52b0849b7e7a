/**
 * Who calls, and what they may call. A caller is whoever a signed token (JWT) says it is; what it
 * may do stands in one table, {@link org.novation.api.auth.Access}, and whatever the table does not
 * grant is denied. Without a token nothing answers but the health service. Keys and tokens of a
 * development node are made here ({@link org.novation.api.auth.DevKeys}); a production node is
 * given its own ({@link org.novation.api.auth.Credentials}) and does not start without.
 *
 * <p>Knows nothing of accounts or trades: whether an account is the caller's own is asked by the
 * services of {@code api}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.api.auth;

/**
 * The house seen from outside: a typed client of the contract over TLS, for the command line, the
 * demo, replays and benchmarks. It retries what may be retried, with the same ids, and nothing
 * else; it holds a bounded number of calls open.
 *
 * <p>Knows the contract and no other room. Start at {@link org.novation.api.client.NovationClient}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.api.client;

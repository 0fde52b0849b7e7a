/**
 * The house seen from outside: a typed client of the contract over TLS, for the command line, the
 * demo, replays and benchmarks. It retries what may be retried, with the same ids, and nothing
 * else. Streams bound what is on its way and make their callers wait; calls of one request do not,
 * so whoever makes many bounds them.
 *
 * <p>Knows the contract and no other room. Start at {@link org.novation.api.client.NovationClient}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.api.client;

package org.novation.clearing;

/**
 * One attempt of a gateway to get one trade through.
 *
 * @param id unique over all gateways
 * @param startMs when it began, by the gateway's wall clock
 */
public record Attempt(long id, long startMs) {}

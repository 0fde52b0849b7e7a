package org.novation.risk;

/**
 * What forbids an action.
 *
 * @param subject the instrument, asset or account that is braked
 * @param untilMs house time from which it no longer forbids; 0 when nobody knows yet
 */
public record Stop(Brake brake, String subject, long untilMs) {}

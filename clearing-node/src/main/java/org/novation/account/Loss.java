package org.novation.account;

/**
 * What an account lost in one instrument: its debt is shared out by such figures.
 *
 * @param side 1 when it was long, −1 when it was short
 * @param micros at least 0
 */
public record Loss(String instrument, int side, long micros) {}

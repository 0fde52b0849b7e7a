package org.novation.risk;

/**
 * What one trade does to one account's position, with every figure: the account gains {@code
 * realisedMicros + fundingMicros} of cash. All in micros unless named.
 *
 * @param lots signed quantity added
 * @param notionalMicros ticks · lots · tickValue, signed as {@code lots}
 * @param realisedMicros profit of the part that was closed: its notional less its share of the cost
 *     basis
 * @param fundingMicros funding settled on the position as it was, negative when paid; rounded down,
 *     against the account
 * @param fundingResidue what the rounding left to the house, in 1e-6 micros, at least 0
 * @param fundingIndex the funding index that the position stands at afterwards
 */
public record Fill(
    long lots,
    long notionalMicros,
    long realisedMicros,
    long fundingMicros,
    long fundingResidue,
    long fundingIndex) {}

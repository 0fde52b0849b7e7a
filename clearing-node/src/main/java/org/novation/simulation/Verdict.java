package org.novation.simulation;

/**
 * What the books add up to after a replay, read back from the journal. Each sum is exact, as a
 * plain decimal, and is {@code "0"} when the invariant holds.
 *
 * @param positions lots held long less lots held short
 * @param cash micros that deposits, realised profit and funding do not explain
 * @param costBasis micros of cost basis less realised profit
 * @param hold whether every invariant holds, these three and all that the auditor checks
 * @param flaw the first violation; empty when there is none
 */
public record Verdict(String positions, String cash, String costBasis, boolean hold, String flaw) {}

package org.novation.simulation;

/**
 * What the books add up to after a replay, read back from the journal. Each sum is exact, as a
 * plain decimal, and is {@code "0"} when the invariant holds.
 *
 * @param positions Σ of the absolute values of each instrument's Σ lots: longs less shorts
 * @param cash Σ cash − (deposits − withdrawals) − Σ realised − Σ funding, in the settlement asset
 * @param costBasis Σ (cost basis − realised) over accounts and instruments, in the settlement asset
 * @param hold whether every invariant holds, these three and all that the auditor checks
 * @param flaw the first violation; empty when there is none
 */
public record Verdict(String positions, String cash, String costBasis, boolean hold, String flaw) {}

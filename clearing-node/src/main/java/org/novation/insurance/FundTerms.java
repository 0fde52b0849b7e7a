package org.novation.insurance;

/**
 * What a fund decides by, all of one version.
 *
 * @param parameterVersion of the parameters that the policy is of
 */
public record FundTerms(long parameterVersion, FundPolicy policy) {}

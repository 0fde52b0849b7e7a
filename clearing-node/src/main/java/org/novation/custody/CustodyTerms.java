package org.novation.custody;

/**
 * What custody decides by, all of one version.
 *
 * @param parameterVersion of the parameters that the rest is of
 * @param custodians who signs, as voted; in force once custody has adopted them
 */
public record CustodyTerms(long parameterVersion, CustodyPolicy policy, CustodianSet custodians) {}

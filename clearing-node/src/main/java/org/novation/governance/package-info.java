/**
 * How holders of the governance token change what the house runs by (risk rules, section 13), and
 * what no vote can do.
 *
 * <p>Counting: {@link org.novation.governance.Counting} alone says what votes amount to; {@link
 * org.novation.governance.RecordedProposal} compares it with what other houses recorded.
 *
 * <p>Its rules depend on the rooms whose parameters are voted. Called by {@code node}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.governance;

/**
 * What the markets say: prices from registered oracles, judged before anything else sees them,
 * marks, funding, and the scaling of margin. Its rules are pure; prices and times enter as
 * arguments.
 *
 * <p>Depends on {@code money}, {@code instrument} and {@code risk}. Funding starts at {@link
 * org.novation.market.FundingRate}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.market;

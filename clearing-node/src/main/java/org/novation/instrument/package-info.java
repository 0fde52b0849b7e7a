/**
 * What can be traded and what can be pledged: perpetual contracts with their margin ladders,
 * collateral assets with their haircuts, and the catalogue of both at one parameter version.
 * Immutable; every number is validated against the hard bounds of the house when it is built, so
 * whoever holds an instrument may rely on it.
 *
 * <p>Depends on {@code money} alone. Start at {@link org.novation.instrument.Catalogue}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.instrument;

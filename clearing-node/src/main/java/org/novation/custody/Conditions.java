package org.novation.custody;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.risk.Stop;

/**
 * What custody decides by, beside its own state.
 *
 * @param parameterVersion of the parameters that the policy is of
 * @param gate what forbids an asset to leave the house now, whoever's it is; null when nothing does
 * @param nowMs house time
 */
public record Conditions(
    long parameterVersion,
    CustodyPolicy policy,
    Function<String, @Nullable Stop> gate,
    long nowMs) {}

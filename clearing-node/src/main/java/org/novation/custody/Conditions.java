package org.novation.custody;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.risk.Stop;

/**
 * What custody decides by, beside its own state.
 *
 * @param gate what forbids an asset to leave the house now, whoever's it is; null when nothing does
 * @param nowMs house time
 */
public record Conditions(CustodyPolicy policy, Function<String, @Nullable Stop> gate, long nowMs) {}

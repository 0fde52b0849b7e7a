/**
 * How load is made and measured: seeded trades, a driver that sends them closed loop or at a fixed
 * rate, and latencies that hide no waiting. Knows no database, no wire and no node: it drives
 * whatever is a {@link org.novation.simulation.bench.TradeSink}. Start at {@link
 * org.novation.simulation.bench.LoadDriver}.
 */
@NullMarked
package org.novation.simulation.bench;

import org.jspecify.annotations.NullMarked;

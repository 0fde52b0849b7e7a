/**
 * Benchmarks that a user can repeat: how many trades a node novates, how fast it liquidates when
 * prices gap, what a price tick costs, how much memory an account takes; beside it the baseline
 * that it carries, a clearing function inside PostgreSQL. Lives in {@code node} because the
 * baseline speaks JDBC; load and statistics come from {@code simulation.bench}. Nothing of a
 * running node depends on this room.
 */
@NullMarked
package org.novation.node.bench;

import org.jspecify.annotations.NullMarked;

/**
 * A node on one thread and virtual time: every actor, every write of the journal, every call and
 * every timer of it is a task of one queue, worked through in order by whoever drives it. What such
 * a node does follows from what it is asked alone, however the machine schedules, and takes no
 * longer than the work itself. Replays and the demo run on it. Start at {@link
 * org.novation.node.clockwork.Clockwork}; {@code clockwork.conf} leads Pekko's dispatchers, its
 * scheduler and the journal's database here.
 */
@NullMarked
package org.novation.node.clockwork;

import org.jspecify.annotations.NullMarked;

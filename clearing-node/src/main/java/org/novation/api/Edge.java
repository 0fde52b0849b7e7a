package org.novation.api;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What long calls share.
 *
 * @param executor runs what must not run on a thread of the trade
 * @param timer wakes; never works
 * @param patience how long a client may leave waiting answers unread before its stream is cut
 */
record Edge(Executor executor, ScheduledExecutorService timer, Duration patience) {}

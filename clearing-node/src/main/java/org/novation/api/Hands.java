package org.novation.api;

import java.util.concurrent.ScheduledExecutorService;

/**
 * Who works at the edge of a node whose clients are in the same process: their calls do not go over
 * a network and have no threads of their own, but pass the same services, tokens and checks.
 *
 * @param worker runs what must not run within a call, and wakes
 * @param listens whether clients of elsewhere may call through the port too
 */
public record Hands(ScheduledExecutorService worker, boolean listens) {}

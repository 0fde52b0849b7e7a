package org.novation.market;

import org.novation.brake.Pauses;

/**
 * What operators have paused: complete, so that a board that missed one loses nothing with the
 * next.
 *
 * @param number the greater, the newer
 */
public record PausesSaid(long number, Pauses pauses) implements Broadcast {}

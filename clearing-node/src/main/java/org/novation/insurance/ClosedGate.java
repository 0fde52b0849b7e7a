package org.novation.insurance;

/**
 * What a closed gate of deleveraging rests on: at this event the fund was neither empty nor as far
 * below its peak as opens it.
 *
 * @param fundEvent number of the fund's last event
 * @param availableMicros tranche and balance
 * @param peakMicros the highest that was available within the policy's window
 */
public record ClosedGate(long fundEvent, long availableMicros, long peakMicros) {}

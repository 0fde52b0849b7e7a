package org.novation.risk;

import org.novation.instrument.Ladder;

/**
 * The margin ladders of one instrument as they are in force now, scaled by open interest and
 * volatility, and a corridor that they keep to while {@link #epoch()} does not change. The watch
 * index reckons with the corridor, so that ladders may drift inside it without waking anybody;
 * leaving it starts a new epoch and wakes every holder.
 *
 * @param initial initial margin in force
 * @param maintenance maintenance margin in force
 * @param initialCeiling asks at least as much as {@code initial} throughout the epoch
 * @param maintenanceCeiling asks at least as much as {@code maintenance} throughout the epoch
 * @param initialFloor asks at most as much as {@code initial} throughout the epoch
 * @param maintenanceFloor asks at most as much as {@code maintenance} throughout the epoch
 * @param epoch grows when the corridor moves
 */
public record MarginLadders(
    Ladder initial,
    Ladder maintenance,
    Ladder initialCeiling,
    Ladder maintenanceCeiling,
    Ladder initialFloor,
    Ladder maintenanceFloor,
    long epoch) {
  /**
   * @throws IllegalArgumentException when a ladder in force leaves its corridor
   */
  public MarginLadders {
    if (!initialCeiling.covers(initial)
        || !maintenanceCeiling.covers(maintenance)
        || !initial.covers(initialFloor)
        || !maintenance.covers(maintenanceFloor)) {
      throw new IllegalArgumentException("a ladder left its corridor");
    }
  }

  /** Ladders that do not move: no scaling. */
  public static MarginLadders fixed(Ladder initial, Ladder maintenance) {
    return new MarginLadders(initial, maintenance, initial, maintenance, initial, maintenance, 0);
  }
}

package org.novation.liquidation;

import java.util.List;
import org.novation.money.Fixed;

/**
 * A part of an account's portfolio that is to be sold: of every position the same share, in whole
 * lots. What it is worth to the account is the maintenance margin that it releases.
 *
 * @param legs one per open position, in order of symbol
 * @param equityMicros of the account when the slice was cut
 * @param maintenanceMicros of the account when the slice was cut, above 0
 * @param releasedMicros maintenance margin that the account no longer needs without the slice
 * @param notionalMicros gross, at the marks
 * @param penaltyMicros what an orderly sale costs the account
 * @param whole whether nothing is left without it
 */
public record Slice(
    List<Leg> legs,
    long equityMicros,
    long maintenanceMicros,
    long releasedMicros,
    long notionalMicros,
    long penaltyMicros,
    boolean whole) {
  /**
   * The part of one position.
   *
   * @param lots signed as the position, not 0: the taker's position changes by them
   * @param markTicks the mark when the slice was cut
   * @param weightMicros maintenance margin that the leg releases, at least 1: money is split over
   *     legs by it
   */
  public record Leg(String instrument, long lots, long markTicks, long weightMicros) {}

  public Slice {
    legs = List.copyOf(legs);
  }

  /**
   * What selling the slice at its bankruptcy price costs: its part of equity by maintenance margin,
   * rounded down; negative when equity is.
   */
  public long equityShareMicros() {
    return Fixed.mulDivFloor(equityMicros, releasedMicros, maintenanceMicros);
  }
}

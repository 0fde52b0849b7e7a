package org.novation.liquidation;

import java.util.List;
import org.novation.money.Fixed;

/**
 * A part of an account's portfolio that is to be sold: of every position the same share, in whole
 * lots, and of its coins where it needs to sell them. What it is worth to the account is the margin
 * that it releases.
 *
 * @param legs one per position or asset that is for sale, in order of their names, see {@link
 *     org.novation.instrument.Coins}
 * @param equityMicros of the account when the slice was cut, see {@link Saleable}
 * @param maintenanceMicros likewise, above 0
 * @param releasedMicros margin that the account no longer needs without the slice
 * @param notionalMicros gross, at the marks
 * @param penaltyMicros what an orderly sale costs the account
 * @param whole whether nothing that could be for sale is left without it
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
   * The part of one position, or of one asset.
   *
   * @param instrument or coins, see {@link org.novation.instrument.Coins}
   * @param lots signed as the position, not 0: the taker's position changes by them; of coins their
   *     smallest units
   * @param markTicks the mark when the slice was cut; of coins their price
   * @param weightMicros margin that the leg releases, at least 1: money is split over legs by it
   */
  public record Leg(String instrument, long lots, long markTicks, long weightMicros) {}

  public Slice {
    legs = List.copyOf(legs);
  }

  /**
   * What selling the slice at its bankruptcy price costs: its part of equity by margin, rounded
   * down; negative when equity is.
   */
  public long equityShareMicros() {
    return Fixed.mulDivFloor(equityMicros, releasedMicros, maintenanceMicros);
  }
}

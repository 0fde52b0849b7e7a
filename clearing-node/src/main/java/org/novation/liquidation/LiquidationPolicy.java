package org.novation.liquidation;

import org.novation.money.Fixed;

/**
 * The governed parameters of liquidation. Each has a hard bound that no vote can pass.
 *
 * @param bufferPpm how far above its maintenance margin an account is brought, as a share of it; 0
 *     to 20 %
 * @param penaltyPpm the liquidation penalty, as a share of the maintenance margin that a slice
 *     releases: what an orderly sale costs the account, the discount of the taker first and the
 *     rest to the fund; 0 to 90 %
 * @param feeCapPpm most of what is left of a slice's equity that may go to the fund; at most 95 %
 * @param dustMicros a remainder of less notional than this is sold with the slice; up to 1,000,000
 *     units
 * @param leastSliceMicros no slice of less notional is sold, unless less is there or the throttle
 *     grants less: an account a hair under its margin must not be sold a lot at a time; 0 to
 *     1,000,000 units
 * @param throttleMicrosPerMinute most notional of one instrument that goes on sale within a minute,
 *     see {@link Throttle}; above 0
 * @param penaltyPhaseMs how long the discount takes from nothing to the penalty
 * @param bankruptcyPhaseMs how long from the penalty to the bankruptcy price
 * @param fundPhaseMs how long from there to the end of the fund's money
 * @param lastCallMs how long the last price stands; at least a second, so that the fund's best
 *     offer can be seen and taken
 * @param minimumBidPpm the smallest share of the original slice that a bid may take, unless it
 *     takes all that is left; 0.5 % to 100 %, which also bounds how many takers an auction can have
 * @param reservationMs how long a bid's settlement may take before its part is for sale again; half
 *     a second to a minute
 * @param standstillMsMax how long an auction may have stood still in total, because nobody could
 *     bid, and still have its whole last call again after the next standstill that touches it; 0 to
 *     4 hours. It bounds no standstill: an auction waits for as long as nobody may bid, for nothing
 *     could be handed over either. It bounds what a market that closes and opens in turn adds to
 *     the end
 */
public record LiquidationPolicy(
    long bufferPpm,
    long penaltyPpm,
    long feeCapPpm,
    long dustMicros,
    long leastSliceMicros,
    long throttleMicrosPerMinute,
    long penaltyPhaseMs,
    long bankruptcyPhaseMs,
    long fundPhaseMs,
    long lastCallMs,
    long minimumBidPpm,
    long reservationMs,
    long standstillMsMax) {
  /** No phase of an auction is longer than this. */
  public static final long PHASE_MS_MAX = 3_600_000;

  /** No auction that has stood still for longer has its last call again. */
  public static final long STANDSTILL_MS_MAX = 4 * 3_600_000;

  /** No more of what is left may be taken as a fee (risk rules, section 9.5). */
  public static final long FEE_CAP_PPM_MAX = 950_000;

  /**
   * What a house begins with: an auction of a minute and a half, and a penalty of 40 % of
   * maintenance margin, 0.5 % of notional where that is 1.25 %. dYdX v4 and Paradex state theirs as
   * a share of maintenance margin too, between 10 and 70 %. dYdX v4 sells no less than 1,000 USDC
   * of a position at once.
   */
  public static final LiquidationPolicy DEFAULTS =
      new LiquidationPolicy(
          20_000,
          400_000,
          FEE_CAP_PPM_MAX,
          100 * Fixed.MICROS,
          1_000 * Fixed.MICROS,
          25_000_000 * Fixed.MICROS,
          30_000,
          30_000,
          20_000,
          10_000,
          10_000,
          5_000,
          1_800_000);

  /**
   * @throws IllegalArgumentException when a parameter breaks a hard bound
   */
  public LiquidationPolicy {
    within("buffer", bufferPpm, 0, 200_000);
    within("penalty", penaltyPpm, 0, 900_000);
    within("fee cap", feeCapPpm, 0, FEE_CAP_PPM_MAX);
    within("dust", dustMicros, 0, 1_000_000 * Fixed.MICROS);
    within("least slice", leastSliceMicros, 0, 1_000_000 * Fixed.MICROS);
    within("throttle", throttleMicrosPerMinute, 1, Throttle.LIMIT_MICROS_MAX);
    within("penalty phase", penaltyPhaseMs, 0, PHASE_MS_MAX);
    within("bankruptcy phase", bankruptcyPhaseMs, 0, PHASE_MS_MAX);
    within("fund phase", fundPhaseMs, 0, PHASE_MS_MAX);
    within("last call", lastCallMs, 1_000, PHASE_MS_MAX);
    within("minimum bid", minimumBidPpm, 5_000, Fixed.PPM);
    within("reservation", reservationMs, 500, 60_000);
    within("standstill", standstillMsMax, 0, STANDSTILL_MS_MAX);
  }

  /** The equity that an account of this maintenance margin is brought to, rounded up. */
  public long targetMicros(long maintenanceMicros) {
    return Fixed.ppmCeil(maintenanceMicros, Fixed.PPM + bufferPpm);
  }

  /**
   * The penalty of a slice, rounded down: a share of the maintenance margin that it releases, and
   * never more than the capped share of its equity, so that it cannot bankrupt the account.
   *
   * @param equityShareMicros the slice's part of equity; nothing is charged when it is negative
   */
  public long penaltyMicros(long releasedMicros, long equityShareMicros) {
    return Math.min(Fixed.ppmFloor(releasedMicros, penaltyPpm), feeMicrosMax(equityShareMicros));
  }

  /** The most that may be charged where so much equity is left: rounded down, at least 0. */
  public long feeMicrosMax(long leftMicros) {
    return Fixed.ppmFloor(Math.max(0, leftMicros), feeCapPpm);
  }

  private static void within(String what, long value, long low, long high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          what + " must lie in " + low + ".." + high + ", not " + value);
    }
  }
}

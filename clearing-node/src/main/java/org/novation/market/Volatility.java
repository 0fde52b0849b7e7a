package org.novation.market;

import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * Annual volatility of one instrument's index and what it multiplies margin by: σ = 0.75 · EWMA +
 * 0.25 · stressed, v = clamp(σ / σ_ref, 1, v_max). The stressed quarter keeps margin from falling
 * so low in a calm that it must jump in the next storm (EMIR RTS 153/2013, article 28). Sampled
 * once a minute; a gap of n minutes counts as n equal ones. Floating point inside, rounded up at
 * the border. Belongs to one thread.
 */
public final class Volatility {
  private static final long MINUTE_MS = 60_000;
  private static final double MINUTES_PER_YEAR = 365.0 * 24 * 60;
  private static final double EWMA_WEIGHT = 0.75;

  private Perpetual.Scaling scaling;
  private double halfLifeMinutes;
  private double variancePerMinute;
  private long minute = Long.MIN_VALUE;
  private long lastPrice;

  /**
   * @param sigmaPpm annual volatility to begin with: what was recorded, or the reference
   */
  public Volatility(Perpetual.Scaling scaling, long halfLifeMs, long sigmaPpm) {
    this.scaling = scaling;
    this.halfLifeMinutes = (double) halfLifeMs / MINUTE_MS;
    begin(sigmaPpm);
  }

  /** Goes by other parameters from now on; what it has seen stays. */
  void scaling(Perpetual.Scaling other, long halfLifeMs) {
    scaling = other;
    halfLifeMinutes = (double) halfLifeMs / MINUTE_MS;
  }

  /** Begins again from a recorded volatility. */
  public void begin(long sigmaPpm) {
    double sigma = (double) sigmaPpm / Fixed.PPM;
    variancePerMinute = sigma * sigma / MINUTES_PER_YEAR;
  }

  /** A fresh index price; the first of each minute is its sample. */
  public void observe(long price, long nowMs) {
    long now = Math.floorDiv(nowMs, MINUTE_MS);
    if (now <= minute) return;
    if (lastPrice > 0) {
      double minutes = now - minute;
      double move = Math.log((double) price / lastPrice);
      double kept = StrictMath.pow(0.5, minutes / halfLifeMinutes);
      variancePerMinute = kept * variancePerMinute + (1 - kept) * move * move / minutes;
    }
    minute = now;
    lastPrice = price;
  }

  /** The EWMA alone, annual, rounded up. */
  public long sigmaPpm() {
    return (long) Math.ceil(Math.sqrt(variancePerMinute * MINUTES_PER_YEAR) * Fixed.PPM);
  }

  /** v, rounded up to the ppm. */
  public long multiplierPpm() {
    double ewmaPpm = Math.sqrt(variancePerMinute * MINUTES_PER_YEAR) * Fixed.PPM;
    double sigmaPpm = EWMA_WEIGHT * ewmaPpm + (1 - EWMA_WEIGHT) * scaling.sigmaStressedPpm();
    double multiplier = Math.ceil(sigmaPpm / scaling.sigmaReferencePpm() * Fixed.PPM);
    return Math.clamp((long) multiplier, Fixed.PPM, scaling.multiplierMaxPpm());
  }

  /**
   * What maintenance margin is multiplied by an hour later: as far toward v as a rate per hour lets
   * it, so that nobody is liquidated by a parameter alone.
   */
  public static long maintenanceMultiplierPpm(
      long beforePpm, long multiplierPpm, Perpetual.Scaling scaling) {
    long step = scaling.maintenanceStepPpmPerHour();
    return beforePpm + Math.clamp(multiplierPpm - beforePpm, -step, step);
  }
}

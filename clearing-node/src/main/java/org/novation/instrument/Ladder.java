package org.novation.instrument;

import java.util.Arrays;
import org.novation.money.Fixed;

/**
 * A margin requirement in brackets of notional, with telescoping deductions so that it is
 * continuous in size: requirement(N) = ⌈N · rate(tier)⌉ − deduction(tier), deduction(n) =
 * deduction(n−1) + lowerBound(n) · (rate(n) − rate(n−1)). Rates in ppm rise with the tier; bounds
 * are whole units of the settlement asset, which makes every deduction an exact number of micros.
 * Source: the marginal tiers of Binance and Bybit.
 */
public final class Ladder {
  /** Most brackets of one ladder. */
  public static final int TIERS_MAX = 32;

  private final long[] lowerBoundMicros;
  private final long[] ratePpm;
  private final long[] deductionMicros;

  /**
   * @throws IllegalArgumentException unless bounds start at 0 and rise, are whole units, and rates
   *     are 0..100 % and never fall
   */
  public Ladder(long[] lowerBoundMicros, long[] ratePpm) {
    int tiers = ratePpm.length;
    if (tiers == 0
        || tiers > TIERS_MAX
        || lowerBoundMicros.length != tiers
        || lowerBoundMicros[0] != 0) {
      throw new IllegalArgumentException(
          "a ladder has 1 to " + TIERS_MAX + " tiers and starts at 0");
    }
    this.lowerBoundMicros = lowerBoundMicros.clone();
    this.ratePpm = ratePpm.clone();
    this.deductionMicros = new long[tiers];
    for (int n = 0; n < tiers; n++) {
      if (ratePpm[n] < 0 || ratePpm[n] > Fixed.PPM)
        throw new IllegalArgumentException("a rate lies in 0..1");
      if (lowerBoundMicros[n] % Fixed.MICROS != 0)
        throw new IllegalArgumentException("a bracket starts at a whole unit");
      if (n == 0) continue;
      if (lowerBoundMicros[n] <= lowerBoundMicros[n - 1])
        throw new IllegalArgumentException("brackets must rise");
      if (ratePpm[n] < ratePpm[n - 1])
        throw new IllegalArgumentException("rates must not fall with size");
      long step =
          Math.multiplyExact(lowerBoundMicros[n] / Fixed.MICROS, ratePpm[n] - ratePpm[n - 1]);
      deductionMicros[n] = Math.addExact(deductionMicros[n - 1], step);
    }
  }

  /**
   * The requirement for a position of this absolute notional, in micros, rounded up. {@code
   * notionalMicros >= 0}.
   */
  public long requirementMicros(long notionalMicros) {
    int tier = tier(notionalMicros);
    return Fixed.ppmCeil(notionalMicros, ratePpm[tier]) - deductionMicros[tier];
  }

  /** The tier that a notional falls into: the last whose lower bound it reaches. */
  public int tier(long notionalMicros) {
    int tier = ratePpm.length - 1;
    while (tier > 0 && notionalMicros < lowerBoundMicros[tier]) tier--;
    return tier;
  }

  public int tiers() {
    return ratePpm.length;
  }

  public long lowerBoundMicros(int tier) {
    return lowerBoundMicros[tier];
  }

  public long ratePpm(int tier) {
    return ratePpm[tier];
  }

  public long deductionMicros(int tier) {
    return deductionMicros[tier];
  }

  /** The ladder with every rate multiplied by {@code multiplierPpm}, rounded up, at most 100 %. */
  public Ladder scaledBy(long multiplierPpm) {
    if (multiplierPpm == Fixed.PPM) return this;
    long[] scaled = new long[ratePpm.length];
    for (int n = 0; n < scaled.length; n++)
      scaled[n] = Math.min(Fixed.PPM, Fixed.ppmCeil(ratePpm[n], multiplierPpm));
    return new Ladder(lowerBoundMicros, scaled);
  }

  /**
   * The ladder under open-interest scaling: rate += ⌊(1 − rate) · clamp((oi − lower)/(upper −
   * lower), 0, 1)⌋ ppm. Both caps 0 switch it off. Source: dYdX v4, which floors the effective
   * fraction to the ppm; initial margin alone is scaled, so that growth liquidates nobody.
   */
  public Ladder scaledByOpenInterest(long openInterestMicros, long lowerMicros, long upperMicros) {
    if (upperMicros == 0 || openInterestMicros <= lowerMicros) return this;
    long over = Math.min(openInterestMicros, upperMicros) - lowerMicros;
    long[] scaled = new long[ratePpm.length];
    for (int n = 0; n < scaled.length; n++) {
      scaled[n] =
          ratePpm[n] + Fixed.mulDivFloor(Fixed.PPM - ratePpm[n], over, upperMicros - lowerMicros);
    }
    return new Ladder(lowerBoundMicros, scaled);
  }

  /**
   * Whether this ladder asks at least as much as the other at every size. Both must have the same
   * bounds.
   */
  public boolean covers(Ladder other) {
    if (!Arrays.equals(lowerBoundMicros, other.lowerBoundMicros)) return false;
    for (int n = 0; n < ratePpm.length; n++) {
      if (ratePpm[n] < other.ratePpm[n]) return false;
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Ladder ladder
        && Arrays.equals(lowerBoundMicros, ladder.lowerBoundMicros)
        && Arrays.equals(ratePpm, ladder.ratePpm);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(lowerBoundMicros) + Arrays.hashCode(ratePpm);
  }

  @Override
  public String toString() {
    return "Ladder" + Arrays.toString(lowerBoundMicros) + Arrays.toString(ratePpm);
  }
}

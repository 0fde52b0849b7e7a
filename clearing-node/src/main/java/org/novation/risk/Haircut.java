package org.novation.risk;

import java.math.BigInteger;
import org.novation.instrument.Asset;
import org.novation.money.Fixed;
import org.novation.money.Increment;

/**
 * What collateral counts for. weight = min(w, 1.1 / (1 + k·√size)) × houseFactor, houseFactor =
 * min(1, houseCap / houseDeposits): worse as one account holds more of it, worse as the house holds
 * more of it. Source: Drift's two curves.
 */
public final class Haircut {
  /** A stablecoin under this price carries a contingency. */
  public static final long DEPEG_MICROS = 990_000;

  private Haircut() {}

  /**
   * The weight of an amount in one account, before the house factor, in ppm, rounded down. {@code
   * amount >= 0}.
   */
  public static long accountWeightPpm(Asset asset, long amount) {
    if (asset.concentrationPpm() == 0 || amount == 0) return asset.weightPpm();
    return Math.min(asset.weightPpm(), concentrationPpm(asset, amount));
  }

  /** 1.1 / (1 + k·√size) in ppm, rounded down; above 1 for a small amount. {@code amount >= 0}. */
  public static long concentrationPpm(Asset asset, long amount) {
    long rootPpm = rootPpmCeil(amount, asset.decimals());
    long denominatorPpm =
        Math.addExact(Fixed.PPM, Fixed.ppmCeil(rootPpm, asset.concentrationPpm()));
    return 1_100_000 * Fixed.PPM / denominatorPpm;
  }

  /** min(1, cap / deposits) in ppm, rounded down; a cap of 0 means none. */
  public static long houseFactorPpm(Asset asset, long houseDeposits) {
    if (asset.houseCap() == 0 || houseDeposits <= asset.houseCap()) return Fixed.PPM;
    return Fixed.mulDivFloor(asset.houseCap(), Fixed.PPM, houseDeposits);
  }

  /**
   * The value of a balance in micros of the settlement asset, rounded down. A negative balance
   * counts in full, whatever its weight. A stablecoin below 0.99 loses the gap a second time (depeg
   * contingency), down to nothing.
   *
   * @param weightPpm {@link #accountWeightPpm} of the amount
   */
  public static long valueMicros(
      Asset asset, long amount, long priceMicros, long weightPpm, long houseFactorPpm) {
    long unit = Increment.pow10(asset.decimals());
    if (amount < 0) return Fixed.mulDivFloor(amount, priceMicros, unit);
    long weight = Fixed.ppmFloor(weightPpm, houseFactorPpm);
    long value = Fixed.ppmFloor(Fixed.mulDivFloor(amount, priceMicros, unit), weight);
    return Math.max(0, value - depegMicros(asset, amount, priceMicros));
  }

  /** The depeg contingency: a stablecoin's gap below 0.99, rounded up. {@code amount >= 0}. */
  public static long depegMicros(Asset asset, long amount, long priceMicros) {
    if (!asset.stablecoin() || priceMicros >= DEPEG_MICROS) return 0;
    long unit = Increment.pow10(asset.decimals());
    return Fixed.mulDivCeil(amount, DEPEG_MICROS - priceMicros, unit);
  }

  /** ⌈10^6 · √(amount / 10^decimals)⌉. */
  private static long rootPpmCeil(long amount, int decimals) {
    long power = Increment.pow10(12 - decimals);
    if (Math.multiplyHigh(amount, power) == 0 && amount * power >= 0)
      return rootCeil(amount * power);
    BigInteger square = BigInteger.valueOf(amount).multiply(BigInteger.valueOf(power));
    BigInteger[] root = square.sqrtAndRemainder();
    return root[0].longValueExact() + (root[1].signum() == 0 ? 0 : 1);
  }

  private static long rootCeil(long square) {
    long root = (long) Math.sqrt((double) square);
    while (root > 3_037_000_499L || root * root > square) root--;
    while (root < 3_037_000_499L && (root + 1) * (root + 1) <= square) root++;
    return root * root == square ? root : root + 1;
  }
}

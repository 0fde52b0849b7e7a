package org.novation.instrument;

import org.jspecify.annotations.Nullable;
import org.novation.money.Fixed;
import org.novation.money.Increment;

/**
 * Balances of assets as legs beside those of instruments: what a slice sells, an auction allots and
 * a transfer carries may be contracts or coins. A leg of coins names its asset behind a sign that
 * no instrument's symbol has; its lots are the asset's smallest units, and its price is in micros
 * per whole unit. So both kinds are sold, split and matched by the same rules, and a journal reads
 * alike.
 */
public final class Coins {
  private static final char SIGN = '$';

  private Coins() {}

  /** The name of a leg of an asset. */
  public static String leg(String asset) {
    return SIGN + asset;
  }

  /** Whether a leg of this name is of coins. */
  public static boolean are(String leg) {
    return !leg.isEmpty() && leg.charAt(0) == SIGN;
  }

  /** The symbol of the asset that a leg of coins names. */
  public static String symbol(String leg) {
    return leg.substring(1);
  }

  /** What a leg is of, as its house names it: an instrument's symbol, or an asset's. */
  public static String symbolOf(String leg) {
    return are(leg) ? symbol(leg) : leg;
  }

  /** The index of the asset that a leg of coins names; null when it is not listed. */
  public static @Nullable Integer asset(Catalogue catalogue, String leg) {
    return catalogue.asset(symbol(leg));
  }

  /** The index of the asset that a leg of coins in a journal names. */
  public static int listed(Catalogue catalogue, String leg) {
    return catalogue.assetListed(symbol(leg));
  }

  /**
   * What an amount is worth, without any haircut; signed as the amount, rounded toward nothing: the
   * same for who gives it and who gets it.
   *
   * @param priceMicros per whole unit
   */
  public static long worthMicros(Asset asset, long amount, long priceMicros) {
    return Fixed.mulDivTruncate(amount, priceMicros, Increment.pow10(asset.decimals()));
  }

  /**
   * So many of the smallest units, a power of ten and at most one coin, that their worth rounded up
   * to a micro is hardly more than they are worth: at least a thousand micros, where a coin is.
   */
  public static long bundle(Asset asset, long priceMicros) {
    long units = 1;
    long coin = Increment.pow10(asset.decimals());
    while (units < coin && worthMicros(asset, units, priceMicros) < 1_000) units *= 10;
    return units;
  }

  /** What so many of the smallest units are worth, rounded up: at least a micro. */
  public static long bundleMicros(Asset asset, long units, long priceMicros) {
    return Math.max(1, Fixed.mulDivCeil(units, priceMicros, Increment.pow10(asset.decimals())));
  }

  /** What the smallest unit is worth, rounded up: at least a micro. */
  public static long unitMicros(Asset asset, long priceMicros) {
    return Math.max(1, Math.ceilDiv(priceMicros, Increment.pow10(asset.decimals())));
  }
}

package org.novation.liquidation;

import org.novation.instrument.Catalogue;

/**
 * The numbers by which boxes and the index name what they watch: the mark of an instrument in
 * ticks, its funding index in 1e-6 micros per lot, the price of an asset in micros.
 */
final class Variables {
  private static final int FUNDING = Catalogue.ENTRIES_MAX;
  private static final int PRICE = 2 * Catalogue.ENTRIES_MAX;

  /** How many there are. */
  static final int COUNT = 3 * Catalogue.ENTRIES_MAX;

  private Variables() {}

  static int markOf(int instrument) {
    return instrument;
  }

  static int fundingOf(int instrument) {
    return FUNDING + instrument;
  }

  static int priceOf(int asset) {
    return PRICE + asset;
  }

  static boolean isMark(int variable) {
    return variable < FUNDING;
  }

  static boolean isPrice(int variable) {
    return variable >= PRICE;
  }

  /** The instrument or asset that a variable belongs to. */
  static int owner(int variable) {
    return variable % Catalogue.ENTRIES_MAX;
  }
}

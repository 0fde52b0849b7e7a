package org.novation.simulation.bench;

import java.util.Locale;

/** Who trades with whom. */
public enum Skew {
  /** Any account with any other, all alike. */
  UNIFORM,
  /** Four market makers, one of which is one side of nine trades in ten. */
  MARKET_MAKER;

  /** As it is written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

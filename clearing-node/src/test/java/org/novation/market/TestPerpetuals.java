package org.novation.market;

import java.util.List;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

/** A small catalogue: BTC-PERP on ticks of 0.1 and lots of 0.001, and BTC as collateral. */
final class TestPerpetuals {
  static final long UNIT = 1_000_000_000;

  static final Perpetual BTC = perpetual("BTC-PERP", "0.1", 0, 0);

  static final Catalogue CATALOGUE =
      new Catalogue(
          1,
          List.of(BTC),
          List.of(
              new Asset("USDC", 6, 1_000_000, 0, 0, false),
              new Asset("BTC", 8, 900_000, 0, 100_000_000_000L, false)));

  private TestPerpetuals() {}

  static Perpetual perpetual(String symbol, String tick, long oiLower, long oiUpper) {
    return new Perpetual(
        symbol,
        "BTC",
        Increment.of(tick),
        Increment.of("0.001"),
        1_000_000,
        1_000_000,
        flat(50_000),
        flat(25_000),
        new Perpetual.Scaling(oiLower, oiUpper, 700_000, 2_000_000, 100_000, 1_200_000),
        1_000_000_000_000L,
        50_000,
        new Perpetual.Funding(100, 500, 40_000));
  }

  static Ladder flat(long ppm) {
    return new Ladder(new long[] {0}, new long[] {ppm});
  }
}

package org.novation.simulation;

import java.util.HashMap;
import java.util.Map;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;

/**
 * How much each instrument's price moves, by the prices that were shown lately: an exponential
 * average of squared log returns by their time. One thread.
 */
final class Volatilities {
  private static final double WEIGHT = 0.1;

  /** 80 % a year, before there was a move. */
  private static final double PRIOR = 0.8 * 0.8 / (365.0 * 24 * 3_600_000);

  private record Seen(double price, long timeMs, double variancePerMs) {}

  private final Map<String, Seen> bySymbol = new HashMap<>();
  private final Map<String, String> symbolOf = new HashMap<>();

  Volatilities(Catalogue catalogue) {
    for (int i = 0; i < catalogue.instruments(); i++)
      symbolOf.put(catalogue.perpetual(i).symbol(), catalogue.perpetual(i).underlying());
    for (int a = 0; a < catalogue.assets(); a++)
      symbolOf.put(Coins.leg(catalogue.asset(a).symbol()), catalogue.asset(a).symbol());
  }

  /** Shows the next price of a symbol, above 0. */
  void priced(String symbol, double price, long timeMs) {
    Seen before = bySymbol.get(symbol);
    double variance = before == null ? PRIOR : before.variancePerMs;
    if (before != null && timeMs > before.timeMs) {
      double move = StrictMath.log(price / before.price);
      variance += WEIGHT * (move * move / (timeMs - before.timeMs) - variance);
    }
    bySymbol.put(symbol, new Seen(price, timeMs, variance));
  }

  /** The standard deviation of the log price of an instrument, or of coins, over a millisecond. */
  double of(String instrument) {
    String symbol = symbolOf.get(instrument);
    Seen seen = symbol == null ? null : bySymbol.get(symbol);
    return Math.sqrt(seen == null ? PRIOR : seen.variancePerMs);
  }
}

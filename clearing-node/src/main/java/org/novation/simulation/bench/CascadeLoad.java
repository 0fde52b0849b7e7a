package org.novation.simulation.bench;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Who stands where before a gap: traders, each long in one market at a leverage of its own, and a
 * few makers that are short against all of them. Leverage is drawn evenly by its logarithm from a
 * range. Traders are functions of their account's number and the seed: they need no memory.
 *
 * @param first the account's number of the first trader; makers have the numbers below {@link
 *     #MAKERS}
 * @param traders how many there are
 * @param markets lots of at most their size are traded
 * @param lotMicros the notional of a lot of each market at its mark
 */
public record CascadeLoad(
    long seed,
    int first,
    int traders,
    double leverageMin,
    double leverageMax,
    List<TradeLoad.Market> markets,
    List<Long> lotMicros) {
  /** How many accounts stand on the other side, together. */
  public static final int MAKERS = 64;

  private static final long NOTIONAL_MICROS_MIN = 1_000_000_000;
  private static final long NOTIONAL_MICROS_MAX = 20_000_000_000L;

  /**
   * One trader.
   *
   * @param market index into the markets
   * @param lots long
   * @param cashMicros its whole margin
   * @param maker the account that is short against it
   */
  public record Trader(int market, long lots, long cashMicros, int maker) {}

  public CascadeLoad {
    markets = List.copyOf(markets);
    lotMicros = List.copyOf(lotMicros);
    if (first < MAKERS || traders < 1 || markets.isEmpty() || markets.size() != lotMicros.size())
      throw new IllegalArgumentException("a cascade needs traders and markets");
    if (leverageMin < 1 || leverageMax < leverageMin)
      throw new IllegalArgumentException("leverage begins at 1");
  }

  /** The trader of an account. */
  public Trader trader(int account) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + account);
    int market = random.nextInt(markets.size());
    long wanted = random.nextLong(NOTIONAL_MICROS_MIN, NOTIONAL_MICROS_MAX);
    long lots = Math.clamp(wanted / lotMicros.get(market), 1, markets.get(market).lotsMax());
    double share = random.nextDouble();
    double leverage = leverageMin * Math.pow(leverageMax / leverageMin, share);
    long notional = lots * lotMicros.get(market);
    return new Trader(market, lots, (long) (notional / leverage), random.nextInt(MAKERS));
  }

  /** The trade by which an account got where it stands. */
  public Order order(int account) {
    Trader trader = trader(account);
    return new Order(
        account,
        trader.market(),
        markets.get(trader.market()).markTicks(),
        trader.lots(),
        account,
        trader.maker());
  }
}

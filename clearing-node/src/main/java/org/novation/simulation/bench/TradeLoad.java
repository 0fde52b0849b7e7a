package org.novation.simulation.bench;

import java.util.List;
import java.util.SplittableRandom;

/**
 * An endless, seeded sequence of trades: the same seed gives the same trades. Sides are drawn
 * evenly, so that positions stay small and margin refuses nothing; prices lie within a tenth of a
 * percent of the mark. Belongs to one thread.
 */
public final class TradeLoad {
  /** How many market makers there are. */
  public static final int MAKERS = 4;

  private static final int MAKER_PERCENT = 90;
  private static final long SPREAD = 1_000;

  /**
   * One market of the load.
   *
   * @param markTicks around which trades are priced, at least 1
   * @param lotsMax of one trade, at least 1
   */
  public record Market(String symbol, long markTicks, long lotsMax) {}

  private final SplittableRandom random;
  private final int accounts;
  private final Skew skew;
  private final List<Market> markets;
  private long next;

  /**
   * @throws IllegalArgumentException when there are too few accounts for this skew, or no markets
   */
  public TradeLoad(long seed, int accounts, Skew skew, List<Market> markets) {
    int fewest = skew == Skew.MARKET_MAKER ? MAKERS + 2 : 2;
    if (accounts < fewest)
      throw new IllegalArgumentException("this load needs at least " + fewest + " accounts");
    if (markets.isEmpty()) throw new IllegalArgumentException("a load needs a market");
    this.random = new SplittableRandom(seed);
    this.accounts = accounts;
    this.skew = skew;
    this.markets = List.copyOf(markets);
  }

  public int accounts() {
    return accounts;
  }

  public List<Market> markets() {
    return markets;
  }

  /** The next trade. */
  public Order next() {
    int one = firstParty();
    int other = otherThan(one);
    boolean buys = random.nextBoolean();
    int instrument = random.nextInt(markets.size());
    Market market = markets.get(instrument);
    long spread = market.markTicks() / SPREAD;
    long price = Math.max(1, market.markTicks() + random.nextLong(-spread, spread + 1));
    long lots = random.nextLong(1, market.lotsMax() + 1);
    return new Order(next++, instrument, price, lots, buys ? one : other, buys ? other : one);
  }

  private int firstParty() {
    return skew == Skew.MARKET_MAKER && random.nextInt(100) < MAKER_PERCENT
        ? random.nextInt(MAKERS)
        : ordinary();
  }

  /** A maker never trades with a maker: it is one side of the trade, not both. */
  private int ordinary() {
    return skew == Skew.MARKET_MAKER ? random.nextInt(MAKERS, accounts) : random.nextInt(accounts);
  }

  private int otherThan(int one) {
    int other = ordinary();
    while (other == one) other = ordinary();
    return other;
  }
}

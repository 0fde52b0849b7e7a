package org.novation.simulation;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.simulation.Exchange.Submission;
import org.novation.simulation.TradesFile.RealTrade;

/**
 * Deals real trades out to the accounts of a crowd: who took and who made is a function of seed and
 * trade id alone, so that a trade that is in a file twice is the same trade twice. Makers make most
 * of them. Price and quantity stay as recorded, on the grid or not.
 */
final class RealTrades {
  private static final int MAKER_SIDE_OF_100 = 90;

  private final Catalogue catalogue;
  private final Crowd crowd;
  private final long seed;
  private final Map<String, Long> unknown = new TreeMap<>();

  RealTrades(Catalogue catalogue, Crowd crowd, long seed) {
    this.catalogue = catalogue;
    this.crowd = crowd;
    this.seed = seed;
  }

  /** The trade between two accounts; null, and counted, when nothing is listed for its symbol. */
  @Nullable Submission submission(RealTrade trade) {
    String instrument = trade.symbol() + "-PERP";
    if (catalogue.instrument(instrument) == null) {
      unknown.merge(trade.symbol(), 1L, Long::sum);
      return null;
    }
    Dice dice = Dice.of(seed, trade.symbol() + "/" + trade.tradeId());
    int makers = crowd.makers();
    int taker = makers + dice.below(crowd.accounts() - makers);
    int maker = dice.below(100) < MAKER_SIDE_OF_100 ? dice.below(makers) : other(dice, taker);
    int buyer = trade.takerBuys() ? taker : maker;
    int seller = trade.takerBuys() ? maker : taker;
    return new Submission(
        trade.symbol() + "-" + trade.tradeId(),
        instrument,
        trade.price().toPlainString(),
        trade.quantity().toPlainString(),
        crowd.accountId(buyer),
        crowd.accountId(seller),
        trade.timeMs());
  }

  /** Symbols that nothing is listed for, and how many trades each had. */
  Map<String, Long> unknown() {
    return Map.copyOf(unknown);
  }

  private int other(Dice dice, int taker) {
    int makers = crowd.makers();
    int others = crowd.accounts() - makers;
    return makers + (taker - makers + 1 + dice.below(others - 1)) % others;
  }
}

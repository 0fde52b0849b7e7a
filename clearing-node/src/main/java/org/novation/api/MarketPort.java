package org.novation.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.novation.market.PriceRefusal;
import org.novation.market.QuoteRefusal;
import org.novation.market.Quotes;
import org.novation.risk.MarketView;

/** What the edge asks of the markets. No method waits. */
public interface MarketPort {
  /** Decimals of an oracle's prices, of any symbol: nano units of the quote asset. */
  int PRICE_SCALE = 9;

  /** The markets as this node sees them now, and the catalogue in force. */
  MarketView view();

  /** One market as it is now, by its index in the catalogue of {@link #view()}. */
  MarketReading market(int instrument);

  /** Observations of one oracle, in order. */
  CompletionStage<Published> publish(String oracle, List<OraclePrice> prices);

  /**
   * A venue's order book.
   *
   * @param instrument its index in the catalogue
   * @return why it has no effect; empty when it was taken
   */
  CompletionStage<Optional<QuoteRefusal>> report(String venue, int instrument, Quotes quotes);

  /**
   * Tells that a market changed, by any thread, until closed. The listener does not wait.
   *
   * @param instrument its index in the catalogue
   */
  AccountPort.Watch watch(int instrument, Runnable changed);

  /**
   * @param price above 0, at {@link #PRICE_SCALE}
   * @param confidence half width of the oracle's own interval, at least 0, at {@link #PRICE_SCALE}
   */
  record OraclePrice(String symbol, long price, long sequence, long timeMs, long confidence) {}

  /**
   * What came of a message of prices.
   *
   * @param gaps sequence numbers that the accepted prices skipped
   */
  record Published(int accepted, long gaps, List<RefusedPrice> refused) {
    public Published {
      refused = List.copyOf(refused);
    }
  }

  /**
   * @param index of the price in the message
   */
  record RefusedPrice(int index, PriceRefusal why) {}

  /**
   * One market.
   *
   * @param market mark, index, validity and the ladders in force
   * @param fundingRatePpm per 8 hours
   * @param openInterestLots held long
   * @param feeds fresh feeds that count in the index
   * @param timeMs of its newest price
   * @param nowMs house time of the reading, by which brakes are on or off
   */
  record MarketReading(
      MarketView.Instrument market,
      long fundingRatePpm,
      long openInterestLots,
      int feeds,
      long timeMs,
      long nowMs) {}
}

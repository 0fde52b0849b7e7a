package org.novation.api;

import com.google.rpc.Code;
import org.novation.api.MarketPort.OraclePrice;
import org.novation.api.error.Problem;
import org.novation.market.PriceRefusal;
import org.novation.market.QuoteRefusal;
import org.novation.money.Decimals;
import org.novation.protocol.v1.RefusedPrice;

/** Reads oracles' prices and writes why one had no effect. */
final class Prices {
  private static final int SYMBOL_MAX = 16;

  private Prices() {}

  /**
   * @throws Problem.Found naming the field of the price that is wrong
   */
  static OraclePrice read(org.novation.protocol.v1.OraclePrice price) {
    String symbol = price.getSymbol();
    if (symbol.isEmpty() || symbol.length() > SYMBOL_MAX) {
      throw Fields.found("symbol", "MALFORMED", "a symbol has 1 to 16 characters", "value", symbol);
    }
    long amount = Fields.amount("price", price.getPrice(), MarketPort.PRICE_SCALE);
    return new OraclePrice(
        symbol, amount, price.getSequence(), price.getTimeMs(), confidence(price));
  }

  private static long confidence(org.novation.protocol.v1.OraclePrice price) {
    if (price.getConfidence().isEmpty()) return 0;
    long confidence = Fields.decimal("confidence", price.getConfidence(), MarketPort.PRICE_SCALE);
    if (confidence >= 0) return confidence;
    throw Fields.found(
        "confidence", "MALFORMED", "must not be negative", "value", price.getConfidence());
  }

  static RefusedPrice refused(org.novation.protocol.v1.OraclePrice price, Problem problem) {
    return RefusedPrice.newBuilder()
        .setSymbol(Fields.brief(price.getSymbol()))
        .setSequence(price.getSequence())
        .setStatus(problem.toStatus())
        .build();
  }

  /** The one translation of the feed rules' refusals. */
  static Problem problem(PriceRefusal why) {
    return switch (why) {
      case PriceRefusal.UnknownSymbol(var symbol) ->
          Problem.of(
              Code.NOT_FOUND,
              "UNKNOWN_SYMBOL",
              "nothing depends on a price of " + symbol,
              "symbol",
              symbol);
      case PriceRefusal.UnregisteredOracle(var oracle, var symbol) ->
          Problem.of(
              Code.PERMISSION_DENIED,
              "UNREGISTERED_ORACLE",
              oracle + " is not registered for " + symbol,
              "oracle",
              oracle,
              "symbol",
              symbol);
      case PriceRefusal.NotPositive(var price) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "NOT_POSITIVE",
              "a price must be above zero",
              "price",
              text(price));
      case PriceRefusal.OutOfSequence(var sequence, var last) -> outOfSequence(sequence, last);
      case PriceRefusal.SequenceTooHigh(var sequence, var highest) -> tooHigh(sequence, highest);
      case PriceRefusal.StalePrice(var time, var oldest) -> stale("STALE_PRICE", time, oldest);
      case PriceRefusal.InTheFuture(var time, var newest) -> future(time, newest);
      case PriceRefusal.Outlier(var price, var average, var factor) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "OUTLIER",
              "too far from the average of late",
              "price",
              text(price),
              "average",
              text(average),
              "factor",
              Decimals.ppm(factor));
      case PriceRefusal.TooUnsure(var confidence, var limit) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "TOO_UNSURE",
              "the oracle's own interval is too wide",
              "confidence",
              text(confidence),
              "limit",
              text(limit));
    };
  }

  /** The one translation of what is wrong with a venue's quotes. */
  static Problem problem(QuoteRefusal why) {
    return switch (why) {
      case QuoteRefusal.UnknownInstrument(var instrument) ->
          Problem.of(
              Code.NOT_FOUND,
              "UNKNOWN_INSTRUMENT",
              "there is no instrument " + instrument,
              "instrument",
              instrument);
      case QuoteRefusal.Crossed(var bid, var ask) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "CROSSED",
              "a bid above its ask, or an impact price inside the best ones",
              "bid_ticks",
              Long.toString(bid),
              "ask_ticks",
              Long.toString(ask));
      case QuoteRefusal.OutOfSequence(var sequence, var last) -> outOfSequence(sequence, last);
      case QuoteRefusal.SequenceTooHigh(var sequence, var highest) -> tooHigh(sequence, highest);
      case QuoteRefusal.StaleQuotes(var time, var oldest) -> stale("STALE_QUOTES", time, oldest);
      case QuoteRefusal.InTheFuture(var time, var newest) -> future(time, newest);
      case QuoteRefusal.NoIndex(var instrument) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NO_INDEX",
              "there is no index yet to hold quotes against",
              "instrument",
              instrument);
      case QuoteRefusal.Outlier(var price, var index, var factor) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "OUTLIER",
              "too far from the index",
              "price_ticks",
              Long.toString(price),
              "index_ticks",
              Long.toString(index),
              "factor",
              Decimals.ppm(factor));
      case QuoteRefusal.TooManyVenues(var most) ->
          Problem.of(
              Code.RESOURCE_EXHAUSTED,
              "TOO_MANY_VENUES",
              "the instrument has as many venues as are kept",
              "limit",
              Integer.toString(most));
    };
  }

  private static Problem outOfSequence(long sequence, long last) {
    return Problem.of(
        Code.FAILED_PRECONDITION,
        "OUT_OF_SEQUENCE",
        "the sequence number must be greater than " + last,
        "sequence",
        Long.toString(sequence),
        "last",
        Long.toString(last));
  }

  private static Problem tooHigh(long sequence, long highest) {
    return Problem.of(
        Code.OUT_OF_RANGE,
        "SEQUENCE_TOO_HIGH",
        "the sequence number must be at most " + highest,
        "sequence",
        Long.toString(sequence),
        "highest",
        Long.toString(highest));
  }

  private static Problem stale(String reason, long timeMs, long oldestMs) {
    return Problem.of(
        Code.OUT_OF_RANGE,
        reason,
        "observed too long ago",
        "time_ms",
        Long.toString(timeMs),
        "oldest_ms",
        Long.toString(oldestMs));
  }

  private static Problem future(long timeMs, long newestMs) {
    return Problem.of(
        Code.OUT_OF_RANGE,
        "IN_THE_FUTURE",
        "observed later than the house's clock allows",
        "time_ms",
        Long.toString(timeMs),
        "newest_ms",
        Long.toString(newestMs));
  }

  private static String text(long price) {
    return Decimals.format(price, MarketPort.PRICE_SCALE);
  }
}

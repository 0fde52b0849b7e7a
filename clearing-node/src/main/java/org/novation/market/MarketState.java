package org.novation.market;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.money.Fixed;

/**
 * What the journal says about one underlying; also its snapshot.
 *
 * @param oracles registered; empty until some are, when the configuration's count
 * @param hourMs end of the last hour that was closed; 0 before the first
 * @param instruments in the order in which they were first closed
 */
public record MarketState(List<String> oracles, long hourMs, List<Instrument> instruments) {
  /** Before any event. */
  public static final MarketState EMPTY = new MarketState(List.of(), 0, List.of());

  /** What is remembered of one instrument; see {@link MarketEvent.Closing}. */
  public record Instrument(
      String symbol,
      long fundingIndex,
      long ratePpm,
      long sigmaPpm,
      long maintenanceMultiplierPpm) {}

  public MarketState {
    oracles = List.copyOf(oracles);
    instruments = List.copyOf(instruments);
  }

  /** Records an event; judges nothing. */
  public MarketState apply(MarketEvent event) {
    return switch (event) {
      case MarketEvent.OraclesRegistered(var registered) ->
          new MarketState(registered, hourMs, instruments);
      case MarketEvent.HourClosed(var endMs, var closings) ->
          new MarketState(oracles, endMs, closed(closings));
    };
  }

  private List<Instrument> closed(List<MarketEvent.Closing> closings) {
    Map<String, Instrument> bySymbol = new LinkedHashMap<>();
    for (Instrument instrument : instruments) bySymbol.put(instrument.symbol(), instrument);
    for (MarketEvent.Closing closing : closings) {
      bySymbol.put(
          closing.instrument(),
          new Instrument(
              closing.instrument(),
              closing.fundingIndex(),
              closing.ratePpm(),
              closing.sigmaPpm(),
              closing.maintenanceMultiplierPpm()));
    }
    return List.copyOf(bySymbol.values());
  }

  /** What is remembered of an instrument; null before its first hour. */
  public @Nullable Instrument find(String symbol) {
    for (Instrument instrument : instruments) {
      if (instrument.symbol().equals(symbol)) return instrument;
    }
    return null;
  }

  /** 0 before the first hour. */
  long fundingIndex(String symbol) {
    Instrument instrument = find(symbol);
    return instrument == null ? 0 : instrument.fundingIndex();
  }

  long ratePpm(String symbol) {
    Instrument instrument = find(symbol);
    return instrument == null ? 0 : instrument.ratePpm();
  }

  /** 1 before the first hour. */
  long maintenanceMultiplierPpm(String symbol) {
    Instrument instrument = find(symbol);
    return instrument == null ? Fixed.PPM : instrument.maintenanceMultiplierPpm();
  }
}

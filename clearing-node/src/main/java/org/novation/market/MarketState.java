package org.novation.market;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.money.Fixed;

/**
 * What the journal says about one underlying; also its snapshot.
 *
 * @param oracles registered; empty until some are, when the configuration's count
 * @param hourMs end of the last hour that was closed; 0 before the first
 * @param instruments in the order in which they were first closed
 * @param halts that have not been ended
 */
public record MarketState(
    List<String> oracles, long hourMs, List<Instrument> instruments, List<Halt> halts) {
  /** Before any event. */
  public static final MarketState EMPTY = new MarketState(List.of(), 0, List.of(), List.of());

  /** What is remembered of one instrument; see {@link MarketEvent.Closing}. */
  public record Instrument(
      String symbol,
      long fundingIndex,
      long ratePpm,
      long sigmaPpm,
      long maintenanceMultiplierPpm) {}

  /** An instrument is halted until then. */
  public record Halt(String instrument, long untilMs) {}

  /** A snapshot from before there were halts; still read. */
  public record WithoutHalts(List<String> oracles, long hourMs, List<Instrument> instruments) {
    MarketState state() {
      return new MarketState(oracles, hourMs, instruments, List.of());
    }
  }

  public MarketState {
    oracles = List.copyOf(oracles);
    instruments = List.copyOf(instruments);
    halts = List.copyOf(halts);
  }

  /** Records an event; judges nothing. */
  public MarketState apply(MarketEvent event) {
    return switch (event) {
      case MarketEvent.OraclesRegistered(var registered) ->
          new MarketState(registered, hourMs, instruments, halts);
      case MarketEvent.HourClosed(var endMs, var closings, var _) ->
          new MarketState(oracles, endMs, closed(closings), halts);
      case MarketEvent.Halted halted ->
          withHalts(
              Stream.concat(
                  without(halted.instrument()),
                  Stream.of(new Halt(halted.instrument(), halted.untilMs()))));
      case MarketEvent.Reopened reopened -> withHalts(without(reopened.instrument()));
    };
  }

  private Stream<Halt> without(String instrument) {
    return halts.stream().filter(halt -> !halt.instrument().equals(instrument));
  }

  private MarketState withHalts(Stream<Halt> then) {
    return new MarketState(oracles, hourMs, instruments, then.toList());
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

  /** 0 when it is not halted. */
  long haltedUntilMs(String symbol) {
    for (Halt halt : halts) {
      if (halt.instrument().equals(symbol)) return halt.untilMs();
    }
    return 0;
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

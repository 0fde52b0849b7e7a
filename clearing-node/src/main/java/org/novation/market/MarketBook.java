package org.novation.market;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pauses;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

/**
 * One underlying with every perpetual on it: feeds to index to marks, funding, volatility. An
 * oracle's price moves all of them and the collateral asset of that symbol at once, which is why
 * they are one book. Holds what may be lost in a restart; {@link MarketState} holds what may not.
 * Belongs to one thread; the house's time enters as an argument.
 */
public final class MarketBook {
  private static final int MICROS_BELOW = 3; // Digits between PRICE_SCALE and micros.

  /** One perpetual. */
  private static final class Line {
    Perpetual perpetual;
    final Mark mark;
    final FundingClock clock = new FundingClock();
    final Volatility volatility;
    final IndexMoves moves;
    MarketEvent.@Nullable Halted halted; // Until it is recorded; in force at once.

    Line(Perpetual perpetual, MarketRules rules) {
      this.perpetual = perpetual;
      this.mark = new Mark(perpetual, rules);
      this.moves = new IndexMoves(perpetual.halt());
      this.volatility =
          new Volatility(
              perpetual.scaling(),
              rules.volatilityHalfLifeMs(),
              perpetual.scaling().sigmaReferencePpm());
    }

    void base(Perpetual other, MarketRules rules) {
      perpetual = other;
      mark.rules(rules);
      moves.halt(other.halt());
      volatility.scaling(other.scaling(), rules.volatilityHalfLifeMs());
    }
  }

  /**
   * An hour that has ended and is not recorded.
   *
   * @param indexTicks the index at its end; 0 when there was none, and nothing is paid
   */
  private record Ended(Line line, FundingClock.Hour hour, long indexTicks) {}

  private final String symbol;
  private final long incarnation;
  private List<String> oraclesByDefault;
  private MarketRules rules;
  private long parameterVersion;
  private final Feeds feeds;
  private final OutageMemory outages;
  private final List<Line> lines = new ArrayList<>();
  private final List<Ended> ended = new ArrayList<>();
  private MarketState state = MarketState.EMPTY;
  private IndexPrice index = IndexPrice.NONE;
  private @Nullable MarketUpdate published;
  private long number;

  /**
   * @param symbol of the underlying
   * @param incarnation greater than that of any earlier book of this symbol
   */
  public MarketBook(String symbol, MarketTerms terms, long incarnation) {
    this.symbol = symbol;
    this.incarnation = incarnation;
    this.oraclesByDefault = terms.oracles(symbol);
    this.rules = terms.rules();
    this.parameterVersion = terms.catalogue().version();
    this.feeds = new Feeds(symbol, oraclesByDefault, rules);
    this.outages = new OutageMemory(rules);
    list(terms.catalogue());
  }

  private void list(Catalogue catalogue) {
    for (int i = 0; i < catalogue.instruments(); i++) {
      Perpetual perpetual = catalogue.perpetual(i);
      if (!perpetual.underlying().equals(symbol)) continue;
      Line known = line(perpetual.symbol());
      if (known == null) lines.add(recovered(new Line(perpetual, rules)));
      else known.base(perpetual, rules);
    }
  }

  /** Goes by other terms from now on: what it has seen of prices stays. */
  public void govern(MarketTerms terms) {
    rules = terms.rules();
    parameterVersion = terms.catalogue().version();
    feeds.rules(rules);
    outages.rules(rules);
    list(terms.catalogue());
    oraclesByDefault = terms.oracles(symbol);
    if (state.oracles().isEmpty()) feeds.register(oraclesByDefault);
  }

  /** Every symbol that needs a price: underlyings, and assets other than the settlement asset. */
  public static Set<String> symbols(Catalogue catalogue) {
    Set<String> symbols = new TreeSet<>();
    for (int i = 0; i < catalogue.instruments(); i++) {
      symbols.add(catalogue.perpetual(i).underlying());
    }
    for (int a = 1; a < catalogue.assets(); a++) symbols.add(catalogue.asset(a).symbol());
    return symbols;
  }

  /** Takes over what the journal says, after recovery. */
  public void recover(MarketState recovered) {
    adopt(recovered);
    lines.forEach(this::recovered);
  }

  private Line recovered(Line line) {
    MarketState.Instrument known = state.find(line.perpetual.symbol());
    if (known != null) line.volatility.begin(known.sigmaPpm());
    return line;
  }

  /** Takes over what was just recorded. */
  public void adopt(MarketState recorded) {
    if (!recorded.oracles().equals(state.oracles())) {
      feeds.register(recorded.oracles().isEmpty() ? oraclesByDefault : recorded.oracles());
    }
    state = recorded;
    ended.removeIf(end -> end.hour().endMs() <= recorded.hourMs());
    for (Line line : lines) {
      MarketEvent.Halted halted = line.halted;
      if (halted != null && recorded.haltedUntilMs(line.perpetual.symbol()) >= halted.untilMs())
        line.halted = null;
    }
  }

  /** Judges one oracle's price. */
  public Feeds.Intake observe(String oracle, Observation price, long nowMs) {
    return feeds.observe(
        oracle, price.price(), price.sequence(), price.timeMs(), price.confidence(), nowMs);
  }

  /** Judges a venue's quotes; null when they were taken. Call {@link #advance} first. */
  public @Nullable QuoteRefusal quote(String venue, String instrument, Quotes quotes, long nowMs) {
    Line line = line(instrument);
    if (line == null) return new QuoteRefusal.UnknownInstrument(instrument);
    QuoteRefusal refusal = line.mark.quote(venue, quotes, index.price(), nowMs);
    if (refusal == null && index.validity() == PriceValidity.FRESH) {
      line.clock.premium(line.mark.premiumPpm(quotes, index.price()));
    }
    return refusal;
  }

  /** The newest price at which a trade was novated; of an instrument not listed here, nothing. */
  public void cleared(String instrument, long ticks, long nowMs) {
    Line line = line(instrument);
    if (line != null) line.mark.cleared(ticks, nowMs);
  }

  /**
   * Moves on to a time. Returns what must be recorded, if an hour has ended, and again until it is
   * recorded and adopted: a write may fail, and the hour's samples are here alone. Nothing of it is
   * in force before, and no clock goes further. An hour at whose end funding was paused has its
   * rate and pays nothing.
   */
  public MarketEvent.@Nullable HourClosed advance(long nowMs, Pauses pauses) {
    if (ended.isEmpty()) endHours(nowMs);
    if (ended.isEmpty()) return null;
    return new MarketEvent.HourClosed(
        ended.getFirst().hour().endMs(),
        ended.stream().map(end -> closing(end, pauses)).toList(),
        parameterVersion);
  }

  /**
   * Halts that begin and end, to be recorded; again until they are, and adopted. A halt is in force
   * from the update that carries the price that caused it, and ends by time alone.
   */
  public List<MarketEvent> brakes(long nowMs) {
    List<MarketEvent> unrecorded = new ArrayList<>(0);
    for (Line line : lines) {
      String instrument = line.perpetual.symbol();
      MarketEvent.Halted halted = line.halted;
      long until = state.haltedUntilMs(instrument);
      if (until != 0 && until <= (halted == null ? nowMs : halted.atMs()))
        unrecorded.add(new MarketEvent.Reopened(instrument, until, parameterVersion));
      if (halted != null) unrecorded.add(halted);
    }
    return unrecorded;
  }

  private void endHours(long nowMs) {
    long indexPrice = index.validity() == PriceValidity.NONE ? 0 : index.price();
    for (Line line : lines) {
      FundingClock.Hour hour = line.clock.advance(nowMs);
      if (hour == null || hour.endMs() <= state.hourMs()) continue;
      ended.add(new Ended(line, hour, indexPrice == 0 ? 0 : line.mark.onGrid(indexPrice)));
    }
  }

  private MarketEvent.Closing closing(Ended end, Pauses pauses) {
    Line line = end.line();
    FundingClock.Hour hour = end.hour();
    Perpetual perpetual = line.perpetual;
    String instrument = perpetual.symbol();
    long rate = FundingRate.ratePpm(hour.meanPpm(), perpetual.funding());
    boolean paused = pauses.untilMs(Operation.FUNDING, instrument) > hour.endMs();
    long indexTicks = paused ? 0 : end.indexTicks();
    long step = FundingRate.indexStep(perpetual, indexTicks, rate, FundingRate.HOUR_MS);
    return new MarketEvent.Closing(
        instrument,
        hour.samples(),
        hour.meanPpm(),
        rate,
        indexTicks,
        Math.addExact(state.fundingIndex(instrument), step),
        line.volatility.sigmaPpm(),
        Volatility.maintenanceMultiplierPpm(
            state.maintenanceMultiplierPpm(instrument),
            line.volatility.multiplierPpm(),
            perpetual.scaling()));
  }

  /**
   * The underlying as of a time, numbered anew; null when it is as the last one said and {@code
   * again} does not ask for it nevertheless.
   */
  public @Nullable MarketUpdate update(long nowMs, boolean again) {
    index = feeds.index(nowMs);
    boolean priced = index.validity() != PriceValidity.NONE;
    long freshUntilMs = index.timeMs() + rules.staleAfterMs();
    if (priced && index.validity() != PriceValidity.STALE) outages.priced(freshUntilMs, nowMs);
    List<MarketUpdate.Instrument> instruments = new ArrayList<>(lines.size());
    for (Line line : lines) {
      if (index.validity() == PriceValidity.FRESH) {
        line.volatility.observe(index.price(), nowMs);
        haltIfMoved(line, freshUntilMs, nowMs);
      }
      String instrument = line.perpetual.symbol();
      instruments.add(
          new MarketUpdate.Instrument(
              instrument,
              priced ? line.mark.ticks(index.price(), nowMs) : 0,
              priced ? line.mark.onGrid(index.price()) : 0,
              state.fundingIndex(instrument),
              state.ratePpm(instrument),
              line.volatility.multiplierPpm(),
              state.maintenanceMultiplierPpm(instrument),
              line.halted == null ? state.haltedUntilMs(instrument) : line.halted.untilMs()));
    }
    MarketUpdate update =
        new MarketUpdate(
            symbol,
            incarnation,
            number + 1,
            index.timeMs(),
            priced ? micros(index.price()) : 0,
            index.validity(),
            index.feeds(),
            outages.withdrawableFromMs(),
            instruments);
    if (!again && published != null && update.saysTheSameAs(published)) return null;
    number++;
    published = update;
    return update;
  }

  private void haltIfMoved(Line line, long freshUntilMs, long nowMs) {
    long from = line.moves.observe(index.price(), freshUntilMs, nowMs);
    if (from == 0) return;
    Perpetual.Halt halt = line.perpetual.halt();
    line.halted =
        new MarketEvent.Halted(
            line.perpetual.symbol(),
            nowMs,
            nowMs + halt.durationMs(),
            from,
            index.price(),
            halt.movePpm(),
            halt.windowMs(),
            parameterVersion);
  }

  /** Rounded down, at least 1. */
  private static long micros(long price) {
    return Math.max(1, price / Increment.pow10(MICROS_BELOW));
  }

  private @Nullable Line line(String instrument) {
    for (Line line : lines) {
      if (line.perpetual.symbol().equals(instrument)) return line;
    }
    return null;
  }
}

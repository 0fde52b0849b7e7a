package org.novation.market;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pauses;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;
import org.novation.risk.Brakes;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

/**
 * Makes the view of the markets out of updates and totals: newest update per underlying, ladders
 * scaled by volatility and open interest, house factors by deposits. Belongs to one thread.
 */
final class BoardBook {
  /** What was heard of one underlying, and when by the wall clock. */
  private record Heard(MarketUpdate update, long atWallMs) {}

  private MarketTerms terms;
  private Catalogue catalogue;
  private LadderBook[] ladders;
  private HouseFactor[] factors;
  private final Map<String, Heard> heard = new HashMap<>();
  private long[] longLots;
  private long[] deposits; // By asset, sampled with the totals.
  private long[] interestMicros; // Sampled with the totals: ladders do not move by the tick.
  private PriceBoard.Facts[] facts;
  private @Nullable PausesSaid paused; // Null until something was heard.
  private MarketView view;

  BoardBook(MarketTerms terms, MarketView view) {
    this.terms = terms;
    this.catalogue = terms.catalogue();
    this.view = view;
    ladders = new LadderBook[catalogue.instruments()];
    for (int i = 0; i < ladders.length; i++) ladders[i] = new LadderBook(catalogue.perpetual(i));
    factors = new HouseFactor[catalogue.assets()];
    for (int a = 0; a < factors.length; a++) factors[a] = new HouseFactor(catalogue.asset(a));
    longLots = new long[catalogue.instruments()];
    interestMicros = new long[catalogue.instruments()];
    deposits = new long[catalogue.assets()];
    facts = new PriceBoard.Facts[catalogue.instruments()];
    Arrays.fill(facts, PriceBoard.Facts.NONE);
  }

  /**
   * Goes by other terms from now on, all of them at once. What they change of margin begins a new
   * epoch, so that whoever it concerns is looked at again.
   *
   * @throws IllegalArgumentException when indices would not mean the same
   */
  void govern(MarketTerms next, long nowMs) {
    Catalogue before = catalogue;
    if (!before.continuesIn(next.catalogue()))
      throw new IllegalArgumentException("a catalogue only grows");
    terms = next;
    catalogue = next.catalogue();
    growTo(catalogue.instruments(), catalogue.assets());
    MarketView unpriced = MarketView.unpriced(catalogue, nowMs);
    MarketView.Instrument[] instruments = new MarketView.Instrument[catalogue.instruments()];
    for (int i = 0; i < instruments.length; i++) {
      boolean listed = i < before.instruments();
      instruments[i] = listed ? based(i, before.perpetual(i)) : unpriced.instrument(i);
    }
    MarketView.AssetPrice[] assets = new MarketView.AssetPrice[catalogue.assets()];
    for (int a = 0; a < assets.length; a++) {
      boolean listed = a < before.assets();
      assets[a] = listed ? based(a, before.asset(a)) : unpriced.asset(a);
    }
    pause(instruments, assets);
    view = new MarketView(catalogue, nowMs, instruments, assets, terms.standstill());
    // What was heard of a market before it was listed here.
    for (Heard last : List.copyOf(heard.values())) {
      if (namesNew(last.update(), before)) write(last.update(), last.update().validity(), nowMs);
    }
  }

  private boolean namesNew(MarketUpdate update, Catalogue before) {
    if (before.asset(update.symbol()) == null && catalogue.asset(update.symbol()) != null)
      return true;
    for (MarketUpdate.Instrument line : update.instruments()) {
      if (before.instrument(line.symbol()) == null && catalogue.instrument(line.symbol()) != null)
        return true;
    }
    return false;
  }

  private void growTo(int instruments, int assets) {
    int known = ladders.length;
    ladders = Arrays.copyOf(ladders, instruments);
    longLots = Arrays.copyOf(longLots, instruments);
    interestMicros = Arrays.copyOf(interestMicros, instruments);
    deposits = Arrays.copyOf(deposits, assets);
    facts = Arrays.copyOf(facts, instruments);
    for (int i = known; i < instruments; i++) {
      ladders[i] = new LadderBook(catalogue.perpetual(i));
      facts[i] = PriceBoard.Facts.NONE;
    }
    int valued = factors.length;
    factors = Arrays.copyOf(factors, assets);
    for (int a = valued; a < assets; a++) factors[a] = new HouseFactor(catalogue.asset(a));
  }

  private MarketView.Instrument based(int i, Perpetual before) {
    MarketView.Instrument now = view.instrument(i);
    Perpetual perpetual = catalogue.perpetual(i);
    if (perpetual.equals(before)) return now;
    ladders[i].base(perpetual);
    return new MarketView.Instrument(
        now.markTicks(),
        now.indexTicks(),
        now.fundingIndex(),
        now.validity(),
        scaled(i),
        now.brakes());
  }

  /** An instrument's ladders, by what its market said last and the open interest sampled last. */
  private MarginLadders scaled(int i) {
    MarketUpdate.@Nullable Instrument line = lineOf(catalogue.perpetual(i));
    return ladders[i].scale(
        line == null ? Fixed.PPM : line.initialMultiplierPpm(),
        line == null ? Fixed.PPM : line.maintenanceMultiplierPpm(),
        interestMicros[i]);
  }

  private MarketView.AssetPrice based(int a, Asset before) {
    MarketView.AssetPrice now = view.asset(a);
    if (a == 0 || catalogue.asset(a).equals(before)) return now;
    factors[a].base(catalogue.asset(a));
    return price(a, now.priceMicros(), now.validity()).braked(now.brakes());
  }

  MarketView view() {
    return view;
  }

  /** What all nodes' accounts hold of each asset. */
  List<Long> deposits() {
    return Arrays.stream(deposits).boxed().toList();
  }

  List<PriceBoard.Facts> facts() {
    return List.of(facts);
  }

  /**
   * Takes an update; false when it changes nothing. An older one counts again once the newer has
   * been silent: a market may have restarted on a machine whose clock is behind.
   */
  boolean take(MarketUpdate update, long nowMs, long wallMs, long silentMs) {
    Heard before = heard.get(update.symbol());
    if (before != null && !update.isNewerThan(before.update())) {
      if (wallMs - before.atWallMs() <= silentMs) return false;
    }
    heard.put(update.symbol(), new Heard(update, wallMs));
    boolean silenced = before != null && validityOf(before.update()) != before.update().validity();
    if (before != null && !silenced && update.saysTheSameAs(before.update())) return false;
    write(update, update.validity(), nowMs);
    return true;
  }

  /** What is paused, by governance too; null until something was heard of operators. */
  @Nullable Pauses pauses() {
    return paused == null ? null : terms.paused(paused.pauses());
  }

  /** Takes what is paused; false when that is not news. What was heard last stands. */
  boolean take(PausesSaid said, long nowMs) {
    if (paused != null && said.number() <= paused.number()) return false;
    paused = said;
    MarketView.Instrument[] instruments = instruments();
    MarketView.AssetPrice[] assets = assets();
    pause(instruments, assets);
    view = new MarketView(catalogue, nowMs, instruments, assets, terms.standstill());
    return true;
  }

  private void pause(MarketView.Instrument[] instruments, MarketView.AssetPrice[] assets) {
    for (int i = 0; i < instruments.length; i++) {
      Brakes brakes = instruments[i].brakes();
      for (Operation each : Operation.values())
        brakes = paused(brakes, each, catalogue.perpetual(i).symbol());
      if (!brakes.equals(instruments[i].brakes())) instruments[i] = instruments[i].braked(brakes);
    }
    for (int a = 0; a < assets.length; a++) {
      Brakes brakes = assets[a].brakes();
      for (Operation each : Operation.values())
        brakes = paused(brakes, each, catalogue.asset(a).symbol());
      if (!brakes.equals(assets[a].brakes())) assets[a] = assets[a].braked(brakes);
    }
  }

  private Brakes paused(Brakes brakes, Operation operation, String market) {
    Pauses pauses = terms.paused(paused == null ? null : paused.pauses());
    return brakes.withPause(operation, pauses.untilMs(operation, market));
  }

  /**
   * An underlying that has not been heard of for so long is stale, whatever it last said: its
   * market, or the way to it, is broken.
   */
  boolean silence(long nowMs, long wallMs, long silentMs) {
    boolean changed = false;
    for (Heard last : heard.values()) {
      boolean valid = validityOf(last.update()).compareTo(PriceValidity.STALE) < 0;
      if (!valid || wallMs - last.atWallMs() <= silentMs) continue;
      write(last.update(), PriceValidity.STALE, nowMs);
      changed = true;
    }
    return changed;
  }

  /** What an update is taken for now; differs from what it says once it was silenced. */
  private PriceValidity validityOf(MarketUpdate update) {
    Integer asset = catalogue.asset(update.symbol());
    if (asset != null && asset != 0) return view.asset(asset).validity();
    for (MarketUpdate.Instrument line : update.instruments()) {
      Integer instrument = catalogue.instrument(line.symbol());
      if (instrument != null) return view.instrument(instrument).validity();
    }
    return update.validity();
  }

  private void write(MarketUpdate update, PriceValidity validity, long nowMs) {
    MarketView.Instrument[] instruments = instruments();
    MarketView.AssetPrice[] assets = assets();
    for (MarketUpdate.Instrument line : update.instruments()) {
      Integer instrument = catalogue.instrument(line.symbol());
      if (instrument == null) continue; // Of a newer parameter version than this node's.
      facts[instrument] =
          new PriceBoard.Facts(
              line.fundingRatePpm(),
              longLots[instrument],
              update.feeds(),
              update.timeMs(),
              line.initialMultiplierPpm(),
              line.maintenanceMultiplierPpm());
      instruments[instrument] =
          new MarketView.Instrument(
              line.markTicks(),
              line.indexTicks(),
              line.fundingIndex(),
              validity,
              ladders[instrument].scale(
                  line.initialMultiplierPpm(),
                  line.maintenanceMultiplierPpm(),
                  interestMicros[instrument]),
              instruments[instrument]
                  .brakes()
                  .withHalt(line.haltedUntilMs())
                  .withOutage(update.withdrawableFromMs()));
    }
    Integer asset = catalogue.asset(update.symbol());
    if (asset != null && asset != 0) {
      Brakes brakes = assets[asset].brakes().withOutage(update.withdrawableFromMs());
      assets[asset] = price(asset, update.priceMicros(), validity).braked(brakes);
    }
    view = new MarketView(catalogue, nowMs, instruments, assets, terms.standstill());
  }

  /** Takes what all nodes hold together; false when that changes nothing that counts. */
  boolean scale(Totals totals, long nowMs) {
    MarketView.Instrument[] instruments = instruments();
    MarketView.AssetPrice[] assets = assets();
    boolean changed = false;
    for (int i = 0; i < instruments.length; i++) {
      MarketView.Instrument now = instruments[i];
      long lots = totals.longLots(i);
      interestMicros[i] = openInterestMicros(i, lots, now.markTicks());
      MarginLadders scaled = scaled(i);
      if (lots == longLots[i] && scaled == now.ladders()) continue;
      longLots[i] = lots;
      facts[i] = facts[i].with(lots);
      instruments[i] =
          new MarketView.Instrument(
              now.markTicks(),
              now.indexTicks(),
              now.fundingIndex(),
              now.validity(),
              scaled,
              now.brakes());
      changed = true;
    }
    for (int a = 1; a < assets.length; a++) {
      deposits[a] = totals.deposits(a);
      long before = factors[a].factorPpm();
      factors[a].scale(deposits[a]);
      if (factors[a].factorPpm() == before) continue;
      assets[a] =
          price(a, assets[a].priceMicros(), assets[a].validity()).braked(assets[a].brakes());
      changed = true;
    }
    if (changed) view = new MarketView(catalogue, nowMs, instruments, assets, terms.standstill());
    return changed;
  }

  /** Sums over all nodes. */
  interface Totals {
    long longLots(int instrument);

    long deposits(int asset);
  }

  private MarketView.AssetPrice price(int asset, long priceMicros, PriceValidity validity) {
    HouseFactor factor = factors[asset];
    return new MarketView.AssetPrice(
        priceMicros,
        factor.factorPpm(),
        factor.floorPpm(),
        factor.ceilingPpm(),
        validity,
        factor.epoch());
  }

  /** What the lots held long are worth at the mark; as much as fits. */
  private long openInterestMicros(int instrument, long longLots, long markTicks) {
    long lots = Math.max(0, longLots);
    long perLot = catalogue.perpetual(instrument).notionalMicros(markTicks, 1);
    return Math.multiplyHigh(lots, perLot) == 0 && lots * perLot >= 0
        ? lots * perLot
        : Long.MAX_VALUE;
  }

  private MarketUpdate.@Nullable Instrument lineOf(Perpetual perpetual) {
    Heard last = heard.get(perpetual.underlying());
    if (last == null) return null;
    for (MarketUpdate.Instrument line : last.update().instruments()) {
      if (line.symbol().equals(perpetual.symbol())) return line;
    }
    return null;
  }

  private MarketView.Instrument[] instruments() {
    List<MarketView.Instrument> copy = new ArrayList<>();
    for (int i = 0; i < catalogue.instruments(); i++) copy.add(view.instrument(i));
    return copy.toArray(MarketView.Instrument[]::new);
  }

  private MarketView.AssetPrice[] assets() {
    List<MarketView.AssetPrice> copy = new ArrayList<>();
    for (int a = 0; a < catalogue.assets(); a++) copy.add(view.asset(a));
    return copy.toArray(MarketView.AssetPrice[]::new);
  }
}

package org.novation.market;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pauses;
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

  private final Catalogue catalogue;
  private final LadderBook[] ladders;
  private final HouseFactor[] factors;
  private final Map<String, Heard> heard = new HashMap<>();
  private final long[] longLots;
  private final long[] interestMicros; // Sampled with the totals: ladders do not move by the tick.
  private final PriceBoard.Facts[] facts;
  private @Nullable PausesSaid paused; // Null until something was heard.
  private MarketView view;

  BoardBook(Catalogue catalogue, MarketView view) {
    this.catalogue = catalogue;
    this.view = view;
    ladders = new LadderBook[catalogue.instruments()];
    for (int i = 0; i < ladders.length; i++) ladders[i] = new LadderBook(catalogue.perpetual(i));
    factors = new HouseFactor[catalogue.assets()];
    for (int a = 0; a < factors.length; a++) factors[a] = new HouseFactor(catalogue.asset(a));
    longLots = new long[catalogue.instruments()];
    interestMicros = new long[catalogue.instruments()];
    facts = new PriceBoard.Facts[catalogue.instruments()];
    Arrays.fill(facts, PriceBoard.Facts.NONE);
  }

  MarketView view() {
    return view;
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

  /** What operators have paused; null until something was heard. */
  @Nullable Pauses pauses() {
    return paused == null ? null : paused.pauses();
  }

  /** Takes what is paused; false when that is not news. What was heard last stands. */
  boolean take(PausesSaid said, long nowMs) {
    if (paused != null && said.number() <= paused.number()) return false;
    paused = said;
    MarketView.Instrument[] instruments = instruments();
    for (int i = 0; i < instruments.length; i++) {
      Brakes brakes = instruments[i].brakes();
      for (Operation each : Operation.values())
        brakes = paused(brakes, each, catalogue.perpetual(i).symbol());
      if (!brakes.equals(instruments[i].brakes())) instruments[i] = instruments[i].braked(brakes);
    }
    MarketView.AssetPrice[] assets = assets();
    for (int a = 0; a < assets.length; a++) {
      Brakes brakes = assets[a].brakes();
      for (Operation each : Operation.values())
        brakes = paused(brakes, each, catalogue.asset(a).symbol());
      assets[a] = assets[a].braked(brakes);
    }
    view = new MarketView(catalogue, nowMs, instruments, assets);
    return true;
  }

  private Brakes paused(Brakes brakes, Operation operation, String market) {
    Pauses pauses = pauses();
    return brakes.withPause(operation, pauses == null ? 0 : pauses.untilMs(operation, market));
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
              line.fundingRatePpm(), longLots[instrument], update.feeds(), update.timeMs());
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
    view = new MarketView(catalogue, nowMs, instruments, assets);
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
      MarketUpdate.@Nullable Instrument line = lineOf(catalogue.perpetual(i));
      MarginLadders scaled =
          ladders[i].scale(
              line == null ? Fixed.PPM : line.initialMultiplierPpm(),
              line == null ? Fixed.PPM : line.maintenanceMultiplierPpm(),
              interestMicros[i]);
      if (lots == longLots[i] && scaled == now.ladders()) continue;
      longLots[i] = lots;
      PriceBoard.Facts known = facts[i];
      facts[i] = new PriceBoard.Facts(known.fundingRatePpm(), lots, known.feeds(), known.timeMs());
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
      long before = factors[a].factorPpm();
      factors[a].scale(totals.deposits(a));
      if (factors[a].factorPpm() == before) continue;
      assets[a] =
          price(a, assets[a].priceMicros(), assets[a].validity()).braked(assets[a].brakes());
      changed = true;
    }
    if (changed) view = new MarketView(catalogue, nowMs, instruments, assets);
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

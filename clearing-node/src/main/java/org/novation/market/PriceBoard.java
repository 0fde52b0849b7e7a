package org.novation.market;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pauses;
import org.novation.instrument.Catalogue;
import org.novation.money.Fixed;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;
import org.novation.risk.WithdrawalGate;

/**
 * The markets as one node sees them: read from any thread without a message, written by the node's
 * {@link PriceBoardActor} alone. What {@link #view()} gives is one consistent instant.
 */
public final class PriceBoard {
  /** Most listeners per instrument. */
  public static final int LISTENERS_MAX = 10_000;

  /**
   * What margin does not need to know of an instrument.
   *
   * @param fundingRatePpm per 8 hours, of the hour that ended last
   * @param openInterestLots held long, over all nodes, as of the last second or so
   * @param feeds fresh feeds that count in its index
   * @param timeMs of its newest price
   * @param initialMultiplierPpm by which volatility scales initial margin
   * @param maintenanceMultiplierPpm likewise maintenance margin
   */
  public record Facts(
      long fundingRatePpm,
      long openInterestLots,
      int feeds,
      long timeMs,
      long initialMultiplierPpm,
      long maintenanceMultiplierPpm) {
    static final Facts NONE = new Facts(0, 0, 0, 0, Fixed.PPM, Fixed.PPM);

    Facts with(long lots) {
      return new Facts(
          fundingRatePpm, lots, feeds, timeMs, initialMultiplierPpm, maintenanceMultiplierPpm);
    }
  }

  private record Snapshot(
      MarketView view, List<Facts> facts, List<Long> deposits, @Nullable Pauses pauses) {}

  // For as many instruments as may ever be listed.
  private final HouseTotals totals = new HouseTotals();
  private final AtomicLongArray cleared = new AtomicLongArray(Catalogue.ENTRIES_MAX);
  private final List<CopyOnWriteArrayList<Runnable>> listeners =
      Stream.generate(CopyOnWriteArrayList<Runnable>::new).limit(Catalogue.ENTRIES_MAX).toList();
  private volatile Snapshot snapshot;

  /** A board without prices. */
  public PriceBoard(Catalogue catalogue, long nowMs) {
    snapshot =
        new Snapshot(
            MarketView.unpriced(catalogue, nowMs),
            Collections.nCopies(catalogue.instruments(), Facts.NONE),
            Collections.nCopies(catalogue.assets(), 0L),
            null);
  }

  /** The markets now. */
  public MarketView view() {
    return snapshot.view();
  }

  /** The rest about an instrument now. */
  public Facts facts(int instrument) {
    return snapshot.facts().get(instrument);
  }

  /** What all nodes' accounts hold of each asset, in its smallest unit, as of the last second. */
  public List<Long> deposits() {
    return snapshot.deposits();
  }

  /**
   * What is paused, by operators as last heard and by governance; null until something was heard.
   */
  public @Nullable Pauses pauses() {
    return snapshot.pauses();
  }

  /**
   * Whether withdrawals may go through as far as outages are concerned: of every market in which
   * anybody has a position.
   *
   * @param insolventAccount one that owes more than it has; null when none is known
   */
  public WithdrawalGate gate(@Nullable String insolventAccount) {
    Snapshot now = snapshot;
    List<WithdrawalGate.Outage> outages = new ArrayList<>();
    for (int i = 0; i < now.facts().size(); i++) {
      if (now.facts().get(i).openInterestLots() == 0) continue;
      MarketView.Instrument market = now.view().instrument(i);
      boolean lasts = market.validity().compareTo(PriceValidity.STALE) >= 0;
      long until = lasts ? 0 : market.brakes().withdrawableFromMs();
      String underlying = now.view().catalogue().perpetual(i).underlying();
      if (lasts || until != 0) outages.add(new WithdrawalGate.Outage(underlying, until));
    }
    return new WithdrawalGate(outages, insolventAccount);
  }

  /** What the node's accounts hold together; they tell it. */
  public HouseTotals totals() {
    return totals;
  }

  /** A trade was novated at a price; the newest one counts in the mark. Any thread, cheap. */
  public void cleared(int instrument, long priceTicks) {
    cleared.setRelease(instrument, priceTicks);
  }

  /** The price cleared since the last call, or 0. */
  long takeCleared(int instrument) {
    return cleared.get(instrument) == 0 ? 0 : cleared.getAndSet(instrument, 0);
  }

  /**
   * Calls {@code changed} after each change of an instrument, in the board's thread, until closed;
   * it must not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  public Listening listen(int instrument, Runnable changed) {
    CopyOnWriteArrayList<Runnable> theirs = listeners.get(instrument);
    if (theirs.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Runnable own = changed::run; // Its own identity, should one be passed twice.
    theirs.add(own);
    return () -> theirs.remove(own);
  }

  /** Somebody listens until this is closed. */
  public interface Listening extends AutoCloseable {
    @Override
    void close();
  }

  /** Publishes and tells the listeners of instruments that changed. */
  void publish(MarketView view, List<Facts> facts, List<Long> deposits, @Nullable Pauses pauses) {
    MarketView before = snapshot.view();
    snapshot = new Snapshot(view, List.copyOf(facts), List.copyOf(deposits), pauses);
    for (int i = 0; i < view.catalogue().instruments(); i++) {
      boolean listed = i < before.catalogue().instruments();
      if (!listed || before.instrument(i) != view.instrument(i))
        listeners.get(i).forEach(Runnable::run);
    }
  }
}

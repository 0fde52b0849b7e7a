package org.novation.account;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.deleveraging.RealisedWindow;
import org.novation.instrument.Catalogue;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.auction.Offer;
import org.novation.money.Fixed;

/**
 * What an account has only once it realised something, or the default waterfall touched it: kept
 * apart, so that the many others stay small. Changed by the account's events alone.
 */
final class WaterfallBooks {
  private static final long[] NOTHING = {};

  /** What one instrument realised lately, and on which side that was. */
  private static final class Realised {
    final RealisedWindow window;
    int side;

    Realised(RealisedWindow window, int side) {
      this.window = window;
      this.side = side;
    }
  }

  LiquidationState liquidation = Account.HEALTHY;
  long liquidationAtMs; // When it came to that; 0: it always was so.
  @Nullable Offer offer; // Null: nothing is for sale.
  @Nullable SliceOffered offered; // What it began as; null with it.
  @Nullable DrawAsked asked; // Of the fund, for the debt that is to be handed over.
  long deferrals; // See Account#deferrals.
  private SortedMap<Long, Dispatch> dispatches = Collections.emptySortedMap();
  private long movedMicros;
  private final SortedMap<Integer, Long> movedCoins = new TreeMap<>(); // By asset.
  private @Nullable Realised[] realised = {}; // By slot of the portfolio's positions.
  private long[] charged = NOTHING; // Likewise, of open positions.
  private long wave;
  private Map<String, Long> steps = Map.of();
  private final SortedMap<String, long[]> losses = new TreeMap<>(); // Long side, short side.
  private long fundPaidMicros;

  // ---- cash

  /** All cash that came other than as a deposit, by profit or as funding, less what went so. */
  long movedMicros() {
    return movedMicros;
  }

  void move(long micros) {
    movedMicros = Math.addExact(movedMicros, micros);
  }

  /** What came of another asset other than as a deposit, less what went so. */
  long movedCoins(int asset) {
    return movedCoins.getOrDefault(asset, 0L);
  }

  void moveCoins(int asset, long amount) {
    movedCoins.merge(asset, amount, Math::addExact);
  }

  // ---- outbox

  SortedMap<Long, Dispatch> dispatches() {
    return Collections.unmodifiableSortedMap(dispatches);
  }

  void put(long outboxNumber, Dispatch dispatch) {
    if (dispatches.isEmpty()) dispatches = new TreeMap<>();
    dispatches.put(outboxNumber, dispatch);
  }

  void remove(List<Long> outboxNumbers) {
    if (dispatches.isEmpty()) return;
    outboxNumbers.forEach(dispatches::remove);
    if (dispatches.isEmpty()) dispatches = Collections.emptySortedMap();
  }

  // ---- realised profit of the last day, and what was taken of any profit

  /**
   * @param lots of the fill that realised it
   * @param micros less the charge that went with the part that closed
   */
  void realise(int slot, long atMs, long lots, long micros) {
    Realised of = realised(slot);
    of.window.add(atMs, micros);
    of.side = lots > 0 ? -1 : 1; // It was closed by the opposite.
  }

  long realisedMicros(int slot, long nowMs, long lookBackMs) {
    Realised of = slot < realised.length ? realised[slot] : null;
    return of == null ? 0 : of.window.within(nowMs, lookBackMs);
  }

  /** What waves took of the position's unrealised profit, as far as it is still open. */
  long chargedMicros(int slot) {
    return slot < charged.length ? charged[slot] : 0;
  }

  void restoreCharged(int slot, long micros) {
    if (slot >= charged.length) charged = Arrays.copyOf(charged, slot + 1);
    charged[slot] = micros;
  }

  /**
   * Charges a taking where the profit stands: with the position as far as its unrealised profit
   * goes, else with what was realised, the oldest first. So no profit is taken twice, and a charge
   * leaves the look-back together with the profit that it was taken of. Takings that were recorded
   * before it was so are charged as they were then, in their own hour.
   *
   * @param unrealisedMicros of the position
   */
  void charge(int slot, ProfitTaken taken, long micros, long unrealisedMicros) {
    long before = chargedMicros(slot);
    long onPosition = Math.clamp(Math.subtractExact(unrealisedMicros, before), 0, micros);
    if (onPosition > 0) restoreCharged(slot, Math.addExact(before, onPosition));
    long onRealised = micros - onPosition;
    if (onRealised == 0) return;
    RealisedWindow window = realised(slot).window;
    if (taken.charging() == ProfitTaken.OLDEST_FIRST)
      window.take(taken.atMs(), taken.lookBackMs(), onRealised);
    else if (taken.charging() == 0) window.add(taken.atMs(), -onRealised);
    else throw new IllegalStateException("profit is charged by a rule " + taken.charging());
  }

  /**
   * The share of a position's charge that goes with the part of it that closed, rounded toward
   * zero: the remainder stays with the position.
   */
  long discharge(int slot, long lotsBefore, long lotsAfter) {
    long before = chargedMicros(slot);
    if (before == 0) return 0;
    long held = Math.abs(lotsBefore);
    boolean same = Long.signum(lotsAfter) == Long.signum(lotsBefore);
    long closed = same ? Math.max(0, held - Math.abs(lotsAfter)) : held;
    long share = Fixed.mulDivTruncate(before, closed, held);
    charged[slot] = before - share;
    return share;
  }

  private Realised realised(int slot) {
    if (slot >= realised.length) realised = Arrays.copyOf(realised, slot + 1);
    Realised of = realised[slot];
    if (of == null) realised[slot] = of = new Realised(new RealisedWindow(List.of()), 0);
    return of;
  }

  /** On which side the instrument last realised something; 0 when it never did. */
  int side(int slot) {
    Realised of = slot < realised.length ? realised[slot] : null;
    return of == null ? 0 : of.side;
  }

  // ---- steps of deleveraging

  /** The newest wave that did something here; 0 when none has. */
  long wave() {
    return wave;
  }

  /** What a step of the newest wave took or paid; null when it has not been done. */
  @Nullable Long step(String stepId) {
    return steps.get(stepId);
  }

  void did(long ofWave, String stepId, long micros) {
    if (ofWave < wave) throw new IllegalStateException("a step of a wave that is over: " + stepId);
    if (ofWave > wave) steps = new HashMap<>();
    wave = ofWave;
    if (steps.put(stepId, micros) != null)
      throw new IllegalStateException("step " + stepId + " is done twice");
  }

  // ---- losses that came with debts

  void lose(List<Loss> more) {
    for (Loss loss : more) {
      long[] sides = losses.computeIfAbsent(loss.instrument(), _ -> new long[2]);
      int at = loss.side() > 0 ? 0 : 1;
      sides[at] = Math.addExact(sides[at], loss.micros());
    }
  }

  /** Everything was resolved. */
  void loseNothing() {
    losses.clear();
  }

  /** Losses whose debt is paid to this share are forgotten to the same share, rounded down. */
  void paid(long micros, long ofMicros) {
    for (long[] sides : losses.values()) {
      for (int at = 0; at < sides.length; at++)
        sides[at] -= Fixed.mulDivFloor(sides[at], Math.min(micros, ofMicros), ofMicros);
    }
    if (micros >= ofMicros) losses.clear();
  }

  /** Every loss above 0, by instrument, the long side first. */
  List<Loss> losses() {
    List<Loss> list = new ArrayList<>();
    losses.forEach(
        (instrument, sides) -> {
          if (sides[0] > 0) list.add(new Loss(instrument, 1, sides[0]));
          if (sides[1] > 0) list.add(new Loss(instrument, -1, sides[1]));
        });
    return list;
  }

  // ---- what the fund paid of debts before their rest came here

  /** All of it, ever: it never falls. */
  long fundPaidMicros() {
    return fundPaidMicros;
  }

  void fundPaid(long micros) {
    if (micros < 0) throw new IllegalStateException("the fund paid " + micros);
    fundPaidMicros = Math.addExact(fundPaidMicros, micros);
  }

  // ---- snapshots

  WaterfallSnapshot snapshot(Catalogue catalogue, Account account) {
    List<WaterfallSnapshot.Delivery> deliveries = new ArrayList<>();
    List<WaterfallSnapshot.Notice> notices = new ArrayList<>();
    List<WaterfallSnapshot.Contribution> contributions = new ArrayList<>();
    List<WaterfallSnapshot.Draw> draws = new ArrayList<>();
    dispatches.forEach(
        (number, dispatch) -> {
          switch (dispatch) {
            case Dispatch.Deliver(var transfer) ->
                deliveries.add(new WaterfallSnapshot.Delivery(number, transfer));
            case Dispatch.Remit _ -> {} // The account's own, not the waterfall's.
            case Dispatch.Notify notice ->
                notices.add(new WaterfallSnapshot.Notice(number, notice));
            case Dispatch.Contribute contribution ->
                contributions.add(new WaterfallSnapshot.Contribution(number, contribution));
            case Dispatch.SettleDraw draw -> draws.add(new WaterfallSnapshot.Draw(number, draw));
          }
        });
    List<WaterfallSnapshot.Window> windows = new ArrayList<>();
    for (int slot = 0; slot < realised.length; slot++) {
      Realised of = realised[slot];
      if (of == null) continue;
      String symbol = catalogue.perpetual(account.portfolio().instrumentAt(slot)).symbol();
      windows.add(new WaterfallSnapshot.Window(symbol, of.side, of.window.hours()));
    }
    List<WaterfallSnapshot.Step> done = new ArrayList<>();
    new TreeMap<>(steps).forEach((id, micros) -> done.add(new WaterfallSnapshot.Step(id, micros)));
    return new WaterfallSnapshot(
        movedMicros,
        offer == null ? List.of() : List.of(offer),
        offered == null || offer == null ? List.of() : List.of(offered),
        asked == null ? List.of() : List.of(asked),
        deliveries,
        notices,
        contributions,
        draws,
        windows,
        wave,
        done,
        losses(),
        fundPaidMicros);
  }

  static WaterfallBooks of(WaterfallSnapshot snapshot, Catalogue catalogue, Account account) {
    WaterfallBooks books = new WaterfallBooks();
    books.movedMicros = snapshot.movedMicros();
    if (!snapshot.offer().isEmpty()) books.offer = snapshot.offer().getFirst();
    if (!snapshot.offered().isEmpty()) books.offered = snapshot.offered().getFirst();
    if (!snapshot.asked().isEmpty()) books.asked = snapshot.asked().getFirst();
    snapshot
        .deliveries()
        .forEach(each -> books.put(each.outboxNumber(), new Dispatch.Deliver(each.transfer())));
    snapshot.notices().forEach(each -> books.put(each.outboxNumber(), each.notice()));
    snapshot.contributions().forEach(each -> books.put(each.outboxNumber(), each.contribution()));
    snapshot.draws().forEach(each -> books.put(each.outboxNumber(), each.draw()));
    for (WaterfallSnapshot.Window window : snapshot.windows()) {
      int slot = account.portfolio().slotOf(catalogue.instrumentListed(window.instrument()));
      if (slot >= books.realised.length) books.realised = Arrays.copyOf(books.realised, slot + 1);
      books.realised[slot] = new Realised(new RealisedWindow(window.hours()), window.side());
    }
    books.wave = snapshot.wave();
    if (!snapshot.steps().isEmpty()) books.steps = new HashMap<>();
    snapshot.steps().forEach(step -> books.steps.put(step.stepId(), step.micros()));
    books.lose(snapshot.losses());
    books.fundPaid(snapshot.fundPaidMicros());
    return books;
  }
}

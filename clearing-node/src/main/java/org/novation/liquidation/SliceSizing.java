package org.novation.liquidation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * The smallest pro-rata slice that brings an account back (risk rules, section 9.2).
 *
 * <p>Let E be equity, M maintenance margin, b the buffer, p the penalty and R the maintenance
 * margin that a slice releases. A slice changes hands at the marks, so it costs the account its
 * penalty alone, p·R. The account is back when
 *
 * <pre>E − p·R ≥ (1 + b)·(M − R),  that is  R ≥ T = ((1 + b)·M − E) / (1 + b − p).</pre>
 *
 * <p>With one bracket per instrument a share x of every position releases x·M, so the share is T/M
 * in closed form. Brackets make M convex in size: the first lots release the most, at the rate of
 * the brackets that the positions reach, S = Σ notional·rate. T/S is therefore exact as long as no
 * position leaves its bracket, and too small beyond.
 *
 * <p>In integers a slice is k of K steps, K the lots of the largest position: of a position of L
 * lots it holds ⌈L·k/K⌉, so every leg shrinks, none flips, and one step is one lot of the largest.
 * R never falls as k grows, and with it the left side gains on the right one, roundings included
 * ({@code p < 1 ≤ 1 + b}); nor does the notional sold. So there is one smallest k that suffices and
 * is worth an auction, and it is the one that is cut. It is searched by doubled and then halved
 * strides, at most 2·log₂ K looks and mostly two, from the larger of two closed forms: T/S, and F/N
 * for a least notional F of a portfolio of N.
 *
 * <p>Everything is sold when equity is negative (no part could be enough), when less than the dust
 * limit would be left, and when all of it is less than the least slice. What may go on sale within
 * a minute bounds the slice from above, the least slice too: the same share of every leg, what is
 * missing goes with the next slice.
 */
public final class SliceSizing {
  private final MarketView view;
  private final LiquidationPolicy policy;
  private final Health health;
  private final List<Position> positions = new ArrayList<>();
  private final long steps;
  private final long notionalMicros;
  private final long leastMicros;

  private record Position(
      int instrument,
      Perpetual perpetual,
      Ladder ladder,
      long lots,
      long markTicks,
      long perLotMicros,
      long maintenanceMicros) {
    long size() {
      return Math.abs(lots);
    }

    /** Lots of the slice of {@code k} of {@code steps}, unsigned. */
    long sold(long k, long steps) {
      return Fixed.mulDivCeil(size(), k, steps);
    }

    long releasedMicros(long sold) {
      long left = Math.multiplyExact(size() - sold, perLotMicros);
      return maintenanceMicros - ladder.requirementMicros(left);
    }
  }

  private SliceSizing(Portfolio portfolio, MarketView view, LiquidationPolicy policy) {
    this.view = view;
    this.policy = policy;
    this.health = Margin.health(portfolio, view);
    long largest = 0;
    long notional = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      Position position = position(portfolio.instrumentAt(slot), portfolio.lotsAt(slot));
      positions.add(position);
      largest = Math.max(largest, position.size());
      notional =
          Math.addExact(notional, Math.multiplyExact(position.size(), position.perLotMicros));
    }
    positions.sort(Comparator.comparing(position -> position.perpetual.symbol()));
    this.steps = largest;
    this.notionalMicros = notional;
    this.leastMicros = Math.min(policy.leastSliceMicros(), notional);
  }

  private Position position(int instrument, long lots) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    MarketView.Instrument market = view.instrument(instrument);
    Ladder ladder = market.ladders().maintenance();
    long perLot = perpetual.notionalMicros(market.markTicks(), 1);
    long notional = Math.multiplyExact(Math.abs(lots), perLot);
    return new Position(
        instrument,
        perpetual,
        ladder,
        lots,
        market.markTicks(),
        perLot,
        ladder.requirementMicros(notional));
  }

  /** What to sell of a portfolio. Trades on hold do not count: they are not on the books. */
  public static Sizing of(
      Portfolio portfolio, MarketView view, LiquidationPolicy policy, LotBudget budget) {
    String unpriced = firstUnpriced(portfolio, view);
    if (unpriced != null) return new Sizing.Unpriced(unpriced);
    return new SliceSizing(portfolio, view, policy).size(budget);
  }

  /** The slice of {@code k} of so many steps as are the lots of the largest position. */
  static Slice slice(Portfolio portfolio, MarketView view, LiquidationPolicy policy, long k) {
    return new SliceSizing(portfolio, view, policy).slice(k);
  }

  /** The first market or asset whose price allows no liquidation; null when all do. */
  private static @Nullable String firstUnpriced(Portfolio portfolio, MarketView view) {
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      int instrument = portfolio.instrumentAt(slot);
      if (portfolio.lotsAt(slot) != 0
          && !view.instrument(instrument).validity().allowsLiquidation()) {
        return view.catalogue().perpetual(instrument).symbol();
      }
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      if (portfolio.amountAt(slot) != 0 && !view.asset(asset).validity().allowsLiquidation())
        return view.catalogue().asset(asset).symbol();
    }
    return null;
  }

  private Sizing size(LotBudget budget) {
    long target = policy.targetMicros(health.maintenanceMarginMicros());
    if (positions.isEmpty() || health.equityMicros() >= target)
      return new Sizing.NotNeeded(health.equityMicros(), target);
    long k =
        health.equityMicros() < 0 ? steps : smallest(Math.max(closedForm(target), leastSteps()));
    if (notionalMicros - soldMicros(k) < policy.dustMicros()) k = steps;
    for (Position position : positions) {
      long lots = budget.lots(position.instrument, position.perLotMicros);
      if (lots == 0) return new Sizing.Throttled(position.perpetual.symbol());
      // The largest k whose ⌈size·k/steps⌉ is within the budget; at least 1 as size ≤ steps.
      if (lots < position.size()) k = Math.min(k, Fixed.mulDivFloor(lots, steps, position.size()));
    }
    return new Sizing.Cut(slice(k));
  }

  /** Where to begin the search: T/S, see above. The penalty is what the fee cap leaves of it. */
  private long closedForm(long targetMicros) {
    long equity = health.equityMicros();
    long capped = Fixed.mulDivFloor(equity, policy.feeCapPpm(), health.maintenanceMarginMicros());
    long penaltyPpm = Math.min(policy.penaltyPpm(), capped);
    long toRelease =
        Fixed.mulDivCeil(
            targetMicros - equity, Fixed.PPM, Fixed.PPM + policy.bufferPpm() - penaltyPpm);
    long slope = 0;
    for (Position position : positions) {
      long notional = Math.multiplyExact(position.size(), position.perLotMicros);
      long rate = position.ladder.ratePpm(position.ladder.tier(notional));
      slope = Math.addExact(slope, Fixed.ppmFloor(notional, rate));
    }
    return toRelease >= slope ? steps : Math.max(1, Fixed.mulDivCeil(toRelease, steps, slope));
  }

  /** F/N rounded up: as every leg is, it is never too small, and too large by roundings alone. */
  private long leastSteps() {
    return Fixed.mulDivCeil(leastMicros, steps, notionalMicros);
  }

  private long smallest(long guess) {
    long low = guess; // Not enough, once the first loop is done; 0 never is.
    long high = guess; // Enough; all of it always is.
    for (long stride = 1; low > 0 && enough(low); stride *= 2) {
      high = low;
      low = Math.max(0, low - stride);
    }
    for (long stride = 1; high < steps && !enough(high); stride *= 2) {
      low = high;
      high = Math.min(steps, high + stride);
    }
    while (high - low > 1) {
      long middle = low + (high - low) / 2;
      if (enough(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  private boolean enough(long k) {
    return soldMicros(k) >= leastMicros && suffices(k);
  }

  private boolean suffices(long k) {
    long released = releasedMicros(k);
    long penalty = policy.penaltyMicros(released, equityShareMicros(released));
    return health.equityMicros() - penalty
        >= policy.targetMicros(health.maintenanceMarginMicros() - released);
  }

  private long equityShareMicros(long released) {
    return Fixed.mulDivFloor(health.equityMicros(), released, health.maintenanceMarginMicros());
  }

  private long releasedMicros(long k) {
    long released = 0;
    for (Position position : positions)
      released += position.releasedMicros(position.sold(k, steps));
    return released;
  }

  private long soldMicros(long k) {
    long sold = 0;
    for (Position position : positions) sold += position.sold(k, steps) * position.perLotMicros;
    return sold;
  }

  private Slice slice(long k) {
    List<Slice.Leg> legs = new ArrayList<>(positions.size());
    for (Position position : positions) {
      long sold = position.sold(k, steps);
      // A lot may release nothing after rounding; it still counts as something.
      long weight = Math.max(1, position.releasedMicros(sold));
      legs.add(
          new Slice.Leg(
              position.perpetual.symbol(),
              Long.signum(position.lots) * sold,
              position.markTicks,
              weight));
    }
    long released = releasedMicros(k);
    return new Slice(
        legs,
        health.equityMicros(),
        health.maintenanceMarginMicros(),
        released,
        soldMicros(k),
        policy.penaltyMicros(released, equityShareMicros(released)),
        k == steps);
  }
}

package org.novation.liquidation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Asset;
import org.novation.instrument.Coins;
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
 * <p>Coins are sold for what the account owes, and nothing else. While equity, in which coins count
 * at their haircut, is at least 0, what the account may come to owe is covered: its positions are
 * sold alone, and its coins stay. Where equity is negative, which it can be only with a debt, all
 * positions go and with them the smallest share of the coins that brings it back; of an account
 * without positions that share of its coins is the slice. With H for what haircuts take off, see
 * {@link Saleable}, the account is back when
 *
 * <pre>(E + H) − p·R ≥ (1 + b)·((M + H) − R),</pre>
 *
 * <p>the condition from above, R being M and the part of H that goes with the coins: a coin gains
 * its price and loses its counted part of it, so that a share x of the coins releases x·H, and more
 * where concentration makes the first coins count least. Sold for its penalty such a share leaves
 * the account in debt by what its other coins still cover, so no coin is sold beyond the debt but
 * those of the dust limit and the least slice. Each leg's worth is rounded, so one micro of each is
 * not counted on.
 *
 * <p>Everything is sold when no part could be enough, when less than the dust limit would be left,
 * and when all of it is less than the least slice. What may go on sale within a minute bounds the
 * slice from above, the least slice too: the same share of every leg, what is missing goes with the
 * next slice.
 */
public final class SliceSizing {
  private final MarketView view;
  private final LiquidationPolicy policy;
  private final Saleable all;
  private final List<Part> positions;
  private final List<Part> coins; // Empty where none are for sale.
  private final long positionSteps; // Lots of the largest position.
  private final long coinSteps; // Units of the largest balance.
  private final long notionalMicros;
  private final long leastMicros;

  /** A position, or coins. */
  private sealed interface Part {
    String leg();

    /** An instrument's index, or the complement of an asset's. */
    int number();

    long size();

    long signed(long lots);

    long price();

    long perLotMicros();

    long notionalMicros(long sold);

    /** Margin that is not needed any more once so much is sold; never falls as more is sold. */
    long releasedMicros(long sold);

    /** What all of it would release, were it to go on as the first of it. */
    long slopeMicros();
  }

  private record Position(
      int number,
      Perpetual perpetual,
      Ladder ladder,
      long lots,
      long price,
      long perLotMicros,
      long maintenanceMicros)
      implements Part {
    @Override
    public String leg() {
      return perpetual.symbol();
    }

    @Override
    public long size() {
      return Math.abs(lots);
    }

    @Override
    public long signed(long sold) {
      return Long.signum(lots) * sold;
    }

    @Override
    public long notionalMicros(long sold) {
      return Math.multiplyExact(sold, perLotMicros);
    }

    @Override
    public long releasedMicros(long sold) {
      return maintenanceMicros - ladder.requirementMicros(notionalMicros(size() - sold));
    }

    @Override
    public long slopeMicros() {
      long notional = notionalMicros(size());
      return Fixed.ppmFloor(notional, ladder.ratePpm(ladder.tier(notional)));
    }
  }

  private record Balance(MarketView view, int asset, long size, long price) implements Part {
    private Asset of() {
      return view.catalogue().asset(asset);
    }

    @Override
    public String leg() {
      return Coins.leg(of().symbol());
    }

    @Override
    public int number() {
      return ~asset;
    }

    @Override
    public long signed(long sold) {
      return sold;
    }

    @Override
    public long perLotMicros() {
      return Coins.unitMicros(of(), price);
    }

    @Override
    public long notionalMicros(long sold) {
      return Coins.worthMicros(of(), sold, price);
    }

    @Override
    public long releasedMicros(long sold) {
      return slopeMicros() - Margin.haircutMicros(view, asset, size - sold);
    }

    @Override
    public long slopeMicros() {
      return Margin.haircutMicros(view, asset, size);
    }
  }

  /** A slice: so many of the steps of its positions, and so many of those of its coins. */
  private record Extent(long positions, long coins) {}

  private SliceSizing(
      Portfolio portfolio, MarketView view, LiquidationPolicy policy, boolean house) {
    this.view = view;
    this.policy = policy;
    Health health = Margin.health(portfolio, view);
    this.positions = house ? List.of() : positions(portfolio);
    boolean coinsToo = house || positions.isEmpty() || health.equityMicros() < 0;
    this.coins = coinsToo ? coins(portfolio) : List.of();
    if (house) all = Saleable.ofHouse(portfolio, view);
    else if (coins.isEmpty()) all = Saleable.positions(health);
    else all = Saleable.everything(health, portfolio, view);
    this.positionSteps = largest(positions);
    this.coinSteps = largest(coins);
    this.notionalMicros = soldMicros(whole());
    this.leastMicros = Math.min(policy.leastSliceMicros(), notionalMicros);
  }

  private List<Part> positions(Portfolio portfolio) {
    List<Part> open = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0)
        open.add(position(portfolio.instrumentAt(slot), portfolio.lotsAt(slot)));
    }
    open.sort(Comparator.comparing(Part::leg));
    return open;
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

  /** Those that can be sold. */
  private List<Part> coins(Portfolio portfolio) {
    List<Part> held = new ArrayList<>();
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      int asset = portfolio.assetAt(slot);
      long amount = portfolio.amountAt(slot);
      if (Saleable.canSell(view, asset, amount))
        held.add(new Balance(view, asset, amount, view.asset(asset).priceMicros()));
    }
    held.sort(Comparator.comparing(Part::leg));
    return held;
  }

  private static long largest(List<Part> parts) {
    return parts.stream().mapToLong(Part::size).max().orElse(0);
  }

  /** What to sell of a portfolio. Trades on hold do not count: they are not on the books. */
  public static Sizing of(
      Portfolio portfolio, MarketView view, LiquidationPolicy policy, LotBudget budget) {
    return of(portfolio, view, policy, budget, false);
  }

  /** What the house sells of the coins that it took over: all of them. */
  public static Sizing ofHouse(
      Portfolio portfolio, MarketView view, LiquidationPolicy policy, LotBudget budget) {
    return of(portfolio, view, policy, budget, true);
  }

  private static Sizing of(
      Portfolio portfolio,
      MarketView view,
      LiquidationPolicy policy,
      LotBudget budget,
      boolean house) {
    String unpriced = firstUnpriced(portfolio, view);
    if (unpriced != null) return new Sizing.Unpriced(unpriced);
    SliceSizing sizing = new SliceSizing(portfolio, view, policy, house);
    return house ? sizing.sizeOfHouse(budget) : sizing.size(budget);
  }

  /** The slice of so many steps, as it is searched for. */
  static Slice slice(Portfolio portfolio, MarketView view, LiquidationPolicy policy, long k) {
    SliceSizing sizing = new SliceSizing(portfolio, view, policy, false);
    return sizing.slice(sizing.at(k));
  }

  /**
   * The first market or asset that counts and whose price allows no liquidation; null when none.
   */
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
      if (view.counts(asset, portfolio.amountAt(slot))
          && !view.asset(asset).validity().allowsLiquidation())
        return view.catalogue().asset(asset).symbol();
    }
    return null;
  }

  private Sizing size(LotBudget budget) {
    long target = policy.targetMicros(all.maintenanceMicros());
    if ((positions.isEmpty() && coins.isEmpty()) || all.equityMicros() >= target)
      return new Sizing.NotNeeded(all.equityMicros(), target);
    long k =
        all.equityMicros() < 0 ? steps() : smallest(Math.max(closedForm(target), leastSteps()));
    if (notionalMicros - soldMicros(at(k)) < policy.dustMicros()) k = steps();
    return within(budget, at(k));
  }

  private Sizing sizeOfHouse(LotBudget budget) {
    return coins.isEmpty() ? new Sizing.NotNeeded(0, 0) : within(budget, whole());
  }

  /**
   * As much of it as may go on sale: the largest number of steps whose ⌈size·k/steps⌉ is within the
   * budget; at least 1 where the budget is, as size ≤ steps. Coins go with the positions in the
   * same proportion, and positions without waiting for the coins.
   */
  private Sizing within(LotBudget budget, Extent wanted) {
    long most = wanted.coins;
    for (Part part : coins) {
      long lots = budget.lots(part.number(), part.perLotMicros());
      if (lots == 0 && positions.isEmpty()) return new Sizing.Throttled(part.leg());
      if (lots < part.size())
        most = Math.min(most, Fixed.mulDivFloor(lots, coinSteps, part.size()));
    }
    long steps = wanted.positions;
    for (Part part : positions) {
      long lots = budget.lots(part.number(), part.perLotMicros());
      if (lots == 0) return new Sizing.Throttled(part.leg());
      if (lots < part.size())
        steps = Math.min(steps, Fixed.mulDivFloor(lots, positionSteps, part.size()));
    }
    long units = wanted.coins;
    if (steps < wanted.positions && units > 0)
      units = Fixed.mulDivCeil(units, steps, wanted.positions);
    return new Sizing.Cut(slice(new Extent(steps, Math.min(units, most))));
  }

  /** What is searched over: of positions alone their steps, else of the coins. */
  private long steps() {
    return coins.isEmpty() ? positionSteps : coinSteps;
  }

  private Extent at(long k) {
    return coins.isEmpty() ? new Extent(k, 0) : new Extent(positionSteps, k);
  }

  private Extent whole() {
    return new Extent(positionSteps, coinSteps);
  }

  /** Where to begin the search: T/S, see above. The penalty is what the fee cap leaves of it. */
  private long closedForm(long targetMicros) {
    long equity = all.equityMicros();
    long capped = Fixed.mulDivFloor(equity, policy.feeCapPpm(), all.maintenanceMicros());
    long penaltyPpm = Math.min(policy.penaltyPpm(), capped);
    long toRelease =
        Fixed.mulDivCeil(
            targetMicros - equity, Fixed.PPM, Fixed.PPM + policy.bufferPpm() - penaltyPpm);
    if (!coins.isEmpty()) toRelease -= releasedMicros(new Extent(positionSteps, 0));
    if (toRelease <= 0) return 1;
    long slope = 0;
    for (Part part : coins.isEmpty() ? positions : coins)
      slope = Math.addExact(slope, part.slopeMicros());
    return toRelease >= slope ? steps() : Math.max(1, Fixed.mulDivCeil(toRelease, steps(), slope));
  }

  /** F/N rounded up: as every leg is, it is never too small, and too large by roundings alone. */
  private long leastSteps() {
    long fixed = coins.isEmpty() ? 0 : soldMicros(new Extent(positionSteps, 0));
    if (leastMicros <= fixed) return 1;
    return Math.min(
        steps(), Fixed.mulDivCeil(leastMicros - fixed, steps(), notionalMicros - fixed));
  }

  private long smallest(long guess) {
    long steps = steps();
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
    return soldMicros(at(k)) >= leastMicros && suffices(at(k));
  }

  private boolean suffices(Extent cut) {
    long released = releasedMicros(cut);
    long penalty = policy.penaltyMicros(released, equityShareMicros(released));
    return all.equityMicros() - penalty - coins.size()
        >= policy.targetMicros(all.maintenanceMicros() - released);
  }

  private long equityShareMicros(long released) {
    if (all.maintenanceMicros() == 0) return all.equityMicros();
    return Fixed.mulDivFloor(all.equityMicros(), released, all.maintenanceMicros());
  }

  private long sold(Part part, Extent cut) {
    return part instanceof Balance
        ? Fixed.mulDivCeil(part.size(), cut.coins, coinSteps)
        : Fixed.mulDivCeil(part.size(), cut.positions, positionSteps);
  }

  private long releasedMicros(Extent cut) {
    long released = 0;
    for (Part part : positions) released += part.releasedMicros(sold(part, cut));
    for (Part part : coins) released += part.releasedMicros(sold(part, cut));
    return released;
  }

  private long soldMicros(Extent cut) {
    long sold = 0;
    for (Part part : positions) sold = Math.addExact(sold, part.notionalMicros(sold(part, cut)));
    for (Part part : coins) sold = Math.addExact(sold, part.notionalMicros(sold(part, cut)));
    return sold;
  }

  private Slice slice(Extent cut) {
    List<Slice.Leg> legs = new ArrayList<>(positions.size() + coins.size());
    long weights = 0;
    for (List<Part> parts : List.of(coins, positions)) { // In order of the legs' names.
      for (Part part : parts) {
        long sold = sold(part, cut);
        if (sold == 0) continue;
        // A lot may release nothing after rounding; it still counts as something.
        long weight = Math.max(1, part.releasedMicros(sold));
        weights = Math.addExact(weights, weight);
        legs.add(new Slice.Leg(part.leg(), part.signed(sold), part.price(), weight));
      }
    }
    // Coins that count in full release no margin: what there is then is all of the slice's.
    boolean none = all.maintenanceMicros() == 0;
    long released = none ? weights : releasedMicros(cut);
    return new Slice(
        legs,
        all.equityMicros(),
        none ? weights : all.maintenanceMicros(),
        released,
        Math.max(1, soldMicros(cut)),
        policy.penaltyMicros(released, equityShareMicros(released)),
        cut.equals(whole()));
  }
}

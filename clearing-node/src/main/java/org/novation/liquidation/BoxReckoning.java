package org.novation.liquidation;

import java.util.Arrays;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;
import org.novation.money.Increment;
import org.novation.risk.Haircut;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * One computation of a {@link TriggerBox}. Terms are the open positions, then the balances other
 * than cash that count; each depends on one price. Accrued funding is a further linear term per
 * position. A balance without weight is no term, and unbounded: its holder is to be found once a
 * vote gives it one.
 */
final class BoxReckoning {
  /** Which requirement a threshold compares with. */
  private enum Threshold {
    EARLY_WARNING,
    INITIAL,
    MAINTENANCE
  }

  /** Which ladders and house factors to reckon with. */
  private enum Regime {
    /** What is in force now. */
    IN_FORCE,
    /** The worst of the corridor: ceilings of the ladders, floors of the house factors. */
    WORST,
    /** The best of the corridor. */
    BEST
  }

  /**
   * More than all roundings of one term together: a requirement rounds up once, its 110 % once
   * more, a haircut value down twice and its depeg contingency up.
   */
  private static final long ROUNDING_MICROS = 4;

  /** A price is followed up to this many times itself; beyond, the account is simply woken. */
  private static final long FAR = 8;

  /** The share of a position's funding: rates are small beside price moves. */
  private static final long FUNDING_WEIGHT_DIVISOR = 50;

  /** Annual volatility of a stablecoin and of an asset without a perpetual, for sharing alone. */
  private static final long SIGMA_STABLE_PPM = 50_000;

  private static final long SIGMA_UNKNOWN_PPM = 1_000_000;

  private final Portfolio portfolio;
  private final MarketView view;
  private final int positions;
  private final int terms;
  private final int[] weightless; // Assets that no bound depends on, but whose weight may.
  private final int[] slot; // In the portfolio.
  private final int[] owner; // Instrument or asset.
  private final long[] price; // As it stands: ticks or micros.
  private final long[] unit; // Positions: signed notional of one tick. Assets: their weight in ppm.
  private final long[] share; // Weights among which a distance is shared.
  private final long[] fundingShare;
  private long shares;
  private final long[] low;
  private final long[] high;
  private final long[] fundingLow;
  private final long[] fundingHigh;
  private Regime worst = Regime.WORST;
  private Regime best = Regime.BEST;

  BoxReckoning(Portfolio portfolio, MarketView view) {
    this.portfolio = portfolio;
    this.view = view;
    int open = 0;
    for (int s = 0; s < portfolio.positions(); s++) if (portfolio.lotsAt(s) != 0) open++;
    int held = 0;
    int idle = 0;
    for (int s = 0; s < portfolio.balances(); s++) {
      if (isCollateral(s)) held++;
      else if (isWeightless(s)) idle++;
    }
    weightless = new int[idle];
    for (int s = 0; s < portfolio.balances(); s++)
      if (isWeightless(s)) weightless[--idle] = portfolio.assetAt(s);
    positions = open;
    terms = open + held;
    slot = new int[terms];
    owner = new int[terms];
    price = new long[terms];
    unit = new long[terms];
    share = new long[terms];
    fundingShare = new long[open];
    low = new long[terms];
    high = new long[terms];
    fundingLow = new long[open];
    fundingHigh = new long[open];
    Arrays.fill(low, Long.MIN_VALUE);
    Arrays.fill(high, Long.MAX_VALUE);
    Arrays.fill(fundingLow, Long.MIN_VALUE);
    Arrays.fill(fundingHigh, Long.MAX_VALUE);
  }

  /** The box of what cannot be reckoned. */
  TriggerBox unbounded() {
    fillTerms();
    return result(MarginState.HEALTHY, false, false);
  }

  TriggerBox box() {
    boolean priced = fillTerms();
    if (!priced) return result(MarginState.HEALTHY, false, false);
    weigh();
    MarginState state = Margin.health(portfolio, view).state();
    boolean exact = corridorIsTooNarrow(state);
    if (exact) {
      worst = Regime.IN_FORCE;
      best = Regime.IN_FORCE;
    }
    switch (state) {
      case HEALTHY -> staysAbove(Threshold.EARLY_WARNING);
      case EARLY_WARNING -> {
        staysBelow(Threshold.EARLY_WARNING);
        staysAbove(Threshold.INITIAL);
      }
      case MARGIN_CALL -> staysBelow(Threshold.INITIAL);
      case LIQUIDATION -> staysBelow(Threshold.MAINTENANCE);
    }
    // Equity is at least what counts toward initial margin; where that is also asked for at least
    // as much as maintenance, the upper threshold guards the lower one.
    boolean guarded = state != MarginState.MARGIN_CALL && initialCoversMaintenance();
    if (state != MarginState.LIQUIDATION && !guarded) staysAbove(Threshold.MAINTENANCE);
    return result(state, true, exact);
  }

  private boolean isCollateral(int balance) {
    return portfolio.assetAt(balance) != 0
        && view.counts(portfolio.assetAt(balance), portfolio.amountAt(balance));
  }

  private boolean isWeightless(int balance) {
    return portfolio.amountAt(balance) != 0
        && !view.counts(portfolio.assetAt(balance), portfolio.amountAt(balance));
  }

  private boolean fillTerms() {
    boolean priced = true;
    int term = 0;
    for (int s = 0; s < portfolio.positions(); s++) {
      if (portfolio.lotsAt(s) == 0) continue;
      int instrument = portfolio.instrumentAt(s);
      MarketView.Instrument market = view.instrument(instrument);
      slot[term] = s;
      owner[term] = instrument;
      price[term] = market.markTicks();
      unit[term] = perpetual(term).notionalMicros(1, portfolio.lotsAt(s));
      priced &= market.validity() != PriceValidity.NONE && price[term] > 0;
      term++;
    }
    for (int s = 0; s < portfolio.balances(); s++) {
      if (!isCollateral(s)) continue;
      int asset = portfolio.assetAt(s);
      MarketView.AssetPrice market = view.asset(asset);
      long amount = portfolio.amountAt(s);
      slot[term] = s;
      owner[term] = asset;
      price[term] = market.priceMicros();
      unit[term] =
          amount < 0 ? Fixed.PPM : Haircut.accountWeightPpm(view.catalogue().asset(asset), amount);
      priced &= market.validity() != PriceValidity.NONE && price[term] > 0;
      term++;
    }
    return priced;
  }

  /** Notional times volatility; at least 1, and small enough that any number of them adds up. */
  private void weigh() {
    for (int term = 0; term < terms; term++) {
      long size;
      long sigmaPpm;
      if (term < positions) {
        size = Math.abs(Math.multiplyExact(unit[term], price[term]));
        sigmaPpm = perpetual(term).scaling().sigmaReferencePpm();
      } else {
        size = Math.abs(worthMicros(term, price[term]));
        sigmaPpm = asset(term).stablecoin() ? SIGMA_STABLE_PPM : SIGMA_UNKNOWN_PPM;
      }
      share[term] = 1 + Fixed.ppmCeil(size >> 10, Math.min(sigmaPpm, 4 * Fixed.PPM)) / 4;
      shares = Math.addExact(shares, share[term]);
      if (term < positions) {
        fundingShare[term] = 1 + share[term] / FUNDING_WEIGHT_DIVISOR;
        shares = Math.addExact(shares, fundingShare[term]);
      }
    }
  }

  /**
   * Whether the corridor would leave the account no promise, or less than half the room that it has
   * as things stand. Such an account is watched with the ladders in force and woken by any change.
   */
  private boolean corridorIsTooNarrow(MarginState state) {
    return switch (state) {
      case HEALTHY -> narrowAbove(Threshold.EARLY_WARNING) || narrowAbove(Threshold.MAINTENANCE);
      case EARLY_WARNING ->
          narrowBelow(Threshold.EARLY_WARNING)
              || narrowAbove(Threshold.INITIAL)
              || narrowAbove(Threshold.MAINTENANCE);
      case MARGIN_CALL -> narrowBelow(Threshold.INITIAL) || narrowAbove(Threshold.MAINTENANCE);
      case LIQUIDATION -> narrowBelow(Threshold.MAINTENANCE);
    };
  }

  private boolean narrowAbove(Threshold threshold) {
    return roomAbove(threshold, Regime.WORST) < roomAbove(threshold, Regime.IN_FORCE) / 2;
  }

  private boolean narrowBelow(Threshold threshold) {
    return roomBelow(threshold, Regime.BEST) < roomBelow(threshold, Regime.IN_FORCE) / 2;
  }

  /** How far the account stands above a threshold; a few micros less than it does. */
  private long roomAbove(Threshold threshold, Regime regime) {
    long sum = portfolio.cashMicros();
    for (int term = 0; term < terms; term++) {
      sum = Math.addExact(sum, value(term, threshold, regime, price[term]));
      if (term < positions) sum = Math.addExact(sum, accruedMicros(term));
    }
    return sum;
  }

  /** How far it may rise and still be below; each term's 110 % rounds up by itself, hence terms. */
  private long roomBelow(Threshold threshold, Regime regime) {
    return Math.subtractExact(-1L - terms, roomAbove(threshold, regime));
  }

  private void staysAbove(Threshold threshold) {
    long room = Math.max(0, roomAbove(threshold, worst));
    for (int term = 0; term < terms; term++) {
      long fall = Fixed.mulDivFloor(room, share[term], shares);
      if (fall < ROUNDING_MICROS) {
        pin(term);
      } else {
        long least =
            Math.addExact(value(term, threshold, worst, price[term]), ROUNDING_MICROS - fall);
        raiseLow(term, reach(term, threshold, 1, least));
        lowerHigh(term, reach(term, threshold, farthest(term), least));
      }
      if (term < positions)
        boundFunding(term, Fixed.mulDivFloor(room, fundingShare[term], shares), true);
    }
  }

  private void staysBelow(Threshold threshold) {
    long room = Math.max(0, roomBelow(threshold, best));
    for (int term = 0; term < terms; term++) {
      long rise = Fixed.mulDivFloor(room, share[term], shares);
      if (rise < ROUNDING_MICROS) {
        pin(term);
      } else {
        long up = slopeMicros(term, threshold, true);
        long down = slopeMicros(term, threshold, false);
        if (up > 0) lowerHigh(term, Math.addExact(price[term], (rise - ROUNDING_MICROS) / up));
        if (down > 0) raiseLow(term, price[term] - (rise - ROUNDING_MICROS) / down);
      }
      if (term < positions)
        boundFunding(term, Fixed.mulDivFloor(room, fundingShare[term], shares), false);
    }
  }

  /** No room at all: any move wakes. */
  private void pin(int term) {
    raiseLow(term, price[term]);
    lowerHigh(term, price[term]);
  }

  private void raiseLow(int term, long bound) {
    if (bound > 1) low[term] = Math.max(low[term], bound);
  }

  private void lowerHigh(int term, long bound) {
    high[term] = Math.min(high[term], bound);
  }

  /**
   * Lets the funding of a position move equity by at most {@code room}, downward when {@code
   * falls}. Longs are hurt by a rising index, shorts by a falling one. ⌈lots · Δ / 1e6⌉ ≤ room
   * holds through the rounding of the accrual.
   */
  private void boundFunding(int term, long room, boolean falls) {
    long lots = portfolio.lotsAt(slot[term]);
    long index = view.instrument(owner[term]).fundingIndex();
    boolean upward = (lots > 0) == falls;
    // Where the product would not fit, a millionth of the room will do.
    long scaled =
        room > Long.MAX_VALUE / Portfolio.FUNDING_SCALE ? room : room * Portfolio.FUNDING_SCALE;
    long step = Math.min(scaled / Math.abs(lots), Long.MAX_VALUE >> 2);
    if (upward) fundingHigh[term] = Math.min(fundingHigh[term], Math.addExact(index, step));
    else fundingLow[term] = Math.max(fundingLow[term], Math.subtractExact(index, step));
  }

  /**
   * The farthest price from here toward {@code limit} at which a term is still worth {@code least}.
   * The term is concave, so everything between is worth as much. The chord from a good price to a
   * bad one lies below the term and so leads to a good price again; one step beyond it and halving
   * close in from the other side.
   */
  private long reach(int term, Threshold threshold, long limit, long least) {
    long good = price[term];
    long bad = limit;
    if (good == bad) return good;
    long goodValue = value(term, threshold, worst, good);
    long badValue = value(term, threshold, worst, bad);
    if (badValue >= least) return limit;
    int direction = bad > good ? 1 : -1;
    int round = 0;
    while (Math.abs(bad - good) > 1) {
      long gap = Math.abs(bad - good);
      long step =
          switch (round++ % 3) {
            case 0 -> Fixed.mulDivFloor(gap, goodValue - least, goodValue - badValue);
            case 1 -> 1;
            default -> gap / 2;
          };
      long probe = good + direction * Math.clamp(step, 1, gap - 1);
      long value = value(term, threshold, worst, probe);
      if (value >= least) {
        good = probe;
        goodValue = value;
      } else {
        bad = probe;
        badValue = value;
      }
    }
    return good;
  }

  /** How far up a price is followed, within what the integers hold. */
  private long farthest(int term) {
    long now = price[term];
    long fits;
    if (term < positions) {
      fits = (Long.MAX_VALUE >> 3) / Math.abs(unit[term]);
    } else {
      long whole =
          Math.abs(portfolio.amountAt(slot[term])) / Increment.pow10(asset(term).decimals());
      fits = (Long.MAX_VALUE >> 3) / (whole + 1);
    }
    if (now > fits / FAR) return now;
    return now * FAR;
  }

  private long value(int term, Threshold threshold, Regime regime, long x) {
    return term < positions
        ? positionMicros(term, threshold, regime, x)
        : haircutMicros(term, regime, x);
  }

  private long positionMicros(int term, Threshold threshold, Regime regime, long ticks) {
    long notional = Math.multiplyExact(unit[term], ticks);
    long profit = Math.subtractExact(notional, portfolio.basisMicrosAt(slot[term]));
    long size = Math.abs(notional);
    if (threshold == Threshold.MAINTENANCE) {
      return Math.subtractExact(profit, maintenance(term, regime).requirementMicros(size));
    }
    long counted = Math.min(profit, perpetual(term).profitCapMicros());
    long requirement = Margin.initialMicros(initial(term, regime), size, portfolio.leverageMax());
    if (threshold == Threshold.EARLY_WARNING) requirement = Health.earlyWarningMicros(requirement);
    return Math.subtractExact(counted, requirement);
  }

  private long haircutMicros(int term, Regime regime, long priceMicros) {
    MarketView.AssetPrice market = view.asset(owner[term]);
    long factor =
        switch (regime) {
          case IN_FORCE -> market.houseFactorPpm();
          case WORST -> market.houseFactorFloorPpm();
          case BEST -> market.houseFactorCeilingPpm();
        };
    return Haircut.valueMicros(
        asset(term), portfolio.amountAt(slot[term]), priceMicros, unit[term], factor);
  }

  /** Without haircut, rounded down. */
  private long worthMicros(int term, long priceMicros) {
    return Fixed.mulDivFloor(
        portfolio.amountAt(slot[term]), priceMicros, Increment.pow10(asset(term).decimals()));
  }

  private long accruedMicros(int term) {
    return portfolio.accruedFundingMicrosAt(
        slot[term], view.instrument(owner[term]).fundingIndex());
  }

  /**
   * At most so much does a term rise per step of its price, upward or downward; 0 when it cannot
   * rise that way. From here on, by concavity: the slope here bounds the slope farther on.
   */
  private long slopeMicros(int term, Threshold threshold, boolean upward) {
    return term < positions ? positionSlope(term, threshold, upward) : assetSlope(term, upward);
  }

  private long positionSlope(int term, Threshold threshold, boolean upward) {
    long perTick = Math.abs(unit[term]);
    boolean gains = (unit[term] > 0) == upward;
    long notional = Math.multiplyExact(unit[term], price[term]);
    long profit = Math.subtractExact(notional, portfolio.basisMicrosAt(slot[term]));
    boolean capped =
        threshold != Threshold.MAINTENANCE && profit >= perpetual(term).profitCapMicros();
    // What the requirement gives back per micro of notional as the price falls, in 1e-7.
    long relief = upward ? 0 : reliefPerTenMillion(term, threshold, Math.abs(notional));
    long whole = 10 * Fixed.PPM;
    if (gains)
      return capped && upward ? 0 : Fixed.mulDivCeil(perTick, (capped ? 0 : whole) + relief, whole);
    // It loses this way, unless the profit lost was beyond the cap; only relief can raise it.
    long loss = capped ? 0 : whole;
    return Fixed.mulDivCeil(perTick, Math.max(0, relief - loss), whole);
  }

  private long reliefPerTenMillion(int term, Threshold threshold, long size) {
    if (threshold == Threshold.MAINTENANCE) {
      Ladder ladder = maintenance(term, best);
      return 10 * ladder.ratePpm(ladder.tier(size));
    }
    Ladder ladder = initial(term, best);
    long rate = ladder.ratePpm(ladder.tier(size));
    long leverage = portfolio.leverageMax();
    if (leverage > 0) rate = Math.max(rate, Math.ceilDiv(Fixed.PPM, leverage));
    return threshold == Threshold.EARLY_WARNING ? 11 * rate : 10 * rate;
  }

  private long assetSlope(int term, boolean upward) {
    long amount = portfolio.amountAt(slot[term]);
    if ((amount > 0) != upward) return 0;
    long perMicro = Math.ceilDiv(Math.abs(amount), Increment.pow10(asset(term).decimals()));
    // A stablecoin on its way back to par gains its price and loses its contingency.
    return asset(term).stablecoin() ? Math.multiplyExact(2, perMicro) : perMicro;
  }

  private Ladder initial(int term, Regime regime) {
    MarginLadders ladders = view.instrument(owner[term]).ladders();
    return switch (regime) {
      case IN_FORCE -> ladders.initial();
      case WORST -> ladders.initialCeiling();
      case BEST -> ladders.initialFloor();
    };
  }

  private Ladder maintenance(int term, Regime regime) {
    MarginLadders ladders = view.instrument(owner[term]).ladders();
    return switch (regime) {
      case IN_FORCE -> ladders.maintenance();
      case WORST -> ladders.maintenanceCeiling();
      case BEST -> ladders.maintenanceFloor();
    };
  }

  private boolean initialCoversMaintenance() {
    for (int term = 0; term < positions; term++) {
      if (!initial(term, best).covers(maintenance(term, worst))) return false;
    }
    return true;
  }

  private Perpetual perpetual(int term) {
    return view.catalogue().perpetual(owner[term]);
  }

  private Asset asset(int term) {
    return view.catalogue().asset(owner[term]);
  }

  private TriggerBox result(MarginState state, boolean priced, boolean exact) {
    int size = terms + positions + weightless.length;
    int[] variables = new int[size];
    long[] lows = new long[size];
    long[] highs = new long[size];
    for (int term = 0; term < terms; term++) {
      boolean position = term < positions;
      variables[term] = position ? Variables.markOf(owner[term]) : Variables.priceOf(owner[term]);
      lows[term] = low[term];
      highs[term] = high[term];
      if (!position) continue;
      variables[terms + term] = Variables.fundingOf(owner[term]);
      lows[terms + term] = fundingLow[term];
      highs[terms + term] = fundingHigh[term];
    }
    for (int n = 0; n < weightless.length; n++) {
      variables[terms + positions + n] = Variables.priceOf(weightless[n]);
      lows[terms + positions + n] = Long.MIN_VALUE;
      highs[terms + positions + n] = Long.MAX_VALUE;
    }
    boolean trusted = Margin.mayChangeState(portfolio, view);
    return new TriggerBox(state, priced, exact, trusted, variables, lows, highs);
  }
}

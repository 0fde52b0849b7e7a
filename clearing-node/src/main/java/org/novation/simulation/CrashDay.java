package org.novation.simulation;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A made-up day on which the market about halves: BTC and ETH every {@link #STEP_MS}, the same for
 * the same seed on every machine. A quiet morning; a first slide; a cascade in the afternoon with
 * jumps and the volatility that they leave behind; a bottom between 45 % and 55 % below the open;
 * then part of the way back.
 *
 * <p>Log returns are Student-t with three degrees of freedom, times a volatility that follows the
 * hour and flares up after jumps; ETH shares {@link #SHARED} of BTC's shocks and all of its jumps,
 * and moves more. Each phase's sum of returns is then drawn to the phase's target by a correction
 * in proportion to variance (a Brownian bridge), so that the drop is what was announced and single
 * steps stay as wild as they were.
 */
public final class CrashDay implements TickSource {
  /** Time between two prices of a symbol. */
  public static final long STEP_MS = 30_000;

  /** Steps of the day. */
  public static final int STEPS = 2_880;

  /** Symbols, in the order of each step. */
  public static final List<String> SYMBOLS = List.of("BTC", "ETH");

  /** Correlation of the two coins' ordinary shocks. */
  public static final double SHARED = 0.88;

  private static final int PRICE_DECIMALS = 2;
  private static final double STEPS_PER_YEAR = 365.0 * STEPS;
  private static final double ETH_BETA = 1.22;
  private static final double ETH_DEEPER = 1.12;
  private static final double DROP_MAX = 0.62;

  /**
   * A stretch of the day: until this share of it, at this annual volatility, with so many jumps a
   * day, ending at this share of the way down (1 is the bottom).
   */
  private record Phase(double until, double volatility, double jumpsPerDay, double down) {}

  private static final List<Phase> PHASES =
      List.of(
          new Phase(0.30, 0.45, 4, 0.03),
          new Phase(0.45, 0.90, 30, 0.22),
          new Phase(0.52, 1.20, 20, 0.15),
          new Phase(0.66, 3.20, 120, 0.78),
          new Phase(0.70, 2.50, 60, 0.62),
          new Phase(0.76, 4.00, 150, 1.00),
          new Phase(1.00, 1.80, 30, 0.76));

  private final long startMs;
  private final double[] bitcoin;
  private final double[] ether;
  private int next;

  private CrashDay(long startMs, double[] bitcoin, double[] ether) {
    this.startMs = startMs;
    this.bitcoin = bitcoin;
    this.ether = ether;
  }

  /**
   * The day of a seed, from a time on.
   *
   * @param startMs time of the first prices
   */
  public static CrashDay of(long seed, long startMs) {
    Dice dice = Dice.of(seed, "crash day");
    double drop = dice.uniform(0.45, 0.55);
    double etherDrop = Math.min(DROP_MAX, drop * ETH_DEEPER);
    double[] bitcoin = new double[STEPS];
    double[] ether = new double[STEPS];
    double[] bitcoinVariance = new double[STEPS];
    shocks(dice, bitcoin, ether, bitcoinVariance);
    bridge(bitcoin, bitcoinVariance, StrictMath.log(1 - drop));
    bridge(ether, bitcoinVariance, StrictMath.log(1 - etherDrop));
    toPrices(bitcoin, dice.uniform(58_000, 72_000));
    toPrices(ether, dice.uniform(2_900, 3_900));
    return new CrashDay(startMs, bitcoin, ether);
  }

  /** Time of the last prices. */
  public long endMs() {
    return startMs + (STEPS - 1) * STEP_MS;
  }

  @Override
  public @Nullable Tick next() {
    if (next == 2 * STEPS) return null;
    int step = next / 2;
    int symbol = next++ % 2;
    double price = symbol == 0 ? bitcoin[step] : ether[step];
    long cents = (long) StrictMath.rint(price * 100);
    return new Tick(
        startMs + step * STEP_MS, SYMBOLS.get(symbol), BigDecimal.valueOf(cents, PRICE_DECIMALS));
  }

  @Override
  public void close() {
    // Nothing is open.
  }

  private static void shocks(Dice dice, double[] bitcoin, double[] ether, double[] variance) {
    double flare =
        1; // How far the last jumps still lift volatility; decays with a half-life of 10 minutes.
    double own = StrictMath.sqrt(1 - SHARED * SHARED);
    for (int i = 0; i < STEPS; i++) {
      Phase phase = PHASES.get(phaseOf(i));
      double sigma = phase.volatility() * flare / StrictMath.sqrt(STEPS_PER_YEAR);
      double shared = dice.fatTailed();
      double jump = 0;
      if (dice.chance(phase.jumpsPerDay() / STEPS)) {
        jump = (dice.chance(0.75) ? -1 : 1) * Math.min(0.06, dice.logNormal(0.008, 0.7));
        flare = Math.min(3, flare + 40 * Math.abs(jump));
      }
      bitcoin[i] = clamp(sigma * shared) + jump;
      ether[i] =
          clamp(ETH_BETA * sigma * (SHARED * shared + own * dice.fatTailed())) + ETH_BETA * jump;
      variance[i] = sigma * sigma;
      flare = 1 + (flare - 1) * 0.966;
    }
  }

  /** A tail without an end would now and then be the whole crash in one step. */
  private static double clamp(double logReturn) {
    return Math.clamp(logReturn, -0.05, 0.05);
  }

  /** Moves each phase's sum of log returns to its target, most where variance is largest. */
  private static void bridge(double[] returns, double[] variance, double bottom) {
    double reached = 0;
    int from = 0;
    for (int p = 0; p < PHASES.size(); p++) {
      int to = end(p);
      double sum = 0;
      double weight = 0;
      for (int i = from; i < to; i++) {
        sum += returns[i];
        weight += variance[i];
      }
      double missing = PHASES.get(p).down() * bottom - reached - sum;
      for (int i = from; i < to; i++) returns[i] += missing * variance[i] / weight;
      reached = PHASES.get(p).down() * bottom;
      from = to;
    }
  }

  private static void toPrices(double[] returns, double open) {
    double level = 0;
    for (int i = 0; i < returns.length; i++) {
      level += returns[i];
      returns[i] = open * StrictMath.exp(level);
    }
  }

  private static int phaseOf(int step) {
    int phase = 0;
    while (step >= end(phase)) phase++;
    return phase;
  }

  private static int end(int phase) {
    return (int) (PHASES.get(phase).until() * STEPS);
  }
}

package org.novation.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.simulation.Exchange.MarginTally;

/**
 * Counts what happens in a replay. Memory does not grow with its length: the course of the day is
 * kept in {@link #MOMENTS} stretches.
 */
public final class Tally {
  /** Stretches of a replay's course. */
  public static final int MOMENTS = 60;

  private static final MarginTally NOTHING = new MarginTally(0, 0, 0);

  private final long steps;
  private final Map<String, Long> refusedTrades = new TreeMap<>();
  private final Map<String, Long> refusedPrices = new TreeMap<>();
  private final Map<String, Long> unknown = new TreeMap<>();
  private final Map<String, Running> running = new LinkedHashMap<>();
  private final long[] novatedIn = new long[MOMENTS];
  private final long[] callsIn = new long[MOMENTS];
  private final long[] triggersIn = new long[MOMENTS];
  private final long[] startsMs = new long[MOMENTS];
  private MarginTally margin = NOTHING;
  private long submitted;
  private long novated;
  private long acceptedPrices;
  private long stepsDone;
  private long firstMs = Long.MAX_VALUE;
  private long lastMs = Long.MIN_VALUE;
  private int moment;

  Tally(long steps) {
    this.steps = steps;
  }

  /**
   * What a symbol did.
   *
   * @param fallPpm the deepest fall from an earlier peak
   * @param prices last price in each stretch; 0 before the first
   */
  public record Course(
      double first,
      double last,
      double high,
      double low,
      long lowMs,
      long fallPpm,
      long ticks,
      List<Double> prices) {
    public Course {
      prices = List.copyOf(prices);
    }
  }

  /**
   * What happened.
   *
   * @param refusedTrades by reason
   * @param refusedPrices by reason; a price counts once however many oracles published it
   * @param unknownSymbols prices of symbols that are not listed, skipped
   * @param unknownTrades trades of symbols that are not listed, skipped
   * @param courses by symbol
   * @param moments the course in stretches of equally many steps
   * @param movers who lost and who won most; none when real trades were replayed
   * @param samples price and open interest over time
   */
  public record Result(
      int accounts,
      long submitted,
      long novated,
      Map<String, Long> refusedTrades,
      long acceptedPrices,
      Map<String, Long> refusedPrices,
      Map<String, Long> unknownSymbols,
      Map<String, Long> unknownTrades,
      MarginTally margin,
      long steps,
      long firstMs,
      long lastMs,
      long retries,
      double seconds,
      Map<String, Course> courses,
      List<Moment> moments,
      List<Crowd.Mover> movers,
      List<Timeline.Sample> samples) {
    public Result {
      movers = List.copyOf(movers);
      samples = List.copyOf(samples);
      refusedTrades = ordered(refusedTrades);
      refusedPrices = ordered(refusedPrices);
      unknownSymbols = ordered(unknownSymbols);
      unknownTrades = ordered(unknownTrades);
      courses = Collections.unmodifiableMap(new LinkedHashMap<>(courses));
      moments = List.copyOf(moments);
    }

    /** Novated trades per second of wall time, from the first price to the last answer. */
    public double tradesPerSecond() {
      return seconds > 0 ? novated / seconds : 0;
    }

    private static Map<String, Long> ordered(Map<String, Long> counts) {
      return Collections.unmodifiableMap(new TreeMap<>(counts));
    }
  }

  /** One stretch of the course: from when, and what happened in it. */
  public record Moment(long startMs, long novated, long marginCalls, long liquidationTriggers) {}

  void trade(@Nullable String refusal) {
    submitted++;
    if (refusal == null) {
      novated++;
      novatedIn[moment]++;
    } else {
      refusedTrades.merge(refusal, 1L, Long::sum);
    }
  }

  void unknown(String symbol) {
    unknown.merge(symbol, 1L, Long::sum);
  }

  void price(long step, Tick tick, @Nullable String refusal) {
    if (refusal != null) {
      refusedPrices.merge(refusal, 1L, Long::sum);
      return;
    }
    acceptedPrices++;
    running
        .computeIfAbsent(tick.symbol(), symbol -> new Running())
        .add(tick.price().doubleValue(), tick.timeMs(), moment(step));
  }

  /** The step is done; margin is as it stands now. */
  void step(long step, long timeMs, MarginTally now) {
    stepsDone = step + 1;
    firstMs = Math.min(firstMs, timeMs);
    lastMs = Math.max(lastMs, timeMs);
    int at = moment(step);
    if (at != moment || step == 0) startsMs[at] = timeMs;
    moment = at;
    margin(now);
  }

  void margin(MarginTally now) {
    callsIn[moment] += now.marginCalls() - margin.marginCalls();
    triggersIn[moment] += now.liquidationTriggers() - margin.liquidationTriggers();
    margin = now;
  }

  long novated() {
    return novated;
  }

  long liquidationTriggers() {
    return margin.liquidationTriggers();
  }

  Result result(
      int accounts,
      long retries,
      double seconds,
      Map<String, Long> unknownTrades,
      List<Crowd.Mover> movers,
      List<Timeline.Sample> samples) {
    List<Moment> moments = new ArrayList<>();
    long startMs = firstMs;
    for (int m = 0; m < MOMENTS; m++) {
      if (startsMs[m] != 0)
        startMs = startsMs[m]; // With fewer steps than stretches some are empty.
      moments.add(new Moment(startMs, novatedIn[m], callsIn[m], triggersIn[m]));
    }
    Map<String, Course> courses = new LinkedHashMap<>();
    for (var entry : running.entrySet()) courses.put(entry.getKey(), entry.getValue().course());
    return new Result(
        accounts,
        submitted,
        novated,
        refusedTrades,
        acceptedPrices,
        refusedPrices,
        unknown,
        unknownTrades,
        margin,
        stepsDone,
        firstMs,
        lastMs,
        retries,
        seconds,
        courses,
        moments,
        movers,
        samples);
  }

  private int moment(long step) {
    return (int) Math.min(MOMENTS - 1, step * MOMENTS / steps);
  }

  /** A course under way. */
  private static final class Running {
    private final double[] prices = new double[MOMENTS];
    private double first;
    private double last;
    private double high;
    private double low = Double.MAX_VALUE;
    private double deepest;
    private long lowMs;
    private long ticks;

    void add(double price, long timeMs, int moment) {
      if (ticks++ == 0) first = price;
      last = price;
      high = Math.max(high, price);
      if (price < low) {
        low = price;
        lowMs = timeMs;
      }
      deepest = Math.max(deepest, 1 - price / high);
      prices[moment] = price;
    }

    Course course() {
      List<Double> filled = new ArrayList<>(MOMENTS);
      double known = first;
      for (double price : prices) {
        if (price > 0) known = price;
        filled.add(known);
      }
      return new Course(first, last, high, low, lowMs, Math.round(deepest * 1e6), ticks, filled);
    }
  }
}

package org.novation.simulation;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A recorded price tape: a file of {@code time_ms,symbol,price} under that header, or a file of
 * trades ({@link TradesFile}), whose prices then are the tape, one per symbol and second. Prices of
 * 0 and below are passed on: refusing them is the feed rules' work. A tape is read twice, first for
 * its {@link Facts}, then for its ticks, and streams both times; only one that is not in the order
 * of time is held in memory and sorted.
 */
public final class Tape {
  /** The header of a tape. */
  public static final String HEADER = "time_ms,symbol,price";

  /** Most rows of a tape that has to be sorted. */
  public static final int SORTED_ROWS_MAX = 5_000_000;

  /** Most symbols of one tape. */
  public static final int SYMBOLS_MAX = 200;

  private final Path file;
  private final Facts facts;

  private Tape(Path file, Facts facts) {
    this.file = file;
    this.facts = facts;
  }

  /**
   * What one symbol does on a tape.
   *
   * @param first first price above 0; 0 when there is none
   * @param lowest lowest price above 0; 0 when there is none
   * @param highest highest price; 0 when none is above 0
   * @param notPositive prices of 0 or below
   */
  public record Range(
      long ticks, BigDecimal first, BigDecimal lowest, BigDecimal highest, long notPositive) {}

  /**
   * What is on a tape.
   *
   * @param steps different times
   * @param sorted whether its times never go back
   * @param symbols by name
   */
  public record Facts(
      long ticks,
      long steps,
      long firstMs,
      long lastMs,
      boolean sorted,
      Map<String, Range> symbols) {
    private Facts withSteps(long other) {
      return new Facts(ticks, other, firstMs, lastMs, sorted, symbols);
    }
  }

  /**
   * Reads a tape through, checks every line and remembers what is on it.
   *
   * @throws TapeException at the first line that is no tick, or when there is none
   */
  public static Tape open(Path file) {
    Survey survey = new Survey();
    try (TickSource source = source(file)) {
      for (Tick tick = source.next(); tick != null; tick = source.next()) survey.add(file, tick);
    }
    if (survey.ticks == 0) throw new TapeException(file + ": holds no price");
    Facts facts = survey.facts();
    if (!facts.sorted() && facts.ticks() > SORTED_ROWS_MAX) {
      throw new TapeException(
          file
              + ": times go back, and it has more than "
              + SORTED_ROWS_MAX
              + " rows: sort it by its first column");
    }
    return new Tape(file, facts.sorted() ? facts : facts.withSteps(differentTimes(file)));
  }

  private static long differentTimes(Path file) {
    return sorted(file).stream().mapToLong(Tick::timeMs).distinct().count();
  }

  /** What is on it. */
  public Facts facts() {
    return facts;
  }

  /** Its prices in the order of their time; those of one time in the order of the file. */
  public TickSource ticks() {
    if (facts.sorted()) return source(file);
    return new Sorted(sorted(file));
  }

  private static List<Tick> sorted(Path file) {
    List<Tick> ticks = new ArrayList<>();
    try (TickSource source = source(file)) {
      for (Tick tick = source.next(); tick != null; tick = source.next()) ticks.add(tick);
    }
    ticks.sort(Comparator.comparingLong(Tick::timeMs));
    return ticks;
  }

  private static TickSource source(Path file) {
    return LineReader.header(file).equals(TradesFile.HEADER)
        ? TradesFile.prices(file)
        : new Rows(LineReader.open(file, HEADER));
  }

  private record Rows(LineReader lines) implements TickSource {
    @Override
    public @Nullable Tick next() {
      String[] cells = lines.next();
      if (cells == null) return null;
      return new Tick(
          lines.timeMs(cells[0]), lines.symbol(cells[1]), lines.number("price", cells[2]));
    }

    @Override
    public void close() {
      lines.close();
    }
  }

  private static final class Sorted implements TickSource {
    private final List<Tick> ticks;
    private int next;

    Sorted(List<Tick> ticks) {
      this.ticks = ticks;
    }

    @Override
    public @Nullable Tick next() {
      return next < ticks.size() ? ticks.get(next++) : null;
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  /** Facts under construction. */
  private static final class Survey {
    private final Map<String, Range> symbols = new TreeMap<>();
    private long ticks;
    private long steps;
    private long firstMs = Long.MAX_VALUE;
    private long lastMs = Long.MIN_VALUE;
    private long previousMs = Long.MIN_VALUE;
    private boolean sorted = true;

    void add(Path file, Tick tick) {
      ticks++;
      if (tick.timeMs() != previousMs) steps++;
      if (tick.timeMs() < previousMs) sorted = false;
      previousMs = tick.timeMs();
      firstMs = Math.min(firstMs, tick.timeMs());
      lastMs = Math.max(lastMs, tick.timeMs());
      Range now = one(tick.price());
      symbols.merge(tick.symbol(), now, Survey::both);
      if (symbols.size() > SYMBOLS_MAX)
        throw new TapeException(file + ": has more than " + SYMBOLS_MAX + " symbols");
    }

    Facts facts() {
      return new Facts(ticks, steps, firstMs, lastMs, sorted, Map.copyOf(symbols));
    }

    private static Range one(BigDecimal price) {
      boolean positive = price.signum() > 0;
      BigDecimal counted = positive ? price : BigDecimal.ZERO;
      return new Range(1, counted, counted, counted, positive ? 0 : 1);
    }

    private static Range both(Range a, Range b) {
      BigDecimal lowest =
          a.lowest().signum() == 0
              ? b.lowest()
              : b.lowest().signum() == 0 ? a.lowest() : a.lowest().min(b.lowest());
      return new Range(
          a.ticks() + b.ticks(),
          a.first().signum() == 0 ? b.first() : a.first(),
          lowest,
          a.highest().max(b.highest()),
          a.notPositive() + b.notPositive());
    }
  }
}

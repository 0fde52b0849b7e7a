package org.novation.simulation;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trades that a venue really matched, {@code time_ms,symbol,trade_id,price,qty,taker_side} under
 * that header. They name no accounts: whoever replays them deals them out. They are given in the
 * order of their time; a file in that order streams, another is held in memory and sorted.
 */
public final class TradesFile implements AutoCloseable {
  /** The header of such a file. */
  public static final String HEADER = "time_ms,symbol,trade_id,price,qty,taker_side";

  private static final int TRADE_ID_MAX = 40;

  private final Source source;
  private final long firstMs;
  private final long lastMs;

  private TradesFile(Source source, long firstMs, long lastMs) {
    this.source = source;
    this.firstMs = firstMs;
    this.lastMs = lastMs;
  }

  /** Trades, one after the other. */
  private interface Source extends AutoCloseable {
    @Nullable RealTrade next();

    @Override
    void close();
  }

  /**
   * One trade.
   *
   * @param symbol of the index, e.g. {@code BTC}; traded as {@code BTC-PERP}
   * @param quantity in units of the base asset
   * @param takerBuys whether the one who crossed the spread bought
   */
  public record RealTrade(
      long timeMs,
      String symbol,
      String tradeId,
      BigDecimal price,
      BigDecimal quantity,
      boolean takerBuys) {}

  /**
   * Opens a file after reading it through, so that a bad line shows before anything is run.
   *
   * @throws TapeException when it is missing, has another header, holds no trade or a line that is
   *     none
   */
  public static TradesFile open(Path file) {
    long trades = 0;
    boolean sorted = true;
    long firstMs = Long.MAX_VALUE;
    long lastMs = Long.MIN_VALUE;
    try (Lines lines = new Lines(file)) {
      for (RealTrade trade = lines.next(); trade != null; trade = lines.next(), trades++) {
        sorted &= trade.timeMs() >= lastMs;
        firstMs = Math.min(firstMs, trade.timeMs());
        lastMs = Math.max(lastMs, trade.timeMs());
      }
    }
    if (trades == 0) throw new TapeException(file + ": holds no trade");
    if (sorted) return new TradesFile(new Lines(file), firstMs, lastMs);
    if (trades > Tape.SORTED_ROWS_MAX) {
      throw new TapeException(
          file
              + ": times go back, and it has more than "
              + Tape.SORTED_ROWS_MAX
              + " rows: sort it by its first column");
    }
    return new TradesFile(new Sorted(file), firstMs, lastMs);
  }

  /** Time of the earliest trade. */
  public long firstMs() {
    return firstMs;
  }

  /** Time of the latest trade. */
  public long lastMs() {
    return lastMs;
  }

  /** The next trade, or null when there is none. */
  public @Nullable RealTrade next() {
    return source.next();
  }

  @Override
  public void close() {
    source.close();
  }

  /**
   * The prices of the trades as a tape: the first of each symbol in each second, in the order of
   * the file.
   */
  static TickSource prices(Path file) {
    return new Prices(new Lines(file));
  }

  /** In the order of the file. */
  private static final class Lines implements Source {
    private final LineReader lines;

    Lines(Path file) {
      this.lines = LineReader.open(file, HEADER);
    }

    @Override
    public @Nullable RealTrade next() {
      String[] cells = lines.next();
      if (cells == null) return null;
      return new RealTrade(
          lines.timeMs(cells[0]),
          lines.symbol(cells[1]),
          tradeId(cells[2]),
          lines.number("price", cells[3]),
          lines.number("qty", cells[4]),
          takerBuys(cells[5]));
    }

    private String tradeId(String text) {
      if (text.length() > TRADE_ID_MAX || !text.matches("[A-Za-z0-9._:-]+")) {
        throw lines.wrong(
            "trade_id must be 1 to " + TRADE_ID_MAX + " characters of [A-Za-z0-9._:-]");
      }
      return text;
    }

    private boolean takerBuys(String text) {
      return switch (text.strip()) {
        case "buy" -> true;
        case "sell" -> false;
        default -> throw lines.wrong("taker_side must be buy or sell");
      };
    }

    @Override
    public void close() {
      lines.close();
    }
  }

  /** In the order of time; those of one time in the order of the file. */
  private static final class Sorted implements Source {
    private final List<RealTrade> trades = new ArrayList<>();
    private int next;

    Sorted(Path file) {
      try (Lines lines = new Lines(file)) {
        for (RealTrade trade = lines.next(); trade != null; trade = lines.next()) trades.add(trade);
      }
      trades.sort(Comparator.comparingLong(RealTrade::timeMs));
    }

    @Override
    public @Nullable RealTrade next() {
      return next < trades.size() ? trades.get(next++) : null;
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  private static final class Prices implements TickSource {
    private static final long SECOND_MS = 1_000;

    private final Lines trades;
    private final Map<String, Long> second = new HashMap<>();

    Prices(Lines trades) {
      this.trades = trades;
    }

    @Override
    public @Nullable Tick next() {
      for (RealTrade trade = trades.next(); trade != null; trade = trades.next()) {
        Long now = trade.timeMs() / SECOND_MS;
        if (now.equals(second.put(trade.symbol(), now))) continue;
        return new Tick(trade.timeMs(), trade.symbol(), trade.price());
      }
      return null;
    }

    @Override
    public void close() {
      trades.close();
    }
  }
}

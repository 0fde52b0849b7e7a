package org.novation.simulation;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trades that a venue really matched, {@code time_ms,symbol,trade_id,price,qty,taker_side} under
 * that header, in the order of their time. They name no accounts: whoever replays them deals them
 * out. Streams.
 */
public final class TradesFile implements AutoCloseable {
  /** The header of such a file. */
  public static final String HEADER = "time_ms,symbol,trade_id,price,qty,taker_side";

  private static final int TRADE_ID_MAX = 40;

  private final LineReader lines;
  private long previousMs = Long.MIN_VALUE;

  private TradesFile(LineReader lines) {
    this.lines = lines;
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
   * Opens a file.
   *
   * @throws TapeException when it is missing or has another header
   */
  public static TradesFile open(Path file) {
    return new TradesFile(LineReader.open(file, HEADER));
  }

  /**
   * The next trade, or null when there is none.
   *
   * @throws TapeException when the line is no trade or goes back in time
   */
  public @Nullable RealTrade next() {
    String[] cells = lines.next();
    if (cells == null) return null;
    RealTrade trade =
        new RealTrade(
            lines.timeMs(cells[0]),
            lines.symbol(cells[1]),
            tradeId(cells[2]),
            lines.number("price", cells[3]),
            lines.number("qty", cells[4]),
            takerBuys(cells[5]));
    if (trade.timeMs() < previousMs)
      throw lines.wrong("time goes back: sort it by its first column");
    previousMs = trade.timeMs();
    return trade;
  }

  @Override
  public void close() {
    lines.close();
  }

  /** The prices of the trades as a tape: the first of each symbol in each second. */
  static TickSource prices(Path file) {
    return new Prices(open(file));
  }

  private String tradeId(String text) {
    if (text.length() > TRADE_ID_MAX || !text.matches("[A-Za-z0-9._:-]+")) {
      throw lines.wrong("trade_id must be 1 to " + TRADE_ID_MAX + " characters of [A-Za-z0-9._:-]");
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

  private static final class Prices implements TickSource {
    private static final long SECOND_MS = 1_000;

    private final TradesFile trades;
    private final Map<String, Long> second = new HashMap<>();

    Prices(TradesFile trades) {
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

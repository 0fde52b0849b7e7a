package org.novation.simulation;

import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a comma-separated file without quotes, and complaints that name them. Streams: one
 * line is in memory at a time, and no line is longer than {@link #LINE_MAX}.
 */
final class LineReader implements AutoCloseable {
  static final int LINE_MAX = 1_000;

  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?");
  private static final Pattern SYMBOL = Pattern.compile("[A-Z0-9]{1,16}");

  private final Path file;
  private final BufferedReader reader;
  private final int columns;
  private long line;

  private LineReader(Path file, BufferedReader reader, int columns) {
    this.file = file;
    this.reader = reader;
    this.columns = columns;
  }

  /**
   * Opens a file.
   *
   * @param header what its first line must be
   */
  static LineReader open(Path file, String header) {
    BufferedReader reader = reader(file);
    LineReader lines = new LineReader(file, reader, header.split(",", -1).length);
    String first = lines.line();
    if (first == null || !stripMark(first).equals(header)) {
      lines.close();
      throw new TapeException(
          file + ":1: the first line must be " + header + ", not " + shown(first));
    }
    return lines;
  }

  /** The first line of a file, or an empty text when it has none. */
  static String header(Path file) {
    try (LineReader lines = new LineReader(file, reader(file), 1)) {
      String first = lines.line();
      return first == null ? "" : stripMark(first);
    }
  }

  /** The columns of the next line that is not blank, or null at the end. */
  String @Nullable [] next() {
    String text = line();
    while (text != null && text.isBlank()) text = line();
    if (text == null) return null;
    String[] cells = text.split(",", -1);
    if (cells.length != columns)
      throw wrong(
          "must have " + columns + " columns, but has " + cells.length + ": " + shown(text));
    return cells;
  }

  long timeMs(String text) {
    try {
      long timeMs = Long.parseLong(text.strip());
      if (timeMs >= 0) return timeMs;
    } catch (NumberFormatException e) {
      // Said below, with the line.
    }
    throw wrong("time_ms must be milliseconds since 1970, not " + shown(text));
  }

  String symbol(String text) {
    if (!SYMBOL.matcher(text).matches())
      throw wrong("symbol must be 1 to 16 of A-Z and 0-9, not " + shown(text));
    return text;
  }

  BigDecimal number(String column, String text) {
    if (!NUMBER.matcher(text.strip()).matches())
      throw wrong(column + " must be a number, not " + shown(text));
    return new BigDecimal(text.strip());
  }

  TapeException wrong(String what) {
    return new TapeException(file + ":" + line + ": " + what);
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw new TapeException(file + ": cannot be closed: " + e.getMessage());
    }
  }

  private @Nullable String line() {
    try {
      line++;
      String text = readLine();
      return text == null || !text.endsWith("\r") ? text : text.substring(0, text.length() - 1);
    } catch (MalformedInputException e) {
      throw wrong("is not text in UTF-8");
    } catch (IOException e) {
      throw wrong("cannot be read: " + e.getMessage());
    }
  }

  /** Not {@link BufferedReader#readLine}: that one would buffer a line without an end. */
  private @Nullable String readLine() throws IOException {
    StringBuilder text = new StringBuilder(48);
    while (true) {
      int c = reader.read();
      if (c < 0) return text.isEmpty() ? null : text.toString();
      if (c == '\n') return text.toString();
      if (text.length() == LINE_MAX) throw wrong("is longer than " + LINE_MAX + " characters");
      text.append((char) c);
    }
  }

  private static BufferedReader reader(Path file) {
    try {
      if (Files.isDirectory(file)) throw new TapeException(file + ": is a directory, not a file");
      return Files.newBufferedReader(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new TapeException(file + ": there is no such file");
    } catch (IOException e) {
      throw new TapeException(file + ": cannot be opened: " + e.getMessage());
    }
  }

  /** Spreadsheets put a byte order mark before the first character. */
  private static String stripMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static String shown(@Nullable String text) {
    if (text == null || text.isEmpty()) return "nothing";
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return "\"" + (printable.length() > 60 ? printable.substring(0, 60) + "…" : printable) + "\"";
  }
}

package org.novation.node.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.novation.governance.RecordedProposal;
import org.novation.governance.Votes;

/**
 * Recorded proposals from a comma-separated file whose first line names its columns, in any order;
 * columns that are not needed are passed over. Quotes are as in RFC 4180: a cell in quotes may hold
 * commas, line ends and doubled quotes. Every flaw is one line that names the file, the line and
 * what to do. Bounded: {@link #ROWS_MAX} rows of {@link #CELL_MAX} characters a cell.
 */
final class ProposalsFile {
  static final int ROWS_MAX = 1_000_000;
  static final int CELL_MAX = 100_000;
  private static final int CELLS_MAX = 200;

  /** Votes are read to so many decimals: tokens have up to 18. */
  static final int DECIMALS_MAX = 30;

  private static final Pattern NUMBER =
      Pattern.compile("[0-9]{1,40}(\\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?");

  /** A file that cannot be used, in one line. Carries no stack trace. */
  static final class UnusableException extends Exception {
    private static final long serialVersionUID = 1;

    UnusableException(String why) {
      super(why, null, false, false);
    }
  }

  private final Path file;
  private final BufferedReader reader;
  private long line = 1;
  private long rowLine = 1;

  private ProposalsFile(Path file, BufferedReader reader) {
    this.file = file;
    this.reader = reader;
  }

  /**
   * All proposals, in the order of the file.
   *
   * @throws UnusableException when any line cannot be used, or there is none
   */
  static List<RecordedProposal> read(Path file) throws UnusableException {
    if (Files.isDirectory(file))
      throw new UnusableException(file + ": is a directory: name a file");
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      return new ProposalsFile(file, reader).proposals();
    } catch (NoSuchFileException e) {
      throw new UnusableException(file + ": no such file: check the path");
    } catch (MalformedInputException e) {
      throw new UnusableException(file + ": is not text in UTF-8: save it as CSV in UTF-8");
    } catch (IOException e) {
      throw new UnusableException(file + ": cannot be read: " + e.getMessage());
    }
  }

  private List<RecordedProposal> proposals() throws IOException, UnusableException {
    List<String> names = row();
    if (names == null) names = List.of();
    Map<String, Integer> columns = columns(names);
    List<RecordedProposal> proposals = new ArrayList<>();
    for (List<String> cells = row(); cells != null; cells = row()) {
      if (cells.size() == 1 && cells.getFirst().isBlank()) continue;
      if (cells.size() != names.size()) {
        throw wrong(
            "has %d columns where the first line names %d: put cells with commas in quotes"
                .formatted(cells.size(), names.size()));
      }
      if (proposals.size() == ROWS_MAX)
        throw wrong("is beyond the " + ROWS_MAX + " proposals of one file: split it");
      proposals.add(proposal(new Row(columns, cells)));
    }
    if (proposals.isEmpty())
      throw new UnusableException(file + ": holds no proposal: add a line under the first");
    return proposals;
  }

  /** Where each column stands. */
  private Map<String, Integer> columns(List<String> names) throws UnusableException {
    Map<String, Integer> columns = new HashMap<>();
    for (int n = 0; n < names.size(); n++) {
      String name = names.get(n).replace("\uFEFF", "").strip().toLowerCase(Locale.ROOT);
      if (!name.isEmpty() && columns.put(name, n) != null)
        throw wrong("names the column " + shown(name) + " twice: rename one");
    }
    for (String needed : List.of("proposal_id", "votes_for", "votes_against", "status")) {
      if (!columns.containsKey(needed)) {
        throw wrong(
            "must name the columns proposal_id, votes_for, votes_against, status and, if there is"
                + " one, quorum, separated by commas: "
                + needed
                + " is missing");
      }
    }
    return columns;
  }

  private RecordedProposal proposal(Row row) throws UnusableException {
    String id = row.cell("proposal_id");
    String status = row.cell("status");
    if (id.isEmpty()) throw wrong("proposal_id is empty: fill it in");
    if (status.isEmpty())
      throw wrong("status is empty: say what became of it, such as executed or defeated");
    Votes votes =
        new Votes(
            units("votes_for", row.cell("votes_for")),
            units("votes_against", row.cell("votes_against")),
            row.cell("votes_abstain").isEmpty()
                ? BigInteger.ZERO
                : units("votes_abstain", row.cell("votes_abstain")));
    String quorum = row.cell("quorum");
    return new RecordedProposal(
        id, votes, quorum.isEmpty() ? BigInteger.ZERO : units("quorum", quorum), status);
  }

  private BigInteger units(String column, String cell) throws UnusableException {
    if (!NUMBER.matcher(cell).matches())
      throw wrong(column + " must be a number such as 400000.5, not " + shown(cell));
    BigDecimal units = new BigDecimal(cell).movePointRight(DECIMALS_MAX);
    try {
      return units.toBigIntegerExact();
    } catch (ArithmeticException e) {
      throw wrong(column + " has more than " + DECIMALS_MAX + " decimals: " + shown(cell));
    }
  }

  private record Row(Map<String, Integer> columns, List<String> cells) {
    /** Empty when there is no such column. */
    String cell(String name) {
      Integer at = columns.get(name);
      return at == null ? "" : cells.get(at).strip();
    }
  }

  // ---- cells

  /** The cells of the next row, or null at the end of the file. */
  private @Nullable List<String> row() throws IOException, UnusableException {
    rowLine = line;
    int c = reader.read();
    if (c < 0) return null;
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (; ; c = reader.read()) {
      if (c == '\n') line++;
      if (quoted) {
        if (c < 0) throw wrong("opens a quote that is never closed: close it");
        quoted = c != '"' || nextIsQuote();
        if (quoted) add(cell, c);
      } else if (c == '"' && cell.toString().isBlank()) {
        cell.setLength(0);
        quoted = true;
      } else if (c < 0 || c == '\n' || c == ',') {
        cells.add(cell.toString());
        cell.setLength(0);
        if (cells.size() > CELLS_MAX) throw wrong("has more than " + CELLS_MAX + " columns");
        if (c != ',') return cells;
      } else if (c != '\r') {
        add(cell, c);
      }
    }
  }

  /** After a quote inside quotes: a second one stands for one, and is taken. */
  private boolean nextIsQuote() throws IOException {
    reader.mark(1);
    if (reader.read() == '"') return true;
    reader.reset();
    return false;
  }

  private void add(StringBuilder cell, int c) throws UnusableException {
    if (cell.length() == CELL_MAX)
      throw wrong("has a cell of more than " + CELL_MAX + " characters: is a quote left open?");
    cell.append((char) c);
  }

  private UnusableException wrong(String what) {
    return new UnusableException(file + ":" + rowLine + ": " + what);
  }

  private static String shown(String text) {
    if (text.isEmpty()) return "nothing";
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return "\"" + (printable.length() > 60 ? printable.substring(0, 60) + "…" : printable) + "\"";
  }
}

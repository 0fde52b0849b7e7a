package org.novation.node.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns as wide as their widest cell; figures stand to the right. */
public final class TextTable {
  private static final String GAP = "  ";
  private final int leftColumns;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param leftColumns how many columns, from the left, hold words and not figures
   * @param header names of the columns
   */
  public TextTable(int leftColumns, String... header) {
    this.leftColumns = leftColumns;
    rows.add(List.of(header));
  }

  /** Adds a row; cells beyond the header's are not allowed. */
  public TextTable row(String... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException("a row has as many cells as the header");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** The lines of the table, header first, without blanks at their ends. */
  public List<String> lines() {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int n = 0; n < widths.length; n++) widths[n] = Math.max(widths[n], row.get(n).length());
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int n = 0; n < widths.length; n++) {
      String blanks = " ".repeat(widths[n] - row.get(n).length());
      if (n > 0) line.append(GAP);
      line.append(n < leftColumns ? row.get(n) + blanks : blanks + row.get(n));
    }
    return line.toString().stripTrailing();
  }
}

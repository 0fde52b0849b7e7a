package org.novation.simulation;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.novation.simulation.Waterfall.Line;

/**
 * The same run under several policies of deleveraging, side by side.
 *
 * @param reports one for each policy, at least one
 */
public record Comparison(List<ReplayReport> reports) {
  private static final String ROW = "  %-30s";
  private static final String CELL = "%28s";

  public Comparison {
    reports = List.copyOf(reports);
    if (reports.isEmpty()) throw new IllegalArgumentException("nothing to compare");
  }

  /** Whether the books of every run balance. */
  public boolean hold() {
    return reports.stream().allMatch(report -> report.verdict().hold());
  }

  /** One object, indented: every report whole, by its policy's name. */
  public String json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode each = root.putObject("comparison");
    for (ReplayReport report : reports)
      each.set(Waterfall.name(report.waterfall().policy()), report.tree());
    return ReplayReport.text(root);
  }

  /** A table for people. */
  public List<String> lines(Ink ink) {
    List<String> lines = new ArrayList<>();
    ReplayReport first = reports.getFirst();
    lines.add("");
    lines.add(
        ink.bold("The same tape, seed and traders under each policy")
            + ink.faint(
                String.format(
                    Locale.ROOT,
                    "  %s · %,d accounts · seed %d",
                    first.source(),
                    first.result().accounts(),
                    first.seed())));
    StringBuilder header = new StringBuilder(String.format(Locale.ROOT, ROW, ""));
    for (ReplayReport report : reports)
      header.append(String.format(Locale.ROOT, CELL, Waterfall.name(report.waterfall().policy())));
    lines.add(ink.bold(header.toString()));
    List<List<Line>> columns = reports.stream().map(r -> r.waterfall().lines()).toList();
    for (int row = 0; row < columns.getFirst().size(); row++) {
      StringBuilder line = new StringBuilder();
      line.append(String.format(Locale.ROOT, ROW, columns.getFirst().get(row).name()));
      for (List<Line> column : columns)
        line.append(String.format(Locale.ROOT, CELL, column.get(row).figure()));
      lines.add(line.toString());
    }
    StringBuilder books = new StringBuilder(String.format(Locale.ROOT, ROW, "the books"));
    for (ReplayReport report : reports)
      books.append(
          String.format(Locale.ROOT, CELL, report.verdict().hold() ? "balance" : "do not balance"));
    lines.add(books.toString());
    return lines;
  }
}

package org.novation.simulation;

import java.util.List;

/** A row of numbers as a row of blocks. */
final class Sparkline {
  private static final String BLOCKS = "▁▂▃▄▅▆▇█";

  private Sparkline() {}

  /** Prices: from the lowest to the highest. */
  static String between(List<Double> values) {
    double low = values.stream().mapToDouble(v -> v).min().orElse(0);
    double high = values.stream().mapToDouble(v -> v).max().orElse(0);
    return draw(values, low, high);
  }

  /** Counts: a blank is none. */
  static String fromZero(List<Double> values) {
    double high = values.stream().mapToDouble(v -> v).max().orElse(0);
    StringBuilder line = new StringBuilder(values.size());
    for (double value : values) line.append(value == 0 ? " " : block(value, 0, high));
    return line.toString();
  }

  private static String draw(List<Double> values, double low, double high) {
    StringBuilder line = new StringBuilder(values.size());
    for (double value : values) line.append(block(value, low, high));
    return line.toString();
  }

  private static char block(double value, double low, double high) {
    if (high <= low) return BLOCKS.charAt(0);
    int level = (int) ((value - low) / (high - low) * BLOCKS.length());
    return BLOCKS.charAt(Math.clamp(level, 0, BLOCKS.length() - 1));
  }
}

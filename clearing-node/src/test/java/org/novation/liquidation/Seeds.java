package org.novation.liquidation;

import java.util.function.LongConsumer;

/** Runs a property over many seeds and names the one that fails. */
public final class Seeds {
  private Seeds() {}

  /** {@code -Dnovation.seeds=N} runs so many, {@code -Dnovation.seed=S} that one. */
  public static void forEach(int seeds, LongConsumer property) {
    Long only = Long.getLong("novation.seed");
    long count = Integer.getInteger("novation.seeds", seeds);
    for (long seed = only == null ? 0 : only; seed < (only == null ? count : only + 1); seed++) {
      try {
        property.accept(seed);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError(
            "seed " + seed + " (again with -Dnovation.seed=" + seed + "): " + wrong.getMessage(),
            wrong);
      }
    }
  }
}

package org.novation;

import java.util.function.LongConsumer;

/**
 * A property as a plain loop over seeds. {@code -Dnovation.seed=S} runs one seed alone, which is
 * how a failure is replayed; {@code -Dnovation.seeds=N} runs more of them.
 */
public final class Seeds {
  private Seeds() {}

  /** Runs a property with so many seeds; a failure names its seed. */
  public static void each(int seeds, LongConsumer property) {
    Long only = Long.getLong("novation.seed");
    long first = only == null ? 0 : only;
    long last = only == null ? Integer.getInteger("novation.seeds", seeds) - 1 : only;
    for (long seed = first; seed <= last; seed++) {
      try {
        property.accept(seed);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError(
            "seed " + seed + " (replay with -Dnovation.seed=" + seed + "): " + wrong, wrong);
      }
    }
  }
}

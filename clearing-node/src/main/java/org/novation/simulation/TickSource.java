package org.novation.simulation;

import org.jspecify.annotations.Nullable;

/** Prices in the order of their time, one after the other. One thread. */
public interface TickSource extends AutoCloseable {
  /**
   * The next price, or null when there is none.
   *
   * @throws TapeException when the source cannot be read on
   */
  @Nullable Tick next();

  @Override
  void close();
}

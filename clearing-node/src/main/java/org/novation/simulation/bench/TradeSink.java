package org.novation.simulation.bench;

import java.util.function.Consumer;

/** Where trades are sent. */
public interface TradeSink extends AutoCloseable {
  /**
   * Sends a trade; blocks while the sink takes no more.
   *
   * @param whenAnswered called exactly once, from any thread; must be quick
   */
  void submit(Order order, Consumer<Verdict> whenAnswered) throws InterruptedException;

  /** Answers what is open, then lets go of everything. */
  @Override
  void close();
}

package org.novation.simulation.bench;

/**
 * What one run of a load gave.
 *
 * @param novated trades committed within the run
 * @param refused trades refused within the run
 * @param unknown trades whose outcome stayed unknown
 * @param seconds how long the run took
 * @param inFlight most trades unanswered at a time
 * @param offeredPerSecond the rate at which trades were sent; 0 when only {@code inFlight} held
 *     them back
 * @param latency from the moment that a trade was due to be sent to its answer
 */
public record Measured(
    long novated,
    long refused,
    long unknown,
    double seconds,
    int inFlight,
    double offeredPerSecond,
    Latency latency) {
  /** Trades novated in a second. */
  public double perSecond() {
    return novated / seconds;
  }
}

package org.novation.market;

import java.util.List;

/**
 * What happened to one underlying and must outlive its actor. Prices are not among it: there is no
 * price after a restart until a fresh quorum. History is append-only.
 */
public sealed interface MarketEvent {
  /** The oracles of the underlying, in place of those before. */
  record OraclesRegistered(List<String> oracles) implements MarketEvent {
    public OraclesRegistered {
      oracles = List.copyOf(oracles);
    }
  }

  /**
   * An hour ended and its funding is due.
   *
   * @param endMs a multiple of an hour
   * @param parameterVersion the parameters that rates and multipliers were reckoned by; here and
   *     below 0 of events from before they said so
   */
  record HourClosed(long endMs, List<Closing> closings, long parameterVersion)
      implements MarketEvent {
    public HourClosed {
      closings = List.copyOf(closings);
    }
  }

  /**
   * The index moved too far too fast: reductions only. While the market is halted, that the halt
   * goes on until later.
   *
   * @param fromPrice the index at its farthest within the window, at {@link Feeds#PRICE_SCALE}
   * @param price the index now
   * @param movePpm more than which it moved
   * @param parameterVersion the parameters that say how far it may move, and for how long it halts
   */
  record Halted(
      String instrument,
      long atMs,
      long untilMs,
      long fromPrice,
      long price,
      long movePpm,
      long windowMs,
      long parameterVersion)
      implements MarketEvent {}

  /** A halt is over: exactly at its time, whenever it was recorded. */
  record Reopened(String instrument, long atMs, long parameterVersion) implements MarketEvent {}

  /**
   * One instrument at the end of an hour, with what its rate was made of.
   *
   * @param samples minutes in which a premium arrived
   * @param premiumPpm their mean over sixty minutes
   * @param ratePpm per 8 hours; an eighth of it is paid
   * @param indexTicks the index that it is paid on; 0 when there was none, or funding was paused,
   *     and nothing is paid
   * @param fundingIndex after the payment, 1e-6 micros per lot
   * @param sigmaPpm the EWMA of annual volatility
   * @param maintenanceMultiplierPpm from now on
   */
  record Closing(
      String instrument,
      int samples,
      long premiumPpm,
      long ratePpm,
      long indexTicks,
      long fundingIndex,
      long sigmaPpm,
      long maintenanceMultiplierPpm) {}
}

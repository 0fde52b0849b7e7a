package org.novation.market;

import java.util.List;
import org.novation.risk.PriceValidity;

/**
 * An underlying as it is now: complete, so that a board that missed one loses nothing with the
 * next.
 *
 * @param symbol of the underlying
 * @param incarnation when its market started, so that a restarted one is listened to again
 * @param number grows by one with each update of an incarnation
 * @param timeMs of its newest price, in the house's time
 * @param priceMicros of one unit; 0 while {@code validity} is {@code NONE}
 * @param feeds fresh feeds that count in the index
 * @param withdrawableFromMs after an outage, from when it does not keep anybody from withdrawing
 */
public record MarketUpdate(
    String symbol,
    long incarnation,
    long number,
    long timeMs,
    long priceMicros,
    PriceValidity validity,
    int feeds,
    long withdrawableFromMs,
    List<Instrument> instruments)
    implements Broadcast {
  public MarketUpdate {
    instruments = List.copyOf(instruments);
  }

  /**
   * One perpetual on it.
   *
   * @param markTicks 0 while the validity is {@code NONE}, as {@code indexTicks}
   * @param fundingIndex 1e-6 micros per lot
   * @param fundingRatePpm of the hour that ended last, per 8 hours
   * @param initialMultiplierPpm volatility multiplier of initial margin
   * @param maintenanceMultiplierPpm volatility multiplier of maintenance margin
   * @param haltedUntilMs of a halt, over or not; 0 when there is none
   */
  public record Instrument(
      String symbol,
      long markTicks,
      long indexTicks,
      long fundingIndex,
      long fundingRatePpm,
      long initialMultiplierPpm,
      long maintenanceMultiplierPpm,
      long haltedUntilMs) {}

  /** Whether this one is to be preferred to another of the same underlying. */
  public boolean isNewerThan(MarketUpdate other) {
    return incarnation != other.incarnation
        ? incarnation > other.incarnation
        : number > other.number;
  }

  /** Whether nothing but the number differs. */
  boolean saysTheSameAs(MarketUpdate other) {
    return timeMs == other.timeMs
        && priceMicros == other.priceMicros
        && validity == other.validity
        && feeds == other.feeds
        && withdrawableFromMs == other.withdrawableFromMs
        && instruments.equals(other.instruments);
  }
}

package org.novation.deleveraging;

import java.util.List;
import org.novation.clearing.Trade;
import org.novation.deleveraging.Allocation.Taking;

/**
 * One thing to do to one account, known by its id for ever: however often it is sent, it is done
 * once.
 *
 * @param id unique: the wave, the round, a number
 * @param version of the account for a closing; 0 otherwise
 * @param lots as they change the account's position; 0 unless it is a closing
 * @param priceTicks of a closing; 0 otherwise
 * @param micros asked of the account, or paid to it; 0 for a closing
 * @param parts what a taking is made of, by instrument
 */
public record WaveStep(
    String id,
    Kind kind,
    String instrument,
    String account,
    long version,
    long lots,
    long priceTicks,
    long micros,
    List<Taking> parts) {
  /** What is done. */
  public enum Kind {
    /** A part of the account's position closes against the defaulter's: refused if it changed. */
    CLOSE,
    /**
     * The account gives up profit to the wave: of each part what is asked, or what is still there.
     */
    TAKE,
    /** The defaulter gets what the wave holds. */
    PAY
  }

  public WaveStep {
    parts = List.copyOf(parts);
  }

  /**
   * A closing as the trade that it is: same id and content however often it is made.
   *
   * @param venue the name under which the house trades
   * @param defaulter the other side
   * @param executedAtMs the snapshot's time
   */
  public Trade trade(String venue, String defaulter, long executedAtMs) {
    if (kind != Kind.CLOSE) throw new IllegalStateException(id + " closes nothing");
    return new Trade(
        venue,
        id,
        instrument,
        priceTicks,
        Math.abs(lots),
        lots > 0 ? account : defaulter,
        lots > 0 ? defaulter : account,
        executedAtMs);
  }
}

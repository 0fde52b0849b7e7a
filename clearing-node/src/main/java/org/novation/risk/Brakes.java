package org.novation.risk;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The brakes of one market or asset, beside its prices. All of them end by the house's time alone:
 * nothing has to happen, and nobody has to be heard, for one to be off. Immutable; asked for every
 * trade.
 */
public final class Brakes {
  /** The end of a pause that lasts until somebody lifts it. */
  public static final long OPEN_ENDED = Long.MAX_VALUE;

  /** Everything is off. */
  public static final Brakes NONE = new Brakes(0, 0, new long[Operation.values().length]);

  private final long haltedUntilMs;
  private final long withdrawableFromMs;
  private final long[] pausedUntilMs; // By operation; 0 where it is not paused.

  private Brakes(long haltedUntilMs, long withdrawableFromMs, long[] pausedUntilMs) {
    this.haltedUntilMs = haltedUntilMs;
    this.withdrawableFromMs = withdrawableFromMs;
    this.pausedUntilMs = pausedUntilMs;
  }

  /** The same with a halt that ends at a time; 0 for none. */
  public Brakes withHalt(long untilMs) {
    return orNone(new Brakes(untilMs, withdrawableFromMs, pausedUntilMs));
  }

  /** The same after an outage whose memory ends at a time; 0 for none. */
  public Brakes withOutage(long withdrawableFromMs) {
    return orNone(new Brakes(haltedUntilMs, withdrawableFromMs, pausedUntilMs));
  }

  /** The same with an operation paused until a time, or {@link #OPEN_ENDED}; 0 for not. */
  public Brakes withPause(Operation operation, long untilMs) {
    long[] paused = pausedUntilMs.clone();
    paused[operation.ordinal()] = untilMs;
    return orNone(new Brakes(haltedUntilMs, withdrawableFromMs, paused));
  }

  private static Brakes orNone(Brakes brakes) {
    return brakes.equals(NONE) ? NONE : brakes;
  }

  /** When the halt ends, or ended; 0 when there was none. */
  public long haltedUntilMs() {
    return haltedUntilMs;
  }

  /** When the last outage stops, or stopped, holding withdrawals up; 0 when there was none. */
  public long withdrawableFromMs() {
    return withdrawableFromMs;
  }

  /** Whether the market is halted at a time. */
  public boolean halted(long nowMs) {
    return haltedUntilMs > nowMs;
  }

  /** When a pause ends, or ended, or {@link #OPEN_ENDED}; 0 when there was none. */
  public long pausedUntilMs(Operation operation) {
    return pausedUntilMs[operation.ordinal()];
  }

  /** Whether an operation is paused at a time. */
  public boolean paused(Operation operation, long nowMs) {
    return pausedUntilMs(operation) > nowMs;
  }

  /** Whether an action may be done at a time, on prices of such validity. */
  public boolean allow(Action action, PriceValidity validity, long nowMs) {
    return stop(action, validity, "", nowMs) == null;
  }

  /**
   * What forbids an action at a time; null when nothing does.
   *
   * @param subject whose brakes these are
   */
  public @Nullable Stop stop(Action action, PriceValidity validity, String subject, long nowMs) {
    Stop pause = pause(action, subject, nowMs);
    return pause != null ? pause : stopBesidesPause(action, validity, subject, nowMs);
  }

  /** The pause that forbids an action; null when none does. */
  @Nullable Stop pause(Action action, String subject, long nowMs) {
    Operation operation = action.pausedAs();
    if (operation == null || !paused(operation, nowMs)) return null;
    long until = pausedUntilMs(operation);
    return new Stop(Brake.PAUSE, subject, until == OPEN_ENDED ? 0 : until);
  }

  /** What forbids an action, pauses aside. */
  @Nullable Stop stopBesidesPause(
      Action action, PriceValidity validity, String subject, long nowMs) {
    if (withdrawableFromMs > nowMs && action.heeds(Brake.OUTAGE))
      return new Stop(Brake.OUTAGE, subject, withdrawableFromMs);
    if (halted(nowMs) && action.heeds(Brake.HALT))
      return new Stop(Brake.HALT, subject, haltedUntilMs);
    if (action.allowedOn(validity)) return null;
    boolean diverged = validity == PriceValidity.DIVERGED;
    return new Stop(diverged ? Brake.DIVERGED_PRICES : Brake.NO_FRESH_PRICE, subject, 0);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Brakes that
        && haltedUntilMs == that.haltedUntilMs
        && withdrawableFromMs == that.withdrawableFromMs
        && Arrays.equals(pausedUntilMs, that.pausedUntilMs);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Long.hashCode(haltedUntilMs) + Long.hashCode(withdrawableFromMs))
        + Arrays.hashCode(pausedUntilMs);
  }

  @Override
  public String toString() {
    return "Brakes[halted until %d, withdrawals from %d, paused until %s]"
        .formatted(haltedUntilMs, withdrawableFromMs, Arrays.toString(pausedUntilMs));
  }
}

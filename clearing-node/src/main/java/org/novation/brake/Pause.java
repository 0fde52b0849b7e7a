package org.novation.brake;

import org.novation.risk.Brakes;
import org.novation.risk.Operation;

/**
 * An operation that is paused.
 *
 * @param market an instrument, for withdrawals an asset, or {@link #EVERYWHERE}
 * @param untilMs house time at which it ends, or {@link Brakes#OPEN_ENDED}
 * @param operator who set it
 */
public record Pause(
    Operation operation,
    String market,
    long untilMs,
    String reason,
    String operator,
    long setAtMs) {
  /** The whole house. */
  public static final String EVERYWHERE = "*";

  /** Whether it is one of an operation there. */
  boolean isOf(Operation other, String there) {
    return operation == other && market.equals(there);
  }

  /** Whether it is on at a time. */
  public boolean isOn(long nowMs) {
    return untilMs > nowMs;
  }
}

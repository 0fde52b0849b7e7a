package org.novation.clearing;

import org.jspecify.annotations.Nullable;

/**
 * Which execution times are begun at all: not before the window for which every account surely
 * remembers ids, not ahead of the house's clock.
 *
 * @param pastMs how old an execution may be; shorter than accounts remember
 * @param futureMs how far ahead of the house's clock it may be
 */
public record ExecutionWindow(long pastMs, long futureMs) {
  /** One hour back, five seconds ahead. */
  public static final ExecutionWindow DEFAULT = new ExecutionWindow(3_600_000, 5_000);

  /** What the window has against a trade, or null. Says nothing about earlier attempts. */
  public @Nullable Rejection against(Trade trade, long houseMs) {
    if (trade.executedAtMs() < houseMs - pastMs)
      return new Rejection.TooOld(trade.executedAtMs(), houseMs - pastMs);
    if (trade.executedAtMs() > houseMs + futureMs)
      return new Rejection.InTheFuture(trade.executedAtMs(), houseMs + futureMs);
    return null;
  }
}

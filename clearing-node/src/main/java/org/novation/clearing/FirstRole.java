package org.novation.clearing;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Books.Known;
import org.novation.risk.Holds;

/**
 * An account as the first of a trade: it holds, and later applies unconditionally. Holds live in
 * memory only and expire; the newest attempt owns a hold. Lost in a crash without harm: the leg is
 * applied whether it was held or not.
 */
public class FirstRole {
  /** Most trades held at once. */
  public static final int HOLDS_MAX = 16_384;

  /** The answer to a hold. */
  public sealed interface Answer {
    /** Held, or on the books already: let the last account say so. */
    record Held() implements Answer {}

    /** Not held: only the last account may make a refusal of it. */
    record Declined(Rejection why) implements Answer {}

    /** The memory for holds is full: unavailable. */
    record Busy() implements Answer {}
  }

  private static final Answer HELD = new Answer.Held();

  private record Held(
      long attempt, long expiresMs, int instrument, long lots, long notionalMicros) {}

  private record Id(long high, long low) {}

  private final Timing timing;
  // In order of expiry: a renewed hold moves to the end. No table while nothing is held.
  private Map<Id, Held> held = Map.of();
  private final Holds sums = new Holds();

  public FirstRole(Timing timing) {
    this.timing = timing;
  }

  /** What open holds add up to. */
  public Holds sums() {
    return sums;
  }

  /**
   * Holds a trade for an attempt.
   *
   * @param instrument index of the trade's instrument
   * @param lots signed for this account
   * @param notionalMicros signed for this account
   */
  public Answer onHold(
      long nowMs,
      Attempt attempt,
      Trade trade,
      int instrument,
      long lots,
      long notionalMicros,
      Books books) {
    Known known = books.known(trade);
    if (known == Known.YES) return HELD;
    if (known == Known.OTHER_CONTENT) {
      return new Answer.Declined(new Rejection.DuplicateWithOtherContent(trade.tradeId()));
    }
    if (known == Known.FORGOTTEN) {
      return new Answer.Declined(new Rejection.TooOld(trade.executedAtMs(), books.oldestMs()));
    }
    expire(nowMs);
    Id id = id(trade);
    Held before = held.get(id);
    if (before == null) {
      if (held.size() >= HOLDS_MAX) return new Answer.Busy();
      Rejection why = books.judge(trade);
      if (why != null) return new Answer.Declined(why);
      sums.add(instrument, lots, notionalMicros);
    } else if (before.instrument != instrument
        || before.lots != lots
        || before.notionalMicros != notionalMicros) {
      return new Answer.Declined(new Rejection.DuplicateWithOtherContent(trade.tradeId()));
    } else {
      held.remove(id);
    }
    if (held.isEmpty()) held = new LinkedHashMap<>(4);
    held.put(id, new Held(attempt.id(), nowMs + timing.holdMs(), instrument, lots, notionalMicros));
    return HELD;
  }

  /** Frees the hold of this very attempt. */
  public void onRelease(long attempt, Trade trade) {
    Held hold = held.get(id(trade));
    if (hold != null && hold.attempt == attempt) free(id(trade));
  }

  /** The leg is on the books: nothing is left to hold. */
  public void onApplied(Trade trade) {
    free(id(trade));
  }

  /** Frees what has expired. */
  public void expire(long nowMs) {
    if (held.isEmpty()) return;
    Iterator<Held> eldest = held.values().iterator();
    while (eldest.hasNext()) {
      Held hold = eldest.next();
      if (hold.expiresMs > nowMs) return;
      eldest.remove();
      sums.remove(hold.instrument, hold.lots, hold.notionalMicros);
    }
    held = Map.of();
  }

  private void free(Id id) {
    if (held.isEmpty()) return;
    @Nullable Held hold = held.remove(id);
    if (hold != null) sums.remove(hold.instrument, hold.lots, hold.notionalMicros);
    if (held.isEmpty()) held = Map.of();
  }

  private static Id id(Trade trade) {
    return new Id(trade.fingerprint().high(), trade.fingerprint().low());
  }
}

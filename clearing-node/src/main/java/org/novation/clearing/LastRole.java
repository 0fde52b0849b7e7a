package org.novation.clearing;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Books.Known;

/**
 * An account as the last of a trade: its write is the commit point, and it alone may say refused.
 * Its memory of refusals is volatile; after a recovery it is blind to attempts begun before, and
 * answers them unavailable. Each predicate below is a fence: the protocol's simulation finds a
 * violation as soon as one is taken away.
 */
public class LastRole {
  /**
   * Most refusals remembered at once; forgetting one early makes the account blind to attempts
   * begun until then.
   */
  public static final int REFUSALS_MAX = 16_384;

  /** The answer to a novation or a void. */
  public sealed interface Answer {
    /** On the books already. */
    record Novated() implements Answer {}

    /** Accepted: to be written now, and only then answered novated. */
    record Commit() implements Answer {}

    /** No attempt begun so far can still get through. */
    record Refused(Rejection why) implements Answer {}

    /** So old that its id may have been forgotten: neither novated nor refused can be said. */
    record Forgotten(Rejection why) implements Answer {}

    /** Nothing can be said. */
    record Unavailable(String why) implements Answer {}
  }

  private static final Answer NOVATED = new Answer.Novated();
  private static final Answer COMMIT = new Answer.Commit();

  record Refusal(long refusedAtMs, Rejection why) {}

  private record Id(long high, long low) {}

  private final Timing timing;
  // In order of time: a renewed refusal moves to the end. No table while nothing was refused.
  private Map<Id, Refusal> refusals = Map.of();
  private long blindThroughMs;

  /**
   * @param recoveredAtMs wall time of this account's recovery: attempts begun until then are
   *     answered unavailable
   */
  public LastRole(Timing timing, long recoveredAtMs) {
    this.timing = timing;
    this.blindThroughMs = recoveredAtMs;
  }

  /**
   * Judges a novation. {@code Commit} asks the caller to write the trade and then to answer
   * novated.
   */
  public Answer onNovate(long nowMs, Attempt attempt, Trade trade, Books books) {
    Answer known = known(trade, books);
    if (known != null) return known;
    if (pastDeadline(nowMs, attempt))
      return new Answer.Unavailable("the attempt's deadline has passed");
    if (begunBlind(attempt)) return new Answer.Unavailable("the account has just recovered");
    Refusal before = remembered(nowMs, trade);
    if (before != null) {
      renew(nowMs, trade, before.why);
      return new Answer.Refused(before.why);
    }
    Rejection why = books.judge(trade);
    if (why == null) return COMMIT;
    remember(nowMs, trade, why);
    return new Answer.Refused(why);
  }

  /**
   * The first account, or the gateway's look at the market, would not: the last account turns that
   * into an answer.
   */
  public Answer onVoid(long nowMs, Trade trade, Rejection why, Books books) {
    Answer known = known(trade, books);
    if (known != null) return known;
    remember(nowMs, trade, why);
    return new Answer.Refused(why);
  }

  private static @Nullable Answer known(Trade trade, Books books) {
    Known known = books.known(trade);
    return switch (known) {
      case NO -> null;
      case YES -> NOVATED;
      case OTHER_CONTENT ->
          new Answer.Refused(new Rejection.DuplicateWithOtherContent(trade.tradeId()));
      case FORGOTTEN ->
          new Answer.Forgotten(new Rejection.TooOld(trade.executedAtMs(), books.oldestMs()));
    };
  }

  /**
   * Fence: a commit after the hold may have expired would find no margin left at the first account.
   */
  boolean pastDeadline(long nowMs, Attempt attempt) {
    return nowMs > attempt.startMs() + timing.deadlineMs();
  }

  /**
   * Fence: an attempt begun before the recovery may have been refused, and that refusal is
   * forgotten.
   */
  boolean begunBlind(Attempt attempt) {
    return attempt.startMs() <= blindThroughMs + timing.skewMs();
  }

  /** Fence: who was refused must not get through with an older message. */
  @Nullable Refusal remembered(long nowMs, Trade trade) {
    forget(nowMs);
    return refusals.get(id(trade));
  }

  /**
   * Fence: the refusal just given also covers this attempt's messages that are still on their way.
   */
  void renew(long nowMs, Trade trade, Rejection why) {
    remember(nowMs, trade, why);
  }

  private void remember(long nowMs, Trade trade, Rejection why) {
    Id id = id(trade);
    if (refusals.isEmpty()) refusals = new LinkedHashMap<>(4);
    refusals.remove(id);
    if (refusals.size() >= REFUSALS_MAX) {
      Iterator<Refusal> eldest = refusals.values().iterator();
      blindThroughMs = Math.max(blindThroughMs, eldest.next().refusedAtMs);
      eldest.remove();
    }
    refusals.put(id, new Refusal(nowMs, why));
  }

  private void forget(long nowMs) {
    if (refusals.isEmpty()) return;
    Iterator<Refusal> eldest = refusals.values().iterator();
    while (eldest.hasNext()
        && eldest.next().refusedAtMs + timing.deadlineMs() + timing.skewMs() < nowMs)
      eldest.remove();
    if (refusals.isEmpty()) refusals = Map.of();
  }

  private static Id id(Trade trade) {
    return new Id(trade.fingerprint().high(), trade.fingerprint().low());
  }
}

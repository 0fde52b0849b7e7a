package org.novation.clearing;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Books.Known;

/**
 * An account whose write is a commit point, and which alone may say refused: the last of a trade,
 * or whoever gives collateral to another. Its memory of refusals is volatile; after a recovery it
 * is blind to attempts begun before, and answers them unavailable. Each predicate below is a fence:
 * the protocol's simulation finds a violation as soon as one is taken away.
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
    return known != null
        ? known
        : judge(nowMs, attempt.startMs(), trade.fingerprint(), () -> books.judge(trade));
  }

  /**
   * Judges what is not on the books. {@code Commit} asks the caller to write it and then to answer.
   *
   * @param begunMs when the attempt began, by the wall clock of whoever began it
   * @param id by which it is committed once; its content does not count here
   * @param judge why it cannot be; null when it can
   */
  public Answer judge(
      long nowMs, long begunMs, Fingerprint id, Supplier<@Nullable Rejection> judge) {
    if (pastDeadline(nowMs, begunMs))
      return new Answer.Unavailable("the attempt's deadline has passed");
    if (begunBlind(begunMs)) return new Answer.Unavailable("the account has just recovered");
    Refusal before = remembered(nowMs, id);
    if (before != null) {
      renew(nowMs, id, before.why);
      return new Answer.Refused(before.why);
    }
    Rejection why = judge.get();
    if (why == null) return COMMIT;
    remember(nowMs, id, why);
    return new Answer.Refused(why);
  }

  /**
   * The first account, or the gateway's look at the market, would not: the last account turns that
   * into an answer.
   */
  public Answer onVoid(long nowMs, Trade trade, Rejection why, Books books) {
    Answer known = known(trade, books);
    if (known != null) return known;
    remember(nowMs, trade.fingerprint(), why);
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
  boolean pastDeadline(long nowMs, long begunMs) {
    return nowMs > begunMs + timing.deadlineMs();
  }

  /**
   * Fence: an attempt begun before the recovery may have been refused, and that refusal is
   * forgotten.
   */
  boolean begunBlind(long begunMs) {
    return begunMs <= blindThroughMs + timing.skewMs();
  }

  /** Fence: who was refused must not get through with an older message. */
  @Nullable Refusal remembered(long nowMs, Fingerprint id) {
    forget(nowMs);
    return refusals.get(idOnly(id));
  }

  /**
   * Fence: the refusal just given also covers this attempt's messages that are still on their way.
   */
  void renew(long nowMs, Fingerprint id, Rejection why) {
    remember(nowMs, id, why);
  }

  private void remember(long nowMs, Fingerprint fingerprint, Rejection why) {
    Id id = idOnly(fingerprint);
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

  private static Id idOnly(Fingerprint id) {
    return new Id(id.high(), id.low());
  }
}

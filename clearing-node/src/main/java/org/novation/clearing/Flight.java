package org.novation.clearing;

/**
 * One attempt as its gateway sees it: hold, then the last account's word. It takes one answer per
 * phase; whatever else arrives, late or twice, is ignored.
 */
public final class Flight {
  /** What the gateway does next. */
  public sealed interface Step {
    /** Ask the last account to commit. */
    record Novate() implements Step {}

    /** Ask the last account to say refused, or that an earlier attempt got through. */
    record Void(Rejection why) implements Step {}

    /** Answer the client; free the hold when that is safe. */
    record Answer(Outcome outcome, boolean release) implements Step {}

    /** Not this phase's answer: nothing. */
    record Ignore() implements Step {}
  }

  /** Where the attempt is. */
  public enum Phase {
    HOLD,
    LAST_WORD,
    DONE
  }

  private static final Step IGNORE = new Step.Ignore();
  private static final Step NOVATE = new Step.Novate();

  private final Trade trade;
  private final Attempt attempt;
  private Phase phase = Phase.HOLD;

  public Flight(Trade trade, Attempt attempt) {
    this.trade = trade;
    this.attempt = attempt;
  }

  public Trade trade() {
    return trade;
  }

  public Attempt attempt() {
    return attempt;
  }

  public Phase phase() {
    return phase;
  }

  /**
   * The gateway itself sees that the trade cannot be: the last account is asked all the same, for
   * an earlier attempt's sake.
   */
  public Step onPrecheckFailed(Rejection why) {
    phase = Phase.LAST_WORD;
    return new Step.Void(why);
  }

  /** The first account has answered. */
  public Step onHold(FirstRole.Answer answer) {
    if (phase != Phase.HOLD) return IGNORE;
    return switch (answer) {
      case FirstRole.Answer.Held() -> {
        phase = Phase.LAST_WORD;
        yield NOVATE;
      }
      case FirstRole.Answer.Declined(Rejection why) -> {
        phase = Phase.LAST_WORD;
        yield new Step.Void(why);
      }
      case FirstRole.Answer.Busy() ->
          done(new Outcome.Unavailable("the account has too many open holds"), false);
    };
  }

  /** The last account has answered; {@code novatedAtMs} where it said novated. */
  public Step onLast(LastRole.Answer answer, long novatedAtMs) {
    if (phase != Phase.LAST_WORD) return IGNORE;
    return switch (answer) {
      case LastRole.Answer.Novated(), LastRole.Answer.Commit() ->
          done(new Outcome.Novated(novatedAtMs), false);
      case LastRole.Answer.Refused(Rejection why) -> done(new Outcome.Refused(why), true);
      case LastRole.Answer.Forgotten(Rejection why) -> done(new Outcome.NotBegun(why), false);
      case LastRole.Answer.Unavailable(String why) -> done(new Outcome.Unavailable(why), false);
    };
  }

  /** Nobody answered in time. */
  public Step onTimeout() {
    return phase == Phase.DONE ? IGNORE : done(new Outcome.Unavailable("no answer in time"), false);
  }

  private Step done(Outcome outcome, boolean release) {
    phase = Phase.DONE;
    return new Step.Answer(outcome, release);
  }
}

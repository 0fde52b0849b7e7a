package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.clearing.Books.Known;

/** The bounds of each role, on both sides. */
final class RolesTest {
  private static final Timing TIMING = new Timing(100, 200, 10);
  private static final Rejection NO_MARGIN = new Rejection.InsufficientMargin("b", 2, 1);
  private static final LastRole.Answer REFUSED = new LastRole.Answer.Refused(NO_MARGIN);
  private static final LastRole.Answer COMMIT = new LastRole.Answer.Commit();

  /** Books that know what they are told to. */
  private static final class FakeBooks implements Books {
    private final Known known;
    private final @Nullable Rejection why;

    FakeBooks(Known known, @Nullable Rejection why) {
      this.known = known;
      this.why = why;
    }

    @Override
    public Known known(Trade trade) {
      return known;
    }

    @Override
    public @Nullable Rejection judge(Trade trade) {
      return why;
    }

    @Override
    public long oldestMs() {
      return 77;
    }
  }

  private static final Books GOOD = new FakeBooks(Known.NO, null);
  private static final Books POOR = new FakeBooks(Known.NO, NO_MARGIN);

  private static Trade trade(int number) {
    return new Trade("venue", "t-" + number, "BTC-PERP", 100, 1, "a", "b", 5);
  }

  private static LastRole.Answer novate(LastRole last, long nowMs, long startMs, Books books) {
    return last.onNovate(nowMs, new Attempt(1, startMs), trade(1), books);
  }

  private static FirstRole.Answer hold(FirstRole first, long nowMs, int number, Books books) {
    return first.onHold(nowMs, new Attempt(number, nowMs), trade(number), 0, 1, 100, books);
  }

  @Test
  void anAttemptMayBeCommittedThroughItsDeadlineAndNotAfter() {
    assertThat(novate(new LastRole(TIMING, 0), 1_100, 1_000, GOOD)).isEqualTo(COMMIT);
    assertThat(novate(new LastRole(TIMING, 0), 1_101, 1_000, GOOD))
        .isInstanceOf(LastRole.Answer.Unavailable.class);
  }

  @Test
  void anAccountIsBlindToAttemptsThatMayHaveBegunBeforeItsRecovery() {
    assertThat(novate(new LastRole(TIMING, 1_000), 1_050, 1_010, GOOD))
        .isInstanceOf(LastRole.Answer.Unavailable.class);
    assertThat(novate(new LastRole(TIMING, 1_000), 1_050, 1_011, GOOD)).isEqualTo(COMMIT);
  }

  @Test
  void aRefusalIsRememberedForADeadlineAndTheSkewAndEachRefusalRenewsIt() {
    LastRole last = new LastRole(TIMING, 0);
    assertThat(novate(last, 1_000, 1_000, POOR)).isEqualTo(REFUSED);
    assertThat(novate(last, 1_110, 1_100, GOOD)).isEqualTo(REFUSED);
    assertThat(novate(last, 1_220, 1_200, GOOD)).isEqualTo(REFUSED);
    assertThat(novate(last, 1_331, 1_300, GOOD)).isEqualTo(COMMIT);
  }

  @Test
  void aVoidIsARefusalUnlessTheTradeGotThrough() {
    LastRole last = new LastRole(TIMING, 0);
    assertThat(last.onVoid(1_000, trade(1), NO_MARGIN, GOOD)).isEqualTo(REFUSED);
    assertThat(novate(last, 1_001, 1_001, GOOD)).isEqualTo(REFUSED);
    Books booked = new FakeBooks(Known.YES, null);
    assertThat(last.onVoid(1_002, trade(1), NO_MARGIN, booked))
        .isEqualTo(new LastRole.Answer.Novated());
  }

  @Test
  void whatMayBeForgottenIsNeitherNovatedNorRefused() {
    Books forgotten = new FakeBooks(Known.FORGOTTEN, null);
    LastRole.Answer unknown = new LastRole.Answer.Forgotten(new Rejection.TooOld(5, 77));
    LastRole last = new LastRole(TIMING, 0);
    assertThat(novate(last, 1_000, 1_000, forgotten)).isEqualTo(unknown);
    assertThat(last.onVoid(1_000, trade(1), NO_MARGIN, forgotten)).isEqualTo(unknown);
    assertThat(hold(new FirstRole(TIMING), 1_000, 1, forgotten))
        .isEqualTo(new FirstRole.Answer.Declined(new Rejection.TooOld(5, 77)));
  }

  @Test
  void aRefusalForgottenEarlyMakesTheAccountBlindToAttemptsBegunUntilThen() {
    LastRole last = new LastRole(TIMING, 0);
    for (int i = 1; i <= LastRole.REFUSALS_MAX + 1; i++)
      assertThat(last.onVoid(1_000, trade(i), NO_MARGIN, GOOD)).isEqualTo(REFUSED);
    assertThat(novate(last, 1_020, 1_010, GOOD)).isInstanceOf(LastRole.Answer.Unavailable.class);
    assertThat(novate(last, 1_020, 1_011, GOOD)).isEqualTo(COMMIT);
  }

  @Test
  void aFirstAccountThatHoldsTooMuchIsBusyAndRefusesNothing() {
    FirstRole first = new FirstRole(TIMING);
    for (int i = 1; i <= FirstRole.HOLDS_MAX; i++)
      assertThat(hold(first, 1_000, i, GOOD)).isEqualTo(new FirstRole.Answer.Held());
    int oneMore = FirstRole.HOLDS_MAX + 1;
    assertThat(hold(first, 1_199, oneMore, GOOD)).isEqualTo(new FirstRole.Answer.Busy());
    assertThat(hold(first, 1_199, 1, GOOD)).isEqualTo(new FirstRole.Answer.Held());
    assertThat(hold(first, 1_200, oneMore, GOOD)).isEqualTo(new FirstRole.Answer.Held());
    assertThat(first.sums().size()).isEqualTo(2);
  }

  @Test
  void aHoldIsForOneContent() {
    FirstRole first = new FirstRole(TIMING);
    assertThat(hold(first, 1_000, 1, GOOD)).isEqualTo(new FirstRole.Answer.Held());
    assertThat(first.onHold(1_001, new Attempt(2, 1_001), trade(1), 0, 2, 200, GOOD))
        .isEqualTo(new FirstRole.Answer.Declined(new Rejection.DuplicateWithOtherContent("t-1")));
  }

  @Test
  void aGatewayTakesOneAnswerPerPhase() {
    Flight flight = new Flight(trade(1), new Attempt(1, 1_000));
    FirstRole.Answer held = new FirstRole.Answer.Held();
    assertThat(flight.onLast(new LastRole.Answer.Novated(), 1)).isEqualTo(new Flight.Step.Ignore());
    assertThat(flight.onHold(held)).isEqualTo(new Flight.Step.Novate());
    assertThat(flight.onHold(new FirstRole.Answer.Declined(NO_MARGIN)))
        .isEqualTo(new Flight.Step.Ignore());
    assertThat(flight.onLast(REFUSED, 0))
        .isEqualTo(new Flight.Step.Answer(new Outcome.Refused(NO_MARGIN), true));
    assertThat(flight.onLast(new LastRole.Answer.Novated(), 1)).isEqualTo(new Flight.Step.Ignore());
    assertThat(flight.onTimeout()).isEqualTo(new Flight.Step.Ignore());
  }

  @Test
  void onlyARefusalFreesTheHold() {
    for (LastRole.Answer answer :
        new LastRole.Answer[] {
          new LastRole.Answer.Novated(),
          new LastRole.Answer.Unavailable("why"),
          new LastRole.Answer.Forgotten(NO_MARGIN)
        }) {
      Flight flight = new Flight(trade(1), new Attempt(1, 1_000));
      flight.onHold(new FirstRole.Answer.Held());
      assertThat(flight.onLast(answer, 1))
          .isInstanceOfSatisfying(
              Flight.Step.Answer.class, step -> assertThat(step.release()).isFalse());
    }
  }

  @Test
  void whoIsFirstFollowsFromTheAccountsAlone() {
    for (int i = 0; i < 100; i++) {
      Trade there = new Trade("venue", "t", "BTC-PERP", 100, 1, "a" + i, "b" + i, 5);
      Trade back = new Trade("venue", "u", "ETH-PERP", 9, 7, "b" + i, "a" + i, 6);
      assertThat(there.first()).isEqualTo(back.first()).isNotEqualTo(there.last());
    }
  }

  @Test
  void aHoldMustOutlastTheDeadlineAndTheSkewOfBothClocks() {
    assertThat(new Timing(100, 121, 10).holdMs()).isEqualTo(121);
    assertThatThrownBy(() -> new Timing(100, 120, 10)).isInstanceOf(IllegalArgumentException.class);
  }
}

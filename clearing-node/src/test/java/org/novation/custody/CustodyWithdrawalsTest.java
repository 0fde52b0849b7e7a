package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.custody.CustodyCommand.AdoptCustodians;
import org.novation.custody.CustodyCommand.CancelWithdrawal;
import org.novation.custody.CustodyCommand.NoteHeld;
import org.novation.custody.CustodyCommand.RequestWithdrawal;
import org.novation.custody.CustodyCommand.Vote;
import org.novation.custody.CustodyRefusal.AlreadyOver;
import org.novation.custody.CustodyRefusal.BadSignature;
import org.novation.custody.CustodyRefusal.Limit;
import org.novation.custody.CustodyRefusal.LimitReached;
import org.novation.custody.Withdrawal.State;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

final class CustodyWithdrawalsTest {
  private static final long HOUR = Office.HOUR;
  private static final long DAY = Office.DAY;

  private final Office office = new Office().opened(100_000);

  // ---- the way of a withdrawal

  @Test
  void settlesWhenHeldApprovedAndWaitedFor() {
    Withdrawal held = office.held(office.request("w1", 400));
    long from = office.nowMs + DAY;
    assertThat(held.state()).isEqualTo(new State.Open(held.nonce(), from, List.of(), List.of()));
    office.approve(held, "ana", "ben");
    office.pass(DAY - 1);
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    office.pass(1);
    assertThat(outcome("w1")).isEqualTo(Outcome.SETTLED);
    assertThat(state("w1")).isInstanceOf(State.Closing.class);
    office.booked(held);
    assertThat(state("w1")).isInstanceOf(State.Closed.class);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(99_600);
  }

  @Test
  void settlesWithTheLastApprovalWhenTheWaitIsOver() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.pass(DAY);
    office.approve(held, "ana");
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    assertThat(office.accepted(office.approval("cleo", held))).hasSize(2);
    assertThat(outcome("w1")).isEqualTo(Outcome.SETTLED);
  }

  @Test
  void endsWhatTheAccountRefuses() {
    office.accepted(office.request("w1", 400));
    Withdrawal asked = office.withdrawal("a1", "w1");
    HoldRefusal why = new HoldRefusal(HoldRefusal.Code.MARGIN, "a1", 5, 7, 0);
    office.accepted(new NoteHeld("a1", asked.number(), why));
    assertThat(state("w1")).isEqualTo(new State.Closing(Outcome.REFUSED, why, List.of()));
    assertThat(office.accepted(new NoteHeld("a1", asked.number(), HoldRefusal.NONE))).isEmpty();
    office.booked(asked);
    assertThat(outcome("w1")).isEqualTo(Outcome.REFUSED);
    assertThat(office.accepted(office.request("w1", 400))).isEmpty();
  }

  @Test
  void returnsWhatIsNotApprovedInTime() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.approve(held, "ana");
    office.pass(6 * DAY - 1);
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    office.nowMs += 1;
    assertThat(office.refusal(office.approval("ben", held)))
        .isEqualTo(new CustodyRefusal.Expired(office.nowMs, office.nowMs));
    office.advance();
    assertThat(outcome("w1")).isEqualTo(Outcome.EXPIRED);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(100_000);
  }

  @Test
  void letsTheOwnerCallItOffUntilItIsSettledAndNotAfter() {
    Withdrawal held = office.held(office.request("w1", 400));
    CancelWithdrawal cancel = new CancelWithdrawal("a1", "w1");
    assertThat(office.accepted(cancel)).hasSize(1);
    assertThat(office.accepted(cancel)).isEmpty();
    assertThat(outcome("w1")).isEqualTo(Outcome.CANCELLED);
    assertThat(office.refusal(office.approval("ana", held)))
        .isEqualTo(new AlreadyOver("w1", Outcome.CANCELLED));
    office.booked(held);
    office.withdraw(office.request("w2", 400));
    assertThat(office.refusal(new CancelWithdrawal("a1", "w2")))
        .isEqualTo(new AlreadyOver("w2", Outcome.SETTLED));
    assertThat(office.refusal(new CancelWithdrawal("a2", "w2")))
        .isEqualTo(new CustodyRefusal.UnknownWithdrawal("a2", "w2"));
  }

  @Test
  void answersARepeatedRequestWithoutAskingForMore() {
    RequestWithdrawal request = office.request("w1", 400);
    assertThat(office.accepted(request)).hasSize(1);
    assertThat(office.accepted(request)).isEmpty();
    assertThat(office.refusal(office.request("w1", 401)))
        .isEqualTo(new CustodyRefusal.DuplicateWithOtherContent("w1"));
    assertThat(office.accepted(office.request("a2", "w1", 300, "0xto"))).hasSize(1);
  }

  // ---- signatures

  @Test
  void countsACustodianOnce() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.pass(DAY);
    Vote approval = office.approval("ana", held);
    assertThat(office.accepted(approval)).hasSize(1);
    assertThat(office.accepted(approval)).isEmpty();
    Vote asBen = new Vote("a1", "w1", Purpose.APPROVE_WITHDRAWAL, "ben", approval.signature());
    assertThat(office.refusal(asBen)).isEqualTo(new BadSignature("ben", held.nonce(), 1));
    assertThat(state("w1")).isInstanceOf(State.Open.class);
  }

  @Test
  void refusesASignatureOfAnotherWithdrawalWithTheSameWords() {
    Withdrawal first = office.held(office.request("w1", 400));
    Vote approval = office.approval("ana", first);
    Withdrawal second = office.held(office.request("w2", 400));
    assertThat(
            office.refusal(
                new Vote("a1", "w2", Purpose.APPROVE_WITHDRAWAL, "ana", approval.signature())))
        .isEqualTo(new BadSignature("ana", second.nonce(), 1));
    Withdrawal other = office.held(office.request("a2", "w1", 200, "0xto"));
    assertThat(
            office.refusal(
                new Vote("a2", "w1", Purpose.APPROVE_WITHDRAWAL, "ana", approval.signature())))
        .isEqualTo(new BadSignature("ana", other.nonce(), 1));
  }

  @Test
  void refusesASignatureMadeForAnotherPurposeOrSetOrBeforeTheMoneyIsHeld() {
    RequestWithdrawal request = office.request("w1", 400);
    office.accepted(request);
    Withdrawal asked = office.withdrawal("a1", "w1");
    assertThat(office.refusal(office.approval("ana", asked)))
        .isEqualTo(new CustodyRefusal.NotHeldYet("w1"));
    office.accepted(new NoteHeld("a1", asked.number(), HoldRefusal.NONE));
    Withdrawal held = office.withdrawal("a1", "w1");
    String cancel = office.vote("ana", Purpose.CANCEL_WITHDRAWAL, held).signature();
    assertThat(office.refusal(new Vote("a1", "w1", Purpose.APPROVE_WITHDRAWAL, "ana", cancel)))
        .isInstanceOf(BadSignature.class);
    Vote early = office.approval("ana", held);
    office.accepted(new AdoptCustodians(SignatureVectors.set(2)));
    assertThat(office.refusal(early)).isEqualTo(new BadSignature("ana", held.nonce(), 2));
  }

  @Test
  void countsNoApprovalOfAnEarlierSet() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.approve(held, "ana", "ben");
    office.accepted(new AdoptCustodians(SignatureVectors.set(2)));
    office.pass(DAY);
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    office.approve(held, "ana");
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    office.approve(held, "cleo");
    assertThat(outcome("w1")).isEqualTo(Outcome.SETTLED);
  }

  // ---- objections

  @Test
  void voidsApprovalsAndWaitsAgainWhenOneDisputes() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.approve(held, "ana", "ben");
    Vote before = office.approval("ana", held);
    office.nowMs += HOUR;
    office.accepted(office.vote("cleo", Purpose.DISPUTE_WITHDRAWAL, held));
    Withdrawal disputed = office.withdrawal("a1", "w1");
    assertThat(disputed.nonce()).isNotEqualTo(held.nonce());
    assertThat(((State.Open) disputed.state()).releasableFromMs())
        .isEqualTo(office.nowMs + 2 * DAY);
    assertThat(office.refusal(before)).isEqualTo(new BadSignature("ana", disputed.nonce(), 1));
    office.pass(2 * DAY);
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    assertThat(office.refusal(office.approval("cleo", disputed)))
        .isEqualTo(new CustodyRefusal.HasObjected("cleo"));
    office.approve(disputed, "ana", "ben");
    assertThat(outcome("w1")).isEqualTo(Outcome.SETTLED);
  }

  @Test
  void letsOneCustodianDisputeOnce() {
    Withdrawal held = office.held(office.request("w1", 400));
    Vote dispute = office.vote("cleo", Purpose.DISPUTE_WITHDRAWAL, held);
    office.accepted(dispute);
    assertThat(office.accepted(dispute)).isEmpty();
    Withdrawal disputed = office.withdrawal("a1", "w1");
    assertThat(office.accepted(office.vote("cleo", Purpose.DISPUTE_WITHDRAWAL, disputed)))
        .isEmpty();
    assertThat(office.withdrawal("a1", "w1").nonce()).isEqualTo(disputed.nonce());
  }

  @Test
  void returnsTheMoneyWhenEnoughObject() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.accepted(office.vote("cleo", Purpose.DISPUTE_WITHDRAWAL, held));
    Withdrawal disputed = office.withdrawal("a1", "w1");
    assertThat(office.accepted(office.vote("ben", Purpose.CANCEL_WITHDRAWAL, disputed))).hasSize(2);
    assertThat(outcome("w1")).isEqualTo(Outcome.DISPUTED);
  }

  // ---- limits

  @Test
  void letsOnePercentAnHourAndTenPercentADayLeave() {
    // 1 % of 100,000 is 1,000, 10 % is 10,000.
    office.held(office.request("w1", 600));
    assertThat(office.refusal(office.request("w2", 401)))
        .isEqualTo(
            new LimitReached(
                Limit.POOL_HOUR, "USDC", "USDC", 401, 600, 1_000, slotEnd(HOUR, HOUR)));
    office.held(office.request("w2", 400));
    assertThat(office.refusal(office.request("w3", 1))).isInstanceOf(LimitReached.class);
    office.nowMs = slotEnd(HOUR, HOUR) - 1;
    assertThat(office.refusal(office.request("w3", 1))).isInstanceOf(LimitReached.class);
    office.nowMs += 1;
    office.held(office.request("w3", 1));
  }

  @Test
  void refusesWhatIsBeyondADaysShare() {
    for (int i = 0; i < 10; i++) {
      office.held(office.request("a" + i, "w", 1_000, "0x" + i));
      office.nowMs += 2 * HOUR;
    }
    LimitReached reached = (LimitReached) office.refusal(office.request("b", "w", 1, "0xb"));
    assertThat(reached.limit()).isEqualTo(Limit.POOL_DAY);
    assertThat(reached.used()).isEqualTo(10_000);
    office.nowMs = reached.untilMs() - 1;
    assertThat(office.refusal(office.request("b", "w", 1, "0xb"))).isEqualTo(reached);
    office.nowMs += 1;
    office.held(office.request("b", "w", 1, "0xb"));
  }

  @Test
  void letsTheFloorsLeaveHoweverLittleThereIs() {
    Office small = new Office().opened(5_000);
    small.held(small.request("w1", 1_000));
    assertThat(small.refusal(small.request("w2", 1))).isInstanceOf(LimitReached.class);
  }

  @Test
  void limitsWhatOneAccountTakesAndWhatOneAddressGetsInADay() {
    Office large = new Office().opened(10_000_000);
    large.held(large.request("w1", 3_000));
    assertThat(large.refusal(large.request("w2", 1)))
        .isEqualTo(
            new LimitReached(
                Limit.ACCOUNT_DAY, "a1", "USDC", 1, 3_000, 3_000, slotEnd(large, DAY, DAY)));
    large.held(large.request("a2", "w", 1_000, "0xto"));
    assertThat(large.refusal(large.request("a3", "w", 1, "0xto")))
        .isEqualTo(
            new LimitReached(
                Limit.ADDRESS_DAY, "0xto", "USDC", 1, 4_000, 4_000, slotEnd(large, DAY, DAY)));
    assertThat(((LimitReached) large.refusal(large.request("a3", "w", 3_001, "0xu"))).untilMs())
        .isZero();
  }

  @Test
  void freesTheLimitsOfWhatNeverLeft() {
    Withdrawal held = office.held(office.request("w1", 1_000));
    assertThat(office.refusal(office.request("w2", 1_000))).isInstanceOf(LimitReached.class);
    office.accepted(new CancelWithdrawal("a1", "w1"));
    office.booked(held);
    office.held(office.request("w2", 1_000));
  }

  /** What was asked for over days may not leave all at once because it was approved at once. */
  @Test
  void letsNoMoreLeaveInAnHourThanMayHoweverManyAreApprovedTogether() {
    Withdrawal[] held = new Withdrawal[3];
    for (int i = 0; i < 3; i++) {
      held[i] = office.held(office.request("a" + i, "w", 900, "0x" + i));
      office.pass(2 * HOUR);
    }
    office.pass(DAY);
    for (Withdrawal one : held) office.approve(one, "ana", "ben");
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(99_100);
    office.pass(HOUR + 60_000);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(98_200);
    office.pass(HOUR + 60_000);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(97_300);
  }

  @Test
  void promisesNoVaultTwice() {
    Office small = new Office().opened(900);
    small.held(small.request("w1", 800));
    assertThat(small.refusal(small.request("a2", "w", 101, "0xb")))
        .isEqualTo(new CustodyRefusal.VaultShort("USDC", Office.CHAIN, 101, 100));
  }

  /** A fake asset does not raise what may leave of a real one. */
  @Test
  void reckonsTheSharesOfEachAssetByItself() {
    assertThat(office.custody.vaultsAmount("BTC")).isZero();
    assertThat(
            office.refusal(
                new RequestWithdrawal(
                    "a1", "w", "bitcoin", "BTC", 1, "bc1", office.nowMs + 6 * DAY)))
        .isEqualTo(new CustodyRefusal.VaultShort("BTC", "bitcoin", 1, 0));
  }

  // ---- waiting

  @Test
  void waitsLongForANewAddressAndShortForOneThatWasPaid() {
    office.withdraw(office.request("w1", 400));
    Withdrawal again = office.held(office.request("w2", 400));
    assertThat(((State.Open) again.state()).releasableFromMs())
        .isEqualTo(office.nowMs + office.policy.waitMs());
    Withdrawal elsewhere = office.held(office.request("a2", "w", 400, "0xto"));
    assertThat(((State.Open) elsewhere.state()).releasableFromMs())
        .as("another account's address is new to this one")
        .isEqualTo(office.nowMs + DAY);
  }

  @Test
  void waitsLongestForMuchAlsoInManySums() {
    Office large = new Office().opened(10_000_000);
    large.withdraw(large.request("w0", 1));
    Withdrawal one = large.held(large.request("w1", 1_998));
    assertThat(((State.Open) one.state()).releasableFromMs())
        .isEqualTo(large.nowMs + large.policy.waitMs());
    Withdrawal more = large.held(large.request("w2", 2));
    assertThat(((State.Open) more.state()).releasableFromMs()).isEqualTo(large.nowMs + 2 * DAY);
  }

  @Test
  void refusesWhatWouldExpireBeforeItMayLeave() {
    RequestWithdrawal brief =
        new RequestWithdrawal("a1", "w1", Office.CHAIN, "USDC", 400, "0xto", office.nowMs + DAY);
    assertThat(office.refusal(brief))
        .isEqualTo(new CustodyRefusal.ExpiresTooSoon(office.nowMs + DAY, office.nowMs + DAY));
  }

  // ---- gates

  @Test
  void asksForNothingWhileABrakeIsOnAndSaysUntilWhen() {
    long until = office.nowMs + 5 * 60_000;
    office.stops.put("USDC", new Stop(Brake.OUTAGE, "BTC", until));
    CustodyRefusal why = office.refusal(office.request("w1", 400));
    assertThat(why).isEqualTo(new CustodyRefusal.Braked(Brake.OUTAGE, "BTC", until));
    assertThat(why.untilMs()).isEqualTo(until);
  }

  @Test
  void keepsWhatIsApprovedWhileABrakeIsOn() {
    Withdrawal held = office.held(office.request("w1", 400));
    office.approve(held, "ana", "ben");
    office.stops.put("USDC", new Stop(Brake.INSOLVENT_ACCOUNT, "broke", 0));
    office.pass(2 * DAY);
    assertThat(state("w1")).isInstanceOf(State.Open.class);
    office.stops.clear();
    office.pass(1);
    assertThat(outcome("w1")).isEqualTo(Outcome.SETTLED);
  }

  // ---- bounds

  @Test
  void asksAnAccountForOneAtATime() {
    office.accepted(office.request("w1", 100));
    assertThat(office.refusal(office.request("w2", 100))).isInstanceOf(CustodyRefusal.Busy.class);
    assertThat(office.accepted(office.request("a2", "w", 100, "0xb"))).hasSize(1);
  }

  @Test
  void boundsWhatOneAccountHasOnItsWayAndForgetsOnlyWhatHasExpired() {
    Office large = new Office().opened(10_000_000);
    for (int i = 0; i < large.policy.perAccount(); i++) {
      Withdrawal held = large.held(large.request("w" + i, 1));
      large.accepted(new CancelWithdrawal("a1", "w" + i));
      large.booked(held);
    }
    assertThat(large.refusal(large.request("more", 1)))
        .isEqualTo(
            new CustodyRefusal.Busy("withdrawals of the account", large.policy.perAccount()));
    large.pass(6 * DAY);
    for (int i = 0; i < 200; i++) {
      Withdrawal held = large.held(large.request("b" + i, "w", 1, "0xb"));
      large.accepted(new CancelWithdrawal("b" + i, "w"));
      large.booked(held);
      if (i % 50 == 49) large.pass(6 * DAY);
    }
    assertThat(large.custody.withdrawals()).hasSizeLessThanOrEqualTo(large.policy.remembered());
    assertThat(large.custody.withdrawal("a1", "w0")).isNull();
  }

  @Test
  void saysOfAForgottenWithdrawalWhatTheJournalSays() {
    RequestWithdrawal first = office.request("w1", 400);
    office.withdraw(first);
    office.pass(6 * DAY);
    for (int i = 0; i < 130; i++) {
      Withdrawal held = office.held(office.request("b" + i, "w", 1, "0xb"));
      office.accepted(new CancelWithdrawal("b" + i, "w"));
      office.booked(held);
      if (i % 50 == 49) office.pass(6 * DAY);
    }
    assertThat(office.custody.withdrawal("a1", "w1")).isNull();
    assertThat(office.custody.decide(first, office.conditions()))
        .isEqualTo(new CustodyDecision.LookUp(JournalSays.ofWithdrawal("a1", "w1")));
    assertThat(office.accepted(first)).isEmpty();
    Withdrawal said = office.lookUp(JournalSays.ofWithdrawal("a1", "w1")).withdrawal();
    assertThat(said).isNotNull();
    assertThat(said == null ? null : said.state())
        .isInstanceOfSatisfying(
            State.Closed.class, closed -> assertThat(closed.outcome()).isEqualTo(Outcome.SETTLED));
    RequestWithdrawal never =
        new RequestWithdrawal(
            "a1", "never", Office.CHAIN, "USDC", 400, "0xto", first.expiresAtMs());
    assertThat(office.refusal(never)).isInstanceOf(CustodyRefusal.Expired.class);
  }

  private long slotEnd(long window, long length) {
    return slotEnd(office, window, length);
  }

  private static long slotEnd(Office office, long window, long length) {
    long slot = window / SlidingWindow.SLOTS;
    return (Math.floorDiv(office.nowMs, slot) + 1) * slot + length;
  }

  private State state(String id) {
    return office.withdrawal("a1", id).state();
  }

  private Outcome outcome(String id) {
    return switch (state(id)) {
      case State.Closing closing -> closing.outcome();
      case State.Closed closed -> closed.outcome();
      case State.Holding _, State.Open _ -> throw new AssertionError(id + " has not ended");
    };
  }
}

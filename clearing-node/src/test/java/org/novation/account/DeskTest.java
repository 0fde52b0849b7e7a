package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.oldestCommitted;
import static org.novation.account.Markets.request;
import static org.novation.account.Markets.trade;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountActor.Delivery;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.House.JournalAnswer;
import org.novation.clearing.Attempt;
import org.novation.clearing.FirstRole;
import org.novation.clearing.GatewayActor.HoldAnswer;
import org.novation.clearing.GatewayActor.LastAnswer;
import org.novation.clearing.GatewayActor.Request;
import org.novation.clearing.GatewayActor.VoidRequest;
import org.novation.clearing.LastRole;
import org.novation.clearing.Rejection;
import org.novation.clearing.Rejection.InsufficientMargin;
import org.novation.clearing.Timing;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.Health;

final class DeskTest {
  private static final Timing TIMING = Timing.DEFAULT;
  private static final long RECOVERED_MS = NOW_MS - 60_000;

  private final Desk<String, String> desk =
      new Desk<>(new FirstRole(TIMING), new LastRole(TIMING, RECOVERED_MS));

  private Batch batch(Account account, long nowMs) {
    return new Batch(account, desk.holds(), at(100), LiquidationPolicy.DEFAULTS, nowMs);
  }

  private Desk.Decided<String, String> decide(Account account) {
    return desk.decide(account, batch(account, NOW_MS), NOW_MS, false);
  }

  private List<FirstRole.Answer> hold(Account account, long nowMs, Request... requests) {
    return desk.hold(batch(account, nowMs), List.of(requests), nowMs).stream()
        .map(HoldAnswer::answer)
        .toList();
  }

  private static Leg committed(String tradeId, long lots) {
    Account last = account("last", 1_000_000 * UNIT);
    book(last, trade(tradeId, "BTC-PERP", lots, 100, "a", "last"), at(100));
    return oldestCommitted(last);
  }

  private static Request buy(long attempt, String tradeId, long lots) {
    return request(attempt, trade(tradeId, "BTC-PERP", lots, 100, "a", "b"));
  }

  @Test
  void holdsReserveMarginUntilTheyAreReleasedOrExpire() {
    Account account = account("a", 100 * UNIT);
    assertThat(hold(account, NOW_MS, buy(1, "six", 6), buy(2, "five", 5), buy(3, "four", 4)))
        .containsExactly(
            new FirstRole.Answer.Held(),
            new FirstRole.Answer.Declined(new InsufficientMargin("a", 50 * UNIT, 40 * UNIT)),
            new FirstRole.Answer.Held());
    desk.release(List.of(buy(9, "six", 6))); // Another attempt's: frees nothing.
    assertThat(desk.holds().size()).isEqualTo(2);
    desk.release(List.of(buy(1, "six", 6)));
    assertThat(desk.holds().size()).isEqualTo(1);
    assertThat(hold(account, NOW_MS + 1, buy(4, "five", 5)))
        .containsExactly(new FirstRole.Answer.Held());
    assertThat(hold(account, NOW_MS + TIMING.holdMs(), buy(5, "six", 6)))
        .containsExactly(
            new FirstRole.Answer.Declined(new InsufficientMargin("a", 60 * UNIT, 50 * UNIT)));
    assertThat(hold(account, NOW_MS + TIMING.holdMs() + 1, buy(6, "ten", 10)))
        .containsExactly(new FirstRole.Answer.Held());
  }

  @Test
  void aHoldIsRenewedByTheNextAttemptAndCountsOnce() {
    Account account = account("a", 100 * UNIT);
    for (int attempt = 1; attempt <= 5; attempt++) {
      assertThat(hold(account, NOW_MS + attempt, buy(attempt, "ten", 10)))
          .containsExactly(new FirstRole.Answer.Held());
    }
    assertThat(desk.holds().size()).isEqualTo(1);
    desk.release(List.of(buy(4, "ten", 10)));
    assertThat(desk.holds().size()).isEqualTo(1);
    desk.release(List.of(buy(5, "ten", 10)));
    assertThat(desk.holds().isEmpty()).isTrue();
  }

  @Test
  void aLegsHoldIsFreedBeforeNovationsOfTheSameWriteAreJudged() {
    Account account = account("a", 100 * UNIT);
    assertThat(hold(account, NOW_MS, request(1, trade("t", "BTC-PERP", 5, 100, "a", "last"))))
        .containsExactly(new FirstRole.Answer.Held());
    desk.deliver(account, "last", List.of(new Delivery(1, committed("t", 5))), "last");
    desk.novate(List.of(buy(2, "another", 5)), "gateway");
    Desk.Decided<String, String> decided = decide(account);
    assertThat(decided.answers().get("gateway"))
        .extracting(LastAnswer::answer)
        .containsExactly(new LastRole.Answer.Commit());
    assertThat(decided.acknowledgements().get("last")).containsExactly(1L);
    assertThat(decided.events().getFirst())
        .isInstanceOfSatisfying(
            TradesCleared.class,
            cleared -> {
              assertThat(cleared.applied()).hasSize(1);
              assertThat(cleared.novated()).hasSize(1);
            });
    assertThat(desk.holds().isEmpty()).isTrue();
  }

  @Test
  void whatArrivesTogetherIsWrittenTogether() {
    Account account = account("a", 1_000 * UNIT);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 50; i++) requests.add(buy(i + 1, "t-" + i, 1));
    desk.novate(requests.subList(0, 20), "one");
    desk.novate(requests.subList(20, 50), "two");
    Desk.Decided<String, String> decided = decide(account);
    assertThat(decided.events()).hasSize(1);
    assertThat(decided.answers().get("one")).hasSize(20);
    assertThat(decided.answers().get("two")).hasSize(30);
    assertThat(decided.committed())
        .extracting(Delivery::outboxNumber)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 50).boxed().toList());
  }

  @Test
  void aDuplicateGetsTheFirstAnswerAndOtherContentIsRefused() {
    Account account = account("a", 1_000 * UNIT);
    desk.novate(List.of(buy(1, "t", 1), buy(2, "t", 1), buy(3, "t", 2)), "gateway");
    Desk.Decided<String, String> decided = decide(account);
    LastRole.Answer other =
        new LastRole.Answer.Refused(new Rejection.DuplicateWithOtherContent("t"));
    assertThat(decided.answers().get("gateway"))
        .extracting(LastAnswer::answer)
        .containsExactly(new LastRole.Answer.Commit(), new LastRole.Answer.Novated(), other);
    decided.events().forEach(account::apply);
    desk.novate(List.of(buy(4, "t", 1), buy(5, "t", 2)), "gateway");
    Desk.Decided<String, String> again = decide(account);
    assertThat(again.events()).isEmpty();
    assertThat(again.answers().get("gateway"))
        .containsExactly(
            new LastAnswer(4, new LastRole.Answer.Novated(), NOW_MS),
            new LastAnswer(5, other, NOW_MS));
  }

  @Test
  void aTradeSaidRefusedDoesNotGetThroughByAnOlderMessage() {
    Account account = account("a", 1_000 * UNIT);
    Request older = buy(1, "t", 1);
    Rejection why = new InsufficientMargin("b", 2, 1);
    desk.novate(List.of(older), "gateway"); // Gathered, and overtaken by a later attempt's void.
    assertThat(
            desk.refuse(
                batch(account, NOW_MS),
                List.of(new VoidRequest(new Attempt(2, NOW_MS), older.trade(), why)),
                NOW_MS))
        .extracting(LastAnswer::answer)
        .containsExactly(new LastRole.Answer.Refused(why));
    Desk.Decided<String, String> decided = decide(account);
    assertThat(decided.events()).isEmpty();
    assertThat(decided.answers().get("gateway"))
        .extracting(LastAnswer::answer)
        .containsExactly(new LastRole.Answer.Refused(why));
  }

  @Test
  void aLegThatMayBeForgottenIsLookedUpOnceAtATimeAndNeverGuessed() {
    Account account = account("a", 0);
    forget(account);
    Delivery delivery = new Delivery(7, committed("t", 1));
    Desk.Delivered first = desk.deliver(account, "last", List.of(delivery), "last");
    assertThat(first.toLookUp()).containsExactly(delivery);
    assertThat(first.known()).isEmpty();
    assertThat(desk.deliver(account, "last", List.of(delivery), "last").toLookUp()).isEmpty();
    assertThat(desk.hasWork()).isFalse();

    assertThat(desk.lookedUp(account, "last", delivery, "last", null)).isFalse();
    assertThat(desk.hasWork()).isFalse();
    assertThat(desk.deliver(account, "last", List.of(delivery), "last").toLookUp())
        .containsExactly(delivery);
    JournalAnswer absent = new JournalAnswer(List.of(), 0, List.of(), List.of(), List.of());
    assertThat(desk.lookedUp(account, "last", delivery, "last", absent)).isFalse();
    Desk.Decided<String, String> decided = decide(account);
    decided.events().forEach(account::apply);
    assertThat(account.portfolio().lots(Markets.BTC_PERP)).isEqualTo(1);
    Leg booked = ((TradesCleared) decided.events().getFirst()).applied().getFirst();

    forget(account);
    assertThat(desk.deliver(account, "last", List.of(delivery), "last").toLookUp())
        .containsExactly(delivery);
    JournalAnswer present = new JournalAnswer(List.of(booked), 0, List.of(), List.of(), List.of());
    assertThat(desk.lookedUp(account, "last", delivery, "last", present)).isTrue();
    assertThat(desk.hasWork()).isFalse();
  }

  @Test
  void lookUpsAreBounded() {
    Account account = account("a", 0);
    forget(account);
    List<Delivery> deliveries = new ArrayList<>();
    for (int i = 0; i < Desk.LOOKUPS_MAX + 5; i++)
      deliveries.add(new Delivery(i, committed("t-" + i, 1)));
    assertThat(desk.deliver(account, "last", deliveries, "last").toLookUp())
        .hasSize(Desk.LOOKUPS_MAX);
  }

  @Test
  void aFullOutboxRefusesNothingAndEmptiesItselfWhenItIsAcknowledged() {
    Account account = withFullOutbox();
    desk.novate(List.of(buy(1, "t", 1)), "gateway");
    assertThat(decide(account).answers().get("gateway"))
        .extracting(LastAnswer::answer)
        .hasOnlyElementsOfType(LastRole.Answer.Unavailable.class);
    desk.acknowledge(account, List.of(1L, 2L));
    desk.novate(List.of(buy(2, "t", 1)), "gateway");
    List<AccountEvent> events = decide(account).events();
    assertThat(events).singleElement().isInstanceOf(OutboxAcknowledged.class);
    events.forEach(account::apply);
    desk.novate(List.of(buy(3, "t", 1)), "gateway");
    assertThat(decide(account).answers().get("gateway"))
        .extracting(LastAnswer::answer)
        .containsExactly(new LastRole.Answer.Commit());
  }

  @Test
  void acknowledgedLegsAreNotSentAgain() {
    Account account = account("a", 1_000 * UNIT);
    desk.novate(List.of(buy(1, "one", 1), buy(2, "two", 1)), "gateway");
    decide(account).events().forEach(account::apply);
    assertThat(desk.unacknowledged(account)).hasSize(2);
    desk.acknowledge(account, List.of(1L, 77L));
    assertThat(desk.unacknowledged(account)).extracting(Delivery::outboxNumber).containsExactly(2L);
    assertThat(desk.hasAcknowledgements()).isTrue();
    desk.novate(List.of(buy(3, "three", 1)), "gateway");
    decide(account).events().forEach(account::apply);
    assertThat(desk.hasAcknowledgements()).isFalse();
    assertThat(account.outbox().keySet()).containsExactly(2L, 3L);
  }

  private static void forget(Account account) {
    account.apply(
        new TradesCleared(
            account.events() + 1,
            NOW_MS,
            1,
            List.of(),
            List.of(),
            List.of(),
            NOW_MS + account.events(),
            new Health(0, 0, 0, 0)));
  }

  private static Account withFullOutbox() {
    AccountSnapshot open = account("a", 1_000 * UNIT).snapshot();
    Leg leg = committed("t", 1);
    List<AccountSnapshot.Pending> pending = new ArrayList<>();
    for (long i = 1; i <= Batch.OUTBOX_MAX; i++) pending.add(new AccountSnapshot.Pending(i, leg));
    return Account.of(
        new AccountSnapshot(
            open.number(),
            open.accountId(),
            open.member(),
            open.openedAtMs(),
            open.state(),
            open.leverageMax(),
            open.balances(),
            open.positions(),
            pending,
            Batch.OUTBOX_MAX + 1,
            open.trades(),
            open.tradesForgottenThroughMs(),
            open.deposits(),
            open.depositsForgottenThroughMs(),
            open.version(),
            open.ownVersion(),
            open.phase(),
            open.liquidationId(),
            open.deficitMicros(),
            open.liquidationAtMs(),
            open.waterfall(),
            HeldWithdrawals.NONE,
            List.of(),
            0,
            0,
            List.of()),
        CATALOGUE);
  }
}

package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.with;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.CollateralReceived;
import org.novation.account.AccountEvent.CollateralSent;
import org.novation.account.TransferDesk.Arrival;
import org.novation.account.TransferDesk.Asked;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.LastRole;
import org.novation.clearing.LastRole.Answer;
import org.novation.clearing.Rejection;
import org.novation.clearing.Timing;
import org.novation.liquidation.LiquidationState;
import org.novation.risk.Health;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/** What one account gives another. */
final class TransferDeskTest {
  private static final long BEGUN = NOW_MS;

  private final Account giver = account("a", 1_000 * UNIT);
  private final Account taker = account("b", 0);
  private final TransferDesk<String, String> desk = new TransferDesk<>();
  private final TransferDesk<String, String> takersDesk = new TransferDesk<>();
  private final LastRole role = new LastRole(Timing.DEFAULT, BEGUN - 10_000);

  @Test
  void takesWhatIsGivenOffTheBooksAtOnceAndKeepsItInTheOutboxUntilItHasArrived() {
    assertThat(send(order("t", 400), at(100))).isEqualTo(new Answer.Commit());
    assertThat(giver.portfolio().cashMicros()).isEqualTo(600 * UNIT);
    Remittance remittance = new Remittance("t", "a", "b", NOW_MS, "USDC", 400 * UNIT);
    assertThat(giver.dispatches()).containsExactly(Map.entry(1L, new Dispatch.Remit(remittance)));
    assertThat(Account.of(giver.snapshot(), CATALOGUE).snapshot()).isEqualTo(giver.snapshot());
    assertThat(Account.of(giver.snapshot(), CATALOGUE).dispatches()).isEqualTo(giver.dispatches());

    for (int again = 0; again < 3; again++) receive(remittance);
    assertThat(taker.portfolio().cashMicros()).isEqualTo(400 * UNIT);
    assertThat(takersDesk.receive(taker, 1, remittance, "a")).isEqualTo(Arrival.KNOWN);
    assertThat(giver.cashIsExplained()).isTrue();
    assertThat(taker.cashIsExplained()).isTrue();
    assertThat(Account.of(taker.snapshot(), CATALOGUE).snapshot()).isEqualTo(taker.snapshot());
  }

  @Test
  void givesOnceHoweverOftenItIsAskedAndKnowsAnotherContent() {
    send(order("t", 400), at(100));
    long events = giver.events();
    assertThat(send(order("t", 400), at(100))).isEqualTo(new Answer.Novated());
    assertThat(send(order("t", 401), at(100)))
        .isEqualTo(new Answer.Refused(new Rejection.DuplicateWithOtherContent("t")));
    assertThat(giver.events()).isEqualTo(events);
    desk.send(giver, new Asked(order("u", 100), BEGUN, null), "one");
    desk.send(giver, new Asked(order("u", 100), BEGUN, null), "two");
    assertThat(written(at(100))).containsExactly(new Answer.Commit(), new Answer.Novated());
    assertThat(giver.portfolio().cashMicros()).isEqualTo(500 * UNIT);
  }

  @Test
  void coinsGoAsCashDoes() {
    Batch deposit = batch(giver, at(100));
    assertThat(deposit.deposit("coins", "BTC", 100_000_000, Known.NO)).isNull();
    deposit.finish().forEach(giver::apply);
    TransferOrder order = new TransferOrder("t", "b", "BTC", 30_000_000);
    assertThat(send(order, at(100))).isEqualTo(new Answer.Commit());
    receive(new Remittance("t", "a", "b", NOW_MS, "BTC", 30_000_000));
    assertThat(giver.portfolio().amount(BTC)).isEqualTo(70_000_000);
    assertThat(taker.portfolio().amount(BTC)).isEqualTo(30_000_000);
    assertThat(giver.cashIsExplained()).isTrue();
    assertThat(taker.cashIsExplained()).isTrue();
    assertThat(Account.of(giver.snapshot(), CATALOGUE).snapshot()).isEqualTo(giver.snapshot());
  }

  /** 10 lots at 100 are worth 1,000: a tenth must stay, as with a withdrawal. */
  @Test
  void leavesWhatTheMarginNeedsToTheMicro() {
    book(giver, buys("a", "t", 10, 100), at(100));
    assertThat(refusal(new TransferOrder("x", "b", "USDC", 900 * UNIT + 1), at(100)))
        .isEqualTo(new Rejection.InsufficientEquity("a", 100 * UNIT - 1, 100 * UNIT));
    assertThat(send(order("y", 900), at(100))).isEqualTo(new Answer.Commit());
  }

  @Test
  void profitThatIsNotRealisedIsNotGivenAway() {
    book(giver, buys("a", "t", 10, 100), at(100));
    // 50 a lot: 500 of profit, and 150 of margin for 1,500.
    assertThat(refusal(order("x", 851), at(150)))
        .isEqualTo(new Rejection.InsufficientEquity("a", 149 * UNIT, 150 * UNIT));
  }

  @Test
  void refusesWithItsNumbersAndChangesNothing() {
    long events = giver.events();
    assertThat(refusal(order("x", 1_001), at(100)))
        .isEqualTo(new Rejection.InsufficientBalance("a", "USDC", 1_001 * UNIT, 1_000 * UNIT));
    assertThat(refusal(new TransferOrder("x2", "b", "DOGE", 1), at(100)))
        .isEqualTo(new Rejection.UnknownAsset("DOGE"));
    assertThat(refusal(order("x3", 0), at(100))).isEqualTo(new Rejection.AmountNotPositive(0));
    Rejection noRescue = new Rejection.NoRescue("b", 7);
    desk.send(giver, new Asked(order("x4", 1), BEGUN, noRescue), "caller");
    assertThat(written(at(100))).containsExactly(new Answer.Refused(noRescue));
    assertThat(giver.events()).isEqualTo(events);
  }

  @Test
  void waitsForFreshPricesOfWhatItsMarginDependsOn() {
    book(giver, buys("a", "t", 1, 100), at(100));
    MarketView stale = with(at(100), BTC_PERP, 100, 0, PriceValidity.STALE);
    assertThat(refusal(order("x", 1), stale)).isEqualTo(new Rejection.MarketStale("BTC-PERP"));
  }

  /** Equity 40, maintenance margin 47: with a buffer of 2 % it recovers from 47.94 on. */
  @Test
  void nothingLeavesAnAccountInLiquidationAndOnlyWhatEndsItComes() {
    Account falling = account("s", 100 * UNIT);
    book(falling, buys("s", "t", 10, 100), at(100));
    batch(falling, at(94)).finish().forEach(falling::apply);
    assertThat(falling.liquidation()).isInstanceOf(LiquidationState.Liquidating.class);
    assertThat(batch(falling, at(94)).judge(new TransferOrder("x", "b", "USDC", 1)))
        .isEqualTo(new Rejection.InLiquidation("s"));
    assertThat(batch(falling, at(94)).admit("USDC", 7_939_999))
        .isEqualTo(new Rejection.NoRescue("s", 7_940_000));
    assertThat(batch(falling, at(94)).admit("USDC", 7_940_000)).isNull();
    Batch rescue = batch(falling, at(94));
    rescue.receive(new Remittance("r", "a", "s", NOW_MS, "USDC", 7_940_000));
    rescue.finish().forEach(falling::apply);
    assertThat(falling.liquidation()).isNotInstanceOf(LiquidationState.Liquidating.class);
  }

  @Test
  void nobodyIsGivenWhatIsNotOpenNorTheHouse() {
    assertThat(batch(new Account("c", CATALOGUE), at(100)).admit("USDC", 1))
        .isEqualTo(new Rejection.UnknownAccount("c"));
    assertThat(batch(account(HouseAccount.DEFAULT, 0), at(100)).admit("USDC", 1))
        .isEqualTo(new Rejection.UnknownAccount(HouseAccount.DEFAULT));
    assertThat(batch(taker, at(100)).admit("USDC", 1)).isNull();
    assertThat(batch(taker, at(100)).admit("USDC", Long.MAX_VALUE))
        .isEqualTo(new Rejection.TooLarge("b"));
  }

  @Test
  void whatSubAccountLosesStaysWithIt() {
    Account sub = account("a.btc", 0);
    send(new TransferOrder("t", "a.btc", "USDC", 100 * UNIT), at(100));
    Batch arriving = batch(sub, at(100));
    arriving.receive(new Remittance("t", "a", "a.btc", NOW_MS, "USDC", 100 * UNIT));
    arriving.finish().forEach(sub::apply);
    book(sub, buys("a.btc", "s", 10, 100), at(100));
    Batch fall = batch(sub, at(50));
    fall.finish().forEach(sub::apply);
    assertThat(sub.liquidation()).isInstanceOf(LiquidationState.Liquidating.class);
    assertThat(giver.portfolio().cashMicros()).isEqualTo(900 * UNIT);
    assertThat(giver.state()).isEqualTo(MarginState.HEALTHY);
    assertThat(batch(giver, at(50)).finish()).isEmpty();
  }

  @Test
  void anOrderThatMayBeForgottenIsLookedUpAndNeverGuessed() {
    send(order("old", 1), at(100));
    forgetOrders();
    Asked again = new Asked(order("old", 1), BEGUN, null);
    assertThat(desk.send(giver, again, "caller")).isEqualTo(Arrival.TO_LOOK_UP);
    desk.searched(giver, order("old", 1), order("old", 1));
    assertThat(desk.send(giver, again, "caller")).isEqualTo(Arrival.GATHERED);
    assertThat(written(at(100))).containsExactly(new Answer.Novated());

    Asked unheard = new Asked(order("new", 1), BEGUN, null);
    assertThat(desk.send(giver, unheard, "caller")).isEqualTo(Arrival.TO_LOOK_UP);
    desk.searched(giver, order("new", 1), null);
    assertThat(desk.send(giver, unheard, "caller")).isEqualTo(Arrival.GATHERED);
    assertThat(desk.send(giver, unheard, "caller")).isEqualTo(Arrival.GATHERED);
    assertThat(written(at(100))).containsExactly(new Answer.Commit(), new Answer.Novated());

    forgetOrders();
    assertThat(desk.send(giver, unheard, "caller"))
        .as("what the journal said before is no answer any more")
        .isEqualTo(Arrival.TO_LOOK_UP);
  }

  /** A search that began before the write must not say for a second time that there is nothing. */
  @Test
  void aRemittanceThatMayBeForgottenIsSearchedOnceUntilItIsWritten() {
    Batch forgetting = batch(taker, at(100));
    forgetting.finish();
    taker.apply(
        new AccountEvent.TradesCleared(
            taker.events() + 1,
            NOW_MS,
            1,
            List.of(),
            List.of(),
            List.of(),
            NOW_MS,
            new Health(0, 0, 0, 0)));
    Remittance old = new Remittance("t", "a", "b", NOW_MS, "USDC", UNIT);
    assertThat(takersDesk.receive(taker, 1, old, "a")).isEqualTo(Arrival.TO_LOOK_UP);
    assertThat(takersDesk.receive(taker, 1, old, "a")).isEqualTo(Arrival.BUSY);
    assertThat(takersDesk.searched(1, old, null, "a")).isEqualTo(Arrival.BUSY);
    assertThat(takersDesk.receive(taker, 1, old, "a")).isEqualTo(Arrival.TO_LOOK_UP);
    assertThat(takersDesk.searched(1, old, false, "a")).isEqualTo(Arrival.GATHERED);
    assertThat(takersDesk.receive(taker, 1, old, "a"))
        .as("not written yet")
        .isEqualTo(Arrival.BUSY);
    Batch batch = batch(taker, at(100));
    assertThat(takersDesk.decide(batch, role, NOW_MS).received())
        .containsExactly(new TransferDesk.Received<>(1, "a"));
    assertThat(batch.finish()).hasSize(1).first().isInstanceOf(CollateralReceived.class);
    assertThat(takersDesk.receive(taker, 1, old, "a")).isEqualTo(Arrival.TO_LOOK_UP);
    assertThat(takersDesk.searched(1, old, true, "a")).isEqualTo(Arrival.KNOWN);
  }

  private void forgetOrders() {
    for (int n = 0; n <= Batch.DEPOSITS_REMEMBERED; n++) {
      CollateralSent filler =
          new CollateralSent(
              giver.events() + 1,
              NOW_MS + 1 + n,
              1,
              "filler-" + giver.events(),
              "b",
              "USDC",
              1,
              new Health(0, 0, 0, 0));
      giver.apply(filler);
    }
  }

  private static TransferOrder order(String id, long units) {
    return new TransferOrder(id, "b", "USDC", units * UNIT);
  }

  private Rejection refusal(TransferOrder order, MarketView view) {
    Answer answer = send(order, view);
    assertThat(answer).isInstanceOf(Answer.Refused.class);
    return ((Answer.Refused) answer).why();
  }

  private Answer send(TransferOrder order, MarketView view) {
    assertThat(desk.send(giver, new Asked(order, BEGUN, null), "caller"))
        .isEqualTo(Arrival.GATHERED);
    return written(view).getFirst();
  }

  private List<Answer> written(MarketView view) {
    Batch batch = batch(giver, view);
    List<Answer> answers =
        desk.decide(batch, role, BEGUN).answers().stream()
            .map(TransferDesk.Answered::answer)
            .toList();
    batch.finish().forEach(giver::apply);
    return answers;
  }

  private void receive(Remittance remittance) {
    if (takersDesk.receive(taker, 1, remittance, "a") != Arrival.GATHERED) return;
    Batch batch = batch(taker, at(100));
    var _ = takersDesk.decide(batch, role, BEGUN);
    batch.finish().forEach(taker::apply);
  }
}

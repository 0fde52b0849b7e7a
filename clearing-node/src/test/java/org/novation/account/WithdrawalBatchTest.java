package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.with;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.CollateralHeld;
import org.novation.account.AccountEvent.CollateralReturned;
import org.novation.account.AccountEvent.CollateralWithdrawn;
import org.novation.custody.HoldRefusal;
import org.novation.custody.HoldRefusal.Code;
import org.novation.risk.PriceValidity;

/** What custody asks of an account. */
final class WithdrawalBatchTest {
  private final Account account = account("a", 1_000 * UNIT);

  @Test
  void takesWhatIsHeldOutOfTheBalancesAtOnce() {
    List<AccountEvent> events = hold(7, 400);
    assertThat(events.getFirst()).isInstanceOf(CollateralHeld.class);
    assertThat(account.portfolio().cashMicros()).isEqualTo(600 * UNIT);
    assertThat(account.withdrawals().find(7))
        .isEqualTo(new HeldWithdrawals.Held(7, "USDC", 400 * UNIT));
    assertThat(account.cashIsExplained()).isTrue();
    assertThat(hold(7, 400)).as("a repetition").isEmpty();
  }

  @Test
  void givesBackOnceAndForEver() {
    hold(7, 400);
    assertThat(giveBack(7)).hasSize(1).first().isInstanceOf(CollateralReturned.class);
    assertThat(account.portfolio().cashMicros()).isEqualTo(1_000 * UNIT);
    assertThat(giveBack(7)).isEmpty();
    assertThat(hold(7, 400)).as("a question that comes late").isEmpty();
    assertThat(account.portfolio().cashMicros()).isEqualTo(1_000 * UNIT);
    assertThat(account.cashIsExplained()).isTrue();
  }

  @Test
  void letsGoOnceAndForEver() {
    hold(7, 400);
    assertThat(letGo(7)).hasSize(1).first().isInstanceOf(CollateralWithdrawn.class);
    assertThat(letGo(7)).isEmpty();
    assertThat(giveBack(7)).isEmpty();
    assertThat(hold(7, 400)).isEmpty();
    assertThat(account.portfolio().cashMicros()).isEqualTo(600 * UNIT);
    assertThat(account.withdrawals()).isEqualTo(new HeldWithdrawals(7, List.of()));
    assertThat(account.cashIsExplained()).isTrue();
  }

  @Test
  void willNotHoldWhatWasReturnedBeforeItCame() {
    assertThat(giveBack(7)).hasSize(1);
    assertThat(hold(7, 400)).isEmpty();
    assertThat(account.portfolio().cashMicros()).isEqualTo(1_000 * UNIT);
    assertThat(hold(8, 400)).hasSize(1);
  }

  @Test
  void doesAllOfItOnceInOneBatch() {
    Batch batch = batch(account, at(100));
    for (int again = 0; again < 2; again++) {
      assertThat(batch.hold(7, "w", "USDC", 400 * UNIT)).isNull();
      batch.giveBack(7);
    }
    assertThat(batch.hold(8, "v", "USDC", 400 * UNIT)).isNull();
    batch.letGo(8);
    batch.letGo(8);
    List<AccountEvent> events = batch.finish();
    events.forEach(account::apply);
    assertThat(events).hasSize(4);
    assertThat(account.portfolio().cashMicros()).isEqualTo(600 * UNIT);
  }

  @Test
  void haltsRatherThanLetGoOfWhatItNeverHeld() {
    Batch batch = batch(account, at(100));
    assertThatThrownBy(() -> batch.letGo(7)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(
            () -> account.apply(new CollateralReturned(account.events() + 1, 0, 7, "USDC", 5)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesMoreThanThereIs() {
    assertThat(refusal(1_001))
        .isEqualTo(new HoldRefusal(Code.BALANCE, "USDC", 1_000 * UNIT, 1_001 * UNIT, 0));
    assertThat(refusal(1_000)).isEqualTo(HoldRefusal.NONE);
    assertThat(batch(account, at(100)).hold(1, "w", "DOGE", 1))
        .isEqualTo(new HoldRefusal(Code.BALANCE, "DOGE", 0, 1, 0));
    assertThat(batch(new Account("b", CATALOGUE), at(100)).hold(1, "w", "USDC", 1))
        .isEqualTo(new HoldRefusal(Code.UNKNOWN_ACCOUNT, "b", 0, 0, 0));
  }

  /** 10 lots at 100 are worth 1,000; a tenth must stay. */
  @Test
  void leavesWhatTheMarginNeedsToTheMicro() {
    book(account, buys("a", "t", 10, 100), at(100));
    assertThat(refusal(900)).isEqualTo(HoldRefusal.NONE);
    assertThat(batch(account, at(100)).hold(1, "w", "USDC", 900 * UNIT + 1))
        .isEqualTo(new HoldRefusal(Code.MARGIN, "a", 100 * UNIT - 1, 100 * UNIT, 0));
  }

  @Test
  void waitsForFreshPricesWherePositionsDependOnThem() {
    book(account, buys("a", "t", 1, 100), at(100));
    var stale = with(at(100), BTC_PERP, 100, 0, PriceValidity.STALE);
    HoldRefusal why = batch(account, stale).hold(1, "w", "USDC", UNIT);
    assertThat(why).isNotNull();
    assertThat(why == null ? null : why.code()).isEqualTo(Code.NO_FRESH_PRICE);
  }

  @Test
  void boundsWhatIsOnItsWay() {
    for (int i = 1; i <= HeldWithdrawals.OPEN_MAX; i++) hold(i, 1);
    assertThat(batch(account, at(100)).hold(1_000, "w", "USDC", UNIT))
        .isEqualTo(new HoldRefusal(Code.TOO_MANY, "a", 0, 0, 0));
  }

  @Test
  void remembersAllOfItInSnapshots() {
    hold(7, 400);
    giveBack(9);
    assertThat(Account.of(account.snapshot(), CATALOGUE).snapshot()).isEqualTo(account.snapshot());
    assertThat(Account.of(account.snapshot(), CATALOGUE).withdrawals())
        .isEqualTo(
            new HeldWithdrawals(9, List.of(new HeldWithdrawals.Held(7, "USDC", 400 * UNIT))));
  }

  private HoldRefusal refusal(long units) {
    HoldRefusal why = batch(account, at(100)).hold(1, "w", "USDC", units * UNIT);
    return why == null ? HoldRefusal.NONE : why;
  }

  private List<AccountEvent> hold(long withdrawal, long units) {
    Batch batch = batch(account, at(100));
    assertThat(batch.hold(withdrawal, "w", "USDC", units * UNIT)).isNull();
    return written(batch);
  }

  private List<AccountEvent> giveBack(long withdrawal) {
    Batch batch = batch(account, at(100));
    batch.giveBack(withdrawal);
    return written(batch);
  }

  private List<AccountEvent> letGo(long withdrawal) {
    Batch batch = batch(account, at(100));
    batch.letGo(withdrawal);
    return written(batch);
  }

  private List<AccountEvent> written(Batch batch) {
    List<AccountEvent> events = batch.finish();
    events.forEach(account::apply);
    return events;
  }
}

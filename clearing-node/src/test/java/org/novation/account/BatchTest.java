package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.oldestCommitted;
import static org.novation.account.Markets.sells;
import static org.novation.account.Markets.with;
import static org.novation.account.Markets.withBtc;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.insurance.Cause;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.auction.Allocation;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

final class BatchTest {
  @Test
  void theFundsAccountGivesAwayAllThatComesAndTradesNothing() {
    Account fund = new Account(HouseAccount.FUND, CATALOGUE);
    Batch batch = batch(fund, at(100));
    assertThat(batch.open(HouseAccount.MEMBER)).isNull();
    assertThat(batch.deposit("d", "USDC", 1_000, Known.NO)).isNull();
    assertThat(batch.judge(buys(HouseAccount.FUND, "t", 1, 100)))
        .isEqualTo(new Rejection.UnknownAccount(HouseAccount.FUND));
    assertThat(batch.admit("BTC", 1)).isEqualTo(new Rejection.UnknownAsset("BTC"));
    assertThat(batch.admit("USDC", 1)).isNull();
    batch.finish().forEach(fund::apply);
    assertThat(fund.portfolio().cashMicros()).isZero();
    assertThat(fund.dispatches().values())
        .containsExactly(
            new Dispatch.Contribute(HouseAccount.FUND + "/given/3", 1_000, Markets.NOW_MS));
    assertThat(Batch.cause(HouseAccount.FUND, HouseAccount.FUND + "/given/3"))
        .isEqualTo(Cause.HOUSE);
  }

  @Test
  void whatABidderIsCalledMakesNoFeesOfASurplus() {
    assertThat(Batch.cause("a", "a/fees/3")).isEqualTo(Cause.FEE);
    for (String bidder : List.of("fees", "given")) {
      String sold = Account.transferId("a-2.3", bidder + "/7");
      assertThat(Batch.cause("a", sold)).as(sold).isEqualTo(Cause.SURPLUS);
    }
  }

  @Test
  void noTradeAndNoAuctionReachesAnAccountOfTheHouse() {
    List<String> houses =
        List.of(HouseAccount.DEFAULT, HouseAccount.STAKES, HouseAccount.REVENUE, HouseAccount.FUND);
    for (String house : houses) {
      Account account = new Account(house, CATALOGUE);
      Batch batch = batch(account, at(100));
      batch.open(HouseAccount.MEMBER);
      batch.take(new Transfer("cash", "x", house, Markets.NOW_MS, List.of(), UNIT, List.of(), 0));
      batch.finish().forEach(account::apply);
      Rejection unknown = new Rejection.UnknownAccount(house);
      for (Trade trade : List.of(buys(house, "t", 1, 1), sells(house, "t", 1, 1)))
        assertThat(batch(account, at(1)).judge(trade)).isEqualTo(unknown);
      SaleDesk<String, String, String> sales = new SaleDesk<>(new Holds());
      Allocation part = new Allocation(List.of(new Allocation.Leg("BTC-PERP", 1, 1)), 1, 0, 0, 0);
      assertThat(sales.hold(account, "auction", "bid", part, at(1), 0, 1_000)).isEqualTo(unknown);
    }
  }

  @Test
  void opensAnAccountOnceForOneMember() {
    Account account = new Account("a", CATALOGUE);
    Batch batch = batch(account, at(100));
    assertThat(batch.open("m")).isNull();
    assertThat(batch.open("m")).isNull();
    assertThat(batch.open("n")).isEqualTo(new Rejection.AccountTaken("a"));
    List<AccountEvent> events = batch.finish();
    assertThat(events).hasSize(1);
    events.forEach(account::apply);
    Batch again = batch(account, at(100));
    assertThat(again.open("m")).isNull();
    assertThat(again.open("n")).isEqualTo(new Rejection.AccountTaken("a"));
    assertThat(again.finish()).isEmpty();
  }

  @Test
  void creditsTheStakesWithNothingThatIsNobodys() {
    Batch batch = batch(new Account(HouseAccount.STAKES, CATALOGUE), at(100));
    assertThat(batch.open(HouseAccount.MEMBER)).isNull();
    assertThat(batch.deposit("d", "USDC", 1, Known.NO))
        .isEqualTo(new Rejection.UnknownAccount(HouseAccount.STAKES));
  }

  @Test
  void doesNothingForAnAccountThatWasNeverOpened() {
    Account account = new Account("a", CATALOGUE);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("d", "USDC", 1, Known.NO))
        .isEqualTo(new Rejection.UnknownAccount("a"));
    assertThat(batch.capLeverage(3)).isEqualTo(new Rejection.UnknownAccount("a"));
    assertThat(batch.judge(buys("a", "t", 1, 100))).isEqualTo(new Rejection.UnknownAccount("a"));
    assertThat(batch.finish()).isEmpty();
  }

  @Test
  void creditsADepositOnceHoweverOftenItComes() {
    Account account = account("a", 0);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("d", "USDC", 5, Known.NO)).isNull();
    assertThat(batch.deposit("d", "USDC", 5, Known.NO)).isNull();
    assertThat(batch.deposit("d", "USDC", 6, Known.NO))
        .isEqualTo(new Rejection.DuplicateWithOtherContent("d"));
    batch.finish().forEach(account::apply);
    AccountSnapshot once = account.snapshot();
    Batch again = batch(account, at(100));
    assertThat(again.deposit("d", "USDC", 5, Known.NO)).isNull();
    assertThat(again.deposit("d", "BTC", 5, Known.NO))
        .isEqualTo(new Rejection.DuplicateWithOtherContent("d"));
    assertThat(again.finish()).isEmpty();
    assertThat(account.snapshot()).isEqualTo(once);
    assertThat(account.portfolio().cashMicros()).isEqualTo(5);
  }

  @Test
  void refusesDepositsThatCannotBe() {
    Account account = account("a", 0);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("d", "USDC", 0, Known.NO))
        .isEqualTo(new Rejection.AmountNotPositive(0));
    assertThat(batch.deposit("d", "USDC", -1, Known.NO))
        .isEqualTo(new Rejection.AmountNotPositive(-1));
    assertThat(batch.deposit("d", "DOGE", 1, Known.NO))
        .isEqualTo(new Rejection.UnknownAsset("DOGE"));
    assertThat(batch.finish()).isEmpty();
  }

  @Test
  void refusesADepositTooLargeToBeReckonedWith() {
    Account account = account("a", 0);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("cash", "USDC", Headroom.GROSS_MICROS_MAX, Known.NO)).isNull();
    assertThat(batch.deposit("more", "USDC", 1, Known.NO)).isEqualTo(new Rejection.TooLarge("a"));
    Batch btc = batch(account("b", 0), withBtc(at(100), 1_000, PriceValidity.FRESH));
    assertThat(btc.deposit("coins", "BTC", Long.MAX_VALUE, Known.NO))
        .isEqualTo(new Rejection.TooLarge("b"));
    assertThat(btc.finish()).isEmpty();
  }

  @Test
  void asksTheJournalForDepositsThatItMayHaveForgotten() {
    Account account = account("a", 0);
    for (int i = 0; i < Batch.DEPOSITS_REMEMBERED + 1; i++) {
      account.apply(
          new CollateralDeposited(account.events() + 1, NOW_MS + i, "many-" + i, "USDC", 1));
    }
    assertThat(account.knownDeposit(Account.depositFingerprint("many-0", "USDC", 1)))
        .isEqualTo(Known.FORGOTTEN);
    assertThat(account.knownDeposit(Account.depositFingerprint("many-4096", "USDC", 1)))
        .isEqualTo(Known.YES);
    Batch batch = batch(account, at(100));
    assertThat(batch.deposit("many-0", "USDC", 1, Known.YES)).isNull();
    assertThat(batch.deposit("many-0", "USDC", 2, Known.OTHER_CONTENT))
        .isEqualTo(new Rejection.DuplicateWithOtherContent("many-0"));
    assertThat(batch.finish()).isEmpty();
    Batch fresh = batch(account, at(100));
    assertThat(fresh.deposit("never-seen", "USDC", 1, Known.NO)).isNull();
    assertThat(fresh.finish()).hasSize(1);
  }

  @Test
  void knowsATradeThatItDecidedAMomentAgo() {
    Account account = account("a", 1_000 * UNIT);
    Trade trade = buys("a", "t", 1, 100);
    Trade other = buys("a", "t", 2, 100);
    Batch batch = batch(account, at(100));
    assertThat(batch.known(trade)).isEqualTo(Known.NO);
    assertThat(batch.judge(trade)).isNull();
    batch.novate(trade);
    assertThat(batch.known(trade)).isEqualTo(Known.YES);
    assertThat(batch.known(other)).isEqualTo(Known.OTHER_CONTENT);
    batch.finish().forEach(account::apply);
    assertThat(account.known(trade)).isEqualTo(Known.YES);
    assertThat(account.known(other)).isEqualTo(Known.OTHER_CONTENT);
    assertThat(batch(account, at(100)).novatedAtMs(trade)).isEqualTo(NOW_MS);
  }

  @Test
  void booksALegOnce() {
    Account last = account("b", 1_000 * UNIT);
    Trade trade = Markets.trade("t", "BTC-PERP", 2, 100, "a", "b");
    book(last, trade, at(100));
    Leg leg = oldestCommitted(last);
    Account first = account("a", 0); // Without any margin: the trade is final.
    Batch batch = batch(first, at(100));
    batch.apply(leg, "b");
    batch.apply(leg, "b");
    List<AccountEvent> events = batch.finish();
    events.forEach(first::apply);
    assertThat(first.portfolio().lots(BTC_PERP)).isEqualTo(2);
    assertThat(first.state()).isEqualTo(MarginState.LIQUIDATION);
    Batch again = batch(first, at(100));
    again.apply(leg, "b");
    assertThat(again.finish()).isEmpty();
  }

  @Test
  void judgesEachTradeOnTheBooksThatTheOnesBeforeItLeave() {
    Account account = account("a", 100 * UNIT);
    Batch batch = batch(account, at(100));
    Trade six = buys("a", "six", 6, 100);
    Trade five = buys("a", "five", 5, 100);
    Trade four = buys("a", "four", 4, 100);
    assertThat(batch.judge(six)).isNull();
    batch.novate(six);
    assertThat(batch.judge(five))
        .isEqualTo(new Rejection.InsufficientMargin("a", 50 * UNIT, 40 * UNIT));
    assertThat(batch.judge(four)).isNull();
    batch.novate(four);
    List<AccountEvent> events = batch.finish();
    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            TradesCleared.class,
            cleared -> {
              assertThat(cleared.novated()).extracting(Leg::tradeId).containsExactly("six", "four");
              assertThat(cleared.health())
                  .isEqualTo(new Health(100 * UNIT, 100 * UNIT, 100 * UNIT, 50 * UNIT));
            });
  }

  @Test
  void novatesOnlyWhatItJudgedJustNow() {
    Account account = account("a", 100 * UNIT);
    Batch batch = batch(account, at(100));
    assertThatThrownBy(() -> batch.novate(buys("a", "t", 1, 100)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(batch.judge(buys("a", "t", 99, 100))).isNotNull();
    assertThatThrownBy(() -> batch.novate(buys("a", "t", 99, 100)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void changesNothingWhenItRefusesEverything() {
    Account account = account("a", 100 * UNIT);
    AccountSnapshot before = account.snapshot();
    Batch batch = batch(account, at(100));
    assertThat(batch.judge(buys("a", "t", 11, 100))).isNotNull();
    assertThat(batch.open("another")).isNotNull();
    assertThat(batch.deposit("first", "USDC", 1, Known.NO)).isNotNull();
    batch.acknowledge(List.of(1L, 2L, 3L));
    assertThat(batch.decidedAnything()).isFalse();
    assertThat(batch.finish()).isEmpty();
    assertThat(account.snapshot()).isEqualTo(before);
  }

  @Test
  void capsLeverageOnlyAsFarAsMarginReaches() {
    Account account = account("a", 100 * UNIT);
    book(account, buys("a", "t", 5, 100), at(100));
    Batch batch = batch(account, at(100));
    assertThat(batch.capLeverage(4))
        .isEqualTo(new Rejection.InsufficientMargin("a", 75 * UNIT, 50 * UNIT));
    assertThat(batch.capLeverage(5)).isNull();
    assertThat(batch.capLeverage(5)).isNull();
    List<AccountEvent> events = batch.finish();
    assertThat(events.getFirst()).isEqualTo(new LeverageCapped(account.events() + 1, NOW_MS, 5));
    events.forEach(account::apply);
    Batch lift = batch(account, at(100));
    assertThat(lift.capLeverage(0)).isNull();
    lift.finish().forEach(account::apply);
    assertThat(account.portfolio().leverageMax()).isZero();
  }

  @Test
  void capsNoLeverageOnAPositionWithoutAMark() {
    Account account = account("a", 100 * UNIT);
    book(account, buys("a", "t", 5, 100), at(100));
    MarketView unpriced = with(at(100), BTC_PERP, 0, 0, PriceValidity.NONE);
    Batch batch = batch(account, unpriced);
    assertThat(batch.capLeverage(1)).isEqualTo(new Rejection.MarketStale("BTC-PERP"));
    assertThat(batch.finish()).isEmpty();
  }

  @Test
  void refusesMoreOfAnAssetThanCanBeCountedEvenWhileItHasNoPrice() {
    Account account = account("a", 0);
    MarketView unpriced = MarketView.unpriced(CATALOGUE, NOW_MS);
    Batch batch = batch(account, unpriced);
    assertThat(batch.deposit("d", "BTC", Long.MAX_VALUE, Known.NO))
        .isEqualTo(new Rejection.TooLarge("a"));
    assertThat(batch.deposit("d", "BTC", Headroom.AMOUNT_MAX, Known.NO)).isNull();
    assertThat(batch.deposit("e", "BTC", 1, Known.NO)).isEqualTo(new Rejection.TooLarge("a"));
  }

  @Test
  void writesWhatIsAcknowledgedWithTheNextTradeOrAlone() {
    Account account = account("a", 1_000 * UNIT);
    book(account, buys("a", "one", 1, 100), at(100));
    book(account, buys("a", "two", 1, 100), at(100));
    Batch alone = batch(account, at(100));
    alone.acknowledge(List.of(1L, 99L));
    assertThat(alone.decidedAnything()).isFalse();
    assertThat(alone.finish())
        .containsExactly(new OutboxAcknowledged(account.events() + 1, NOW_MS, List.of(1L)));
    Batch together = batch(account, at(100));
    together.acknowledge(List.of(1L, 2L));
    assertThat(together.judge(buys("a", "three", 1, 100))).isNull();
    together.novate(buys("a", "three", 1, 100));
    together.finish().forEach(account::apply);
    assertThat(account.outbox().keySet()).containsExactly(3L);
  }

  @Test
  void raisesWarningCallAndTriggerAsTheMarkFallsAndTakesThemBack() {
    Account account = account("a", 120 * UNIT);
    book(account, buys("a", "t", 10, 100), at(100));
    List<MarginState> states = new ArrayList<>();
    List<AccountEvent.Phase> phases = new ArrayList<>();
    for (long mark : new long[] {100, 99, 98, 97, 92, 91, 96, 98, 100}) {
      batch(account, at(mark)).finish().forEach(account::apply);
      states.add(account.state());
      phases.add(account.snapshot().phase());
    }
    assertThat(phases)
        .containsExactly(
            AccountEvent.Phase.HEALTHY,
            AccountEvent.Phase.HEALTHY,
            AccountEvent.Phase.HEALTHY,
            AccountEvent.Phase.MARGIN_CALL,
            AccountEvent.Phase.LIQUIDATING,
            AccountEvent.Phase.LIQUIDATING,
            AccountEvent.Phase.RECOVERED,
            AccountEvent.Phase.HEALTHY,
            AccountEvent.Phase.HEALTHY);
    assertThat(states)
        .containsExactly(
            MarginState.HEALTHY, // 120, initial 100
            MarginState.HEALTHY, // 110, initial 99
            MarginState.EARLY_WARNING, // 100, initial 98
            MarginState.MARGIN_CALL, // 90, initial 97
            MarginState.LIQUIDATION, // 40, maintenance 46
            MarginState.LIQUIDATION,
            MarginState.MARGIN_CALL, // 80, initial 96
            MarginState.EARLY_WARNING,
            MarginState.HEALTHY);
  }

  @Test
  void raisesNothingOnPricesThatMayNotLiquidate() {
    Account account = account("a", 100 * UNIT);
    book(account, buys("a", "t", 9, 100), at(100));
    for (PriceValidity validity : List.of(PriceValidity.STALE, PriceValidity.DIVERGED)) {
      assertThat(batch(account, with(at(50), BTC_PERP, 50, 0, validity)).finish()).isEmpty();
    }
    assertThat(batch(account, with(at(50), BTC_PERP, 0, 0, PriceValidity.NONE)).finish()).isEmpty();
    assertThat(batch(account, at(50)).finish())
        .hasExactlyElementsOfTypes(MarginStateChanged.class, AccountEvent.LiquidationChanged.class);
  }

  @Test
  void settlesFundingFromTheTradesNovationOnBothSides() {
    Account last = account("b", 10_000 * UNIT);
    Account first = account("a", 10_000 * UNIT);
    Trade trade = Markets.trade("t", "BTC-PERP", 3, 100, "a", "b");
    long index = 777_777_777;
    book(last, trade, with(at(100), BTC_PERP, 100, index, PriceValidity.FRESH));
    Batch batch =
        new Batch(
            first,
            NO_HOLDS,
            with(at(100), BTC_PERP, 100, 2 * index, PriceValidity.FRESH),
            LiquidationPolicy.DEFAULTS,
            NOW_MS);
    batch.apply(oldestCommitted(last), "b");
    batch.finish().forEach(first::apply);
    // 3 lots pay 777.777777 micros each since the novation: rounded down, and the rest is the
    // house's.
    assertThat(first.portfolio().fundingMicrosAt(0)).isEqualTo(-2_334);
    assertThat(first.portfolio().fundingResidueAt(0)).isEqualTo(666_669);
    assertThat(first.cashIsExplained()).isTrue();
  }

  @Test
  void forgetsOldTradesByTheJournalAloneAndThenGuessesNothing() {
    Account account = account("a", 1_000_000 * UNIT);
    for (int i = 0; i < Batch.SWEEP_MIN - 1; i++) {
      Batch batch = new Batch(account, NO_HOLDS, at(100), LiquidationPolicy.DEFAULTS, NOW_MS);
      Trade trade = i % 2 == 0 ? buys("a", "t-" + i, 1, 100) : sells("a", "t-" + i, 1, 100);
      assertThat(batch.judge(trade)).isNull();
      batch.novate(trade);
      batch.finish().forEach(account::apply);
    }
    Trade old = buys("a", "t-0", 1, 100);
    assertThat(account.known(old)).isEqualTo(Known.YES);
    long later = NOW_MS + Batch.REMEMBERED_MS;
    Trade recent = new Trade("venue", "recent", "BTC-PERP", 100, 1, "a", "somebody", later);
    Batch batch = new Batch(account, NO_HOLDS, at(100), LiquidationPolicy.DEFAULTS, later);
    assertThat(batch.judge(recent)).isNull();
    batch.novate(recent);
    batch.finish().forEach(account::apply);
    assertThat(account.known(old)).isEqualTo(Known.FORGOTTEN);
    assertThat(account.known(buys("a", "never-seen", 1, 100))).isEqualTo(Known.FORGOTTEN);
    assertThat(account.known(recent)).isEqualTo(Known.YES);
    assertThat(account.oldestMs()).isEqualTo(NOW_MS + 1);
    assertThat(account.remembered()).isEqualTo(1);
  }
}

package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.trade;
import static org.novation.account.Markets.with;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.liquidation.LiquidationState;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/** A trade that is put right, on the books of its two accounts. */
final class CorrectionDeskTest {
  private static final long MICROS_PER_INDEX = 1_000_000; // Index of 1e-6 micros a lot.

  private final Trade trade = trade("t", "BTC-PERP", 10, 100, "a", "b");
  private final Account last = account(trade.last(), 1_000 * UNIT);
  private final Account first = account(trade.first(), 1_000 * UNIT);
  private final CorrectionDesk<String> desk = new CorrectionDesk<>();

  @Test
  void aBustedTradeLeavesNothingBehindFundingIncluded() {
    novate(at(100));
    MarketView later = with(at(120), BTC_PERP, 120, 3 * MICROS_PER_INDEX, PriceValidity.FRESH);
    assertThat(carryOut(bust(0), later).booked()).hasSize(1);
    deliver(later);
    for (Account each : List.of(last, first)) {
      assertThat(each.portfolio().flat()).isTrue();
      assertThat(each.portfolio().cashMicros()).isEqualTo(1_000 * UNIT);
      assertThat(each.cashIsExplained()).isTrue();
      assertThat(Account.of(each.snapshot(), Markets.CATALOGUE).snapshot())
          .isEqualTo(each.snapshot());
    }
    long events = last.events();
    assertThat(carryOut(bust(0), later).booked()).as("again").hasSize(1);
    assertThat(last.events()).isEqualTo(events);
  }

  /** Who has traded on since keeps what that made: 10 at 100, closed at 130, then busted. */
  @Test
  void whoHasTradedOnKeepsWhatThatMade() {
    novate(at(100));
    boolean lastBought = trade.last().equals(trade.buyer());
    Trade closing =
        lastBought
            ? trade("u", "BTC-PERP", 10, 130, "c", last.id())
            : trade("u", "BTC-PERP", 10, 130, last.id(), "c");
    book(last, closing, at(130));
    carryOut(bust(0), at(130));
    deliver(at(130));
    assertThat(last.portfolio().lots(BTC_PERP)).isEqualTo(lastBought ? -10 : 10);
    Health health = Margin.health(last.portfolio(), at(130));
    assertThat(health.equityMicros()).isEqualTo(1_000 * UNIT);
    assertThat(first.portfolio().flat()).isTrue();
    assertThat(first.portfolio().cashMicros()).isEqualTo(1_000 * UNIT);
  }

  @Test
  void aCorrectionIsForcedAndWhoFallsShortByItIsLiquidatedLikeAnybodyElse() {
    novate(at(100));
    Account poor = last;
    Batch gone = batch(poor, at(100));
    gone.send(new TransferOrder("x", "c", "USDC", 840 * UNIT));
    gone.finish().forEach(poor::apply);
    long owed = 200 * UNIT;
    carryOut(
        new CorrectionOrder.Pay("c", "correction/venue/t", poor.id(), first.id(), owed), at(100));
    assertThat(poor.portfolio().cashMicros()).isEqualTo(-40 * UNIT);
    assertThat(poor.liquidation()).isInstanceOf(LiquidationState.Liquidating.class);
    Batch receiving = batch(first, at(100));
    for (Dispatch dispatch : poor.dispatches().values())
      if (dispatch instanceof Dispatch.Remit(var remittance) && Correction.is(remittance.id()))
        receiving.receive(remittance);
    receiving.finish().forEach(first::apply);
    assertThat(first.portfolio().cashMicros()).isEqualTo(1_200 * UNIT);
    assertThat(poor.cashIsExplained()).isTrue();
    assertThat(first.cashIsExplained()).isTrue();
  }

  @Test
  void theHouseGivesFeesBackFromWhatItHasAndWaitsUntilItHasIt() {
    Account revenue = account(HouseAccount.REVENUE, 7 * UNIT);
    CorrectionOrder fee =
        new CorrectionOrder.Pay("c", "correction/venue/t/fee/a", revenue.id(), "a", 10 * UNIT);
    CorrectionOrder smaller =
        new CorrectionOrder.Pay("c", "correction/venue/t/fee/b", revenue.id(), "b", 4 * UNIT);
    for (CorrectionOrder order : List.of(fee, smaller))
      assertThat(desk.gather(order, "office")).isTrue();
    assertThat(written(revenue, at(100)).booked())
        .containsExactly(new CorrectionDesk.Answer<>(smaller, "office"));
    assertThat(revenue.portfolio().cashMicros()).isEqualTo(3 * UNIT);
    Batch earning = batch(revenue, at(100));
    earning.receive(new Remittance("fees/1", "c", revenue.id(), NOW_MS, "USDC", 7 * UNIT));
    earning.finish().forEach(revenue::apply);
    for (int time = 0; time < 2; time++) {
      assertThat(desk.gather(fee, "office")).isTrue();
      assertThat(written(revenue, at(100)).booked()).hasSize(1);
      assertThat(revenue.portfolio().cashMicros()).as("once").isZero();
    }
  }

  @Test
  void waitsForAMarkRatherThanBookAtNone() {
    novate(at(100));
    MarketView unpriced = with(at(100), BTC_PERP, 0, 0, PriceValidity.NONE);
    assertThat(carryOut(bust(0), unpriced))
        .isEqualTo(new CorrectionDesk.Decided<>(List.of(), List.of(), List.of()));
    assertThat(carryOut(bust(0), at(100)).booked()).hasSize(1);
  }

  @Test
  void aSecondCorrectionOfATradeIsNeverBooked() {
    novate(at(100));
    carryOut(bust(0), at(100));
    long events = last.events();
    CorrectionOrder another = bust(1);
    assertThat(carryOut(another, at(100)).never()).containsExactly(another);
    assertThat(last.events()).isEqualTo(events);
    assertThat(desk.gather(another, "office")).as("nor tried for ever").isFalse();
  }

  @Test
  void whatMayBeForgottenIsLookedUpOnceUntilItIsWritten() {
    novate(at(100));
    last.apply(
        new AccountEvent.TradesCleared(
            last.events() + 1,
            NOW_MS,
            1,
            List.of(),
            List.of(),
            List.of(),
            NOW_MS,
            new Health(0, 0, 0, 0)));
    CorrectionOrder bust = bust(0);
    assertThat(carryOut(bust, at(100)).toLookUp())
        .containsExactly(new CorrectionDesk.Answer<>(bust, "office"));
    assertThat(desk.gather(bust, "office")).as("it is being searched for").isFalse();
    desk.notInJournal(bust, "office");
    assertThat(desk.gather(bust, "office")).as("nor before it is written").isFalse();
    assertThat(written(at(100)).booked()).hasSize(1);
    assertThat(last.portfolio().flat()).isTrue();
  }

  private CorrectionOrder bust(long laterMs) {
    return new CorrectionOrder.Reverse(
        "c" + laterMs,
        new Trade(
            "novation",
            "correction/venue/t",
            "BTC-PERP",
            100,
            10,
            trade.seller(),
            trade.buyer(),
            NOW_MS + laterMs),
        0);
  }

  private void novate(MarketView view) {
    book(last, trade, view);
    deliver(view);
  }

  private void deliver(MarketView view) {
    Batch batch = batch(first, view);
    for (Leg leg : last.outbox().values()) {
      if (leg.counterparty().equals(first.id())) batch.apply(leg, last.id());
    }
    batch.finish().forEach(first::apply);
    Batch acknowledging = batch(last, view);
    acknowledging.acknowledge(List.copyOf(last.outbox().keySet()));
    acknowledging.finish().forEach(last::apply);
  }

  private CorrectionDesk.Decided<String> carryOut(CorrectionOrder order, MarketView view) {
    assertThat(desk.gather(order, "office")).isTrue();
    return written(view);
  }

  private CorrectionDesk.Decided<String> written(MarketView view) {
    return written(last, view);
  }

  private CorrectionDesk.Decided<String> written(Account account, MarketView view) {
    Batch batch = batch(account, view);
    CorrectionDesk.Decided<String> decided = desk.decide(batch);
    batch.finish().forEach(account::apply);
    return decided;
  }
}

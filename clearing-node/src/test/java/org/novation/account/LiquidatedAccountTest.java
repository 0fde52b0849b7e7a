package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.DebtSettled;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.DrawReleased;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.OfferClosed;
import org.novation.account.AccountEvent.OfferReduced;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.Batch.Settlement;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.RealisedWindow;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Sizing;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/**
 * An account with 120 units that bought 10 lots at 100: under maintenance margin from 92 down,
 * bankrupt under 88.
 */
final class LiquidatedAccountTest {
  private final Account account = account("a", 120 * UNIT);

  LiquidatedAccountTest() {
    book(account, buys("a", "t", 10, 100), at(100));
  }

  private List<AccountEvent> decide(MarketView view, Consumer<Batch> what) {
    Batch batch = batch(account, view);
    what.accept(batch);
    List<AccountEvent> events = batch.finish();
    events.forEach(account::apply);
    assertThat(account.cashIsExplained()).isTrue();
    assertThat(Account.of(account.snapshot(), CATALOGUE).snapshot()).isEqualTo(account.snapshot());
    return events;
  }

  private Offer offered(long mark) {
    decide(at(mark), batch -> {});
    decide(at(mark), batch -> batch.cut(LotBudget.UNLIMITED));
    return Objects.requireNonNull(account.offer());
  }

  /** So many lots at this mark, for so much discount. */
  private static Allocation part(long lots, long mark, long discountUnits) {
    return new Allocation(
        List.of(new Allocation.Leg("BTC-PERP", lots, mark)),
        1,
        discountUnits * UNIT,
        2 * discountUnits * UNIT,
        0);
  }

  @Test
  void offersASliceOnceItIsUnderMaintenanceAndSellsItByOneWrite() {
    Offer offer = offered(92);
    long lots = offer.legs().getFirst().lots();
    assertThat(account.snapshot().phase()).isEqualTo(Phase.LIQUIDATING);
    assertThat(lots).isBetween(1L, 9L);
    long cash = account.portfolio().cashMicros();
    List<AccountEvent> events =
        decide(
            at(92),
            batch ->
                assertThat(
                        batch.settle(offer.auctionId(), "b", "bidder", part(lots, 92, 1), NOW_MS))
                    .isInstanceOf(Settlement.Settled.class));
    assertThat(events).hasAtLeastOneElementOfType(SliceSold.class);
    assertThat(account.lots("BTC-PERP")).isEqualTo(10 - lots);
    assertThat(account.offer()).isNull();
    // 8 units lost on each lot, 1 for the bidder, 1 for the fund.
    assertThat(account.portfolio().cashMicros()).isEqualTo(cash - (8 * lots + 2) * UNIT);
    assertThat(account.snapshot().phase()).isEqualTo(Phase.RECOVERED);
    assertThat(account.dispatches().values())
        .hasExactlyElementsOfTypes(
            Dispatch.Deliver.class, Dispatch.Notify.class, Dispatch.Contribute.class);
  }

  /** What it bought is final, whatever has become of its margin; it gets no more, and is sold. */
  @Test
  void aLiquidatorThatFallsUnderMarginWhileItsBidIsHeldGetsWhatItBoughtAndIsLiquidatedItself() {
    Account bidder = account("bidder", 780 * UNIT);
    book(bidder, buys("bidder", "u", 40, 100), at(100));
    Offer offer = offered(92);
    long lots = offer.legs().getFirst().lots();
    Allocation part = part(lots, 92, 1);
    Holds holds = new Holds();
    SaleDesk<String, String, String> desk = new SaleDesk<>(holds);
    assertThat(desk.hold(bidder, offer.auctionId(), "b", part, at(92), 0, 1_000)).isNull();
    does(bidder, at(84), batch -> {});
    assertThat(desk.hold(bidder, "another", "c", part, at(84), 0, 1_000))
        .isInstanceOf(Rejection.InsufficientMargin.class);
    decide(at(92), batch -> batch.settle(offer.auctionId(), "b", "bidder", part, NOW_MS));
    for (Dispatch dispatch : account.dispatches().values()) {
      if (dispatch instanceof Dispatch.Deliver(var transfer))
        does(bidder, at(84), batch -> batch.take(transfer));
    }
    desk.release(offer.auctionId(), "b");
    assertThat(holds.isEmpty()).isTrue();
    assertThat(account.lots("BTC-PERP") + bidder.lots("BTC-PERP")).isEqualTo(10 + 40);
    assertThat(bidder.lots("BTC-PERP")).isEqualTo(40 + lots);
    does(bidder, at(84), batch -> batch.cut(LotBudget.UNLIMITED));
    assertThat(bidder.snapshot().phase()).isEqualTo(Phase.LIQUIDATING);
    assertThat(Objects.requireNonNull(bidder.offer()).legs()).isNotEmpty();
  }

  private static void does(Account who, MarketView view, Consumer<Batch> what) {
    Batch batch = batch(who, view);
    what.accept(batch);
    batch.finish().forEach(who::apply);
  }

  @Test
  void settlesABidOnceHoweverOftenItIsAsked() {
    Offer offer = offered(92);
    long lots = offer.legs().getFirst().lots();
    decide(
        at(92),
        batch -> {
          batch.settle(offer.auctionId(), "b", "bidder", part(lots, 92, 1), NOW_MS);
          assertThat(batch.settle(offer.auctionId(), "b", "bidder", part(lots, 92, 1), NOW_MS))
              .isInstanceOf(Settlement.Before.class);
        });
    AccountSnapshot once = account.snapshot();
    assertThat(
            decide(
                at(92),
                batch ->
                    assertThat(
                            batch.settle(
                                offer.auctionId(), "b", "bidder", part(lots, 92, 1), NOW_MS))
                        .isInstanceOf(Settlement.Before.class)))
        .isEmpty();
    assertThat(account.snapshot()).isEqualTo(once);
  }

  @Test
  void settlesNeitherMoreThanIsOnOfferNorAfterTheDeadlineNorOnStalePrices() {
    Offer offer = offered(92);
    long lots = offer.legs().getFirst().lots();
    MarketView stale = with(at(92), Markets.BTC_PERP, 92, 0, PriceValidity.STALE);
    AccountSnapshot before = account.snapshot();
    Settlement withdrawn = new Settlement.NotSettled(LapseCause.WITHDRAWN);
    refuses(at(92), part(lots + 1, 92, 1), NOW_MS, withdrawn);
    refuses(at(92), part(-lots, 92, 1), NOW_MS, withdrawn);
    // No word is given that a copy of the same question could break.
    refuses(at(92), part(lots, 92, 1), NOW_MS - 1, new Settlement.NotNow(""));
    refuses(stale, part(lots, 92, 1), NOW_MS, new Settlement.NotNow("BTC-PERP"));
    refuses(
        at(92),
        part(lots, 92, 1),
        AuctionActor.NEVER_MS,
        new Settlement.NotSettled(LapseCause.HOUSE));
    assertThat(account.snapshot()).isEqualTo(before);
  }

  private void refuses(MarketView view, Allocation part, long deadlineMs, Settlement answer) {
    Offer offer = Objects.requireNonNull(account.offer());
    Batch batch = batch(account, view);
    assertThat(batch.settle(offer.auctionId(), "b", "bidder", part, deadlineMs)).isEqualTo(answer);
    assertThat(batch.finish()).isEmpty();
  }

  @Test
  void aDepositInMidAuctionCountsAtOnce() {
    Offer offer = offered(92);
    long before = offer.legs().getFirst().lots();
    List<AccountEvent> events =
        decide(at(92), batch -> batch.deposit("more", "USDC", 3 * UNIT, Known.NO));
    assertThat(events).hasAtLeastOneElementOfType(OfferReduced.class);
    Offer less = Objects.requireNonNull(account.offer());
    assertThat(less.remainingLots(0)).isLessThan(before);
    events = decide(at(92), batch -> batch.deposit("enough", "USDC", 100 * UNIT, Known.NO));
    assertThat(events).hasAtLeastOneElementOfType(OfferClosed.class);
    assertThat(account.offer()).isNull();
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
  }

  @Test
  void aPriceThatRecoversEndsTheSaleAndALateBidIsRefused() {
    Offer offer = offered(92);
    assertThat(decide(at(100), batch -> {}))
        .hasAtLeastOneElementOfType(OfferClosed.class)
        .hasAtLeastOneElementOfType(LiquidationChanged.class);
    Batch late = batch(account, at(100));
    assertThat(late.settle(offer.auctionId(), "b", "bidder", part(1, 92, 1), NOW_MS))
        .isEqualTo(new Settlement.NotSettled(LapseCause.WITHDRAWN));
  }

  /** The fund was asked for what the account will owe, and granted 30 units. */
  private Batch.Grant granted(Offer offer) {
    assertThat(
            decide(
                at(80),
                batch ->
                    assertThat(batch.handOver(offer.auctionId(), null))
                        .isEqualTo(new Batch.HandOver.NeedsFund())))
        .hasOnlyElementsOfType(DrawAsked.class);
    DrawAsked asked = Objects.requireNonNull(account.asked());
    assertThat(asked.micros()).isEqualTo(80 * UNIT);
    return new Batch.Grant(asked.drawId(), 30 * UNIT);
  }

  @Test
  void anInsolventAccountHandsOverPositionsAndDebtTogetherAndOwesNothing() {
    Offer offer = offered(80); // 80 units short of what 10 lots lost.
    assertThat(offer.legs().getFirst().lots()).isEqualTo(10);
    Batch.Grant grant = granted(offer);
    List<AccountEvent> events = decide(at(80), batch -> batch.handOver(offer.auctionId(), grant));
    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            HandedOver.class,
            handed -> {
              assertThat(handed.paidMicros()).isEqualTo(30 * UNIT);
              assertThat(handed.cashMicros()).isEqualTo(-50 * UNIT);
              assertThat(handed.losses()).containsExactly(new Loss("BTC-PERP", 1, 200 * UNIT));
            });
    assertThat(account.portfolio().flat()).isTrue();
    assertThat(account.portfolio().cashMicros()).isZero();
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
    assertThat(decide(at(80), batch -> batch.handOver(offer.auctionId(), grant))).isEmpty();
  }

  @Test
  void theDefaultAccountTakesOverPositionsAndDebtsOnceEach() {
    Offer offer = offered(80);
    Batch.Grant grant = granted(offer);
    decide(at(80), batch -> batch.handOver(offer.auctionId(), grant));
    Account house = account(HouseAccount.DEFAULT, 0);
    for (int times = 0; times < 2; times++) {
      for (Dispatch dispatch : account.dispatches().values()) {
        if (!(dispatch instanceof Dispatch.Deliver(var transfer))) continue;
        Batch batch = batch(house, at(80));
        batch.take(transfer);
        batch.finish().forEach(house::apply);
      }
    }
    assertThat(house.lots("BTC-PERP")).isEqualTo(10);
    assertThat(house.portfolio().cashMicros()).isEqualTo(-50 * UNIT);
    assertThat(house.lossesTaken()).containsExactly(new Loss("BTC-PERP", 1, 200 * UNIT));
    assertThat(house.cashIsExplained()).isTrue();
    assertThat(house.snapshot().phase()).isEqualTo(Phase.HEALTHY);
    assertThat(Account.of(house.snapshot(), CATALOGUE).snapshot()).isEqualTo(house.snapshot());
  }

  @Test
  void whatTheFundWasAskedForGoesBackWhenTheAccountRecoversFirst() {
    Offer offer = offered(80);
    granted(offer);
    List<AccountEvent> events = decide(at(100), batch -> {});
    assertThat(events)
        .hasAtLeastOneElementOfType(OfferClosed.class)
        .hasAtLeastOneElementOfType(DrawReleased.class);
    assertThat(account.asked()).isNull();
    assertThat(account.dispatches().values())
        .hasOnlyElementsOfType(Dispatch.SettleDraw.class)
        .hasSize(1);
  }

  @Test
  void whatIsAskedOfTheFundGoesBackThoughTheAccountIsRescuedInTheSameBatch() {
    Offer offer = offered(80);
    Transfer rescue = new Transfer("rescue", "x", "a", NOW_MS, List.of(), 500 * UNIT, List.of(), 0);
    List<AccountEvent> events =
        decide(
            at(80),
            batch -> {
              assertThat(batch.handOver(offer.auctionId(), null))
                  .isEqualTo(new Batch.HandOver.NeedsFund());
              batch.take(rescue);
            });
    assertThat(events)
        .hasAtLeastOneElementOfType(DrawAsked.class)
        .hasAtLeastOneElementOfType(OfferClosed.class)
        .hasAtLeastOneElementOfType(DrawReleased.class);
    assertThat(account.asked()).isNull();
  }

  @Test
  void sellsNoMoreThanItStillHoldsWhenItMovedInTheSameBatch() {
    Offer offer = offered(80);
    Trade closing =
        new Trade(
            HouseAccount.VENUE, "main-1.1.0", "BTC-PERP", 80, 4, HouseAccount.DEFAULT, "a", NOW_MS);
    long version = account.version();
    decide(
        at(80),
        batch -> {
          assertThat(batch.close(closing, version, false, true))
              .isInstanceOf(Batch.Step.Done.class);
          assertThat(batch.settle(offer.auctionId(), "b", "bidder", part(10, 80, 0), NOW_MS))
              .isEqualTo(new Settlement.NotSettled(LapseCause.WITHDRAWN));
        });
    assertThat(account.lots("BTC-PERP")).isEqualTo(6);
    assertThat(Objects.requireNonNull(account.offer()).remainingLots(0)).isEqualTo(6);
  }

  @Test
  void aFeeNeverBankruptsThoughTheMarkRoseAfterThePartWasReserved() {
    Offer offer = offered(89); // Equity 10, maintenance 44.5.
    decide(
        at(92),
        batch ->
            assertThat(
                    batch.settle(
                        offer.auctionId(),
                        "b",
                        "bidder",
                        new Allocation(
                            List.of(new Allocation.Leg("BTC-PERP", offer.remainingLots(0), 89)),
                            1,
                            0,
                            100 * UNIT,
                            0),
                        NOW_MS))
                .isInstanceOf(Settlement.Settled.class));
    assertThat(account.portfolio().cashMicros()).isPositive();
  }

  @Test
  void aClosingAndALegThatArrivesWithItAreBookedInTheOrderInWhichTheyWereReckoned() {
    Account winner = account("w", 1_000 * UNIT);
    book(winner, Markets.sells("w", "t2", 10, 100), at(100));
    Account other = account("x", 1_000 * UNIT);
    Trade late = Markets.trade("t3", "BTC-PERP", 5, 70, "x", "w"); // Adds to the short.
    book(other, late, at(80));
    Trade closing =
        new Trade(
            HouseAccount.VENUE, "main-1.1.0", "BTC-PERP", 80, 4, "w", HouseAccount.DEFAULT, NOW_MS);
    Batch batch = batch(winner, at(80));
    assertThat(batch.close(closing, winner.version(), false, true))
        .isInstanceOf(Batch.Step.Done.class);
    batch.apply(Markets.oldestCommitted(other), "x");
    batch.finish().forEach(winner::apply);
    assertThat(winner.lots("BTC-PERP")).isEqualTo(-11);
    assertThat(winner.cashIsExplained()).isTrue();
  }

  /** A bidder took everything while the account was already worth less than nothing. */
  private String soldOutWithDebt() {
    Offer offer = offered(80);
    decide(
        at(80), batch -> batch.settle(offer.auctionId(), "b", "bidder", part(10, 80, 0), NOW_MS));
    assertThat(account.snapshot().phase()).isEqualTo(Phase.CLOSED);
    assertThat(account.snapshot().deficitMicros()).isEqualTo(80 * UNIT);
    return account.snapshot().liquidationId();
  }

  @Test
  void theDebtOfAClosedAccountIsPaidByTheFundAndTheRestTakenOver() {
    String liquidation = soldOutWithDebt();
    List<AccountEvent> events = decide(at(80), batch -> batch.settleDebt(liquidation, 30 * UNIT));
    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            DebtSettled.class,
            settled -> {
              assertThat(settled.paidMicros()).isEqualTo(30 * UNIT);
              assertThat(settled.handedMicros()).isEqualTo(50 * UNIT);
              assertThat(settled.losses()).containsExactly(new Loss("BTC-PERP", 1, 200 * UNIT));
            });
    assertThat(account.portfolio().cashMicros()).isZero();
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
    assertThat(decide(at(80), batch -> batch.settleDebt(liquidation, 30 * UNIT))).isEmpty();
  }

  @Test
  void aDebtIsSettledOnceThoughPricesKeepTheAccountClosed() {
    String liquidation = soldOutWithDebt();
    Account other = account("x", 1_000 * UNIT);
    book(other, Markets.trade("t3", "BTC-PERP", 1, 80, "a", "x"), at(80));
    book(other, Markets.trade("t4", "BTC-PERP", 1, 80, "x", "a"), at(80));
    List<Leg> legs = List.copyOf(other.outbox().values());
    MarketView stale = with(at(80), Markets.BTC_PERP, 80, 0, PriceValidity.STALE);
    assertThat(
            decide(
                stale,
                batch -> {
                  batch.settleDebt(liquidation, 30 * UNIT);
                  batch.apply(legs.get(0), "x"); // A late leg keeps its state from being judged.
                }))
        .hasAtLeastOneElementOfType(DebtSettled.class);
    assertThat(account.snapshot().phase()).isEqualTo(Phase.CLOSED);
    assertThat(
            decide(
                stale,
                batch -> {
                  batch.apply(legs.get(1), "x");
                  batch.settleDebt(liquidation, 30 * UNIT);
                }))
        .doesNotHaveAnyElementsOfTypes(DebtSettled.class);
    assertThat(decide(at(80), batch -> {})).doesNotHaveAnyElementsOfTypes(DebtSettled.class);
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
  }

  @Test
  void aDepositThatPaysADebtGivesTheFundItsReserveBack() {
    soldOutWithDebt();
    List<AccountEvent> events =
        decide(at(80), batch -> batch.deposit("rescue", "USDC", 80 * UNIT, Known.NO));
    assertThat(events)
        .hasAtLeastOneElementOfType(DebtSettled.class)
        .hasAtLeastOneElementOfType(LiquidationChanged.class);
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
    assertThat(account.dispatches().values()).hasAtLeastOneElementOfType(Dispatch.SettleDraw.class);
  }

  @Test
  void whatNobodyBoughtOfASolventAccountGoesForItsShareOfEquity() {
    Offer offer = offered(92); // Equity 40, maintenance 46.
    long lots = offer.remainingLots(0);
    decide(at(92), batch -> batch.handOver(offer.auctionId(), null));
    assertThat(account.lots("BTC-PERP")).isEqualTo(10 - lots);
    Dispatch.Deliver handed =
        (Dispatch.Deliver)
            account.dispatches().values().stream()
                .filter(Dispatch.Deliver.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertThat(handed.transfer().to()).isEqualTo(HouseAccount.DEFAULT);
    assertThat(handed.transfer().cashMicros()).isEqualTo(40 * lots / 10 * UNIT);
  }

  @Test
  void aStepOfDeleveragingIsDoneOnceAndAClosingOnlyAtItsVersion() {
    Account winner = account("w", 1_000 * UNIT);
    Trade sold = Markets.sells("w", "t2", 10, 100);
    book(winner, sold, at(100));
    Trade closing =
        new Trade(
            HouseAccount.VENUE, "main-1.1.0", "BTC-PERP", 80, 4, "w", HouseAccount.DEFAULT, NOW_MS);
    long version = winner.version();
    Batch stale = batch(winner, at(80));
    assertThat(stale.close(closing, version - 1, false, true))
        .isEqualTo(new Batch.Step.Changed(version));
    assertThat(stale.finish()).isEmpty();
    Batch batch = batch(winner, at(80));
    assertThat(batch.close(closing, version, false, true)).isInstanceOf(Batch.Step.Done.class);
    batch.finish().forEach(winner::apply);
    assertThat(winner.lots("BTC-PERP")).isEqualTo(-6);
    Batch again = batch(winner, at(80));
    assertThat(again.close(closing, version, false, true))
        .isEqualTo(new Batch.Step.Done(0, winner.version()));
    assertThat(take(again, 1, "main-1.2.0", 30 * UNIT))
        .isInstanceOfSatisfying(
            Batch.Step.Done.class, done -> assertThat(done.micros()).isEqualTo(30 * UNIT));
    again.finish().forEach(winner::apply);
    assertThat(take(batch(winner, at(80)), 1, "main-1.2.0", 30 * UNIT))
        .isEqualTo(new Batch.Step.Done(30 * UNIT, winner.version()));
    assertThat(winner.cashIsExplained()).isTrue();
  }

  @Test
  void aFeeLeavesItSolventWhereTheMarkHasRisenSinceTheReservation() {
    Offer offer = offered(89);
    assertThat(offer.legs().getFirst().lots()).isEqualTo(10);
    List<AccountEvent> events =
        decide(
            at(91),
            batch -> batch.settle(offer.auctionId(), "b", "bidder", part(10, 89, 6), NOW_MS));
    // It was worth 30 at the mark, and is worth 10 at the price of the reservation.
    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            SliceSold.class,
            sold -> assertThat(sold.charge().feeMicros()).isEqualTo(95 * 4 * UNIT / 100));
    assertThat(account.portfolio().cashMicros()).isPositive();
  }

  @Test
  void saysThatABidWasSettledWhileItsAuctionHasNotHeardHoweverOldTheSaleIs() {
    Offer offer = offered(92);
    long lots = offer.legs().getFirst().lots();
    decide(
        at(92), batch -> batch.settle(offer.auctionId(), "b", "bidder", part(lots, 92, 1), NOW_MS));
    account.apply(
        new AccountEvent.TradesCleared(
            account.events() + 1,
            NOW_MS,
            1,
            List.of(),
            List.of(),
            List.of(),
            NOW_MS,
            new Health(0, 0, 0, 0)));
    Batch batch = batch(account, at(92));
    assertThat(batch.settle(offer.auctionId(), "b", "bidder", part(lots, 92, 1), 0))
        .isInstanceOf(Settlement.Before.class);
  }

  @Test
  void booksAClosingAndALegThatComeTogetherInTheOrderOfItsDecision() {
    Account winner = account("w", 1_000 * UNIT);
    book(winner, Markets.sells("w", "t2", 10, 100), at(100));
    Account other = account("b", 1_000 * UNIT);
    book(other, Markets.trade("t3", "BTC-PERP", 9, 90, "w", "b"), at(90));
    Trade closing =
        new Trade(
            HouseAccount.VENUE, "main-1.1.0", "BTC-PERP", 80, 4, "w", HouseAccount.DEFAULT, NOW_MS);
    Batch batch = batch(winner, at(80));
    assertThat(batch.close(closing, winner.version(), false, true))
        .isInstanceOf(Batch.Step.Done.class);
    batch.apply(Markets.oldestCommitted(other), "b");
    batch.finish().forEach(winner::apply);
    assertThat(winner.lots("BTC-PERP")).isEqualTo(3);
    assertThat(winner.cashIsExplained()).isTrue();
  }

  private static Batch.Step take(Batch batch, long wave, String stepId, long micros) {
    List<Taking> parts = List.of(new Taking("BTC-PERP", "w", micros, micros, 0));
    return batch.takeProfit(wave, stepId, parts, RealisedWindow.LOOK_BACK_MAX_MS, true);
  }

  @Test
  void neverTakesMoreThanTheEquityThatIsStillThere() {
    Account winner = account("w", 200 * UNIT);
    book(winner, Markets.sells("w", "t2", 10, 100), at(100));
    book(winner, Markets.trade("t3", "ETH-PERP", 5, 100, "w", "somebody"), at(100));
    MarketView fallen = with(at(80), Markets.ETH_PERP, 24, 0, PriceValidity.FRESH);
    // It won 200 in one market and lost 380 in the other.
    assertThat(take(batch(winner, fallen), 1, "s", 30 * UNIT))
        .isInstanceOfSatisfying(
            Batch.Step.Done.class, done -> assertThat(done.micros()).isEqualTo(20 * UNIT));
  }

  @Test
  void aLiquidationThatTheMarketsHaveRoomForBeginsWithItsFirstSliceInOneWrite() {
    Batch batch = batch(account, at(92));
    assertThat(batch.wantedFirst()).isNotNull();
    batch.cut(LotBudget.UNLIMITED);
    assertThat(batch.finish())
        .hasExactlyElementsOfTypes(
            AccountEvent.MarginStateChanged.class,
            AccountEvent.LiquidationChanged.class,
            SliceOffered.class);
    assertThat(batch.sizing()).isInstanceOf(Sizing.Cut.class);
    // What is granted to an account that needs nothing cuts nothing.
    Batch healthy = batch(account, at(100));
    assertThat(healthy.wantedFirst()).isNull();
    healthy.cut(LotBudget.UNLIMITED);
    assertThat(healthy.finish()).isEmpty();
    assertThat(healthy.sizing()).isNull();
  }

  @Test
  void offersNothingWhileTheMarketsGrantNothing() {
    decide(at(92), batch -> {});
    assertThat(decide(at(92), batch -> batch.cut((instrument, perLot) -> 0))).isEmpty();
    decide(at(92), batch -> batch.cut((instrument, perLot) -> 1));
    assertThat(account.offer()).isNotNull();
    assertThat(account.offered())
        .isInstanceOfSatisfying(
            SliceOffered.class,
            offered -> assertThat(offered.slice().legs().getFirst().lots()).isEqualTo(1));
  }
}

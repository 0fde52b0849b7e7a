package org.novation.liquidation.auction;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.clearing.HouseAccount;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction.Answer;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Decision;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.BiddingStopped;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundAsked;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.AuctionEvent.Lots;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

final class AuctionTest {
  private static final Stop NO_PRICE = new Stop(Brake.NO_FRESH_PRICE, "ETH-PERP", 0);
  private static final Marks MARKS = symbol -> symbol.startsWith("BTC") ? 60 : 3;

  /** 100 lots long and 7 short; discounts up to 1,000 after ten seconds, 2,000 after twenty. */
  private static final AuctionOpened OPENED =
      new AuctionOpened(
          1,
          0,
          "auction",
          "liquidation",
          "seller",
          41,
          7,
          100_000,
          5_000,
          new AuctionTerms(0, 10_000, 10_000, 10_000, 5_000, 100_000, 1_000, 2_000, 500),
          List.of(
              new Slice.Leg("BTC-PERP", 100, 59, 3_000), new Slice.Leg("ETH-PERP", -7, 4, 1_000)));

  private Auction auction = Auction.of(OPENED);

  @Test
  void givesAPartAtTheMarksWithItsShareOfTheDiscountOfTheMoment() {
    Answer.Accepted accepted = accepted(bid("b-1", "taker", 500_000, 5_000), 5_000);
    assertThat(accepted.placed().allocation())
        .isEqualTo(
            new Allocation(
                List.of(
                    new Allocation.Leg("BTC-PERP", 50, 60), new Allocation.Leg("ETH-PERP", -3, 3)),
                1_928,
                241,
                482,
                241));
    assertThat(accepted.placed().discountPpm()).isEqualTo(5_000);
    assertThat(accepted.placed().status()).isEqualTo(new BidStatus.Reserved(10_000));
    assertThat(auction.freeLots(0)).isEqualTo(50);
    assertThat(auction.freeLots(1)).isEqualTo(4);
    assertThat(auction.remainingLots(1)).isEqualTo(7);
  }

  @Test
  void givesTheLastTakerAllThatIsLeftOfTheLotsAndAllOfTheDiscountWhenThereIsOnlyOne() {
    Answer.Accepted all = accepted(bid("b-1", "taker", 1_000_000, 0), 10_000);
    assertThat(all.placed().allocation().discountMicros()).isEqualTo(1_000);
    lapse("b-1", LapseCause.HOUSE);
    accepted(bid("b-2", "taker", 333_333, 0), 10_000);
    accepted(bid("b-3", "taker", 333_333, 0), 10_000);
    Answer.Accepted last = accepted(bid("b-4", "taker", 1_000_000, 0), 10_000);
    assertThat(last.placed().allocation().legs())
        .containsExactly(
            new Allocation.Leg("BTC-PERP", 34, 60), new Allocation.Leg("ETH-PERP", -3, 3));
  }

  @Test
  void refusesABidOfWhoIsNoLiquidatorOrOfTheSeller() {
    Bid bid = bid("b-1", "taker", 500_000, 0);
    assertThat(auction.decide(bid, false, "", MARKS, List.of(), 0).answer())
        .isEqualTo(new Answer.Refused(new BidRefusal.NotALiquidator("taker")));
    assertRefused(bid("b-1", "seller", 500_000, 0), 0, new BidRefusal.NotALiquidator("seller"));
  }

  @Test
  void refusesABidThatSawAnotherVersionOfTheAccount() {
    assertRefused(new Bid("b-1", "taker", 500_000, 0, 40), 0, new BidRefusal.StaleVersion(40, 41));
    assertRefused(new Bid("b-1", "taker", 500_000, 0, 42), 0, new BidRefusal.StaleVersion(42, 41));
  }

  @Test
  void refusesAPriceUntilItIsReachedAndSaysWhenThatIs() {
    Bid bid = bid("b-1", "taker", 500_000, 10_000);
    assertRefused(bid, 9_999, new BidRefusal.PriceNotReached(9_990, 10_000, 10_000));
    accepted(bid, 10_000);
    assertRefused(
        bid("b-2", "taker", 500_000, 25_001),
        29_999,
        new BidRefusal.PriceNotReached(24_990, 25_001, 0));
  }

  @Test
  void refusesADustBidUnlessItTakesAllThatIsLeft() {
    assertRefused(
        bid("b-1", "taker", 99_999, 0), 0, new BidRefusal.BelowMinimumBid(99_999, 100_000));
    accepted(bid("b-2", "taker", 100_000, 0), 0);
    accepted(bid("b-3", "taker", 890_000, 0), 0);
    assertThat(auction.freeLots(0)).isEqualTo(1);
    assertThat(auction.freeLots(1)).isEqualTo(1);
    assertRefused(
        bid("b-4", "taker", 50_000, 0), 0, new BidRefusal.BelowMinimumBid(50_000, 100_000));
    accepted(bid("b-5", "taker", 150_000, 0), 0);
    assertThat(auction.freeLots(0) + auction.freeLots(1)).isZero();
  }

  @Test
  void acceptsABidBelowTheMinimumThatTakesAllThatIsLeft() {
    auction = Auction.of(opened(new Slice.Leg("BTC-PERP", 100, 59, 3_000)));
    accepted(bid("b-1", "taker", 950_000, 0), 0);
    assertRefused(
        bid("b-2", "taker", 40_000, 0), 0, new BidRefusal.BelowMinimumBid(40_000, 100_000));
    accepted(bid("b-2", "taker", 50_000, 0), 0);
  }

  @Test
  void leavesTheMicrosOfADiscountThatDoNotDivideWithTheSeller() {
    auction = Auction.of(opened(new Slice.Leg("BTC-PERP", 3, 59, 3_000)));
    long paid = 0;
    for (int n = 0; n < 3; n++) {
      paid +=
          accepted(bid("b-" + n, "taker", 333_334, 0), 10_000)
              .placed()
              .allocation()
              .discountMicros();
    }
    assertThat(auction.freeLots(0)).isZero();
    assertThat(paid).isEqualTo(999);
  }

  @Test
  void refusesABidThatComesToNoWholeLot() {
    auction = Auction.of(opened(new Slice.Leg("ETH-PERP", -7, 4, 1_000)));
    assertRefused(
        bid("b-1", "taker", 142_857, 0), 0, new BidRefusal.BelowMinimumBid(142_857, 142_858));
    accepted(bid("b-1", "taker", 142_858, 0), 0);
  }

  @Test
  void saysToTryAgainAboutWhenTheNewestReservationMayHaveBeenAnswered() {
    accepted(bid("b-1", "taker", 1_000_000, 0), 1_000);
    assertRetry(1_010, 1_060);
    assertRetry(2_000, 3_000);
    assertRetry(5_900, 6_000);
    lapse("b-1", LapseCause.HOUSE);
    accepted(bid("b-3", "taker", 990_000, 0), 6_000);
    accepted(bid("b-4", "taker", 1_000_000, 0), 6_900);
    assertRetry(7_000, 7_100);
  }

  private void assertRetry(long nowMs, long retryAtMs) {
    assertRefused(bid("b-2", "other", 500_000, 0), nowMs, new BidRefusal.NothingLeft(retryAtMs));
  }

  @Test
  void sellsAReservedPartAgainTheMomentItsReservationLapsesThoughNoTimerCame() {
    accepted(bid("b-1", "blocker", 1_000_000, 0), 1_000);
    Decision decision =
        auction.decide(bid("b-2", "other", 1_000_000, 0), true, "", MARKS, List.of(), 6_000);
    assertThat(decision.answer()).isInstanceOf(Answer.Accepted.class);
    assertThat(decision.events()).hasSize(2);
    assertThat(decision.events().getFirst())
        .isEqualTo(new ReservationLapsed(3, 6_000, "b-1", LapseCause.EXPIRED));
    auction = auction.after(decision.events());
    assertThat(requireNonNull(auction.bids().get("b-1")).status())
        .isEqualTo(new BidStatus.Lapsed(LapseCause.EXPIRED));
  }

  @Test
  void decidesTwoBidsOfTheSameInstantInTheirOrder() {
    accepted(bid("b-1", "first", 700_000, 0), 3_000);
    Answer.Accepted second = accepted(bid("b-2", "second", 700_000, 0), 3_000);
    assertThat(second.placed().allocation().legs().getFirst().lots()).isEqualTo(30);
  }

  @Test
  void givesARepeatedBidItsEarlierAnswer() {
    Bid bid = bid("b-1", "taker", 500_000, 0);
    Answer first = accepted(bid, 1_000);
    Decision again = auction.decide(bid, true, "", MARKS, List.of(), 2_000);
    assertThat(again.events()).isEmpty();
    assertThat(again.answer()).isEqualTo(first);
    settle("b-1");
    Decision later = auction.decide(bid, true, "", MARKS, List.of(), 90_000);
    assertThat(((Answer.Accepted) later.answer()).placed().status())
        .isInstanceOf(BidStatus.Settled.class);
    assertRefused(
        bid("b-1", "taker", 500_001, 0), 1_000, new BidRefusal.DuplicateWithOtherContent("b-1"));
  }

  @Test
  void suspendsABidderWhoseReservationsKeepFailing() {
    for (int n = 0; n < Auction.LAPSES_MAX; n++) {
      accepted(bid("b-" + n, "blocker", 1_000_000, 0), n);
      lapse("b-" + n, LapseCause.BIDDER_MARGIN);
    }
    assertRefused(bid("b", "blocker", 1_000_000, 0), 9, new BidRefusal.Suspended("blocker", 3));
    accepted(bid("b", "other", 1_000_000, 0), 9);
  }

  @Test
  void suspendsAMemberWhicheverOfItsAccountsBids() {
    for (int n = 0; n < Auction.LAPSES_MAX; n++) {
      accepted(bid("b-" + n, "empty-" + n, 500_000, 0), "blocker", n);
      lapse("b-" + n, LapseCause.BIDDER_MARGIN);
    }
    Bid next = bid("b", "empty-9", 1_000_000, 0);
    assertThat(auction.decide(next, true, "blocker", MARKS, List.of(), 9).answer())
        .isEqualTo(new Answer.Refused(new BidRefusal.Suspended("empty-9", 3)));
    settle("b-0"); // The seller had taken it in time: its doing is forgiven.
    accepted(next, "blocker", 9);
    lapse("b", LapseCause.BIDDER_MARGIN);
    accepted(bid("c", "blocker", 1_000_000, 0), "other", 9);
  }

  @Test
  void suspendsNobodyForWhatTheHouseDid() {
    for (int n = 0; n < 9; n++) {
      accepted(bid("b-" + n, "taker", 1_000_000, 0), n);
      lapse("b-" + n, LapseCause.values()[n % 2 == 0 ? 3 : 4]);
    }
    accepted(bid("b", "taker", 1_000_000, 0), 9);
  }

  @Test
  void sellsNothingOfWhatHasNoTrustedPrice() {
    Decision decision =
        auction.decide(
            bid("b-1", "taker", 500_000, 0),
            true,
            "",
            s -> s.startsWith("BTC") ? 60 : 0,
            List.of(),
            0);
    assertThat(decision.answer())
        .isEqualTo(new Answer.Refused(new BidRefusal.MarketStale("ETH-PERP", NO_PRICE)));
  }

  @Test
  void saysWhatForbidsToSellNowThoughItBeganWithSomethingElse() {
    Stop pause = new Stop(Brake.PAUSE, "BTC-PERP", 36_000_000);
    Bid bid = bid("b-1", "taker", 500_000, 0);
    BidRefusal paused = new BidRefusal.MarketStale("BTC-PERP", pause);
    assertThat(auction.decide(bid, true, "", stopped(pause), List.of(), 0).answer())
        .isEqualTo(new Answer.Refused(paused));
    look("ETH-PERP", 8_000);
    assertThat(auction.decide(bid, true, "", stopped(pause), List.of(), 9_000).answer())
        .isEqualTo(new Answer.Refused(paused));
  }

  @Test
  void saysWhichMarketThatTheSellerNeedsForbidsToSellNow() {
    Stop pause = new Stop(Brake.PAUSE, "XRP-PERP", 36_000_000);
    List<String> needed = List.of("SOL-PERP", "XRP-PERP");
    Marks solShut = market -> market.equals("SOL-PERP") ? 0 : 1;
    auction = auction.after(auction.look(solShut, needed, STANDSTILL_MS, false, 8_000));
    assertThat(requireNonNull(auction.standstill()).market()).isEqualTo("SOL-PERP");
    Bid bid = bid("b-1", "taker", 500_000, 0);
    assertThat(auction.decide(bid, true, "", stopped(pause), needed, 9_000).answer())
        .isEqualTo(new Answer.Refused(new BidRefusal.MarketStale("XRP-PERP", pause)));
  }

  private static Marks stopped(Stop stop) {
    return new Marks() {
      @Override
      public long mark(String leg) {
        return stop(leg) == null ? MARKS.mark(leg) : 0;
      }

      @Override
      public @Nullable Stop stop(String leg) {
        return leg.equals(stop.subject()) ? stop : null;
      }
    };
  }

  @Test
  void endsWhenTheLastLotIsSold() {
    accepted(bid("b-1", "taker", 500_000, 0), 0);
    accepted(bid("b-2", "taker", 1_000_000, 0), 0);
    settle("b-1");
    assertThat(auction.ended()).isNull();
    settle("b-2");
    assertThat(auction.ended()).isEqualTo(EndCause.SOLD);
    assertThat(auction.remainder()).isEmpty();
    assertRefused(bid("b-3", "taker", 500_000, 0), 10, new BidRefusal.AuctionClosed(0));
  }

  @Test
  void handsOnWhatNobodyBoughtOnceNothingIsReservedAnyMore() {
    accepted(bid("b-1", "taker", 500_000, 0), 34_000);
    long end = OPENED.terms().endsAtMs();
    assertThat(end).isEqualTo(35_000);
    assertThat(auction.due(end)).isEmpty();
    assertThat(auction.nextDueMs()).isEqualTo(39_000);
    assertRefused(bid("b-2", "taker", 500_000, 0), end, new BidRefusal.AuctionClosed(end));
    settle("b-1");
    assertThat(auction.due(end + 1))
        .containsExactly(
            new AuctionEnded(
                4,
                end + 1,
                EndCause.NOBODY_BOUGHT,
                List.of(new Lots("BTC-PERP", 50), new Lots("ETH-PERP", -4))));
  }

  @Test
  void endsOnTimeWithoutABid() {
    assertThat(auction.due(34_999)).isEmpty();
    assertThat(auction.nextDueMs()).isEqualTo(35_000);
    auction = auction.after(auction.due(35_000));
    assertThat(auction.ended()).isEqualTo(EndCause.NOBODY_BOUGHT);
    assertThat(auction.due(99_000)).isEmpty();
    assertThat(auction.nextDueMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shrinksAtOnceWhenTheAccountNeedsLessAndPricesOnItsNewBankruptcy() {
    accepted(bid("b-1", "taker", 500_000, 0), 0);
    List<AuctionEvent> events = auction.reduce(42, List.of(40L, 2L), 3_000, 10);
    assertThat(events)
        .containsExactly(
            new SliceReduced(
                3, 10, 42, List.of(40L, 2L), OPENED.terms().withBankruptcyMicros(3_000, 10)));
    auction = auction.after(events);
    assertThat(auction.freeLots(0)).isEqualTo(10);
    assertThat(auction.freeLots(1)).isEqualTo(2);
    assertThat(auction.terms().discountMicros(15_000)).isEqualTo(2_000);
    assertRefused(bid("b-2", "taker", 500_000, 0), 20, new BidRefusal.StaleVersion(41, 42));
    assertThat(auction.reduce(42, List.of(40L, 2L), 3_000, 30)).isEmpty();
    assertThat(auction.reduce(41, List.of(0L, 0L), 3_000, 30)).isEmpty();
  }

  @Test
  void followsABankruptcyPriceThatKeepsRisingForTwiceItsTimeAndNoLonger() {
    long end = OPENED.terms().startMs() + 2 * 35_000;
    long bankruptcy = 2_000;
    long now = 0;
    for (int version = 42; now < end; version++) {
      bankruptcy += bankruptcy / 20;
      auction = auction.after(auction.reduce(version, List.of(0L, 0L), bankruptcy, now));
      assertThat(auction.terms().endsAtMs()).isLessThanOrEqualTo(end);
      now += 500;
    }
    assertThat(auction.terms().endsAtMs()).isGreaterThan(end - 2_000);
    assertThat(auction.terms().bankruptcyMicros()).isLessThan(bankruptcy);
  }

  @Test
  void endsWhenADepositLeavesNothingToSell() {
    List<AuctionEvent> events = auction.reduce(42, List.of(100L, 7L), 3_000, 10);
    auction = auction.after(events);
    assertThat(auction.ended()).isEqualTo(EndCause.RECOVERED);
    assertThat(auction.recover(11)).isEmpty();
  }

  @Test
  void endsWhenTheAccountRecoversAndStillBooksWhatWasSettledMeanwhile() {
    accepted(bid("b-1", "taker", 500_000, 0), 0);
    auction = auction.after(auction.recover(10));
    assertThat(auction.ended()).isEqualTo(EndCause.RECOVERED);
    settle("b-1");
    assertThat(auction.soldLots()).containsExactly(50L, 3L);
    assertRefused(bid("b-2", "taker", 500_000, 0), 20, new BidRefusal.AuctionClosed(10));
  }

  @Test
  void booksASettlementThatItHearsOfAfterItsReservationLapsed() {
    Answer.Accepted late = accepted(bid("b-1", "taker", 600_000, 0), 0);
    auction = auction.after(auction.due(5_000));
    accepted(bid("b-2", "other", 600_000, 0), 5_000);
    List<AuctionEvent> events =
        auction.settle("b-1", "taker", late.placed().allocation(), new Charge(0, 0, 0), 5_001);
    auction = auction.after(events);
    assertThat(auction.soldLots().getFirst()).isEqualTo(60);
    assertThat(auction.freeLots(0)).isZero();
    assertThat(
            auction.settle("b-1", "taker", late.placed().allocation(), new Charge(0, 0, 0), 5_002))
        .isEmpty();
  }

  @Test
  void forgetsLapsedBidsAloneAndHasRoomForAllOthersThatThereCanBe() {
    assertThat(Auction.BIDS_MAX).isGreaterThanOrEqualTo(Offer.SETTLED_MAX + Auction.RESERVED_MAX);
    auction = Auction.of(OPENED, 3);
    accepted(bid("b-1", "taker", 100_000, 0), 0);
    settle("b-1");
    accepted(bid("b-2", "taker", 100_000, 0), 0);
    for (int n = 3; n < 9; n++) {
      accepted(bid("b-" + n, "other", 100_000, 0), 0);
      lapse("b-" + n, LapseCause.HOUSE);
    }
    assertThat(auction.bids()).containsOnlyKeys("b-1", "b-2", "b-8");
  }

  @Test
  void booksTheSettlementOfAForgottenBidOnce() {
    auction = Auction.of(OPENED, 1);
    Allocation late = accepted(bid("b-1", "taker", 600_000, 0), 0).placed().allocation();
    lapse("b-1", LapseCause.EXPIRED);
    accepted(bid("b-2", "other", 100_000, 0), 0);
    assertThat(auction.bids()).doesNotContainKey("b-1");
    Charge charge = new Charge(0, 0, 0);
    auction = auction.after(auction.settle("b-1", "taker", late, charge, 1));
    assertThat(auction.soldLots().getFirst()).isEqualTo(60);
    assertThat(auction.settle("b-1", "taker", late, charge, 2)).isEmpty();
    assertRefused(
        bid("b-1", "taker", 100_000, 0), 3, new BidRefusal.DuplicateWithOtherContent("b-1"));
  }

  @Test
  void remembersWhoseReservationsFailedThoughTheBidsThemselvesAreForgotten() {
    auction = Auction.of(OPENED, 1);
    for (int n = 0; n < Auction.LAPSES_MAX; n++) {
      accepted(bid("b-" + n, "blocker", 1_000_000, 0), 0);
      lapse("b-" + n, LapseCause.BIDDER_MARGIN);
    }
    assertThat(auction.bids()).hasSize(1);
    assertRefused(bid("b", "blocker", 1_000_000, 0), 9, new BidRefusal.Suspended("blocker", 3));
  }

  @Test
  void countsTheLapsesOfABoundedNumberOfBiddersAndKeepsTheWorst() {
    for (int n = 0; n < Auction.LAPSES_MAX + Auction.LAPSERS_MAX; n++) {
      String bidder = n < Auction.LAPSES_MAX ? "blocker" : "taker-" + n;
      accepted(bid("b-" + n, bidder, 1_000_000, 0), 0);
      lapse("b-" + n, LapseCause.BIDDER_MARGIN);
    }
    assertThat(auction.lapses())
        .hasSize(Auction.LAPSERS_MAX)
        .containsEntry("blocker", Auction.LAPSES_MAX)
        .doesNotContainKey("taker-" + Auction.LAPSES_MAX);
  }

  @Test
  void blamesNobodyForAReservationThatWasSettledAfterAll() {
    Allocation allocation = accepted(bid("b-1", "taker", 600_000, 0), 0).placed().allocation();
    lapse("b-1", LapseCause.BIDDER_MARGIN);
    assertThat(auction.lapses()).containsEntry("taker", 1);
    auction = auction.after(auction.settle("b-1", "taker", allocation, new Charge(0, 0, 0), 1));
    assertThat(auction.lapses()).isEmpty();
  }

  // ---- the clock

  private static final long STANDSTILL_MS = 60_000;
  private static final long LAST_CALL_MS = OPENED.terms().lastCallMs();

  @Test
  void standsStillWhileAMarketOfItLetsNobodyBid() {
    look("ETH-PERP", 8_000);
    assertThat(auction.standstill())
        .isEqualTo(new Auction.Standstill("ETH-PERP", 8_000, 8_000, BiddingStopped.OPEN_ENDED));
    assertRefused(
        bid("b", "taker", 500_000, 0), 9_000, new BidRefusal.MarketStale("ETH-PERP", null));
    assertThat(auction.due(40_000)).as("its end has passed").isEmpty();
    AuctionTerms meanwhile = AuctionReading.of(auction).terms(40_000);
    assertThat(meanwhile.discountMicros(40_000)).isEqualTo(800);
    assertThat(meanwhile.endsAtMs()).isEqualTo(40_000 + 27_000);
    look(null, 50_000);
    assertThat(auction.standstill()).isNull();
    assertThat(auction.terms()).isEqualTo(OPENED.terms().delayedBy(42_000));
    assertThat(accepted(bid("b", "taker", 500_000, 8_000), 50_000).placed().discountPpm())
        .isEqualTo(8_000);
    assertThat(auction.terms().endsAtMs()).isEqualTo(50_000 + 27_000);
  }

  @Test
  void standsStillOnlyForMarketsOfWhatIsStillForSale() {
    auction = auction.after(auction.reduce(42, List.of(0L, 7L), 2_000, 10));
    look("ETH-PERP", 8_000);
    assertThat(auction.standstill()).isNull();
    look("BTC-PERP", 8_000);
    assertThat(auction.standstill()).isNotNull();
  }

  @Test
  void standsStillForAsLongAsNobodyMayBidHoweverLongThatIs() {
    look("ETH-PERP", 8_000);
    long openMs = 100 * STANDSTILL_MS;
    assertThat(auction.nextDueMs()).isEqualTo(Long.MAX_VALUE);
    assertThat(auction.due(openMs)).isEmpty();
    look("BTC-PERP", openMs);
    assertThat(auction.standstill()).isNotNull();
    look(null, openMs);
    assertThat(auction.terms()).isEqualTo(OPENED.terms().delayedBy(openMs - 8_000));
  }

  @Test
  void hasItsWholeLastCallAgainAfterAStandstillThatTouchesIt() {
    look("ETH-PERP", 34_000);
    look(null, 50_000);
    assertThat(auction.terms().endsAtMs()).isEqualTo(55_000);
    assertThat(auction.terms().discountMicros(50_000)).isEqualTo(2_500);
  }

  @Test
  void standsStillAlsoWhereItsEndHasPassedUnseen() {
    look("ETH-PERP", 36_000);
    assertThat(auction.due(40_000)).isEmpty();
    look(null, 50_000);
    assertThat(auction.terms().endsAtMs()).isEqualTo(55_000);
  }

  /** Whoever closes and opens a market in turn does not put off the end for ever. */
  @Test
  void goesOnInItsLastCallWhereItStoodOnceItHasStoodForSoLongInTotal() {
    look("ETH-PERP", 8_000);
    look(null, 8_000 + STANDSTILL_MS + 1);
    long endsMs = auction.terms().endsAtMs();
    look("BTC-PERP", endsMs - 3_000);
    assertThat(auction.due(endsMs)).isEmpty();
    look(null, endsMs + 10_000);
    assertThat(auction.terms().endsAtMs()).isEqualTo(endsMs + 13_000);
    look("BTC-PERP", endsMs + 14_000);
    assertThat(auction.due(endsMs + 20_000)).isEmpty();
    look(null, endsMs + 20_000);
    assertThat(auction.ended()).isEqualTo(EndCause.NOBODY_BOUGHT);
  }

  @Test
  void hasItsWholeLastCallAgainWhereItWasAwayAndNobodyMayBid() {
    auction = auction.after(auction.look(_ -> 0, List.of(), -1, true, 45_000));
    assertThat(requireNonNull(auction.standstill()).sinceMs()).isEqualTo(30_000);
    look(null, 50_000);
    assertThat(auction.terms().endsAtMs()).as("a whole last call").isEqualTo(55_000);
    assertThat(auction.terms().discountMicros(50_000)).isEqualTo(2_500);
  }

  @Test
  void hasItsLastCallAgainAfterItWasAwayThoughEverybodyMayBidByNow() {
    auction = auction.after(auction.look(_ -> 1, List.of(), STANDSTILL_MS, true, 45_000));
    assertThat(auction.standstill()).isNull();
    assertThat(auction.ended()).isNull();
    assertThat(auction.terms().endsAtMs()).isEqualTo(45_000 + 5_000);
    accepted(bid("b", "taker", 500_000, 0), 45_000);
  }

  @Test
  void standsStillAfterItWasAwayHoweverLongThatWas() {
    auction =
        auction.after(auction.look(_ -> 0, List.of(), STANDSTILL_MS, true, 10 * STANDSTILL_MS));
    assertThat(auction.due(11 * STANDSTILL_MS - 1)).isEmpty();
    look(null, 10 * STANDSTILL_MS + 1_000);
    assertThat(auction.terms().endsAtMs()).isEqualTo(10 * STANDSTILL_MS + 6_000);
  }

  @Test
  void losesNothingToAnAbsenceBeforeItsLastCall() {
    assertThat(auction.look(_ -> 1, List.of(), STANDSTILL_MS, true, 29_000)).isEmpty();
  }

  @Test
  void neverAsksTheFundForWhatTheHouseItselfSells() {
    AuctionTerms terms = OPENED.terms().withFundCapMicros(0, 5_000, 0);
    AuctionOpened house =
        new AuctionOpened(
            1,
            0,
            "auction",
            "liquidation",
            HouseAccount.DEFAULT,
            41,
            7,
            100_000,
            5_000,
            terms,
            OPENED.legs());
    auction = Auction.of(house);
    assertThat(auction.due(20_000)).isEmpty();
    assertThat(auction.nextDueMs()).isEqualTo(25_000);
    auction = auction.after(auction.due(25_000));
    assertThat(auction.ended()).isEqualTo(EndCause.NOBODY_BOUGHT);
  }

  @Test
  void pricesOnItsNewBankruptcyAlsoWhileItStandsStill() {
    look("ETH-PERP", 15_000);
    auction = auction.after(auction.reduce(42, List.of(0L, 0L), 3_000, 40_000));
    look(null, 45_000);
    assertThat(auction.terms())
        .isEqualTo(OPENED.terms().withBankruptcyMicros(3_000, 15_000).delayedBy(30_000));
  }

  @Test
  void followsAPriceForTwiceItsTimeWithoutTheTimeInWhichItStoodStill() {
    look("ETH-PERP", 1_000);
    look(null, 41_000);
    long end = 41_000 - 1_000 + 2 * 35_000;
    long bankruptcy = 2_000;
    for (int version = 42; version < 200; version++) {
      bankruptcy += bankruptcy / 20;
      long now = 41_000 + 500L * (version - 42);
      auction = auction.after(auction.reduce(version, List.of(0L, 0L), bankruptcy, now));
    }
    assertThat(auction.terms().endsAtMs()).isBetween(end - 2_000, end);
  }

  @Test
  void asksTheFundOnceItsClockHasComeToTheBankruptcyPrice() {
    AuctionTerms terms = OPENED.terms().withFundCapMicros(0, 5_000, 0);
    auction = Auction.of(opened(terms, OPENED.legs()));
    look("ETH-PERP", 15_000);
    assertThat(auction.due(22_000)).isEmpty();
    look(null, 45_000);
    assertThat(auction.due(49_999)).isEmpty();
    assertThat(auction.due(50_000)).hasExactlyElementsOfTypes(FundAsked.class);
  }

  @Test
  void goesOnWithTheFundsMoneyFromWhereItStandsStill() {
    AuctionTerms terms = OPENED.terms().withFundCapMicros(0, 5_000, 0);
    auction = Auction.of(opened(terms, OPENED.legs()));
    auction = auction.after(auction.due(20_000));
    look("ETH-PERP", 21_000);
    auction = auction.after(auction.pledged(400, 40_000));
    look(null, 41_000);
    assertThat(auction.terms())
        .isEqualTo(terms.withFundCapMicros(400, 5_000, 21_000).delayedBy(20_000));
  }

  @Test
  void givesTheFundItsMoneyBackOnceItHasStoodStillForTooLong() {
    hasPledged(400);
    accepted(bid("b", "taker", 500_000, 0), 21_000);
    look("ETH-PERP", 22_000);
    long tooLongMs = 22_000 + Auction.PLEDGE_STANDS_CALLS * LAST_CALL_MS;
    auction = auction.after(auction.due(tooLongMs));
    assertThat(auction.ended()).as("the seller may have sold it").isNull();
    auction = auction.after(auction.lapse("b", LapseCause.HOUSE, tooLongMs));
    assertThat(auction.due(tooLongMs - 1)).isEmpty();
    assertThat(auction.nextDueMs()).isEqualTo(tooLongMs);
    auction = auction.after(auction.due(tooLongMs));
    assertThat(auction.ended()).isEqualTo(EndCause.STOOD_STILL);
    assertThat(auction.owesFundItsRest()).isTrue();
  }

  @Test
  void givesItsLastCallAgainWithTheFundsMoneyAfterItWasAwayForHoweverLong() {
    hasPledged(400);
    long backMs = 1_000_000;
    look("ETH-PERP", true, backMs);
    assertThat(requireNonNull(auction.standstill()).sinceMs()).isLessThan(backMs - 900_000);
    assertThat(auction.due(backMs)).isEmpty();
    look(null, false, backMs + 1_000);
    assertThat(auction.ended()).isNull();
    assertThat(auction.terms().endsAtMs()).isEqualTo(backMs + 1_000 + LAST_CALL_MS);
    long againMs = backMs + 2_000;
    look("ETH-PERP", false, againMs);
    long tooLongMs = againMs + Auction.PLEDGE_STANDS_CALLS * LAST_CALL_MS;
    assertThat(auction.due(tooLongMs - 1)).isEmpty();
    auction = auction.after(auction.due(tooLongMs));
    assertThat(auction.ended()).isEqualTo(EndCause.STOOD_STILL);
  }

  @Test
  void standsStillForAsLongAsItTakesWhereTheFundPromisedNothing() {
    hasPledged(0);
    look("ETH-PERP", 22_000);
    assertThat(auction.nextDueMs()).isEqualTo(Long.MAX_VALUE);
    assertThat(auction.due(1_000_000_000)).isEmpty();
  }

  @Test
  void endsAlsoWhileItStandsStillWhenTheAccountRecovers() {
    look("ETH-PERP", 15_000);
    auction = auction.after(auction.recover(16_000));
    assertThat(auction.ended()).isEqualTo(EndCause.RECOVERED);
    assertThat(auction.standstill()).isNull();
    assertThat(auction.nextDueMs()).isEqualTo(Long.MAX_VALUE);
  }

  /** At the bankruptcy price the fund has answered. */
  private void hasPledged(long micros) {
    AuctionTerms terms = OPENED.terms().withFundCapMicros(0, 5_000, 0);
    auction = Auction.of(opened(terms, OPENED.legs()));
    auction = auction.after(auction.due(20_000));
    auction = auction.after(auction.pledged(micros, 20_000));
  }

  /**
   * @param closed a market in which nobody may bid
   */
  private void look(@Nullable String closed, long nowMs) {
    look(closed, false, nowMs);
  }

  private void look(@Nullable String closed, boolean away, long nowMs) {
    auction =
        auction.after(
            auction.look(
                market -> market.equals(closed) ? 0 : 1, List.of(), STANDSTILL_MS, away, nowMs));
  }

  @Test
  void throwsAtAnEventThatCannotFollow() {
    assertThatThrownBy(() -> auction.apply(new ReservationLapsed(3, 0, "b", LapseCause.EXPIRED)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("gap");
    assertThatThrownBy(() -> auction.apply(new ReservationLapsed(2, 0, "b", LapseCause.EXPIRED)))
        .isInstanceOf(IllegalStateException.class);
    Allocation tooMuch =
        new Allocation(List.of(new Allocation.Leg("BTC-PERP", 101, 60)), 1, 0, 0, 0);
    assertThatThrownBy(
            () -> auction.apply(new BidSettled(2, 0, "b", "taker", tooMuch, new Charge(0, 0, 0))))
        .isInstanceOf(IllegalStateException.class);
  }

  private static AuctionOpened opened(Slice.Leg... legs) {
    return opened(OPENED.terms(), List.of(legs));
  }

  private static AuctionOpened opened(AuctionTerms terms, List<Slice.Leg> legs) {
    return new AuctionOpened(
        1, 0, "auction", "liquidation", "seller", 41, 7, 100_000, 5_000, terms, legs);
  }

  private static Bid bid(String id, String bidder, long fractionPpm, long discountPpmMin) {
    return new Bid(id, bidder, fractionPpm, discountPpmMin, 41);
  }

  private Answer.Accepted accepted(Bid bid, long nowMs) {
    return accepted(bid, "", nowMs);
  }

  private Answer.Accepted accepted(Bid bid, String member, long nowMs) {
    Decision decision = auction.decide(bid, true, member, MARKS, List.of(), nowMs);
    assertThat(decision.answer()).isInstanceOf(Answer.Accepted.class);
    assertThat(decision.events().getLast()).isInstanceOf(BidReserved.class);
    auction = auction.after(decision.events());
    return (Answer.Accepted) decision.answer();
  }

  private void assertRefused(Bid bid, long nowMs, BidRefusal why) {
    Decision decision = auction.decide(bid, true, "", MARKS, List.of(), nowMs);
    assertThat(decision.answer()).isEqualTo(new Answer.Refused(why));
    assertThat(decision.events()).noneMatch(event -> event instanceof BidReserved);
  }

  private void lapse(String bidId, LapseCause cause) {
    auction = auction.after(auction.lapse(bidId, cause, 0));
  }

  private void settle(String bidId) {
    Auction.Placed placed = requireNonNull(auction.bids().get(bidId));
    auction =
        auction.after(
            auction.settle(
                bidId,
                placed.bid().bidder(),
                placed.allocation(),
                new Charge(placed.allocation().discountMicros(), 0, 0),
                0));
  }
}

package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.withBtc;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.OfferClosed;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.AccountEvent.SurplusPaid;
import org.novation.account.Batch.Settlement;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.instrument.Coins;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/**
 * 100 BTC at 100 units count 8,000: an account that owes more has too little, without a position.
 */
final class CoinsForSaleTest {
  private static final long COIN = 100_000_000;
  private static final String LEG = Coins.leg("BTC");

  private final Account account = owing("a", 8_000 * UNIT, 100 * COIN);

  /** Without a position, for instance after a liquidation. */
  private static Account owing(String id, long debtMicros, long coins) {
    Account account = account(id, 0);
    Batch batch = batch(account, at(100));
    batch.deposit("coins", "BTC", coins, Known.NO);
    batch.take(new Transfer("loss", "x", id, NOW_MS, List.of(), -debtMicros, List.of(), 0));
    batch.finish().forEach(account::apply);
    return account;
  }

  private static List<AccountEvent> decide(Account of, MarketView view, Consumer<Batch> what) {
    Batch batch = batch(of, view);
    what.accept(batch);
    List<AccountEvent> events = batch.finish();
    events.forEach(of::apply);
    assertThat(of.cashIsExplained()).isTrue();
    assertThat(Account.of(of.snapshot(), CATALOGUE).snapshot()).isEqualTo(of.snapshot());
    assertThat(Account.of(of.snapshot(), CATALOGUE).cashIsExplained()).isTrue();
    return events;
  }

  /** Owes 8,100: equity is 100 short, everything together fetches 1,900 more. */
  private Offer offered() {
    decide(account, at(100), batch -> owes(batch, 100));
    decide(account, at(100), batch -> batch.cut(LotBudget.UNLIMITED));
    return Objects.requireNonNull(account.offer());
  }

  private static void owes(Batch batch, long units) {
    batch.take(new Transfer("more", "x", "a", NOW_MS, List.of(), -units * UNIT, List.of(), 0));
  }

  private static Allocation part(long coins, long price, long discountUnits) {
    return new Allocation(
        List.of(new Allocation.Leg(LEG, coins, price * UNIT)),
        1,
        discountUnits * UNIT,
        2 * discountUnits * UNIT,
        0);
  }

  private static long equity(Account of, MarketView view) {
    return Margin.health(of.portfolio(), view).equityMicros();
  }

  @Test
  void aFlatAccountIsLiquidatedOnceItsCoinsCountForLessThanItOwes() {
    assertThat(equity(account, at(100))).isZero();
    assertThat(decide(account, at(100), batch -> {})).isEmpty();
    MarketView lower =
        at(100)
            .with(
                BTC,
                new MarketView.AssetPrice(
                    100 * UNIT - 1, 1_000_000, 1_000_000, 1_000_000, PriceValidity.FRESH, 0),
                NOW_MS);
    MarketView stale = withBtc(at(100), 90, PriceValidity.STALE);
    assertThat(decide(account, stale, batch -> {})).as("on a price that is not trusted").isEmpty();
    decide(account, lower, batch -> {});
    assertThat(account.snapshot().phase()).isEqualTo(Phase.LIQUIDATING);
    assertThat(AccountActor.fallsWithPrices(account.portfolio())).as("watched").isTrue();
  }

  @Test
  void sellsTheSmallestShareOfItsCoinsByOneWriteAndIsDone() {
    Offer offer = offered();
    Slice.Leg leg = offer.legs().getFirst();
    assertThat(leg.instrument()).isEqualTo(LEG);
    // (1.02 · 2,000 − 1,900) / (1.02 − 0.4) = 225.806... of the haircut of 2,000 goes with it.
    assertThat(leg.lots()).isBetween(11 * COIN, 12 * COIN);
    long coins = leg.lots();
    long worth = Coins.worthMicros(CATALOGUE.asset(BTC), coins, 100 * UNIT);
    List<AccountEvent> events =
        decide(
            account,
            at(100),
            batch ->
                assertThat(
                        batch.settle(
                            offer.auctionId(), "b", "bidder", part(coins, 100, 10), NOW_MS))
                    .isInstanceOf(Settlement.Settled.class));
    assertThat(events).hasAtLeastOneElementOfType(SliceSold.class);
    assertThat(account.portfolio().amount(BTC)).isEqualTo(100 * COIN - coins);
    assertThat(account.portfolio().cashMicros()).isEqualTo(-8_100 * UNIT + worth - 20 * UNIT);
    assertThat(account.snapshot().phase()).isEqualTo(Phase.HEALTHY);
    Account bidder = account("bidder", 10_000 * UNIT);
    for (int times = 0; times < 2; times++) deliver(account, bidder);
    assertThat(bidder.portfolio().amount(BTC)).isEqualTo(coins);
    assertThat(bidder.portfolio().cashMicros()).isEqualTo(10_000 * UNIT - worth + 10 * UNIT);
  }

  @Test
  void nothingIsSettledWhileCoinsHaveNoFreshPriceAndTheAuctionHearsOfThem() {
    Offer offer = offered();
    MarketView stale = withBtc(at(100), 100, PriceValidity.STALE);
    List<AccountEvent> events =
        decide(
            account,
            stale,
            batch ->
                assertThat(
                        batch.settle(offer.auctionId(), "b", "bidder", part(COIN, 100, 10), NOW_MS))
                    .isEqualTo(new Settlement.NotNow(LEG)));
    assertThat(events).isEmpty();
  }

  private static void deliver(Account from, Account to) {
    for (Dispatch dispatch : from.dispatches().values()) {
      if (dispatch instanceof Dispatch.Deliver(var transfer) && transfer.to().equals(to.id()))
        decide(to, at(100), batch -> batch.take(transfer));
    }
  }

  @Test
  void aDepositOrAPriceThatCoversTheDebtWithTheBufferEndsTheSale() {
    offered();
    List<AccountEvent> events =
        decide(account, at(100), batch -> batch.deposit("some", "USDC", 120 * UNIT, Known.NO));
    assertThat(account.offer()).as("40 of buffer are not there yet").isNotNull();
    assertThat(events).doesNotHaveAnyElementsOfTypes(OfferClosed.class);
    events = decide(account, at(100), batch -> batch.deposit("more", "USDC", 20 * UNIT, Known.NO));
    assertThat(events).hasAtLeastOneElementOfType(OfferClosed.class);
    assertThat(account.portfolio().amount(BTC)).isEqualTo(100 * COIN);
  }

  @Test
  void anAccountWithPositionsSellsThemAloneWhileItsCoinsCoverWhatItOwes() {
    Account long10 = account("a", 0);
    decide(long10, at(100), batch -> batch.deposit("coins", "BTC", COIN * 3 / 2, Known.NO));
    book(long10, buys("a", "t", 10, 100), at(100));
    MarketView view = withBtc(at(92), 100, PriceValidity.FRESH); // Equity 40, maintenance 46.
    decide(long10, view, batch -> {});
    List<AccountEvent> events = decide(long10, view, batch -> batch.cut(LotBudget.UNLIMITED));
    assertThat(((SliceOffered) events.getFirst()).slice().legs())
        .extracting(Slice.Leg::instrument)
        .containsExactly("BTC-PERP");
    // Equity -10: everything goes, and is worth 20.
    MarketView lower = withBtc(at(87), 100, PriceValidity.FRESH);
    Account poorer = account("a", 0);
    decide(poorer, at(100), batch -> batch.deposit("coins", "BTC", COIN * 3 / 2, Known.NO));
    book(poorer, buys("a", "t", 10, 100), at(100));
    decide(poorer, lower, batch -> {});
    events = decide(poorer, lower, batch -> batch.cut(LotBudget.UNLIMITED));
    Slice slice = ((SliceOffered) events.getFirst()).slice();
    assertThat(slice.legs()).extracting(Slice.Leg::instrument).containsExactly(LEG, "BTC-PERP");
    assertThat(slice.equityShareMicros()).isEqualTo(20 * UNIT);
  }

  @Test
  void whatNobodyWantsGoesToTheHouseWithItsCoinsAndItsDebt() {
    decide(account, at(100), batch -> owes(batch, 2_100)); // 100 more than everything fetches.
    decide(account, at(100), batch -> batch.cut(LotBudget.UNLIMITED));
    String auction = Objects.requireNonNull(account.offer()).auctionId();
    decide(
        account,
        at(100),
        batch ->
            assertThat(batch.handOver(auction, null)).isEqualTo(new Batch.HandOver.NeedsFund()));
    AccountEvent.DrawAsked asked = Objects.requireNonNull(account.asked());
    assertThat(asked.micros()).isEqualTo(100 * UNIT);
    Batch.Grant grant = new Batch.Grant(asked.drawId(), 30 * UNIT);
    List<AccountEvent> events = decide(account, at(100), batch -> batch.handOver(auction, grant));
    HandedOver handed = (HandedOver) events.getFirst();
    assertThat(handed.paidMicros()).isEqualTo(30 * UNIT);
    assertThat(handed.cashMicros()).isEqualTo(-70 * UNIT);
    assertThat(account.portfolio().amount(BTC)).isZero();
    assertThat(account.portfolio().cashMicros()).isZero();
    Account house = account(HouseAccount.DEFAULT, 0);
    deliver(account, house);
    assertThat(house.portfolio().amount(BTC)).isEqualTo(100 * COIN);
    assertThat(house.portfolio().cashMicros()).isEqualTo(-10_070 * UNIT);
    DefaultRead read = DefaultReading.of(house, at(100), NOW_MS);
    assertThat(read.equityMicros()).as("coins at their haircut").isEqualTo(-2_070 * UNIT);
  }

  @Test
  void theHouseSellsItsCoinsForNoLessThanTheyCountForAndPaysOutWhatIsLeft() {
    Account house = owing(HouseAccount.DEFAULT, 8_000 * UNIT, 100 * COIN);
    List<AccountEvent> events = decide(house, at(100), batch -> batch.cut(LotBudget.UNLIMITED));
    SliceOffered first = (SliceOffered) events.getFirst();
    assertThat(first.slice().legs().getFirst().lots()).isEqualTo(100 * COIN);
    assertThat(first.slice().equityShareMicros()).isEqualTo(2_000 * UNIT);
    events =
        decide(
            house,
            at(100),
            batch ->
                assertThat(batch.handOver(first.auctionId(), null))
                    .isEqualTo(new Batch.HandOver.Done()));
    assertThat(events).hasOnlyElementsOfType(OfferClosed.class);
    events = decide(house, at(100), batch -> batch.cut(LotBudget.UNLIMITED));
    SliceOffered again = (SliceOffered) events.getFirst();
    assertThat(again.auctionId()).isNotEqualTo(first.auctionId());
    events =
        decide(
            house,
            at(100),
            batch ->
                batch.settle(
                    again.auctionId(), "b", "bidder", part(100 * COIN, 100, 1_500), NOW_MS));
    // 500 of the counted 2,000 are left; of that the fund gets all, by fee and as surplus.
    SliceSold sold = (SliceSold) events.getFirst();
    SurplusPaid surplus = (SurplusPaid) events.getLast();
    assertThat(sold.charge().feeMicros() + surplus.micros()).isEqualTo(500 * UNIT);
    assertThat(house.portfolio().cashMicros()).isZero();
  }

  @Test
  void theHousePaysOutNoSurplusWhileItHasCoinsThatHaveNoPrice() {
    Account house = account(HouseAccount.DEFAULT, 0);
    MarketView unpriced = withBtc(at(100), 0, PriceValidity.STALE);
    decide(house, unpriced, batch -> batch.deposit("coins", "BTC", COIN, Known.NO));
    List<AccountEvent> events =
        decide(house, unpriced, batch -> batch.deposit("cash", "USDC", UNIT, Known.NO));
    assertThat(events).noneMatch(event -> event instanceof SurplusPaid).isNotEmpty();
    assertThat(house.portfolio().cashMicros()).isEqualTo(UNIT);
  }

  @Test
  void aBidderNeedsTheMarginForCoinsAtTheirHaircutAndForAllThatItBidsFor() {
    Account bidder = account("bidder", 2_500 * UNIT);
    Allocation all = part(100 * COIN, 100, 0);
    assertThat(SliceJudgement.of("bidder", bidder.portfolio(), Markets.NO_HOLDS, all, at(100)))
        .isNull();
    Account poor = account("bidder", 2_000 * UNIT - 1);
    assertThat(SliceJudgement.of("bidder", poor.portfolio(), Markets.NO_HOLDS, all, at(100)))
        .isInstanceOf(Rejection.InsufficientMargin.class);
    Holds sums = new Holds();
    SaleDesk<String, String, String> desk = new SaleDesk<>(sums);
    assertThat(desk.hold(bidder, "x", "1", all, at(100), 0, 1_000)).isNull();
    assertThat(desk.hold(bidder, "x", "2", all, at(100), 0, 1_000))
        .isInstanceOf(Rejection.InsufficientMargin.class);
    desk.release("x", "1");
    assertThat(sums.isEmpty()).isTrue();
    assertThat(desk.hold(bidder, "x", "2", all, at(100), 0, 1_000)).isNull();
  }

  /**
   * Random accounts with coins and positions, sold part by part to random bidders while prices
   * move.
   */
  @Test
  void everyPartIsPaidForToTheMicroAndNoFeeBankrupts() {
    int[] sold = {0};
    int[] ofBoth = {0};
    Seeds.each(
        2_000,
        seed -> {
          Random random = new Random(seed);
          Account seller = account("a", 0);
          decide(
              seller,
              at(100),
              batch -> batch.deposit("coins", "BTC", 1 + random.nextLong(50 * COIN), Known.NO));
          long counted = equity(seller, at(100));
          if (random.nextBoolean()) {
            decide(seller, at(100), batch -> batch.deposit("c", "USDC", 100 * UNIT, Known.NO));
            book(seller, buys("a", "t", 1 + random.nextInt(10), 100), at(100));
          }
          long debt = equity(seller, at(100)) + Math.round(counted * 0.3 * random.nextDouble()) + 1;
          decide(
              seller,
              at(100),
              batch ->
                  batch.take(
                      new Transfer("loss", "x", "a", NOW_MS, List.of(), -debt, List.of(), 0)));
          List<AccountEvent> cut = decide(seller, at(100), batch -> batch.cut(LotBudget.UNLIMITED));
          if (cut.isEmpty() || !(cut.getFirst() instanceof SliceOffered offered)) return;
          Auction auction =
              Auction.of(
                  Auction.open(
                      offered.auctionId(),
                      offered.liquidationId(),
                      "a",
                      offered.ownVersion(),
                      1,
                      offered.slice(),
                      LiquidationPolicy.DEFAULTS,
                      NOW_MS));
          boolean both = offered.slice().legs().size() > 1;
          List<Account> bidders = new ArrayList<>();
          for (int n = 0; n < 3 && seller.offer() != null; n++) {
            long price = 97 + random.nextInt(7);
            MarketView view = withBtc(at(100), price, PriceValidity.FRESH);
            Bid bid = new Bid("b" + n, "bidder" + n, 1 + random.nextInt(1_000_000), 0, 0);
            long nowMs = NOW_MS + random.nextInt(60_000);
            Auction.Decision decision =
                auction.decide(
                    new Bid(
                        bid.bidId(), bid.bidder(), bid.fractionPpm(), 0, auction.accountVersion()),
                    true,
                    "",
                    leg -> Coins.are(leg) ? price * UNIT : 100,
                    List.of(),
                    nowMs);
            if (!(decision.answer() instanceof Auction.Answer.Accepted(var placed))) continue;
            long before = worth(seller, view);
            List<AccountEvent> events =
                decide(
                    seller,
                    view,
                    batch ->
                        batch.settle(
                            offered.auctionId(),
                            "b" + bid.bidId(),
                            bid.bidder(),
                            placed.allocation(),
                            NOW_MS));
            if (events.isEmpty() || !(events.getFirst() instanceof SliceSold part)) continue;
            sold[0]++;
            if (both) ofBoth[0]++;
            long paid = part.charge().sellerMicros() + part.charge().feeMicros();
            assertThat(before - worth(seller, view)).isBetween(paid, paid + 1);
            if (part.charge().feeMicros() > 0) assertThat(worth(seller, view)).isNotNegative();
            Account bidder = account(bid.bidder(), 0);
            deliver(seller, bidder);
            bidders.add(bidder);
            balance(seller, bidders, debt);
          }
        });
    assertThat(sold[0]).isGreaterThan(1_000);
    assertThat(ofBoth[0]).isGreaterThan(200);
  }

  /** What everything fetches. */
  private static long worth(Account of, MarketView view) {
    return equity(of, view) + Saleable.haircutMicros(of.portfolio(), view);
  }

  /** Coins, lots and cash that have left one are with others, or were paid as a fee. */
  private static void balance(Account seller, List<Account> bidders, long debt) {
    long coins = seller.portfolio().amount(BTC) - seller.depositedAt(slot(seller, BTC));
    long lots = seller.lots("BTC-PERP");
    long cash = seller.movedMicros() + debt;
    for (Account bidder : bidders) {
      coins += bidder.portfolio().amount(BTC);
      lots += bidder.lots("BTC-PERP");
      cash += bidder.movedMicros();
    }
    for (Dispatch dispatch : seller.dispatches().values())
      if (dispatch instanceof Dispatch.Contribute(_, var fee, _)) cash += fee;
    assertThat(coins).isZero();
    assertThat(cash).isZero();
    assertThat(lots).isBetween(0L, 10L);
  }

  private static int slot(Account of, int asset) {
    for (int slot = 0; slot < of.portfolio().balances(); slot++)
      if (of.portfolio().assetAt(slot) == asset) return slot;
    throw new AssertionError("it never had any");
  }
}

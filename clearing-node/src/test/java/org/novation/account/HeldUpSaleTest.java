package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.BTC_PERP;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;
import static org.novation.account.Markets.with;
import static org.novation.account.Markets.withBtc;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.Batch.HandOver;
import org.novation.account.Batch.Settlement;
import org.novation.clearing.Books.Known;
import org.novation.instrument.Coins;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Auction.Answer;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.Bid;
import org.novation.risk.Action;
import org.novation.risk.Brakes;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.PriceValidity;

/**
 * An auction and its seller's account, second by second, through three quarters of an hour in which
 * nobody may bid: half as long again as the clock of an auction is meant to stand still.
 */
final class HeldUpSaleTest {
  private static final LiquidationPolicy POLICY = Markets.POLICY;
  private static final long SECOND = 1_000;
  private static final long HELD_UP_MS = 45 * 60 * SECOND;
  private static final MarketView OPEN = at(92);
  private static final MarketView STALE = with(OPEN, BTC_PERP, 92, 0, PriceValidity.STALE);
  private static final MarketView STALE_BESIDE = withBtc(OPEN, 100, PriceValidity.STALE);
  private static final MarketView PAUSED =
      OPEN.with(
          BTC_PERP,
          OPEN.instrument(BTC_PERP)
              .braked(Brakes.NONE.withPause(Operation.AUCTIONS, Brakes.OPEN_ENDED)),
          NOW_MS);

  private final Account seller = account("a", 120 * UNIT);
  private Auction auction;
  private long nowMs = NOW_MS;
  private long handedOverMs;

  HeldUpSaleTest() {
    book(seller, buys("a", "t", 10, 100), at(100));
    does(OPEN, batch -> batch.deposit("coins", "BTC", 1_000, Known.NO));
    does(OPEN, batch -> {});
    does(OPEN, batch -> batch.cut(LotBudget.UNLIMITED));
    SliceOffered offered = Objects.requireNonNull(seller.offered());
    auction =
        Auction.of(
            Auction.open(
                offered.auctionId(),
                offered.liquidationId(),
                "a",
                offered.ownVersion(),
                1,
                offered.slice(),
                POLICY,
                NOW_MS));
  }

  private List<AccountEvent> does(MarketView view, Consumer<Batch> what) {
    Batch batch = new Batch(seller, NO_HOLDS, view, POLICY, nowMs);
    what.accept(batch);
    List<AccountEvent> events = batch.finish();
    events.forEach(seller::apply);
    return events;
  }

  private long mark(String leg, MarketView view) {
    if (Coins.are(leg)) {
      int asset = Coins.listed(view.catalogue(), leg);
      boolean stopped = view.stopOfAsset(Action.AUCTION, asset, nowMs) != null;
      return stopped ? 0 : view.asset(asset).priceMicros();
    }
    MarketView.Instrument market = view.instrument(view.catalogue().instrumentListed(leg));
    return market.allows(Action.AUCTION, nowMs) ? market.markTicks() : 0;
  }

  private void happen(List<AuctionEvent> events) {
    auction = auction.after(events);
  }

  /** What an auction does on its timer, and what its seller does when it hears of the end. */
  private void passes(MarketView view, long ms) {
    for (long untilMs = nowMs + ms; nowMs < untilMs; nowMs += SECOND) {
      String needs = new Batch(seller, NO_HOLDS, view, POLICY, nowMs).keptFromSelling();
      List<String> needed = needs.isEmpty() ? List.of() : List.of(needs);
      happen(auction.look(leg -> mark(leg, view), needed, POLICY.standstillMsMax(), false, nowMs));
      happen(auction.due(nowMs));
      Auction.Pledge pledge = auction.pledge();
      if (pledge != null && !pledge.answered()) happen(auction.pledged(0, nowMs));
      if (auction.ended() == EndCause.NOBODY_BOUGHT && handedOverMs == 0)
        does(
            view,
            batch -> {
              if (batch.handOver(auction.opened().auctionId(), null) instanceof HandOver.Done)
                handedOverMs = nowMs;
            });
    }
  }

  /** What the fund promised is back with it by then: see the auction. */
  @ParameterizedTest
  @MethodSource("whateverHoldsItUp")
  void whatWasKeptTooLongIsOfferedAnewOnceSomebodyCanBidAndNotBefore(MarketView heldUp) {
    SliceOffered first = Objects.requireNonNull(seller.offered());
    does(heldUp, batch -> assertThat(batch.offerAnew("other")).isInstanceOf(HandOver.Done.class));
    List<AccountEvent> none =
        does(
            heldUp,
            batch -> {
              assertThat(batch.offerAnew(first.auctionId())).isInstanceOf(HandOver.NotNow.class);
              batch.cut(LotBudget.UNLIMITED);
            });
    assertThat(none).isEmpty();
    does(
        OPEN,
        batch -> {
          assertThat(batch.offerAnew(first.auctionId())).isInstanceOf(HandOver.Done.class);
          batch.cut(LotBudget.UNLIMITED);
        });
    SliceOffered anew = Objects.requireNonNull(seller.offered());
    assertThat(anew.auctionId()).isNotEqualTo(first.auctionId());
    assertThat(anew.liquidationId()).isEqualTo(first.liquidationId());
    assertThat(anew.slice().legs()).isEqualTo(first.slice().legs());
  }

  static Stream<MarketView> whateverHoldsItUp() {
    return Stream.of(PAUSED, STALE, STALE_BESIDE);
  }

  static Stream<Arguments> whateverAndWheneverHoldsItUp() {
    return Stream.of(PAUSED, STALE, STALE_BESIDE)
        .flatMap(
            view -> Stream.of(5, 45, 65, 69).map(second -> Arguments.of(view, second * SECOND)));
  }

  @ParameterizedTest
  @MethodSource("whateverAndWheneverHoldsItUp")
  void nothingIsHandedOverBeforeSomebodyCouldBidAndABidThenBuys(MarketView heldUp, long fromMs) {
    passes(OPEN, fromMs);
    assertThat(auction.ended()).isNull();
    passes(heldUp, HELD_UP_MS);
    assertThat(auction.ended()).isNull();
    assertThat(handedOverMs).isZero();
    passes(OPEN, SECOND);
    assertThat(handedOverMs).isZero();
    Allocation part = bid();
    assertThat(part.legs()).extracting(Allocation.Leg::instrument).containsExactly("BTC-PERP");
    List<AccountEvent> events =
        does(
            OPEN,
            batch ->
                assertThat(
                        batch.settle(
                            auction.opened().auctionId(), "b", "taker", part, nowMs + SECOND))
                    .isInstanceOf(Settlement.Settled.class));
    assertThat(events).hasAtLeastOneElementOfType(SliceSold.class);
    assertThat(seller.offer()).isNull();
  }

  private Allocation bid() {
    Bid bid = new Bid("b", "taker", 1_000_000, 0, auction.accountVersion());
    Auction.Decision decision =
        auction.decide(bid, true, "", leg -> mark(leg, OPEN), List.of(), nowMs);
    happen(decision.events());
    @Nullable Allocation part =
        decision.answer() instanceof Answer.Accepted(var placed) ? placed.allocation() : null;
    return Objects.requireNonNull(part, decision.answer()::toString);
  }

  @ParameterizedTest
  @MethodSource("whateverAndWheneverHoldsItUp")
  void whatNobodyBuysThenEitherIsHandedOverAfterAWholeLastCall(MarketView heldUp, long fromMs) {
    passes(OPEN, fromMs);
    passes(heldUp, HELD_UP_MS);
    long againMs = nowMs;
    passes(OPEN, POLICY.lastCallMs());
    assertThat(handedOverMs).isZero();
    passes(OPEN, 2 * 90 * SECOND);
    assertThat(auction.ended()).isEqualTo(EndCause.NOBODY_BOUGHT);
    assertThat(handedOverMs).isBetween(againMs + POLICY.lastCallMs(), againMs + 90 * SECOND);
  }
}

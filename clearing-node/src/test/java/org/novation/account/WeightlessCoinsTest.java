package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.batch;
import static org.novation.account.Markets.buys;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.Batch.Settlement;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.risk.Action;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;
import org.novation.risk.StressMoves;

/**
 * An account with 120 units that bought 10 lots at 100, and was given a crumb of NOVA, which has no
 * weight: its price decides nothing, and so must nothing wait for it. Under maintenance margin from
 * 92 down, bankrupt under 88.
 */
final class WeightlessCoinsTest {
  private static final int NOVA = 2;
  private static final String LEG = Coins.leg("NOVA");
  private static final Catalogue WEIGHTLESS = catalogue(0);

  private final Account account = account("a");

  private static Catalogue catalogue(long weightPpm) {
    Catalogue two = Markets.CATALOGUE;
    return new Catalogue(
        two.version(),
        IntStream.range(0, two.instruments()).mapToObj(two::perpetual).toList(),
        Stream.concat(
                IntStream.range(0, two.assets()).mapToObj(two::asset),
                Stream.of(new Asset("NOVA", 6, weightPpm, 0, 0, false)))
            .toList());
  }

  private static Account account(String id) {
    Account account = new Account(id, WEIGHTLESS);
    decide(
        account,
        at(100),
        batch -> {
          batch.open("member");
          batch.deposit("first", "USDC", 120 * UNIT, Known.NO);
          batch.deposit("crumb", "NOVA", 1, Known.NO);
          trade(batch, buys(id, "t", 10, 100));
        });
    return account;
  }

  private static void trade(Batch batch, Trade trade) {
    assertThat(batch.judge(trade)).isNull();
    batch.novate(trade);
  }

  private static MarketView at(long markTicks) {
    return view(WEIGHTLESS, markTicks, 0, PriceValidity.NONE);
  }

  private static MarketView view(
      Catalogue catalogue, long markTicks, long nova, PriceValidity validity) {
    MarketView view = MarketView.unpriced(catalogue, NOW_MS);
    for (int i = 0; i < catalogue.instruments(); i++) {
      MarginLadders ladders =
          MarginLadders.fixed(
              catalogue.perpetual(i).initial(), catalogue.perpetual(i).maintenance());
      view =
          view.with(
              i,
              new MarketView.Instrument(markTicks, markTicks, 0, PriceValidity.FRESH, ladders),
              NOW_MS);
    }
    return view.with(
        NOVA,
        new MarketView.AssetPrice(nova * UNIT, 1_000_000, 1_000_000, 1_000_000, validity, 0),
        NOW_MS);
  }

  private static List<AccountEvent> decide(Account of, MarketView view, Consumer<Batch> what) {
    Batch batch = batch(of, view);
    what.accept(batch);
    List<AccountEvent> events = batch.finish();
    events.forEach(of::apply);
    assertThat(of.cashIsExplained()).isTrue();
    return events;
  }

  private Phase phase() {
    return account.snapshot().phase();
  }

  private @Nullable SliceOffered cut(MarketView view) {
    decide(account, view, batch -> {});
    decide(account, view, batch -> batch.cut(LotBudget.UNLIMITED));
    return account.offered();
  }

  @Test
  void aCrumbThatHasNoPriceKeepsNobodyFromBeingLiquidated() {
    decide(account, at(92), batch -> {});
    assertThat(account.state()).isEqualTo(MarginState.LIQUIDATION);
    assertThat(phase()).isEqualTo(Phase.LIQUIDATING);
  }

  @Test
  void whatTheOthersHaveIsSoldAndSettledWithoutIt() {
    SliceOffered offered = Objects.requireNonNull(cut(at(92)));
    long lots = offered.slice().legs().getFirst().lots();
    Allocation part =
        new Allocation(List.of(new Allocation.Leg("BTC-PERP", lots, 92)), 1, UNIT, 2 * UNIT, 0);
    decide(
        account,
        at(92),
        batch ->
            assertThat(batch.settle(offered.auctionId(), "b", "bidder", part, NOW_MS))
                .isInstanceOf(Settlement.Settled.class));
    assertThat(phase()).isEqualTo(Phase.RECOVERED);
  }

  @Test
  void whatNobodyBuysIsHandedOverWithoutIt() {
    SliceOffered offered = Objects.requireNonNull(cut(at(88)));
    List<AccountEvent> events =
        decide(account, at(88), batch -> batch.handOver(offered.auctionId(), null));
    assertThat(events).hasAtLeastOneElementOfType(HandedOver.class);
    assertThat(account.lots("BTC-PERP")).isZero();
    assertThat(account.portfolio().amount(NOVA)).isEqualTo(1);
  }

  @Test
  void theWinnerWhoHoldsOneIsDeleveragedAndCountsInCoverTwo() {
    MarketView view = at(110);
    assertThat(view.stop(Action.DELEVERAGE, account.portfolio(), NOW_MS)).isNull();
    assertThat(StressMoves.lossMicros(account.portfolio(), view)).isNotNull();
    Trade closing = new Trade(HouseAccount.VENUE, "c", "BTC-PERP", 110, 1, "default", "a", NOW_MS);
    decide(
        account,
        view,
        batch ->
            assertThat(batch.close(closing, account.version(), false, true))
                .isInstanceOf(Batch.Step.Done.class));
  }

  @Test
  void oneWhosePriceIsStaleKeepsNobodyFromTrading() {
    MarketView stale = view(WEIGHTLESS, 100, 5, PriceValidity.STALE);
    assertThat(batch(account, stale).judge(buys("a", "u", 1, 100))).isNull();
  }

  @Test
  void whereItHasAWeightItsPriceCountsForNewRiskAndForTheEndOfIt() {
    Catalogue weighty = catalogue(1);
    MarketView unpriced = view(weighty, 92, 0, PriceValidity.NONE);
    decide(account, unpriced, batch -> {});
    assertThat(phase()).as("nobody knows what it is worth").isEqualTo(Phase.HEALTHY);
    assertThat(
            batch(account, view(weighty, 100, 0, PriceValidity.NONE)).judge(buys("a", "u", 1, 100)))
        .as("what could not be liquidated takes no new risk")
        .isEqualTo(new Rejection.MarketStale("NOVA"));
    decide(account, at(92), batch -> {});
    assertThat(phase()).as("its weight was taken away").isEqualTo(Phase.LIQUIDATING);
  }

  @Test
  void itIsSoldForADebtAtAFreshPriceAndOtherwiseStays() {
    decide(account, at(100), batch -> batch.deposit("more", "NOVA", 9 * UNIT, Known.NO));
    SliceOffered fresh = Objects.requireNonNull(cut(view(WEIGHTLESS, 80, 1, PriceValidity.FRESH)));
    assertThat(fresh.slice().legs()).extracting(Slice.Leg::instrument).contains(LEG, "BTC-PERP");
    MarketView stale = view(WEIGHTLESS, 80, 1, PriceValidity.STALE);
    Allocation part = new Allocation(List.of(new Allocation.Leg(LEG, UNIT, UNIT)), 1, 0, 0, 0);
    decide(
        account,
        stale,
        batch ->
            assertThat(batch.settle(fresh.auctionId(), "b", "bidder", part, NOW_MS))
                .as("its own price still has to be fresh where it is what is sold")
                .isEqualTo(new Settlement.NotNow(LEG)));
    // 80 short: the fund is asked, for what is left is nothing that can be sold.
    decide(account, stale, batch -> batch.handOver(fresh.auctionId(), null));
    AccountEvent.DrawAsked asked = Objects.requireNonNull(account.asked());
    assertThat(asked.micros()).isEqualTo(80 * UNIT);
    decide(
        account,
        stale,
        batch -> batch.handOver(fresh.auctionId(), new Batch.Grant(asked.drawId(), 80 * UNIT)));
    assertThat(account.portfolio().flat()).isTrue();
    assertThat(account.portfolio().amount(NOVA)).isEqualTo(9 * UNIT + 1);
    assertThat(account.portfolio().cashMicros()).isZero();
    assertThat(phase()).as("nothing keeps it in liquidation").isNotEqualTo(Phase.LIQUIDATING);
  }

  @Test
  void itIsNotPutOnSaleWhileItsPriceIsStale() {
    MarketView stale = view(WEIGHTLESS, 80, 1, PriceValidity.STALE);
    SliceOffered offered = Objects.requireNonNull(cut(stale));
    assertThat(offered.slice().legs())
        .extracting(Slice.Leg::instrument)
        .containsExactly("BTC-PERP");
  }
}

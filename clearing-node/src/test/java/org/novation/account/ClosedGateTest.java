package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.POLICY;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.book;
import static org.novation.account.Markets.buys;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.DrawReleased;
import org.novation.account.AccountEvent.HandOverDeferred;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.Mark;
import org.novation.account.AccountEvent.OfferClosed;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.insurance.ClosedGate;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.Health;
import org.novation.risk.Holds;

/**
 * What becomes of what nobody bought, while the fund's gate of deleveraging is closed. The account
 * with 120 units bought 10 lots at 100: under maintenance margin from 92 down, bankrupt under 88.
 */
final class ClosedGateTest {
  private static final ClosedGate CLOSED = new ClosedGate(7, 900 * UNIT, 1_000 * UNIT);

  private Account account = account("a", 120 * UNIT);

  ClosedGateTest() {
    book(account, buys("a", "t", 10, 100), at(100));
  }

  private List<AccountEvent> decide(long mark, @Nullable ClosedGate gate, Consumer<Batch> what) {
    Batch batch = new Batch(account, new Holds(), at(mark), POLICY, NOW_MS, () -> gate);
    what.accept(batch);
    List<AccountEvent> events = batch.finish();
    events.forEach(account::apply);
    assertThat(account.cashIsExplained()).isTrue();
    assertThat(Account.of(account.snapshot(), CATALOGUE).snapshot()).isEqualTo(account.snapshot());
    return events;
  }

  private Offer offered(long mark) {
    return offered(mark, LotBudget.UNLIMITED);
  }

  private Offer offered(long mark, LotBudget budget) {
    decide(mark, null, batch -> {});
    decide(mark, null, batch -> batch.cut(budget));
    return Objects.requireNonNull(account.offer());
  }

  /** Nobody bought what is on offer. */
  private List<AccountEvent> nobodyBought(long mark, @Nullable ClosedGate gate) {
    String auctionId = Objects.requireNonNull(account.offer()).auctionId();
    return decide(
        mark,
        gate,
        batch -> assertThat(batch.handOver(auctionId, null)).isEqualTo(new Batch.HandOver.Done()));
  }

  private void sparesAgainAndAgain(int times) {
    for (int time = 0; time < times; time++) {
      offered(90);
      assertThat(nobodyBought(90, CLOSED))
          .hasExactlyElementsOfTypes(HandOverDeferred.class, OfferClosed.class);
    }
  }

  @Test
  void whatASolventAccountCouldNotSellIsOfferedAgainSizedAnewWhileTheGateIsClosed() {
    Offer first = offered(92);
    List<AccountEvent> events = nobodyBought(91, CLOSED);
    String liquidation = Account.liquidationId(account.liquidation());
    assertThat(events.getFirst())
        .isEqualTo(
            new HandOverDeferred(
                events.getFirst().number(),
                NOW_MS,
                CATALOGUE.version(),
                first.auctionId(),
                liquidation,
                1,
                CLOSED,
                new Health(30 * UNIT, 30 * UNIT, 91 * UNIT, 45_500_000),
                List.of(new Mark("BTC-PERP", 91, 0))));
    assertThat(account.lots("BTC-PERP")).isEqualTo(10);
    assertThat(account.dispatches()).isEmpty();
    Offer second = offered(91);
    assertThat(second.auctionId()).isNotEqualTo(first.auctionId());
    assertThat(second.legs().getFirst().lots()).isGreaterThan(first.legs().getFirst().lots());
    assertThat(Account.liquidationId(account.liquidation())).isEqualTo(liquidation);
  }

  @Test
  void isSparedThreeTimesInARowAndThenHandsOver() {
    sparesAgainAndAgain(3);
    Offer fourth = offered(90);
    List<AccountEvent> events = nobodyBought(90, CLOSED);
    assertThat(events.getFirst()).isInstanceOf(HandedOver.class);
    assertThat(account.lots("BTC-PERP")).isEqualTo(10 - fourth.legs().getFirst().lots());
  }

  @Test
  void aNewRowBeginsOnceSomethingWasHandedOver() {
    sparesAgainAndAgain(3);
    offered(90, (leg, lots) -> 1);
    nobodyBought(90, CLOSED);
    assertThat(account.liquidation()).isInstanceOf(LiquidationState.Liquidating.class);
    assertThat(account.deferrals()).isZero();
    sparesAgainAndAgain(3);
  }

  @Test
  void aNewRowBeginsWithTheNextLiquidation() {
    sparesAgainAndAgain(2);
    decide(100, CLOSED, batch -> {});
    assertThat(account.deferrals()).isZero();
    sparesAgainAndAgain(3);
  }

  @Test
  void whoRestartsKeepsTheCount() {
    sparesAgainAndAgain(2);
    account = Account.of(account.snapshot(), CATALOGUE);
    sparesAgainAndAgain(1);
    account = Account.of(account.snapshot(), CATALOGUE);
    offered(90);
    assertThat(nobodyBought(90, CLOSED)).hasAtLeastOneElementOfType(HandedOver.class);
  }

  @Test
  void handsOverAsSoonAsTheGateIsOpen() {
    sparesAgainAndAgain(1);
    offered(90);
    assertThat(nobodyBought(90, null)).hasAtLeastOneElementOfType(HandedOver.class);
  }

  @Test
  void anInsolventAccountIsNotSpared() {
    String auctionId = offered(90).auctionId();
    assertThat(
            decide(
                87,
                CLOSED,
                batch ->
                    assertThat(batch.handOver(auctionId, null))
                        .isEqualTo(new Batch.HandOver.NeedsFund())))
        .hasOnlyElementsOfType(DrawAsked.class);
  }

  @Test
  void whatTheFundWasAskedForGoesBackWhenTheAccountIsSolventAgainAndSpared() {
    String auctionId = offered(87).auctionId();
    decide(87, CLOSED, batch -> batch.handOver(auctionId, null));
    assertThat(account.asked()).isNotNull();
    assertThat(nobodyBought(90, CLOSED))
        .hasExactlyElementsOfTypes(HandOverDeferred.class, OfferClosed.class, DrawReleased.class);
    assertThat(account.asked()).isNull();
  }

  @Test
  void oneThatIsWorthExactlyNothingIsSolvent() {
    offered(88);
    assertThat(nobodyBought(88, CLOSED)).hasAtLeastOneElementOfType(HandOverDeferred.class);
  }

  @Test
  void aGateThatIsClosedSparesNobodyWhoRecovered() {
    Offer offer = offered(92);
    assertThat(decide(100, CLOSED, batch -> batch.handOver(offer.auctionId(), null)))
        .doesNotHaveAnyElementsOfTypes(HandOverDeferred.class, SliceOffered.class);
  }
}

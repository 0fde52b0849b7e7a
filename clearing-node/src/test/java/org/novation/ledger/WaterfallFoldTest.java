package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveStep;
import org.novation.deleveraging.WaveSummary;
import org.novation.insurance.Cap;
import org.novation.insurance.Cause;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.ledger.WaterfallReport.Auctions;
import org.novation.ledger.WaterfallReport.Fund;
import org.novation.ledger.WaterfallReport.Held;
import org.novation.ledger.WaterfallReport.Left;
import org.novation.ledger.WaterfallReport.Wave;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundPledged;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.Charge;
import org.novation.node.store.Store;
import org.novation.node.store.TestStore;
import org.novation.risk.Health;

/** What journals add up to, by numbers that were reckoned by head. */
final class WaterfallFoldTest {
  private static final AuctionTerms TERMS =
      new AuctionTerms(1_000, 30_000, 30_000, 20_000, 10_000, 1_000_000, 5_000, 10_000, 0);

  private final WaterfallFold fold = new WaterfallFold();

  @Test
  void theFundsLowIsTheLeastThatItHeldOnceSomebodyWasLiquidated() {
    fold.account("a", liquidating(100));
    fold.fund(new Contributed(1, 10, "c-1", Cause.HOUSE, "", 1_000, 10, 0, 1));
    fold.fund(reserved(2, 110, "a-1.1", 700));
    fold.fund(new DrawSettled(3, 120, "a-1.1", "a", 600, 0, 100, 1));
    fold.fund(reserved(4, 130, "a-1.debt", 300));
    fold.fund(new DrawSettled(5, 140, "a-1.debt", "a", 300, 0, 0, 1));
    fold.fund(new Contributed(6, 150, "c-2", Cause.SURPLUS, "b", 50, 150, 0, 1));
    WaterfallReport report = fold.report();
    assertThat(report.sums().fund()).isEqualTo(new Fund(1_000, 100, 150, 600, 300, 50));
    assertThat(report.fund())
        .containsExactly(
            new Held(10, 1_000), new Held(120, 400), new Held(140, 100), new Held(150, 150));
  }

  @Test
  void aFundThatNobodyNeededIsAsItWas() {
    fold.fund(new Contributed(1, 10, "c-1", Cause.HOUSE, "", 1_000, 10, 0, 1));
    assertThat(fold.report().sums().fund()).isEqualTo(new Fund(1_000, 1_000, 1_000, 0, 0, 0));
  }

  @Test
  void whatIsSoldWithTheFundsMoneyIsNotSoldBeforeTheBankruptcyPrice() {
    // Of 100 lots 20 are withdrawn, 50 go for 1 %, 20 for 3 % with the fund's money, 10 to nobody.
    fold.auction(opened("x.1", 100));
    fold.auction(bid("b-1", 10_000));
    fold.auction(settled("b-1", 50, new Charge(500, 0, 0)));
    fold.auction(new SliceReduced(4, 2_000, 2, List.of(20L), TERMS));
    fold.auction(bid("b-2", 30_000));
    fold.auction(settled("b-2", 20, new Charge(0, 600, 0)));
    fold.auction(new AuctionEnded(7, 91_000, EndCause.NOBODY_BOUGHT, List.of()));
    // And 100 lots, all for 2 %, within 40 seconds.
    fold.auction(opened("y.1", 100));
    fold.auction(bid("b-1", 20_000));
    fold.auction(settled("b-1", 100, new Charge(2_000, 0, 0)));
    fold.auction(new AuctionEnded(4, 41_000, EndCause.SOLD, List.of()));
    // (50 + 100) / (80 + 100).
    assertThat(fold.report().sums().auctions())
        .isEqualTo(new Auctions(2, 1, 3, 20_000, 40_000, 833_333));
  }

  @Test
  void whatAnInsolventAccountSellsAtTheMarkLiesBeyondItsBankruptcyPrice() {
    // Solvent when half of it goes for nothing off the mark; the rest goes likewise, after a fall.
    fold.auction(opened("x.1", 100));
    fold.auction(bid("b-1", 0));
    fold.auction(settled("b-1", 50, new Charge(0, 0, 500)));
    fold.auction(new SliceReduced(4, 2_000, 2, List.of(0L), terms(-1)));
    fold.auction(bid("b-2", 0));
    fold.auction(settled("b-2", 50, new Charge(0, 0, 0)));
    fold.auction(new AuctionEnded(7, 41_000, EndCause.SOLD, List.of()));
    assertThat(fold.report().sums().auctions())
        .isEqualTo(new Auctions(1, 1, 2, 0, 40_000, 500_000));
  }

  @Test
  void whatIsAgreedAtTheBankruptcyPriceItselfIsNotBeyondIt() {
    fold.auction(opened("x.1", 100));
    long atMs = TERMS.bankruptcyReachedAtMs();
    fold.auction(bid(atMs, "b-1", 10_000));
    fold.auction(settled("b-1", 50, new Charge(5_000, 0, 0)));
    // With what the fund pledges it goes further, whoever then pays for it.
    fold.auction(new FundPledged(4, atMs, 20_000, TERMS.withFundCapMicros(20_000, 10_000, atMs)));
    fold.auction(bid(atMs + 10, "b-2", 10_010));
    fold.auction(settled("b-2", 50, new Charge(5_010, 0, 0)));
    fold.auction(new AuctionEnded(7, 91_000, EndCause.SOLD, List.of()));
    assertThat(fold.report().sums().auctions().soldSharePpm()).isEqualTo(500_000);
  }

  @Test
  void whatIsSettledAfterTheEndIsSoldLikeAnythingElse() {
    fold.auction(opened("x.1", 100));
    fold.auction(bid("b-1", 10_000));
    fold.auction(bid("b-2", 30_000));
    fold.auction(settled("b-1", 25, new Charge(250, 0, 0)));
    fold.auction(new AuctionEnded(5, 41_000, EndCause.RECOVERED, List.of()));
    fold.auction(settled("b-2", 50, new Charge(1_500, 0, 0)));
    Auctions all = new Auctions(1, 0, 2, 10_000, 0, 750_000);
    assertThat(fold.report().sums().auctions()).isEqualTo(all);
    assertThat(fold.report().sums().auctions()).as("reported once more").isEqualTo(all);
  }

  @Test
  void anAccountThatIsLiquidatedTwiceIsOneAccount() {
    fold.account("b", liquidating(30));
    fold.account("a", liquidating(10));
    fold.account("a", liquidating(20));
    fold.account("a", changed(25, Phase.LIQUIDATING, Phase.RECOVERED));
    assertThat(fold.report().sums().accountsLiquidated()).isEqualTo(2);
    assertThat(fold.report().liquidationsMs()).containsExactly(10L, 20L, 30L);
  }

  @Test
  void toAWaveBelongsWhatHappenedSinceTheOneBefore() {
    TestWaves waves = new TestWaves("main");
    for (int n = 0; n < 4; n++) waves.run(n);
    for (WaveEvent event : waves.events()) fold.wave("main", event);
    List<WaveSummary> over = waves.summaries();
    long second = over.get(1).finishedAtMs();
    fold.fund(new Contributed(1, 10, "c-1", Cause.HOUSE, "", 1_000, 10, 0, 1));
    fold.fund(new DrawSettled(2, second, "a-1.debt", "a", 300, 0, 0, 1));
    fold.account("a", liquidating(second));
    fold.account("b", liquidating(Long.MAX_VALUE)); // After the last.
    List<Wave> lines = fold.report().waves();
    assertThat(lines).hasSize(4);
    for (int n = 0; n < 4; n++) {
      WaterfallReport.Figures figures = lines.get(n).figures();
      assertThat(figures.deficitMicros()).isEqualTo(over.get(n).deficitMicros());
      assertThat(figures.haircutMicros()).isEqualTo(over.get(n).haircutMicros());
      assertThat(figures.closedLots()).isEqualTo(over.get(n).closedLots());
      assertThat(figures.accountsLiquidated()).isEqualTo(n == 1 ? 1 : 0);
      assertThat(figures.fund().beforeMicros()).isEqualTo(n < 2 ? 1_000 : 700);
      assertThat(figures.fund().afterMicros()).isEqualTo(n < 1 ? 1_000 : 700);
      assertThat(figures.fund().debtDrawsMicros()).isEqualTo(n == 1 ? 300 : 0);
    }
    WaterfallReport.Figures sums = fold.report().sums();
    WaveSummary last = over.getLast();
    assertThat(sums.overshootMicros()).isEqualTo(last.haircutMicros() - last.deficitMicros());
    assertThat(sums.neededLots() - sums.closedLots())
        .isEqualTo(last.neededLots() - last.closedLots());
    assertThat(sums.accountsLiquidated()).isEqualTo(2);
  }

  @Test
  void whatOneWaveLeavesToTheNextIsMissingOnce() {
    Coordination waves = new Coordination("main");
    wave(waves, 100, 10, 60, 6, 5);
    wave(waves, 40, 4, 40, 4, 7);
    WaterfallReport report = fold.report();
    WaterfallReport.Figures sums = report.sums();
    assertThat(sums.deficitMicros()).isEqualTo(100);
    assertThat(sums.haircutMicros()).isEqualTo(100);
    assertThat(sums.overshootMicros()).isZero();
    assertThat(sums.neededLots()).isEqualTo(10);
    assertThat(sums.closedLots()).isEqualTo(10);
    assertThat(sums.receiptsMicros()).isEqualTo(12);
    Wave first = report.waves().getFirst();
    assertThat(first.carried()).isEqualTo(Left.NOTHING);
    assertThat(first.left()).isEqualTo(new Left(40, 4));
    assertThat(first.negativeEquityMicros()).as("the next wave answers for it").isZero();
    assertThat(first.figures().overshootMicros()).isEqualTo(-40);
    assertThat(first.figures().receiptsMicros()).isEqualTo(5);
    Wave second = report.waves().getLast();
    assertThat(second.carried()).isEqualTo(new Left(40, 4));
    assertThat(second.left()).isEqualTo(Left.NOTHING);
    assertThat(second.figures().deficitMicros()).isEqualTo(40);
  }

  @Test
  void whatIsOpenInTheEndIsWhatTheLastWaveLeft() {
    Coordination waves = new Coordination("main");
    wave(waves, 100, 10, 60, 6, 0);
    wave(waves, 50, 9, 20, 2, 0); // Ten more are missing by then, and five lots more are there.
    WaterfallReport report = fold.report();
    assertThat(report.sums().deficitMicros()).isEqualTo(110);
    assertThat(report.sums().overshootMicros()).isEqualTo(-30);
    assertThat(report.sums().neededLots()).isEqualTo(15);
    assertThat(report.sums().closedLots()).isEqualTo(8);
    assertThat(report.waves())
        .extracting(Wave::negativeEquityMicros, Wave::left)
        .containsExactly(tuple(0L, new Left(40, 4)), tuple(30L, new Left(30, 7)));
  }

  /** A wave that finds one winner. */
  private void wave(
      Coordination waves, long deficit, long needed, long profit, long lots, long fund) {
    Candidate winner =
        new Candidate(
            "BTC-PERP", "a", 1, -lots, -lots * 900 - profit, profit, 0, 2_000, lots, 90, 0);
    Receipt receipt =
        Receipt.of(
            new AdlInput(
                Coordination.waveId("main", waves.waves() + 1),
                "main",
                "loser",
                1_000,
                7,
                AdlPolicy.Kind.PRO_RATA,
                86_400_000,
                100,
                fund,
                deficit,
                List.of(new Exposure("BTC-PERP", 1, needed, 700, 900, 1_000, 1)),
                List.of(winner)));
    List<WaveEvent> next = waves.begin(receipt, 1_000);
    while (!next.isEmpty()) {
      for (WaveEvent event : next) {
        waves.apply(event);
        fold.wave("main", event);
      }
      AdlWave wave = waves.wave();
      if (wave == null) return;
      List<WaveCommand> done = new ArrayList<>();
      for (WaveStep step : wave.pending())
        done.add(new WaveCommand.Done(step.id(), step.micros(), step.version() + 1));
      next = done.isEmpty() ? wave.next(1_000) : wave.decideAll(done, 1_000).events();
    }
  }

  @Test
  void theLargestLossIsThatOfOneAccountOverAllWaves() {
    TestWaves waves = new TestWaves("main");
    for (int n = 0; n < 4; n++) waves.run(n);
    for (WaveEvent event : waves.events()) fold.wave("main", event);
    // Pro rata nobody loses by a price: what an account gave up is what its journal says.
    Map<String, Long> taken =
        waves.accounts().values().stream()
            .flatMap(List::stream)
            .filter(ProfitTaken.class::isInstance)
            .map(ProfitTaken.class::cast)
            .collect(
                Collectors.groupingBy(
                    event -> account(waves, event),
                    Collectors.summingLong(ProfitTaken::takenMicros)));
    assertThat(taken).hasSizeGreaterThan(2);
    assertThat(fold.report().sums().largestBystanderLossMicros())
        .isEqualTo(taken.values().stream().mapToLong(n -> n).max().orElseThrow());
  }

  @ParameterizedTest
  @EnumSource
  void theJournalIsReadOnEachDatabase(TestStore kind) throws SQLException {
    TestWaves waves = new TestWaves("main");
    waves.run(3);
    try (Store store = Store.open(kind.fresh())) {
      waves.store(store.dataSource());
      WaterfallReport report = WaterfallJournal.read(store.dataSource(), "main");
      assertThat(report.waves())
          .extracting(wave -> wave.figures().deficitMicros())
          .containsExactly(waves.summaries().getFirst().deficitMicros());
      assertThat(WaterfallJournal.read(store.dataSource(), "other").waves()).isEmpty();
    }
  }

  private static String account(TestWaves waves, ProfitTaken event) {
    return waves.accounts().entrySet().stream()
        .filter(entry -> entry.getValue().contains(event))
        .findAny()
        .orElseThrow()
        .getKey();
  }

  private static LiquidationChanged liquidating(long atMs) {
    return changed(atMs, Phase.MARGIN_CALL, Phase.LIQUIDATING);
  }

  private static LiquidationChanged changed(long atMs, Phase from, Phase to) {
    return new LiquidationChanged(
        1, atMs, 1, from, to, "a-1", 0, new Health(0, 0, 0, 0), List.of());
  }

  private static DrawReserved reserved(long number, long atMs, String id, long micros) {
    return new DrawReserved(
        number, atMs, id, "a", micros, atMs, 0, micros, Cap.NONE, 0, 0, 0, 1, "", 0);
  }

  private static AuctionOpened opened(String id, long lots) {
    return new AuctionOpened(
        1,
        1_000,
        id,
        "x",
        "seller",
        1,
        1,
        10_000,
        5_000,
        TERMS,
        List.of(new Slice.Leg("BTC-PERP", lots, 60, 1_000)));
  }

  private static AuctionTerms terms(long bankruptcyMicros) {
    return TERMS.withBankruptcyMicros(bankruptcyMicros, TERMS.startMs());
  }

  private static BidReserved bid(String id, long discountPpm) {
    return bid(1_500, id, discountPpm);
  }

  private static BidReserved bid(long atMs, String id, long discountPpm) {
    return new BidReserved(
        2, atMs, new Bid(id, "taker", 500_000, 0, 1), allocation(1), discountPpm, atMs + 5_000, "");
  }

  private static BidSettled settled(String id, long lots, Charge charge) {
    return new BidSettled(3, 1_600, id, "taker", allocation(lots), charge);
  }

  /** A lot weighs ten micros of a thousand. */
  private static Allocation allocation(long lots) {
    return new Allocation(List.of(new Allocation.Leg("BTC-PERP", lots, 60)), 10 * lots, 100, 0, 0);
  }
}

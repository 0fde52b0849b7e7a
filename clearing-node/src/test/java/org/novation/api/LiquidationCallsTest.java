package org.novation.api;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.SubmitTradesTest.await;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.PhaseReading;
import org.novation.api.LiquidationPort.BidOutcome;
import org.novation.api.auth.Role;
import org.novation.api.client.AuctionStream;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.clearing.Rejection;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.BidRefusal;
import org.novation.protocol.v1.AccountTransition;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.AuctionState;
import org.novation.protocol.v1.Bid;
import org.novation.protocol.v1.BidState;
import org.novation.protocol.v1.DiscountPoint;
import org.novation.protocol.v1.GetBidRequest;
import org.novation.protocol.v1.LiquidationPhase;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.protocol.v1.WatchTransitionsResponse;
import org.novation.risk.Brake;
import org.novation.risk.Health;
import org.novation.risk.Stop;

/** Auctions, watched and bid for over TLS. Alice is a liquidator here, whose account is a-1. */
final class LiquidationCallsTest {
  private EdgeNode node;
  private NovationClient alice;
  private NovationClient operator;

  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    operator = NovationClient.connect(node.target("operator"));
    alice = operator.as(node.token("alice", Role.LIQUIDATOR));
  }

  @AfterEach
  void stop() {
    operator.close();
    node.close();
  }

  private static PlaceBidRequest.Builder bid() {
    return PlaceBidRequest.newBuilder()
        .setAuctionId("l.1")
        .setBidId("b-1")
        .setAccountId("a-1")
        .setFraction("0.5")
        .setAccountVersion(7);
  }

  private Bid place(PlaceBidRequest.Builder bid) {
    return NovationClient.await(alice.place(bid.build())).getBid();
  }

  private CallFailed refusal(PlaceBidRequest.Builder bid) {
    return failure(alice.place(bid.build()));
  }

  private static CallFailed failure(CompletableFuture<?> call) {
    return requireNonNull(
        catchThrowableOfType(CallFailed.class, () -> NovationClient.await(call)), "it failed");
  }

  // ---- reading

  @Test
  void tellsEverythingThatALiquidatorNeedsToReckonAnyDiscount() {
    Auction auction = NovationClient.await(alice.auction("l.1")).getAuction();
    assertThat(auction.getState()).isEqualTo(AuctionState.AUCTION_STATE_OPEN);
    assertThat(auction.getAccountId()).isEqualTo("s-1");
    assertThat(auction.getAccountVersion()).isEqualTo(7);
    assertThat(auction.getNotional()).isEqualTo("200000");
    assertThat(auction.getDiscount()).isEqualTo("0.01");
    assertThat(auction.getDiscountAmount()).isEqualTo("2000");
    assertThat(auction.getAsOfMs()).isEqualTo(FakeAuctions.OPENED_MS + 15_000);
    assertThat(auction.getScheduleList())
        .containsExactly(
            point(0, "0", "0"), point(30_000, "0.02", "4000"), point(60_000, "0.04", "8000"));
    assertThat(auction.getEndsAtMs()).isEqualTo(FakeAuctions.OPENED_MS + 70_000);
    assertThat(auction.getMinimumBid()).isEqualTo("0.01");
    AuctionLeg eth = auction.getLegs(1);
    assertThat(eth.getQuantity()).isEqualTo("-10");
    assertThat(eth.getRemaining()).isEqualTo("10");
    assertThat(eth.getFree()).isEqualTo("10");
    assertThat(eth.getSold()).isEqualTo("0");
    assertThat(eth.getOpeningMark()).isEqualTo("10000");
    assertThat(eth.getMark()).as("without a price that allows auctions").isEmpty();
    assertThat(auction.getLegs(0).getMark()).isEqualTo("50000");
    assertThat(eth.getWeight()).isEqualTo("5000");
  }

  @Test
  void tellsOfCoinsByTheirAssetAndTakesABidInUnitsOfIt() {
    node.trade.auctions.openCoins("c.1");
    AuctionLeg coins = NovationClient.await(alice.auction("c.1")).getAuction().getLegs(0);
    assertThat(coins.getInstrument()).isEmpty();
    assertThat(coins.getAsset()).isEqualTo("BTC");
    assertThat(coins.getQuantity()).isEqualTo("2");
    assertThat(coins.getFree()).isEqualTo("2");
    assertThat(coins.getOpeningMark()).isEqualTo("50000");
    Bid bid = place(bid().setAuctionId("c.1").setQuantity("0.5"));
    assertThat(bid.getLegs(0).getAsset()).isEqualTo("BTC");
    assertThat(bid.getLegs(0).getQuantity()).isEqualTo("0.5");
    assertThat(refusal(bid().setAuctionId("c.1").setBidId("b-2").setQuantity("2.1")).reason())
        .isEqualTo("TOO_LARGE");
    assertThat(
            refusal(bid().setAuctionId("c.1").setBidId("b-3").setQuantity("0.000000001")).reason())
        .isEqualTo("TOO_PRECISE");
  }

  private static DiscountPoint point(long afterMs, String discount, String amount) {
    return DiscountPoint.newBuilder()
        .setAtMs(FakeAuctions.OPENED_MS + afterMs)
        .setDiscount(discount)
        .setDiscountAmount(amount)
        .build();
  }

  @Test
  void listsOpenAuctionsPageByPageAndByInstrument() {
    ListAuctionsResponse first =
        NovationClient.await(
            alice.auctions(ListAuctionsRequest.newBuilder().setPageSize(1).build()));
    assertThat(first.getAuctions(0).getAuctionId()).isEqualTo("l.1");
    ListAuctionsResponse second =
        NovationClient.await(
            alice.auctions(
                ListAuctionsRequest.newBuilder().setPageToken(first.getNextPageToken()).build()));
    assertThat(second.getAuctionsList()).extracting(Auction::getAuctionId).containsExactly("l.2");
    assertThat(second.getNextPageToken()).isEmpty();
    ListAuctionsResponse eth =
        NovationClient.await(
            alice.auctions(ListAuctionsRequest.newBuilder().setInstrument("ETH-PERP").build()));
    assertThat(eth.getAuctionsList()).extracting(Auction::getAuctionId).containsExactly("l.1");
  }

  @Test
  void watchTellsEveryOpenAuctionThenItsChangesAndItsEnd() throws Exception {
    try (Updates<WatchAuctionsResponse> updates = alice.watchAuctions("ETH-PERP")) {
      assertThat(next(updates).getAuctionId()).isEqualTo("l.1");
      Bid settled = place(bid().setAuctionId("l.2"));
      assertThat(settled.getState()).isEqualTo(BidState.BID_STATE_SETTLED);
      node.trade.auctions.happen(
          "l.1", node.trade.auctions.of("l.1").recover(FakeAuctions.OPENED_MS + 16_000));
      Auction ended = next(updates);
      assertThat(ended.getAuctionId()).as("nothing of other instruments").isEqualTo("l.1");
      assertThat(ended.getState()).isEqualTo(AuctionState.AUCTION_STATE_RECOVERED);
      assertThat(ended.getEndedAtMs()).isEqualTo(FakeAuctions.OPENED_MS + 16_000);
    }
    await(() -> node.trade.auctions.watchers.isEmpty());
  }

  private static Auction next(Updates<WatchAuctionsResponse> updates) throws InterruptedException {
    return requireNonNull(updates.next()).getAuction();
  }

  @Test
  void saysThatAnAuctionIsSuspendedAndWhatItsDiscountsWillBeOnceItGoesOn() throws Exception {
    try (Updates<WatchAuctionsResponse> updates = alice.watchAuctions("ETH-PERP")) {
      assertThat(next(updates).getSuspendedBy()).isEmpty();
      node.trade.auctions.nowMs = FakeAuctions.OPENED_MS + 20_000;
      look(0, 60_000, FakeAuctions.OPENED_MS + 15_000);
      Auction suspended = next(updates);
      assertThat(suspended.getSuspendedBy()).isEqualTo("BTC-PERP");
      assertThat(suspended.getSuspendedSinceMs()).isEqualTo(FakeAuctions.OPENED_MS + 15_000);
      assertThat(suspended.getSuspendedUntilMs()).isZero();
      assertThat(suspended.getState()).isEqualTo(AuctionState.AUCTION_STATE_OPEN);
      assertThat(suspended.getDiscount()).isEqualTo("0.01");
      assertThat(suspended.getScheduleList())
          .containsExactly(
              point(5_000, "0", "0"), point(35_000, "0.02", "4000"), point(65_000, "0.04", "8000"));
      assertThat(suspended.getEndsAtMs()).isEqualTo(FakeAuctions.OPENED_MS + 75_000);
      look(1, 60_000, FakeAuctions.OPENED_MS + 20_000);
      Auction resumed = next(updates);
      assertThat(resumed.getSuspendedBy()).isEmpty();
      assertThat(resumed.getScheduleList()).isEqualTo(suspended.getScheduleList());
      assertThat(resumed.getDiscount()).isEqualTo("0.01");
    }
  }

  private void look(long mark, long standstillMsMax, long nowMs) {
    node.trade.auctions.happen(
        "l.1",
        node.trade.auctions.of("l.1").look(_ -> mark, List.of(), standstillMsMax, false, nowMs));
  }

  // ---- transitions

  private void stands(String account, String member, long number, @Nullable Phase from, Phase to) {
    boolean sale = to != Phase.HEALTHY && to != Phase.MARGIN_CALL;
    String liquidation = sale || from == Phase.LIQUIDATING ? account + "-7" : "";
    Health health = from == null ? null : new Health(5_000_000, 5_000_000, 10_000_000, 6_000_000);
    node.trade.auctions.stands(
        new PhaseReading(account, member, number, 1_000, from, to, liquidation, health, false));
  }

  /** So many that follow caught_up, and those before. */
  private static List<String> transitions(Updates<WatchTransitionsResponse> updates, int more)
      throws InterruptedException {
    List<String> seen = new ArrayList<>();
    for (int left = Integer.MAX_VALUE; left > 0; left--) {
      WatchTransitionsResponse next = requireNonNull(updates.next());
      AccountTransition each = next.getTransition();
      if (next.getCaughtUp()) {
        left = more + 1;
        seen.add("caught up");
      } else {
        seen.add(
            each.getAccountId()
                + (each.getPreviousPhase() == LiquidationPhase.LIQUIDATION_PHASE_UNSPECIFIED
                    ? ""
                    : " from " + each.getPreviousPhase().getNumber())
                + " to "
                + each.getPhase().getNumber()
                + (each.getEquity().isEmpty() ? "" : " with " + each.getEquity())
                + (each.getMember().isEmpty() ? "" : " of " + each.getMember()));
      }
    }
    return seen;
  }

  @Test
  void tellsVenuesOfEveryTransitionLiquidatorsOfLiquidationsAndFiguresToOwnersAlone()
      throws Exception {
    stands("a-1", "alice", 3, null, Phase.MARGIN_CALL);
    stands("b-1", "bob", 4, Phase.HEALTHY, Phase.MARGIN_CALL);
    stands("b-2", "bob", 5, null, Phase.LIQUIDATING);
    stands("c-1", "carol", 5, null, Phase.CLOSED);
    NovationClient venue = operator.as(node.token("venue-1", Role.VENUE));
    NovationClient member = operator.as(node.token("bob", Role.MEMBER));
    try (Updates<WatchTransitionsResponse> toVenue = venue.watchTransitions();
        Updates<WatchTransitionsResponse> toLiquidator = alice.watchTransitions();
        Updates<WatchTransitionsResponse> toMember = member.watchTransitions();
        Updates<WatchTransitionsResponse> toOperator = operator.watchTransitions()) {
      assertThat(transitions(toVenue, 0))
          .containsExactly("a-1 to 2", "b-1 from 1 to 2", "b-2 to 3", "c-1 to 5", "caught up");
      assertThat(transitions(toLiquidator, 0))
          .as("her own, and what is for sale")
          .containsExactly("a-1 to 2 of alice", "b-2 to 3", "c-1 to 5", "caught up");
      assertThat(transitions(toMember, 0))
          .containsExactly("b-1 from 1 to 2 with 5 of bob", "b-2 to 3 of bob", "caught up");
      assertThat(transitions(toOperator, 0))
          .containsExactly(
              "a-1 to 2 of alice",
              "b-1 from 1 to 2 with 5 of bob",
              "b-2 to 3 of bob",
              "c-1 to 5 of carol",
              "caught up");
      stands("b-1", "bob", 6, Phase.MARGIN_CALL, Phase.HEALTHY);
      assertThat(requireNonNull(toVenue.next()).getTransition().getPhase())
          .isEqualTo(LiquidationPhase.LIQUIDATION_PHASE_HEALTHY);
      stands("b-2", "bob", 7, Phase.LIQUIDATING, Phase.RECOVERED);
      AccountTransition recovered = requireNonNull(toLiquidator.next()).getTransition();
      assertThat(recovered.getAccountId()).as("no word of b-1").isEqualTo("b-2");
      assertThat(recovered.getLiquidationId()).isEqualTo("b-2-7");
      assertThat(recovered.getSequenceNumber()).isEqualTo(7);
      assertThat(recovered.getAtMs()).isEqualTo(1_000);
      assertThat(recovered.getEquity() + recovered.getInitialMargin() + recovered.getMember())
          .isEmpty();
      assertThat(requireNonNull(toMember.next()).getTransition().getMaintenanceMargin())
          .isEqualTo("6");
    }
    await(() -> node.trade.auctions.phaseWatchers.isEmpty());
  }

  @Test
  void slowWatcherOfTransitionsIsToldTheNewestOfEachAccount() throws Exception {
    NovationClient venue = operator.as(node.token("venue-1", Role.VENUE));
    stands("a-1", "alice", 1, null, Phase.MARGIN_CALL);
    try (Updates<WatchTransitionsResponse> updates = venue.watchTransitions()) {
      assertThat(transitions(updates, 0)).hasSize(2);
      for (int number = 2; number <= 20_000; number++)
        stands("a-1", "alice", number, Phase.HEALTHY, Phase.MARGIN_CALL);
      int read = 0;
      for (long last = 1; last < 20_000; read++)
        last = requireNonNull(updates.next()).getTransition().getSequenceNumber();
      assertThat(read).isLessThan(20_000);
    }
  }

  @Test
  void slowWatcherGetsOnlyTheNewestOfEachAuction() throws Exception {
    try (Updates<WatchAuctionsResponse> updates = alice.watchAuctions("ETH-PERP")) {
      assertThat(next(updates).getSequenceNumber()).isEqualTo(1);
      long version = 7;
      for (int number = 2; number <= 20_000; number++) {
        node.trade.auctions.happen(
            "l.1",
            node.trade
                .auctions
                .of("l.1")
                .reduce(++version, List.of(0L, 0L), 8_000_000_000L, FakeAuctions.OPENED_MS));
      }
      int read = 0;
      for (long last = 1; last < 20_000; read++) last = next(updates).getSequenceNumber();
      assertThat(read).isLessThan(20_000);
    }
  }

  @Test
  void followsAuctionsThroughARestartOfTheNode() throws Exception {
    Queue<Auction> heard = new ConcurrentLinkedQueue<>();
    try (AuctionStream _ = alice.auctions(listener(heard::add))) {
      await(() -> heard.size() == 2);
      heard.clear();
      node.restart();
      await(() -> heard.size() >= 2);
      assertThat(heard).extracting(Auction::getAuctionId).containsAll(List.of("l.1", "l.2"));
    }
    await(() -> node.trade.auctions.watchers.isEmpty());
  }

  @Test
  void saysForGoodThatSomebodyMayNotWatch() throws Exception {
    Queue<String> refused = new ConcurrentLinkedQueue<>();
    NovationClient voter = operator.as(node.token("voter", Role.VOTER));
    try (AuctionStream _ =
        voter.auctions(
            new AuctionStream.Listener() {
              @Override
              public void auction(Auction auction) {}

              @Override
              public void refused(CallFailed why) {
                refused.add(why.reason());
              }
            })) {
      await(() -> refused.contains("ROLE_REQUIRED"));
    }
  }

  private static AuctionStream.Listener listener(Consumer<Auction> auctions) {
    return new AuctionStream.Listener() {
      @Override
      public void auction(Auction auction) {
        auctions.accept(auction);
      }

      @Override
      public void refused(CallFailed why) {
        throw new AssertionError(why);
      }
    };
  }

  // ---- bids

  @Test
  void settledBidTellsWhatTheAccountGot() {
    Bid settled = place(bid().setMinimumDiscount("0.01"));
    assertThat(settled.getState()).isEqualTo(BidState.BID_STATE_SETTLED);
    assertThat(settled.getBidId()).isEqualTo("b-1");
    assertThat(settled.getAccountId()).isEqualTo("a-1");
    assertThat(settled.getDiscount()).isEqualTo("0.01");
    assertThat(settled.getReceived()).isEqualTo("1000");
    assertThat(settled.getReceivedFromFund()).isEqualTo("1");
    assertThat(settled.getLegsList())
        .extracting(leg -> leg.getInstrument() + " " + leg.getQuantity() + " at " + leg.getPrice())
        .containsExactly("BTC-PERP 1 at 50000", "ETH-PERP -5 at 10000");
    GetBidRequest again =
        GetBidRequest.newBuilder().setAuctionId("l.1").setAccountId("a-1").setBidId("b-1").build();
    assertThat(NovationClient.await(alice.bid(again)).getBid()).isEqualTo(settled);
    assertThat(NovationClient.await(operator.bid(again)).getBid()).isEqualTo(settled);
  }

  @Test
  void everyAccountNamesItsOwnBidsAndItsMemberAnswersForThem() {
    place(bid());
    assertThat(node.trade.forwarded)
        .containsExactly(
            "bid Bid[bidId=a-1/b-1, bidder=a-1, fractionPpm=500000, discountPpmMin=0,"
                + " accountVersion=7] of alice for l.1");
  }

  @Test
  void quantityOfAnAuctionOfOneLegComesToExactlyThatManyLots() {
    for (String quantity : List.of("0.333", "0.667", "1")) {
      Bid settled =
          place(bid().setAuctionId("l.2").setBidId("b-" + quantity).setQuantity(quantity));
      assertThat(settled.getLegs(0).getQuantity()).isEqualTo(quantity);
    }
    assertThat(node.trade.auctions.of("l.2").ended()).isNotNull();
  }

  @Test
  void bidsForAccountsOfItsOwnOnly() {
    for (String account : List.of("b-1", "nobody"))
      assertThat(refusal(bid().setAccountId(account)).reason()).isEqualTo("UNKNOWN_ACCOUNT");
    assertThat(
            failure(
                    alice.bid(
                        GetBidRequest.newBuilder()
                            .setAuctionId("l.1")
                            .setAccountId("b-1")
                            .setBidId("b")
                            .build()))
                .reason())
        .isEqualTo("UNKNOWN_ACCOUNT");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "fraction, 0, NOT_POSITIVE",
    "fraction, -0.5, NOT_POSITIVE",
    "fraction, 1.000001, TOO_LARGE",
    "fraction, 0.0000001, TOO_PRECISE",
    "fraction, NaN, MALFORMED",
    "fraction, '', MALFORMED",
    "fraction, 1e-1, MALFORMED",
    "fraction, 99999999999999999999, TOO_LARGE",
    "quantity, 1, NOT_A_SINGLE_LEG",
    "minimum_discount, -0.1, MALFORMED",
    "minimum_discount, 10.000001, MALFORMED",
    "minimum_discount, 0.0000001, TOO_PRECISE",
    "minimum_discount, x, MALFORMED",
    "auction_id, 'a b', MALFORMED",
    "auction_id, '', MALFORMED",
    "bid_id, a/b, MALFORMED",
    "bid_id, '', MALFORMED",
    "account_id, ../x, MALFORMED"
  })
  void namesTheFieldOfABidThatIsWrong(String field, String value, String reason) {
    PlaceBidRequest.Builder bid = bid();
    bid.setField(PlaceBidRequest.getDescriptor().findFieldByName(field), value);
    assertMalformed(refusal(bid), field, reason);
  }

  @ParameterizedTest
  @CsvSource({
    "0, NOT_POSITIVE",
    "0.0005, NOT_A_MULTIPLE_OF_LOT",
    "2.001, TOO_LARGE",
    "99999999999999999999, TOO_LARGE",
    "x, MALFORMED"
  })
  void namesAQuantityThatIsNone(String quantity, String reason) {
    assertMalformed(refusal(bid().setAuctionId("l.2").setQuantity(quantity)), "quantity", reason);
  }

  @Test
  void asksForASize() {
    assertMalformed(refusal(bid().clearSize()), "fraction", "MALFORMED");
  }

  private void assertMalformed(CallFailed failed, String field, String reason) {
    assertThat(failed.code()).isEqualTo("INVALID_ARGUMENT");
    assertThat(failed.reason()).isEqualTo(reason);
    assertThat(failed.numbers()).containsEntry("field", field);
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void knowsNoAuctionAndNoBidThatThereIsNot() {
    assertThat(failure(alice.auction("x")).reason()).isEqualTo("UNKNOWN_AUCTION");
    assertThat(refusal(bid().setAuctionId("x")).reason()).isEqualTo("UNKNOWN_AUCTION");
    assertThat(refusal(bid().setAuctionId("x").setQuantity("1")).reason())
        .isEqualTo("UNKNOWN_AUCTION");
    assertThat(
            failure(
                    alice.bid(
                        GetBidRequest.newBuilder()
                            .setAuctionId("l.1")
                            .setAccountId("a-1")
                            .setBidId("b")
                            .build()))
                .reason())
        .isEqualTo("UNKNOWN_BID");
    assertThat(
            failure(
                    alice.auctions(
                        ListAuctionsRequest.newBuilder().setInstrument("X-PERP").build()))
                .reason())
        .isEqualTo("UNKNOWN_INSTRUMENT");
  }

  @Test
  void refusesByTheRulesWithTheirNumbers() {
    assertThat(refusal(bid().setAccountVersion(6)).numbers())
        .containsEntry("seen", "6")
        .containsEntry("current", "7");
    assertThat(refusal(bid().setMinimumDiscount("0.03")).numbers())
        .containsEntry("discount", "0.01")
        .containsEntry("asked", "0.03")
        .containsEntry("reached_at_ms", Long.toString(FakeAuctions.OPENED_MS + 45_000));
    assertThat(refusal(bid().setFraction("0.000001")).numbers()).containsEntry("minimum", "0.01");
  }

  private static final long UNTIL_MS = Instant.parse("2026-11-23T10:00:00Z").toEpochMilli();
  private static final Rejection PAUSED = new Rejection.Braked(Brake.PAUSE, "BTC-PERP", UNTIL_MS);

  static List<Object[]> outcomes() {
    List<Object[]> outcomes = new ArrayList<>();
    outcomes.add(refused(new BidRefusal.NotALiquidator("a-1"), "NOT_A_LIQUIDATOR"));
    outcomes.add(
        refused(
            new BidRefusal.DuplicateWithOtherContent("a-1/b-1"), "DUPLICATE_WITH_OTHER_CONTENT"));
    outcomes.add(refused(new BidRefusal.AuctionClosed(1), "AUCTION_CLOSED"));
    outcomes.add(refused(new BidRefusal.StaleVersion(1, 2), "STALE_VERSION"));
    outcomes.add(refused(new BidRefusal.Suspended("a-1", 3), "SUSPENDED"));
    outcomes.add(refused(new BidRefusal.NothingLeft(1), "NOTHING_LEFT"));
    outcomes.add(refused(new BidRefusal.BelowMinimumBid(1, 2), "BELOW_MINIMUM_BID"));
    outcomes.add(refused(new BidRefusal.PriceNotReached(1, 2, 3), "PRICE_NOT_REACHED"));
    outcomes.add(refused(new BidRefusal.MarketStale("BTC-PERP", null), "MARKET_STALE"));
    outcomes.add(
        refused(
            new BidRefusal.MarketStale("$BTC", new Stop(Brake.NO_FRESH_PRICE, "BTC", 0)),
            "MARKET_STALE"));
    outcomes.add(
        refused(
            new BidRefusal.MarketStale("BTC-PERP", new Stop(Brake.PAUSE, "BTC-PERP", UNTIL_MS)),
            "BRAKED"));
    outcomes.add(refused(new BidRefusal.TooManyReservations(256), "TOO_MANY_BIDS"));
    outcomes.add(new Object[] {new BidOutcome.TooMany(512), "TOO_MANY_BIDS"});
    outcomes.add(new Object[] {new BidOutcome.Unknown(), "UNKNOWN_AUCTION"});
    outcomes.add(
        lapsed(
            LapseCause.BIDDER_MARGIN,
            new Rejection.InsufficientMargin("a-1", 2_000_000, 1_000_000),
            "INSUFFICIENT_MARGIN"));
    outcomes.add(
        lapsed(LapseCause.BIDDER_UNFIT, new Rejection.UnknownAccount("a-1"), "UNKNOWN_ACCOUNT"));
    outcomes.add(lapsed(LapseCause.WITHDRAWN, null, "BID_LAPSED"));
    outcomes.add(lapsed(LapseCause.HOUSE, PAUSED, "BID_LAPSED"));
    outcomes.add(lapsed(LapseCause.HOUSE, new Rejection.MarketStale("BTC"), "BID_LAPSED"));
    outcomes.add(lapsed(LapseCause.HOUSE, null, "BID_LAPSED"));
    outcomes.add(lapsed(LapseCause.EXPIRED, null, "UNAVAILABLE"));
    return outcomes;
  }

  private static Object[] refused(BidRefusal why, String reason) {
    return new Object[] {new BidOutcome.Refused(why), reason};
  }

  private static Object[] lapsed(LapseCause cause, @Nullable Rejection why, String reason) {
    FakeAuctions auctions = new FakeAuctions(new ConcurrentLinkedQueue<>());
    auctions.place(
        "l.1", new org.novation.liquidation.auction.Bid("b", "a-1", 500_000, 0, 7), "alice");
    var placed = requireNonNull(auctions.of("l.1").bids().get("b"));
    return new Object[] {
      new BidOutcome.Accepted(
          new org.novation.liquidation.auction.Auction.Placed(
              placed.bid(),
              placed.allocation(),
              placed.discountPpm(),
              placed.member(),
              new BidStatus.Lapsed(cause)),
          why),
      reason
    };
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void everyOutcomeOfABidHasItsReason(BidOutcome outcome, String reason) {
    node.trade.auctions.outcome = outcome;
    CallFailed failed = refusal(bid());
    assertThat(failed.reason()).isEqualTo(reason);
    assertThat(failed.numbers().toString())
        .as("ids as the bidder gave them")
        .doesNotContain("a-1/");
    if (reason.equals("INSUFFICIENT_MARGIN"))
      assertThat(failed.numbers()).containsEntry("required", "2").containsEntry("free", "1");
  }

  @Test
  void saysOfEveryBidThatABrakeForbidsWhichOneOfWhatAndUntilWhen() {
    Stop pause = new Stop(Brake.PAUSE, "BTC-PERP", UNTIL_MS);
    List<BidOutcome> braked =
        List.of(
            new BidOutcome.Refused(new BidRefusal.MarketStale("BTC-PERP", pause)),
            (BidOutcome) lapsed(LapseCause.HOUSE, PAUSED, "")[0]);
    for (BidOutcome outcome : braked) {
      node.trade.auctions.outcome = outcome;
      CallFailed failed = refusal(bid());
      assertThat(failed.numbers())
          .containsEntry("brake", "PAUSE")
          .containsEntry("subject", "BTC-PERP")
          .containsEntry("until_ms", Long.toString(UNTIL_MS));
      assertThat(failed).hasMessageContaining("until 2026-11-23T10:00:00Z");
    }
    node.trade.auctions.outcome = (BidOutcome) lapsed(LapseCause.WITHDRAWN, PAUSED, "")[0];
    assertThat(refusal(bid()).numbers()).as("not what it lapsed for").doesNotContainKey("brake");
  }

  @Test
  void bidWhoseOutcomeOnlyTheSellerKnowsIsStillBeingSettled() {
    node.trade.auctions.outcome = (BidOutcome) lapsed(LapseCause.EXPIRED, null, "")[0];
    Bid bid =
        NovationClient.await(
                alice.bid(
                    GetBidRequest.newBuilder()
                        .setAuctionId("l.1")
                        .setAccountId("a-1")
                        .setBidId("b")
                        .build()))
            .getBid();
    assertThat(bid.getState()).isEqualTo(BidState.BID_STATE_RESERVED);
  }
}

package org.novation.ledger;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.ledger.AuditReport.AuctionLine;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Mismatch;
import org.novation.ledger.LegMatcher.Role;
import org.novation.ledger.TestJournal.Stored;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.BiddingResumed;
import org.novation.liquidation.auction.AuctionEvent.BiddingStopped;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundAsked;
import org.novation.liquidation.auction.AuctionEvent.FundPledged;
import org.novation.liquidation.auction.AuctionEvent.FundSettled;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.AuctionEvent.Lots;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.Charge;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;

/** What an auction wrote passes; changed in any way it does not, and the auditor says where. */
final class AuctionAuditTest {
  private static final String ID = AuctionActor.persistenceId("l.1").id();

  private final List<AuctionEvent> events = new ArrayList<>();
  private Auction auction;

  /** Two bids that lapse, a deposit, the fund's pledge of which nothing is taken, and the end. */
  @BeforeEach
  void write() {
    Slice slice =
        new Slice(
            List.of(
                new Slice.Leg("BTC-PERP", 100, 60, 500), new Slice.Leg("ETH-PERP", -40, 3, 500)),
            200,
            1_000,
            1_000,
            20_000,
            150,
            true);
    AuctionOpened opened =
        Auction.open("l.1", "l", "seller", 7, 1, slice, LiquidationPolicy.DEFAULTS, 0);
    events.clear();
    events.add(opened);
    auction = Auction.of(opened);
    bid("b-1", 500_000, 10_000);
    record(auction.lapse("b-1", LapseCause.BIDDER_MARGIN, 10_100));
    bid("b-2", 250_000, 20_000);
    record(auction.due(25_000));
    record(
        auction.look(symbol -> symbol.startsWith("BTC") ? 0 : 1, List.of(), 60_000, false, 25_500));
    record(auction.reduce(8, List.of(10L, 4L), 180, 26_000));
    record(auction.look(_ -> 1, List.of(), 60_000, false, 28_000));
    while (auction.nextDueMs() != Long.MAX_VALUE) {
      long now = auction.nextDueMs();
      record(auction.due(now));
      Auction.Pledge pledge = auction.pledge();
      if (pledge != null) record(auction.pledged(pledge.askedMicros() / 2, now + 5));
    }
    record(auction.lapse("b-2", LapseCause.HOUSE, 200_000));
    record(auction.fundSettled(200_000));
  }

  private void bid(String id, long fractionPpm, long nowMs) {
    Bid bid = new Bid(id, "taker", fractionPpm, 0, 7);
    record(
        auction.decide(bid, true, "", symbol -> symbol.length() * 7L, List.of(), nowMs).events());
  }

  private void record(List<AuctionEvent> more) {
    events.addAll(more);
    auction = auction.after(more);
  }

  @Test
  void findsNothingWrongInWhatAnAuctionWrote() throws SQLException {
    assertThat(events)
        .hasExactlyElementsOfTypes(
            AuctionOpened.class,
            BidReserved.class,
            ReservationLapsed.class,
            BidReserved.class,
            ReservationLapsed.class,
            BiddingStopped.class,
            SliceReduced.class,
            BiddingResumed.class,
            FundAsked.class,
            FundPledged.class,
            AuctionEnded.class,
            ReservationLapsed.class,
            FundSettled.class);
    assertThat(audit().violation()).isNull();
    assertThat(audit().auctions()).isEqualTo(new AuctionLine(1, 0, 1, 0, "0", "0", "0"));
  }

  @Test
  void noticesWhateverSomebodyChanges() throws SQLException {
    for (int at = 0; at < events.size(); at++) {
      AuctionEvent event = events.get(at);
      for (AuctionEvent changed : changes(event)) {
        events.set(at, changed);
        Violation violation = audit().violation();
        assertThat(violation).as(event + " became " + changed).isNotNull();
        assertThat(requireNonNull(violation).account()).isEqualTo(ID);
      }
      events.set(at, event);
    }
    assertThat(audit().violation()).isNull();
  }

  @Test
  void anAuctionThatStoodStillForTooLongGivesThePledgeBackAndNotBefore() throws SQLException {
    events.subList(10, events.size()).clear();
    auction = Auction.of((AuctionOpened) events.getFirst()).after(events.subList(1, 10));
    record(auction.lapse("b-2", LapseCause.HOUSE, auction.terms().lastCallBeginsMs()));
    record(auction.look(_ -> 0, List.of(), 60_000, false, auction.terms().lastCallBeginsMs()));
    record(auction.due(auction.nextDueMs()));
    assertThat(auction.ended()).isEqualTo(EndCause.STOOD_STILL);
    record(auction.fundSettled(requireNonNull(events.getLast()).atMs()));
    assertThat(events).last().isInstanceOf(FundSettled.class);
    assertThat(audit().violation()).isNull();
    int at = events.size() - 2;
    for (AuctionEvent changed : changes(events.get(at))) {
      events.set(at, changed);
      assertThat(audit().violation()).as("became " + changed).isNotNull();
    }
  }

  /** Auctions once went on when they had stood still for so long, whoever could bid. */
  @Test
  void findsNothingWrongInAnAuctionThatWentOnAlthoughNobodyCouldBid() throws SQLException {
    int at = 5;
    BiddingStopped stopped = (BiddingStopped) events.get(at);
    long untilMs = stopped.sinceMs() + 60_000;
    events.subList(at, events.size()).clear();
    auction = Auction.of((AuctionOpened) events.getFirst()).after(events.subList(1, at));
    AuctionTerms terms = auction.terms().delayedBy(60_000);
    record(
        List.of(
            new BiddingStopped(
                stopped.number(), stopped.atMs(), stopped.market(), stopped.sinceMs(), untilMs),
            new BiddingResumed(stopped.number() + 1, untilMs + 700, 60_000, terms)));
    assertThat(audit().violation()).isNull();
  }

  /** Figures that follow from what was before; those of market and account do not. */
  private static List<AuctionEvent> changes(AuctionEvent event) {
    List<AuctionEvent> changes = new ArrayList<>();
    Consumer<AuctionEvent> to = changes::add;
    switch (event) {
      case AuctionOpened(
              var n,
              var ms,
              var _,
              var l,
              var a,
              var v,
              var p,
              var m,
              var r,
              var t,
              var legs) -> {
        to.accept(new AuctionOpened(n, ms, "l.2", l, a, v, p, m, r, t, legs));
        to.accept(
            new AuctionOpened(
                n, ms, "l.1", l, a, v, p, m, r, t.withFundCapMicros(1, 1_000, ms), legs));
        to.accept(new AuctionOpened(2, ms, "l.1", l, a, v, p, m, r, t, legs));
      }
      case BidReserved(var n, var ms, var bid, var part, var ppm, var expires, var of) -> {
        to.accept(new BidReserved(n, ms, bid, richer(part, 1, 0), ppm, expires, of));
        to.accept(new BidReserved(n, ms, bid, richer(part, 0, 1), ppm, expires, of));
        to.accept(new BidReserved(n, ms, bid, more(part), ppm, expires, of));
        to.accept(new BidReserved(n, ms, bid, part, ppm + 1, expires, of));
        to.accept(new BidReserved(n, ms, bid, part, ppm, expires + 1, of));
        to.accept(new BidReserved(n, ms + 10_000, bid, part, ppm, expires + 10_000, of));
      }
      case ReservationLapsed(var n, var ms, var id, var cause) -> {
        to.accept(new ReservationLapsed(n, ms, "b-9", cause));
        if (cause == LapseCause.EXPIRED) to.accept(new ReservationLapsed(n, ms - 1, id, cause));
      }
      case SliceReduced(var n, var ms, var v, var _, var terms) -> {
        to.accept(new SliceReduced(n, ms, v, List.of(101L, 4L), terms));
        to.accept(new SliceReduced(n, ms, v, List.of(-1L, 4L), terms));
      }
      case FundAsked(var n, var ms, var micros, var weight) -> {
        to.accept(new FundAsked(n, ms, micros + 1, weight));
        to.accept(new FundAsked(n, ms, micros, weight - 1));
        to.accept(new FundAsked(n, ms - 1, micros, weight));
      }
      case FundPledged(var n, var ms, var micros, AuctionTerms terms) -> {
        to.accept(new FundPledged(n, ms, micros + 500, terms));
        to.accept(
            new FundPledged(
                n, ms, micros, terms.withFundCapMicros(terms.fundCapMicros() + 2, 10_000, ms)));
      }
      case FundSettled(var n, var ms, var _) -> to.accept(new FundSettled(n, ms, 1));
      case AuctionEnded(var n, var ms, var cause, var left) -> {
        to.accept(new AuctionEnded(n, ms - 1, cause, left));
        to.accept(new AuctionEnded(n, ms, EndCause.SOLD, left));
        if (cause == EndCause.NOBODY_BOUGHT)
          to.accept(new AuctionEnded(n, ms, EndCause.STOOD_STILL, left));
        to.accept(new AuctionEnded(n, ms, cause, List.of(new Lots("BTC-PERP", 1))));
      }
      case BiddingStopped(var n, var ms, var market, var since, var until) -> {
        // Which market the seller could not do without is known to the seller alone.
        to.accept(new BiddingStopped(n, ms, "", since, until));
        to.accept(new BiddingStopped(n, ms, market, since - 1, until));
        to.accept(
            new BiddingStopped(
                n, ms, market, since, since + LiquidationPolicy.STANDSTILL_MS_MAX + 1));
      }
      case BiddingResumed(var n, var ms, var stood, AuctionTerms terms) -> {
        to.accept(new BiddingResumed(n, ms, stood + 1, terms));
        to.accept(new BiddingResumed(n, ms, stood, terms.delayedBy(1)));
      }
      case BidSettled _ -> {}
    }
    return changes;
  }

  private static Allocation richer(Allocation part, long discount, long fund) {
    return new Allocation(
        part.legs(),
        part.weightMicros(),
        part.discountMicros() + discount,
        part.penaltyMicros(),
        part.fundMicrosMax() + fund);
  }

  private static Allocation more(Allocation part) {
    List<Allocation.Leg> legs = new ArrayList<>(part.legs());
    Allocation.Leg first = legs.getFirst();
    legs.set(0, new Allocation.Leg(first.instrument(), first.lots() + 1, first.priceTicks()));
    return new Allocation(
        legs,
        part.weightMicros(),
        part.discountMicros(),
        part.penaltyMicros(),
        part.fundMicrosMax());
  }

  @Test
  void noticesAnEventThatIsMissing() throws SQLException {
    for (int at = 1; at < events.size() - 1; at++) {
      AuctionEvent removed = events.remove(at);
      assertThat(audit().violation()).as("without " + removed).isNotNull();
      events.add(at, removed);
    }
  }

  @Test
  void noticesASettlementThatNoAccountSold() throws SQLException {
    events.subList(3, events.size()).clear();
    BidReserved reserved = (BidReserved) events.get(1);
    events.set(2, new BidSettled(3, 1, "b-1", "taker", reserved.allocation(), new Charge(1, 0, 0)));
    assertThat(requireNonNull(audit().violation()).what()).contains("did not sell");
  }

  @Test
  void noticesMoneyThatTheFundDidNotPledge() throws SQLException {
    events.subList(3, events.size()).clear();
    BidReserved reserved = (BidReserved) events.get(1);
    events.set(2, new BidSettled(3, 1, "b-1", "taker", reserved.allocation(), new Charge(0, 1, 0)));
    assertThat(requireNonNull(audit().violation()).what()).contains("did not pledge");
  }

  @Test
  void aSaleIsKnownToItsAuctionOrOnItsWay() {
    assertThat(match(Role.SOLD, Role.NOTED)).isNull();
    assertThat(match(Role.SOLD, Role.NOTIFIED)).isNull();
    assertThat(match(Role.SOLD, Role.NOTIFIED, Role.NOTED)).isNull();
    assertThat(requireNonNull(match(Role.SOLD)).what()).contains("never reached its auction");
    assertThat(requireNonNull(match(Role.NOTED)).what()).contains("did not sell");
    assertThat(requireNonNull(match(Role.SOLD, Role.SOLD)).what()).contains("twice");
  }

  private static @Nullable Mismatch match(Role... roles) {
    try (LegMatcher matcher = new LegMatcher(100)) {
      for (Role role : roles) matcher.add(new Entry(AuctionAudit.sale("l.1", "b"), role, 1, 7));
      return matcher.match(_ -> {});
    }
  }

  private AuditReport audit() throws SQLException {
    try (Store store = Store.open(new StoreConfig.H2Memory("auction-" + UUID.randomUUID()))) {
      List<Stored> rows = new ArrayList<>();
      for (AuctionEvent event : events) rows.add(new Stored(ID, rows.size() + 1, (Record) event));
      TestJournal.store(store.dataSource(), rows, List.of());
      return Auditor.audit(store.dataSource(), "USDC");
    }
  }
}

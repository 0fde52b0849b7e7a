package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Fingerprint;
import org.novation.ledger.AuditReport.AuctionLine;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Auction.Answer;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Placed;
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
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.liquidation.auction.Charge;

/**
 * Rebuilds every auction from its first event and judges each event by what was before: a bid gets
 * what the rules give it at the discount of its moment, no more is sold than there is, what the
 * fund is asked for is what is needed, settlements never take more than it pledged nor anything
 * after it was told the sum, and that sum is theirs. Hands every settlement to the matcher, which
 * holds it against what the seller's account sold.
 *
 * <p>Not judged again are prices, the seller's version and its bankruptcy price: they are the
 * market's and the account's.
 */
final class AuctionAudit {
  private final LegMatcher matcher;
  private final VersionAudit versions;
  private long auctions;
  private long open;
  private long nobodyBought;
  private long bidsSettled;
  private long sellerMicros;
  private long fundMicros;
  private long feeMicros;

  AuctionAudit(LegMatcher matcher, VersionAudit versions) {
    this.matcher = matcher;
    this.versions = versions;
  }

  /** All auctions together; null when there was none. */
  @Nullable AuctionLine line() {
    if (auctions == 0) return null;
    return new AuctionLine(
        auctions,
        open,
        nobodyBought,
        bidsSettled,
        Long.toString(sellerMicros),
        Long.toString(fundMicros),
        Long.toString(feeMicros));
  }

  /** What a settlement is matched by. */
  static Fingerprint sale(String auctionId, String bidId) {
    return Fingerprint.of("sale " + auctionId + '/' + bidId, "");
  }

  /** What seller and auction must agree on. */
  static long check(String bidder, Allocation allocation, Charge charge) {
    return Fingerprint.of("", bidder + ' ' + allocation + ' ' + charge).content();
  }

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, AuctionActor.TYPE)) {
      for (Row row = journal.peek(); row != null; row = journal.peek())
        readAuction(row.persistenceId(), journal);
    }
  }

  private void readAuction(String persistenceId, JournalReader journal)
      throws SQLException, ViolationException {
    Auction auction = null;
    for (Row row = journal.peek();
        row != null && row.persistenceId().equals(persistenceId);
        row = journal.peek()) {
      journal.next();
      long number = auction == null ? 1 : auction.number() + 1;
      AuctionEvent event = Auditor.read(row, AuctionEvent.class, persistenceId, number);
      auction = follow(auction, event, row);
    }
    if (auction == null) return;
    auctions++;
    if (auction.ended() == null) open++;
    if (auction.ended() == EndCause.NOBODY_BOUGHT) nobodyBought++;
    sellerMicros = Math.addExact(sellerMicros, auction.sellerMicros());
    fundMicros = Math.addExact(fundMicros, auction.fundMicros());
    feeMicros = Math.addExact(feeMicros, auction.feeMicros());
  }

  private Auction follow(@Nullable Auction before, AuctionEvent event, Row row)
      throws ViolationException {
    try {
      if (before == null) return opened(event, row);
      judge(before, event, row);
      Auction after = before.apply(event);
      judgeMoney(after, event, row);
      return after;
    } catch (IllegalStateException | IllegalArgumentException | ArithmeticException e) {
      throw wrong(row, "the event cannot follow: " + e.getMessage());
    }
  }

  private Auction opened(AuctionEvent event, Row row) throws ViolationException {
    if (!(event instanceof AuctionOpened opened)) throw wrong(row, "begins without an opening");
    if (!AuctionActor.persistenceId(opened.auctionId()).id().equals(row.persistenceId()))
      throw wrong(row, "opens auction " + opened.auctionId());
    if (opened.number() != 1 || opened.terms().fundCapMicros() != 0)
      throw wrong(row, "begins with money that the fund was not asked for");
    versions.require(opened.parameterVersion(), row);
    return Auction.of(opened);
  }

  private void judge(Auction auction, AuctionEvent event, Row row) throws ViolationException {
    switch (event) {
      case AuctionOpened _ -> throw wrong(row, "opens what is open");
      case BidReserved reserved -> judge(auction, reserved, row);
      case BidSettled settled -> {
        bidsSettled++;
        matcher.add(
            new Entry(
                sale(auction.opened().auctionId(), settled.bidId()),
                Role.NOTED,
                row.ordering(),
                check(settled.bidder(), settled.allocation(), settled.charge())));
      }
      case ReservationLapsed lapsed -> judge(auction, lapsed, row);
      case SliceReduced reduced -> {
        for (int leg = 0; leg < auction.legs(); leg++) {
          if (reduced.withdrawnLots().get(leg) < auction.withdrawnLots().get(leg))
            throw wrong(row, "puts back on sale what was taken off");
        }
      }
      case FundAsked _ -> {
        if (!auction.due(event.atMs()).contains(event))
          throw wrong(row, "asks the fund for what the rules do not");
      }
      case FundPledged pledged -> {
        if (!auction.pledged(pledged.micros(), pledged.atMs()).equals(List.of(pledged)))
          throw wrong(row, "goes on as the rules do not after the fund's answer");
        Auction.Pledge pledge = auction.pledge();
        if (pledge == null || pledged.micros() > pledge.askedMicros() || pledged.micros() < 0)
          throw wrong(row, "has a pledge of " + pledged.micros() + " that it did not ask for");
      }
      case FundSettled settled -> {
        if (!auction.fundSettled(settled.atMs()).equals(List.of(settled)))
          throw wrong(row, "tells the fund other than what was taken, or too early");
      }
      case BiddingStopped stopped -> judge(auction, stopped, row);
      case BiddingResumed resumed -> {
        Auction.Standstill over = auction.standstill();
        if (over == null || !stood(over, resumed))
          throw wrong(row, "says that its clock stood for " + resumed.stoodMs() + " ms");
        if (!resumed.terms().equals(auction.terms().delayedBy(resumed.stoodMs())))
          throw wrong(row, "goes on as the rules do not after a standstill");
      }
      case AuctionEnded ended -> judge(auction, ended, row);
    }
  }

  /** Auctions that went on although nobody could bid counted until then. */
  private static boolean stood(Auction.Standstill over, BiddingResumed resumed) {
    long untilMs = Math.min(resumed.atMs(), over.untilMs());
    return resumed.stoodMs() == over.stoodMs(resumed.atMs())
        || resumed.stoodMs() == over.stoodMs(untilMs);
  }

  /**
   * Looks once more, with that market closed, in each way that may have been: the event says since
   * when the clock stands.
   */
  private static void judge(Auction auction, BiddingStopped stopped, Row row)
      throws ViolationException {
    boolean openEnded = stopped.untilMs() == BiddingStopped.OPEN_ENDED;
    long left = Math.max(0, LiquidationPolicy.STANDSTILL_MS_MAX - auction.stoodMs());
    boolean right =
        (openEnded || stopped.untilMs() <= stopped.atMs() + left)
            && (looked(auction, stopped, LiquidationPolicy.STANDSTILL_MS_MAX, false)
                || looked(auction, stopped, -1, false)
                || looked(auction, stopped, -1, true));
    if (!right) throw wrong(row, "stops its clock as the rules do not");
  }

  private static boolean looked(
      Auction auction, BiddingStopped stopped, long standstillMsMax, boolean away) {
    String market = stopped.market();
    List<AuctionEvent> events =
        auction.look(
            leg -> leg.equals(market) ? 0 : 1,
            market.isEmpty() ? List.of() : List.of(market),
            standstillMsMax,
            away,
            stopped.atMs());
    return !events.isEmpty()
        && events.getFirst() instanceof BiddingStopped again
        && again.market().equals(market)
        && again.sinceMs() == stopped.sinceMs();
  }

  /** Decides the bid once more, on the marks at which it was given its part. */
  private static void judge(Auction auction, BidReserved reserved, Row row)
      throws ViolationException {
    Auction.Decision decision =
        auction.decide(
            reserved.bid(),
            true,
            reserved.member(),
            symbol ->
                reserved.allocation().legs().stream()
                    .filter(leg -> leg.instrument().equals(symbol))
                    .mapToLong(Allocation.Leg::priceTicks)
                    .findFirst()
                    .orElse(0),
            List.of(),
            reserved.atMs());
    if (!(decision.answer() instanceof Answer.Accepted)
        || !decision.events().equals(List.of(reserved)))
      throw wrong(row, "gives bid " + reserved.bid().bidId() + " what the rules do not");
  }

  private static void judge(Auction auction, ReservationLapsed lapsed, Row row)
      throws ViolationException {
    Placed placed = auction.bids().get(lapsed.bidId());
    if (placed == null || !placed.undecided())
      throw wrong(row, "lets a bid lapse that waits for nothing");
    boolean early =
        !(placed.status() instanceof BidStatus.Reserved(var expiresAtMs))
            || lapsed.atMs() < expiresAtMs;
    if (lapsed.cause() == LapseCause.EXPIRED && early)
      throw wrong(row, "lets a bid expire before its time");
  }

  private static void judge(Auction auction, AuctionEnded ended, Row row)
      throws ViolationException {
    if (auction.ended() != null) throw wrong(row, "ends twice");
    if (!ended.remainder().equals(auction.remainder()))
      throw wrong(row, "leaves a remainder that is not what is left");
    if (ended.cause().sellerActs() && !auction.due(ended.atMs()).contains(ended))
      throw wrong(row, "ends before its time");
    if (ended.cause() == EndCause.SOLD && !ended.remainder().isEmpty())
      throw wrong(row, "is sold with something left");
  }

  private static void judgeMoney(Auction after, AuctionEvent event, Row row)
      throws ViolationException {
    if (!(event instanceof BidSettled settled) || settled.charge().fundMicros() == 0) return;
    Auction.Pledge pledge = after.pledge();
    if (pledge == null || pledge.settled() || after.fundMicros() > pledge.micros())
      throw wrong(row, "takes money that the fund did not pledge");
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}

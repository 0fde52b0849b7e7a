package org.novation.api;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.Auction.Standstill;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.money.Increment;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.AuctionState;
import org.novation.protocol.v1.Bid;
import org.novation.protocol.v1.BidLeg;
import org.novation.protocol.v1.BidState;
import org.novation.protocol.v1.DiscountPoint;
import org.novation.protocol.v1.LapseCause;
import org.novation.risk.Action;
import org.novation.risk.MarketView;
import org.novation.risk.Stop;

/** Writes auctions and bids. */
final class Auctions {
  /** Between the account and the bid in the id that an auction knows a bid by; in no id itself. */
  private static final char OF = '/';

  private Auctions() {}

  /** What an auction knows a bid by: each account names its own bids. */
  static String bidKey(String accountId, String bidId) {
    return accountId + OF + bidId;
  }

  static Auction write(AuctionReading reading, MarketView view, long nowMs) {
    AuctionEvent.AuctionOpened opened = reading.opened();
    AuctionTerms terms = reading.terms(nowMs);
    Auction.Builder written =
        Auction.newBuilder()
            .setAuctionId(opened.auctionId())
            .setLiquidationId(opened.liquidationId())
            .setAccountId(opened.account())
            .setState(state(reading.ended()))
            .setAccountVersion(reading.accountVersion())
            .setNotional(micros(terms.notionalMicros()))
            .setDiscount(ppm(terms.discountPpm(nowMs)))
            .setDiscountAmount(micros(terms.discountMicros(nowMs)))
            .setEndsAtMs(terms.endsAtMs())
            .setMinimumBid(ppm(opened.minimumBidPpm()))
            .setBids(reading.bids())
            .setPaidByAccount(micros(reading.sellerMicros()))
            .setPaidByFund(micros(reading.fundMicros()))
            .setFees(micros(reading.feeMicros()))
            .setOpenedAtMs(opened.atMs())
            .setEndedAtMs(reading.endedAtMs())
            .setAsOfMs(nowMs)
            .setSequenceNumber(reading.number())
            .setParameterVersion(opened.parameterVersion());
    Standstill standstill = reading.standstill();
    if (standstill != null) {
      String market = standstill.market();
      Stop stop = market.isEmpty() ? null : stop(market, view, nowMs);
      written
          .setSuspendedBy(Coins.symbolOf(market))
          .setSuspendedSinceMs(standstill.sinceMs())
          .setSuspendedUntilMs(stop == null ? 0 : stop.untilMs());
    }
    for (int leg = 0; leg < opened.legs().size(); leg++)
      written.addLegs(leg(reading, leg, view, nowMs));
    for (AuctionTerms.Corner corner : terms.corners()) {
      written.addSchedule(
          DiscountPoint.newBuilder()
              .setAtMs(corner.atMs())
              .setDiscount(ppm(terms.ppm(corner.discountMicros())))
              .setDiscountAmount(micros(corner.discountMicros())));
    }
    return written.build();
  }

  private static AuctionLeg leg(AuctionReading reading, int at, MarketView view, long nowMs) {
    Slice.Leg leg = reading.opened().legs().get(at);
    LegText text = LegText.of(leg.instrument(), view.catalogue());
    long mark = mark(leg.instrument(), view, nowMs);
    return AuctionLeg.newBuilder()
        .setInstrument(text.instrument())
        .setAsset(text.asset())
        .setQuantity(text.quantity(leg.lots()))
        .setRemaining(text.quantity(reading.remainingLots().get(at)))
        .setFree(text.quantity(reading.freeLots().get(at)))
        .setSold(text.quantity(reading.soldLots().get(at)))
        .setOpeningMark(text.price(leg.markTicks()))
        .setMark(mark > 0 ? text.price(mark) : "")
        .setWeight(micros(leg.weightMicros()))
        .build();
  }

  /** 0 where it may not be sold. */
  private static long mark(String leg, MarketView view, long nowMs) {
    if (stop(leg, view, nowMs) != null) return 0;
    return Coins.are(leg)
        ? view.asset(Coins.listed(view.catalogue(), leg)).priceMicros()
        : view.instrument(view.catalogue().instrumentListed(leg)).markTicks();
  }

  /** What forbids to bid for a leg; null when nothing does. */
  private static @Nullable Stop stop(String leg, MarketView view, long nowMs) {
    Catalogue listed = view.catalogue();
    return Coins.are(leg)
        ? view.stopOfAsset(Action.AUCTION, Coins.listed(listed, leg), nowMs)
        : view.stopOfInstrument(Action.AUCTION, listed.instrumentListed(leg), nowMs);
  }

  /** Quantities and prices of a leg, which is of an instrument or of an asset. */
  private record LegText(String instrument, String asset, Increment lot, Increment tick) {
    static LegText of(String leg, Catalogue catalogue) {
      if (!Coins.are(leg)) {
        Perpetual perpetual = catalogue.perpetual(catalogue.instrumentListed(leg));
        return new LegText(leg, "", perpetual.lot(), perpetual.tick());
      }
      int decimals = catalogue.asset(Coins.listed(catalogue, leg)).decimals();
      return new LegText("", Coins.symbol(leg), new Increment(1, decimals), new Increment(1, 6));
    }

    String quantity(long lots) {
      return lot.text(lots);
    }

    String price(long ticks) {
      return tick.text(ticks);
    }
  }

  private static AuctionState state(@Nullable EndCause ended) {
    if (ended == null) return AuctionState.AUCTION_STATE_OPEN;
    return switch (ended) {
      case SOLD -> AuctionState.AUCTION_STATE_SOLD;
      case RECOVERED -> AuctionState.AUCTION_STATE_RECOVERED;
      case NOBODY_BOUGHT -> AuctionState.AUCTION_STATE_NOBODY_BOUGHT;
      case STOOD_STILL -> AuctionState.AUCTION_STATE_STOOD_STILL;
    };
  }

  static Bid write(String auctionId, Placed placed, Catalogue catalogue) {
    String key = placed.bid().bidId();
    Bid.Builder written =
        Bid.newBuilder()
            .setAuctionId(auctionId)
            .setBidId(key.substring(key.indexOf(OF) + 1))
            .setAccountId(placed.bid().bidder())
            .setFraction(ppm(placed.bid().fractionPpm()))
            .setMinimumDiscount(ppm(placed.bid().discountPpmMin()))
            .setDiscount(ppm(placed.discountPpm()))
            .setReceived(micros(placed.allocation().discountMicros()));
    for (Allocation.Leg leg : placed.allocation().legs()) {
      LegText text = LegText.of(leg.instrument(), catalogue);
      written.addLegs(
          BidLeg.newBuilder()
              .setInstrument(text.instrument())
              .setAsset(text.asset())
              .setQuantity(text.quantity(leg.lots()))
              .setPrice(text.price(leg.priceTicks())));
    }
    if (placed.undecided()) return written.setState(BidState.BID_STATE_RESERVED).build();
    return switch (placed.status()) {
      case BidStatus.Reserved _ -> throw new IllegalStateException("reserved is undecided");
      case BidStatus.Settled(var charge) ->
          written
              .setState(BidState.BID_STATE_SETTLED)
              .setReceivedFromFund(micros(charge.fundMicros()))
              .build();
      case BidStatus.Lapsed(var cause) ->
          written.setState(BidState.BID_STATE_LAPSED).setLapseCause(cause(cause)).build();
    };
  }

  private static LapseCause cause(AuctionEvent.LapseCause cause) {
    return switch (cause) {
      case BIDDER_MARGIN -> LapseCause.LAPSE_CAUSE_BIDDER_MARGIN;
      case BIDDER_UNFIT -> LapseCause.LAPSE_CAUSE_BIDDER_UNFIT;
      case WITHDRAWN -> LapseCause.LAPSE_CAUSE_WITHDRAWN;
      case HOUSE, EXPIRED -> LapseCause.LAPSE_CAUSE_HOUSE;
    };
  }
}

package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.novation.account.PhaseReading;
import org.novation.api.LiquidationPort.BidOutcome;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Rejection;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.Bid;
import org.novation.money.Fixed;
import org.novation.money.Increment;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.GetAuctionRequest;
import org.novation.protocol.v1.GetAuctionResponse;
import org.novation.protocol.v1.GetBidRequest;
import org.novation.protocol.v1.GetBidResponse;
import org.novation.protocol.v1.LiquidationServiceGrpc.LiquidationServiceImplBase;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.PlaceBidResponse;
import org.novation.protocol.v1.WatchAuctionsRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.protocol.v1.WatchTransitionsRequest;
import org.novation.protocol.v1.WatchTransitionsResponse;
import org.novation.risk.MarketView;

/** Auctions, as the contract has them. */
final class LiquidationGrpc extends LiquidationServiceImplBase {
  /**
   * Most auctions that a watcher may leave unread: more than there may be open, for whoever begins
   * to watch in a crash is told all of them at once.
   */
  static final int UNREAD_MAX = 131_072;

  /**
   * Most accounts whose changes a watcher may leave unread: a crash moves many within a moment. The
   * readings are the board's own, and cost a watcher no more than the place in line.
   */
  static final int UNREAD_TRANSITIONS_MAX = 65_536;

  private static final int PPM_SCALE = 6;

  private final LiquidationPort auctions;
  private final Ownership ownership;
  private final Supplier<MarketView> markets;
  private final Edge edge;
  private final ToldAuctions told = new ToldAuctions();

  LiquidationGrpc(
      LiquidationPort auctions, Ownership ownership, Supplier<MarketView> markets, Edge edge) {
    this.auctions = auctions;
    this.ownership = ownership;
    this.markets = markets;
    this.edge = edge;
  }

  // ---- reading

  @Override
  public void watchAuctions(
      WatchAuctionsRequest request, StreamObserver<WatchAuctionsResponse> call) {
    Predicate<AuctionReading> wanted = wanted(request.getInstrument());
    ConflatingMany<AuctionReading, WatchAuctionsResponse> states =
        new ConflatingMany<>(
            (ServerCallStreamObserver<WatchAuctionsResponse>) call,
            edge,
            UNREAD_MAX,
            reading -> told.of(reading, markets.get(), auctions.houseMs()));
    AccountPort.Watch watch =
        auctions.watch(
            reading -> {
              if (wanted.test(reading)) states.offer(reading.opened().auctionId(), reading);
            });
    states.start(watch::close);
    // After the watch has begun, so that none is missed; whoever changes meanwhile is told twice.
    for (AuctionReading reading : auctions.openAfter(""))
      if (wanted.test(reading)) states.offer(reading.opened().auctionId(), reading);
  }

  private Predicate<AuctionReading> wanted(String instrument) {
    if (instrument.isEmpty()) return _ -> true;
    Fields.instrument("instrument", instrument, catalogue());
    return reading ->
        reading.opened().legs().stream().anyMatch(leg -> leg.instrument().equals(instrument));
  }

  @Override
  public void listAuctions(ListAuctionsRequest request, StreamObserver<ListAuctionsResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    Predicate<AuctionReading> wanted = wanted(request.getInstrument());
    List<AuctionReading> rest =
        auctions.openAfter(request.getPageToken()).stream()
            .filter(wanted)
            .limit(size + 1L)
            .toList();
    ListAuctionsResponse.Builder page = ListAuctionsResponse.newBuilder();
    for (AuctionReading reading : rest.subList(0, Math.min(size, rest.size())))
      page.addAuctions(write(reading));
    if (rest.size() > size) page.setNextPageToken(page.getAuctions(size - 1).getAuctionId());
    call.onNext(page.build());
    call.onCompleted();
  }

  @Override
  public void getAuction(GetAuctionRequest request, StreamObserver<GetAuctionResponse> call) {
    String auctionId = Fields.id("auction_id", request.getAuctionId());
    Stages.finish(
        auctions.auction(auctionId),
        call,
        found ->
            GetAuctionResponse.newBuilder().setAuction(write(known(found, auctionId))).build());
  }

  private static AuctionReading known(Optional<AuctionReading> found, String auctionId) {
    return found.orElseThrow(() -> unknownAuction(auctionId));
  }

  private static Problem.Found unknownAuction(String auctionId) {
    return new Problem.Found(
        Problem.of(
            Code.NOT_FOUND,
            "UNKNOWN_AUCTION",
            "there is no auction " + auctionId,
            "auction",
            auctionId));
  }

  private Auction write(AuctionReading reading) {
    return Auctions.write(reading, markets.get(), auctions.houseMs());
  }

  private Catalogue catalogue() {
    return markets.get().catalogue();
  }

  // ---- transitions

  @Override
  public void watchTransitions(
      WatchTransitionsRequest request, StreamObserver<WatchTransitionsResponse> call) {
    Transitions transitions = new Transitions(Caller.current());
    Predicate<PhaseReading> seen = transitions.seen();
    ConflatingMany<PhaseReading, WatchTransitionsResponse> states =
        new ConflatingMany<>(
            (ServerCallStreamObserver<WatchTransitionsResponse>) call,
            edge,
            UNREAD_TRANSITIONS_MAX,
            transitions::write);
    AccountPort.Watch watch =
        auctions.watchPhases(
            transitions.member(),
            reading -> {
              if (seen.test(reading)) states.offer(reading.accountId(), reading);
            });
    // After the watch has begun, so that none is missed; whoever changes meanwhile is told twice.
    Stream<WatchTransitionsResponse> standing =
        auctions.phases(transitions.member()).filter(seen).map(transitions::write);
    states.start(
        watch::close, Stream.concat(standing, Stream.of(Transitions.CAUGHT_UP)).iterator());
  }

  // ---- bidding

  @Override
  public void placeBid(PlaceBidRequest request, StreamObserver<PlaceBidResponse> call) {
    String auctionId = Fields.id("auction_id", request.getAuctionId());
    String bidId = Fields.id("bid_id", request.getBidId());
    String accountId = Fields.id("account_id", request.getAccountId());
    long minimumPpm = minimumPpm(request.getMinimumDiscount());
    Caller caller = Caller.current();
    String member = caller.reachesAny() ? "" : caller.name(); // Who may bid for its own alone.
    CompletionStage<Long> fractionPpm = fractionPpm(request, auctionId);
    CompletionStage<BidOutcome> outcome =
        ofOwn(accountId, () -> fractionPpm)
            .thenCompose(
                fraction ->
                    auctions.place(
                        auctionId,
                        new Bid(
                            Auctions.bidKey(accountId, bidId),
                            accountId,
                            fraction,
                            minimumPpm,
                            request.getAccountVersion()),
                        member));
    Stages.finish(
        outcome,
        call,
        what ->
            PlaceBidResponse.newBuilder()
                .setBid(Auctions.write(auctionId, settled(what, auctionId, bidId), catalogue()))
                .build());
  }

  private static long minimumPpm(String text) {
    if (text.isEmpty()) return 0;
    long ppm = Fields.decimal("minimum_discount", text, PPM_SCALE);
    if (ppm >= 0 && ppm <= Bid.DISCOUNT_PPM_MAX) return ppm;
    throw Fields.found(
        "minimum_discount", "MALFORMED", "a discount lies in 0 to 10", "value", text);
  }

  private CompletionStage<Long> fractionPpm(PlaceBidRequest request, String auctionId) {
    return switch (request.getSizeCase()) {
      case FRACTION -> CompletableFuture.completedFuture(fractionPpm(request.getFraction()));
      case QUANTITY ->
          auctions
              .auction(auctionId)
              .thenApply(found -> fractionPpm(known(found, auctionId), request.getQuantity()));
      case SIZE_NOT_SET ->
          throw Fields.found("fraction", "MALFORMED", "say a fraction or a quantity");
    };
  }

  private static long fractionPpm(String text) {
    long ppm = Fields.amount("fraction", text, PPM_SCALE);
    if (ppm <= Fixed.PPM) return ppm;
    throw Fields.found("fraction", "TOO_LARGE", "at most 1", "value", text, "max", "1");
  }

  /**
   * The fraction that comes to this many lots; of a leg of more than a million lots no fraction
   * may, and the next smaller one is taken.
   */
  private long fractionPpm(AuctionReading reading, String text) {
    List<Slice.Leg> legs = reading.opened().legs();
    if (legs.size() != 1) {
      throw Fields.found(
          "quantity",
          "NOT_A_SINGLE_LEG",
          "the auction has " + legs.size() + " legs: say a fraction",
          "legs",
          Integer.toString(legs.size()));
    }
    Slice.Leg leg = legs.getFirst();
    Increment lot;
    long lots;
    if (Coins.are(leg.instrument())) {
      int asset = Coins.listed(catalogue(), leg.instrument());
      lot = new Increment(1, catalogue().asset(asset).decimals());
      lots = Fields.amount("quantity", text, catalogue().asset(asset).decimals());
    } else {
      Perpetual perpetual = catalogue().perpetual(catalogue().instrumentListed(leg.instrument()));
      lot = perpetual.lot();
      lots = Fields.lots("quantity", text, perpetual);
    }
    long size = Math.abs(leg.lots());
    if (lots > size) {
      String max = lot.text(size);
      throw Fields.found(
          "quantity", "TOO_LARGE", "the slice has " + max, "value", text, "max", max);
    }
    long ppm =
        size <= Fixed.PPM
            ? Fixed.mulDivCeil(lots, Fixed.PPM, size)
            : Fixed.mulDivFloor(lots, Fixed.PPM, size);
    return Math.max(1, ppm);
  }

  @Override
  public void getBid(GetBidRequest request, StreamObserver<GetBidResponse> call) {
    String auctionId = Fields.id("auction_id", request.getAuctionId());
    String bidId = Fields.id("bid_id", request.getBidId());
    String accountId = Fields.id("account_id", request.getAccountId());
    Stages.finish(
        ofOwn(accountId, () -> auctions.bid(auctionId, Auctions.bidKey(accountId, bidId))),
        call,
        what ->
            GetBidResponse.newBuilder()
                .setBid(Auctions.write(auctionId, accepted(what, bidId), catalogue()))
                .build());
  }

  /** What is not the caller's own is to look as if it were not there. */
  private <T> CompletionStage<T> ofOwn(String accountId, Supplier<CompletionStage<T>> then) {
    return ownership
        .holds(Caller.current(), accountId)
        .thenCompose(
            own -> {
              if (own) return then.get();
              throw new Problem.Found(
                  Refusals.problem(new Rejection.UnknownAccount(accountId), catalogue()));
            });
  }

  private static Placed accepted(BidOutcome what, String bidId) {
    if (what instanceof BidOutcome.Accepted(var placed, _)) return placed;
    throw new Problem.Found(
        Problem.of(
            Code.NOT_FOUND, "UNKNOWN_BID", "no accepted bid " + bidId + " is known", "id", bidId));
  }

  private Placed settled(BidOutcome what, String auctionId, String bidId) {
    return switch (what) {
      case BidOutcome.Accepted accepted -> settled(accepted, bidId);
      case BidOutcome.Refused(var why) -> throw new Problem.Found(Refusals.problem(why, bidId));
      case BidOutcome.Unknown() -> throw unknownAuction(auctionId);
      case BidOutcome.TooMany(var waiting) ->
          throw new Problem.Found(Refusals.tooManyBids(waiting));
    };
  }

  private Placed settled(BidOutcome.Accepted accepted, String bidId) {
    Placed placed = accepted.placed();
    if (placed.undecided())
      throw new Problem.Found(Problem.unavailable("the bid is being settled"));
    return switch (placed.status()) {
      case BidStatus.Settled _ -> placed;
      case BidStatus.Reserved _ -> throw new IllegalStateException("reserved is undecided");
      case BidStatus.Lapsed(var cause) ->
          throw new Problem.Found(Refusals.lapsed(bidId, cause, accepted.why(), catalogue()));
    };
  }
}

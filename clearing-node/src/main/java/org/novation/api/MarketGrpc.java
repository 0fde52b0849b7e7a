package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.novation.api.AccountPort.Watch;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.market.Quotes;
import org.novation.protocol.v1.GetMarketRequest;
import org.novation.protocol.v1.GetMarketResponse;
import org.novation.protocol.v1.ListMarketsRequest;
import org.novation.protocol.v1.ListMarketsResponse;
import org.novation.protocol.v1.Market;
import org.novation.protocol.v1.MarketServiceGrpc.MarketServiceImplBase;
import org.novation.protocol.v1.PublishPricesRequest;
import org.novation.protocol.v1.PublishPricesResponse;
import org.novation.protocol.v1.ReportQuotesRequest;
import org.novation.protocol.v1.ReportQuotesResponse;
import org.novation.protocol.v1.WatchMarketRequest;
import org.novation.protocol.v1.WatchMarketResponse;

/** Prices and markets, as the contract has them. */
final class MarketGrpc extends MarketServiceImplBase {
  private final MarketPort markets;
  private final Edge edge;

  MarketGrpc(MarketPort markets, Edge edge) {
    this.markets = markets;
    this.edge = edge;
  }

  @Override
  public StreamObserver<PublishPricesRequest> publishPrices(
      StreamObserver<PublishPricesResponse> call) {
    PublishPricesCall stream =
        new PublishPricesCall(
            Caller.current().name(),
            markets,
            (ServerCallStreamObserver<PublishPricesResponse>) call,
            edge);
    stream.start();
    return stream;
  }

  @Override
  public void reportQuotes(ReportQuotesRequest request, StreamObserver<ReportQuotesResponse> call) {
    Catalogue catalogue = markets.view().catalogue();
    int instrument = Fields.instrument("instrument", request.getInstrument(), catalogue);
    Perpetual perpetual = catalogue.perpetual(instrument);
    Quotes quotes =
        new Quotes(
            side("best_bid", request.getBestBid(), perpetual),
            side("best_ask", request.getBestAsk(), perpetual),
            side("impact_bid", request.getImpactBid(), perpetual),
            side("impact_ask", request.getImpactAsk(), perpetual),
            request.getSequence(),
            request.getTimeMs());
    Stages.finish(
        markets.report(Caller.current().name(), instrument, quotes),
        call,
        refusal -> {
          if (refusal.isPresent()) throw new Problem.Found(Prices.problem(refusal.get()));
          return ReportQuotesResponse.getDefaultInstance();
        });
  }

  /** A side of a book that is empty has no price. */
  private static long side(String field, String price, Perpetual perpetual) {
    return price.isEmpty() ? 0 : Fields.priceTicks(field, price, perpetual);
  }

  @Override
  public void getMarket(GetMarketRequest request, StreamObserver<GetMarketResponse> call) {
    call.onNext(
        GetMarketResponse.newBuilder()
            .setMarket(read(instrument(request.getInstrument())))
            .build());
    call.onCompleted();
  }

  @Override
  public void listMarkets(ListMarketsRequest request, StreamObserver<ListMarketsResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    Catalogue catalogue = markets.view().catalogue();
    List<Integer> rest =
        IntStream.range(0, catalogue.instruments())
            .boxed()
            .filter(
                index -> catalogue.perpetual(index).symbol().compareTo(request.getPageToken()) > 0)
            .sorted(Comparator.comparing(index -> catalogue.perpetual(index).symbol()))
            .toList();
    List<Market> listed = new ArrayList<>();
    for (int index : rest.subList(0, Math.min(size, rest.size()))) listed.add(read(index));
    ListMarketsResponse.Builder page = ListMarketsResponse.newBuilder().addAllMarkets(listed);
    if (rest.size() > size) page.setNextPageToken(listed.getLast().getInstrument());
    call.onNext(page.build());
    call.onCompleted();
  }

  @Override
  public void watchMarket(WatchMarketRequest request, StreamObserver<WatchMarketResponse> call) {
    int instrument = instrument(request.getInstrument());
    Conflating<Integer, WatchMarketResponse> states =
        new Conflating<>(
            (ServerCallStreamObserver<WatchMarketResponse>) call,
            edge,
            index -> WatchMarketResponse.newBuilder().setMarket(read(index)).build());
    Watch watch = markets.watch(instrument, () -> states.offer(instrument));
    states.start(watch::close);
    states.offer(instrument);
  }

  private Market read(int instrument) {
    return Markets.write(instrument, markets.view(), markets.market(instrument));
  }

  /** Reading is asking for something that may not be there, unlike trading it. */
  private int instrument(String symbol) {
    Integer index = markets.view().catalogue().instrument(symbol);
    if (index != null) return index;
    String brief = Fields.brief(symbol);
    throw new Problem.Found(
        Problem.of(
            Code.NOT_FOUND,
            "UNKNOWN_INSTRUMENT",
            "there is no instrument " + brief,
            "instrument",
            brief));
  }
}

package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.novation.api.ClearingPort.BookedTrade;
import org.novation.api.auth.Caller;
import org.novation.api.auth.Grant;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.protocol.v1.ClearingServiceGrpc.ClearingServiceImplBase;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.GetTradeResponse;
import org.novation.protocol.v1.SubmitTradeRequest;
import org.novation.protocol.v1.SubmitTradeResponse;
import org.novation.protocol.v1.SubmitTradesRequest;
import org.novation.protocol.v1.SubmitTradesResponse;

/** Trades, as the contract has them. */
final class ClearingGrpc extends ClearingServiceImplBase {
  private final ClearingPort clearing;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;
  private final Edge edge;

  ClearingGrpc(
      ClearingPort clearing, Ownership ownership, Supplier<Catalogue> catalogue, Edge edge) {
    this.clearing = clearing;
    this.ownership = ownership;
    this.catalogue = catalogue;
    this.edge = edge;
  }

  @Override
  public void submitTrade(SubmitTradeRequest request, StreamObserver<SubmitTradeResponse> call) {
    Trade trade = read(Caller.current().name(), request);
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    clearing.submit(List.of(trade), (index, outcome) -> answer.complete(outcome));
    Stages.finish(answer, call, outcome -> written(trade, outcome));
  }

  private Trade read(String venue, SubmitTradeRequest request) {
    try {
      return Trades.read(venue, request.getTrade(), catalogue.get());
    } catch (Problem.Found found) {
      throw new Problem.Found(found.problem().within("trade"));
    }
  }

  private SubmitTradeResponse written(Trade trade, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Novated novated ->
          SubmitTradeResponse.newBuilder()
              .setNovated(Outcomes.novated(trade.tradeId(), novated))
              .build();
      case Outcome.Refused(var why) -> throw refused(why);
      case Outcome.NotBegun(var why) -> throw refused(why);
      case Outcome.Unavailable(var why) -> throw new Problem.Found(Problem.unavailable(why));
    };
  }

  private Problem.Found refused(Rejection why) {
    return new Problem.Found(Refusals.problem(why, catalogue.get()));
  }

  @Override
  public StreamObserver<SubmitTradesRequest> submitTrades(
      StreamObserver<SubmitTradesResponse> call) {
    SubmitTradesCall stream =
        new SubmitTradesCall(
            Caller.current().name(),
            clearing,
            catalogue,
            (ServerCallStreamObserver<SubmitTradesResponse>) call,
            edge);
    stream.start();
    return stream;
  }

  @Override
  public void getTrade(GetTradeRequest request, StreamObserver<GetTradeResponse> call) {
    Caller caller = Caller.current();
    String tradeId = Fields.id("trade_id", request.getTradeId());
    String accountId = Fields.id("account_id", request.getAccountId());
    String venue = venue(caller, request.getVenue());
    Stages.finish(find(caller, venue, tradeId, accountId), call, found -> written(tradeId, found));
  }

  /** A venue that names none means itself; everybody else must say whose trade it is. */
  private static String venue(Caller caller, String named) {
    boolean asVenue = caller.has(Grant.OWN_VENUE);
    return Fields.id("venue", named.isEmpty() && asVenue ? caller.name() : named);
  }

  private CompletionStage<Optional<BookedTrade>> find(
      Caller caller, String venue, String tradeId, String accountId) {
    boolean ownTrade = caller.has(Grant.OWN_VENUE) && venue.equals(caller.name());
    if (caller.reachesAny() || ownTrade) return clearing.find(venue, tradeId, accountId);
    return ownership
        .holds(caller, accountId)
        .thenCompose(
            own ->
                own
                    ? clearing.find(venue, tradeId, accountId)
                    : CompletableFuture.completedFuture(Optional.empty()));
  }

  private GetTradeResponse written(String tradeId, Optional<BookedTrade> found) {
    BookedTrade booked = found.orElseThrow(() -> unknown(tradeId));
    return GetTradeResponse.newBuilder()
        .setVenue(booked.trade().venue())
        .setTrade(Trades.write(booked.trade(), catalogue.get()))
        .setNovatedAtMs(booked.novatedAtMs())
        .setRealisedProfit(Decimals.micros(booked.realisedMicros()))
        .setFunding(Decimals.micros(booked.fundingMicros()))
        .setFee(Decimals.micros(fee(booked)))
        .build();
  }

  private long fee(BookedTrade booked) {
    Trade trade = booked.trade();
    if (booked.feePpm() == 0) return 0;
    Catalogue listed = catalogue.get();
    Perpetual perpetual = listed.perpetual(listed.instrumentListed(trade.instrument()));
    return booked.feeMicros(perpetual.notionalMicros(trade.priceTicks(), trade.lots()));
  }

  private static Problem.Found unknown(String tradeId) {
    return new Problem.Found(
        Problem.of(
            Code.NOT_FOUND,
            "UNKNOWN_TRADE",
            "no trade " + tradeId + " on this account",
            "trade_id",
            tradeId));
  }
}

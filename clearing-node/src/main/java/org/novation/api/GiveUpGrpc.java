package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.novation.api.ClearingPort.BookedTrade;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.GiveUp;
import org.novation.clearing.GiveUpActor.Answered;
import org.novation.clearing.GiveUpCase;
import org.novation.clearing.GiveUpCommand;
import org.novation.clearing.GiveUpRefusal;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.protocol.v1.AcceptGiveUpRequest;
import org.novation.protocol.v1.AcceptGiveUpResponse;
import org.novation.protocol.v1.CancelGiveUpRequest;
import org.novation.protocol.v1.CancelGiveUpResponse;
import org.novation.protocol.v1.DeclineGiveUpRequest;
import org.novation.protocol.v1.DeclineGiveUpResponse;
import org.novation.protocol.v1.GiveUpReport;
import org.novation.protocol.v1.GiveUpServiceGrpc.GiveUpServiceImplBase;
import org.novation.protocol.v1.GiveUpStage;
import org.novation.protocol.v1.ListGiveUpsRequest;
import org.novation.protocol.v1.ListGiveUpsResponse;
import org.novation.protocol.v1.PermitGiveUpsRequest;
import org.novation.protocol.v1.PermitGiveUpsResponse;
import org.novation.protocol.v1.ProposeGiveUpRequest;
import org.novation.protocol.v1.ProposeGiveUpResponse;

/** Give-ups, as the contract has them. */
final class GiveUpGrpc extends GiveUpServiceImplBase {
  private final GiveUpPort giveUps;
  private final ClearingPort clearing;
  private final AccountPort accounts;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;

  GiveUpGrpc(
      GiveUpPort giveUps,
      ClearingPort clearing,
      AccountPort accounts,
      Ownership ownership,
      Supplier<Catalogue> catalogue) {
    this.giveUps = giveUps;
    this.clearing = clearing;
    this.accounts = accounts;
    this.ownership = ownership;
    this.catalogue = catalogue;
  }

  @Override
  public void proposeGiveUp(
      ProposeGiveUpRequest request, StreamObserver<ProposeGiveUpResponse> call) {
    String venue = Fields.id("venue", request.getVenue());
    String tradeId = Fields.id("trade_id", request.getTradeId());
    String from = Fields.id("account_id", request.getAccountId());
    String to = Fields.id("to_account_id", request.getToAccountId());
    if (from.equals(to)) {
      throw Fields.found(
          "to_account_id", "SAME_ACCOUNT", "an account gives itself nothing up", "account", to);
    }
    CompletionStage<Answered> answer =
        ofOwn(from, () -> accounts.memberOf(to))
            .thenCompose(
                member -> {
                  if (member.isEmpty() || !HouseAccount.trades(to)) throw unknownAccount(to);
                  return clearing.find(venue, tradeId, from);
                })
            .thenCompose(
                found ->
                    giveUps.ask(to, new GiveUpCommand.Propose(giveUp(found, tradeId, from, to))));
    Stages.finish(
        answer,
        call,
        answered -> ProposeGiveUpResponse.newBuilder().setGiveUp(written(answered)).build());
  }

  private GiveUp giveUp(Optional<BookedTrade> found, String tradeId, String from, String to) {
    BookedTrade booked = found.orElseThrow(() -> unknownTrade(tradeId));
    Trade trade = booked.trade();
    if (trade.venue().equals(HouseAccount.VENUE)) throw houseTrade(tradeId);
    return new GiveUp(
        trade.venue(),
        trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        trade.signedLots(from),
        from,
        to,
        booked.novatedAtMs());
  }

  @Override
  public void acceptGiveUp(AcceptGiveUpRequest request, StreamObserver<AcceptGiveUpResponse> call) {
    String to = Fields.id("account_id", request.getAccountId());
    String key = key(request.getVenue(), request.getTradeId(), request.getFromAccountId());
    finish(
        ofOwn(to, () -> giveUps.ask(to, new GiveUpCommand.Accept(key))),
        call,
        of -> AcceptGiveUpResponse.newBuilder().setGiveUp(of).build());
  }

  @Override
  public void declineGiveUp(
      DeclineGiveUpRequest request, StreamObserver<DeclineGiveUpResponse> call) {
    String to = Fields.id("account_id", request.getAccountId());
    String key = key(request.getVenue(), request.getTradeId(), request.getFromAccountId());
    finish(
        ofOwn(to, () -> giveUps.ask(to, new GiveUpCommand.Cancel(key))),
        call,
        of -> DeclineGiveUpResponse.newBuilder().setGiveUp(of).build());
  }

  @Override
  public void cancelGiveUp(CancelGiveUpRequest request, StreamObserver<CancelGiveUpResponse> call) {
    String from = Fields.id("account_id", request.getAccountId());
    String to = Fields.id("to_account_id", request.getToAccountId());
    String key = key(request.getVenue(), request.getTradeId(), from);
    finish(
        ofOwn(from, () -> accounts.memberOf(to))
            .thenCompose(
                member -> {
                  // Nobody is waked, nor remembered, that never was.
                  if (member.isEmpty()) throw unknownAccount(to);
                  return giveUps.ask(to, new GiveUpCommand.Cancel(key));
                }),
        call,
        of -> CancelGiveUpResponse.newBuilder().setGiveUp(of).build());
  }

  private static String key(String venue, String tradeId, String from) {
    return GiveUp.key(
        Fields.id("venue", venue),
        Fields.id("trade_id", tradeId),
        Fields.id("from_account_id", from));
  }

  @Override
  public void permitGiveUps(
      PermitGiveUpsRequest request, StreamObserver<PermitGiveUpsResponse> call) {
    String to = Fields.id("account_id", request.getAccountId());
    String from = Fields.id("from_account_id", request.getFromAccountId());
    GiveUpCommand command = new GiveUpCommand.Permit(from, request.getPermitted());
    CompletionStage<PermitGiveUpsResponse> answer =
        ofOwn(to, () -> giveUps.ask(to, command))
            .thenCompose(
                answered -> {
                  if (answered.refusal() != null)
                    throw new Problem.Found(problem(answered.refusal()));
                  return giveUps.read(to);
                })
            .thenApply(
                book ->
                    PermitGiveUpsResponse.newBuilder()
                        .addAllPermittedAccountIds(book.permitted())
                        .build());
    Stages.finish(answer, call, response -> response);
  }

  @Override
  public void listGiveUps(ListGiveUpsRequest request, StreamObserver<ListGiveUpsResponse> call) {
    String to = Fields.id("account_id", request.getAccountId());
    Stages.finish(
        ofOwn(to, () -> giveUps.read(to)),
        call,
        book -> {
          ListGiveUpsResponse.Builder listed =
              ListGiveUpsResponse.newBuilder().addAllPermittedAccountIds(book.permitted());
          for (GiveUpCase each : book.cases().reversed()) listed.addGiveUps(written(each));
          return listed.build();
        });
  }

  private <A> void finish(
      CompletionStage<Answered> answer, StreamObserver<A> call, Function<GiveUpReport, A> as) {
    Stages.finish(answer, call, answered -> as.apply(written(answered)));
  }

  /** What is not the caller's own is as if it were not there. */
  private <T> CompletionStage<T> ofOwn(String accountId, Supplier<CompletionStage<T>> then) {
    return ownership
        .holds(Caller.current(), accountId)
        .thenCompose(
            own -> own ? then.get() : CompletableFuture.failedFuture(unknownAccount(accountId)));
  }

  private Problem.Found unknownAccount(String account) {
    return new Problem.Found(
        Refusals.problem(new Rejection.UnknownAccount(account), catalogue.get()));
  }

  private static Problem.Found unknownTrade(String tradeId) {
    return new Problem.Found(
        Problem.of(
            Code.NOT_FOUND,
            "UNKNOWN_TRADE",
            "no trade " + tradeId + " on this account",
            "trade_id",
            tradeId));
  }

  private static Problem.Found houseTrade(String tradeId) {
    return new Problem.Found(
        Problem.of(
            Code.FAILED_PRECONDITION,
            "HOUSE_TRADE",
            "a trade of the house itself is not given up",
            "trade_id",
            tradeId));
  }

  private GiveUpReport written(Answered answered) {
    if (answered.refusal() != null) throw new Problem.Found(problem(answered.refusal()));
    GiveUpCase of = answered.of();
    if (of == null) throw new Problem.Found(Problem.unavailable("it was forgotten meanwhile"));
    return written(of);
  }

  private GiveUpReport written(GiveUpCase of) {
    GiveUp giveUp = of.giveUp();
    Perpetual perpetual =
        catalogue.get().perpetual(catalogue.get().instrumentListed(giveUp.instrument()));
    return GiveUpReport.newBuilder()
        .setVenue(giveUp.venue())
        .setTradeId(giveUp.tradeId())
        .setFromAccountId(giveUp.from())
        .setToAccountId(giveUp.to())
        .setInstrument(giveUp.instrument())
        .setPrice(perpetual.tick().text(giveUp.priceTicks()))
        .setQuantity(perpetual.lot().text(giveUp.lots()))
        .setStage(stage(of.stage()))
        .setAcceptedAtMs(of.acceptedAtMs())
        .setRefusal(of.refusal())
        .build();
  }

  private static GiveUpStage stage(GiveUpCase.Stage stage) {
    return switch (stage) {
      case PROPOSED -> GiveUpStage.GIVE_UP_STAGE_PROPOSED;
      case ACCEPTED -> GiveUpStage.GIVE_UP_STAGE_ACCEPTED;
      case DONE -> GiveUpStage.GIVE_UP_STAGE_DONE;
      case REFUSED -> GiveUpStage.GIVE_UP_STAGE_REFUSED;
      case CANCELLED -> GiveUpStage.GIVE_UP_STAGE_CANCELLED;
    };
  }

  /** The one translation of what is wrong with a give-up. */
  private Problem problem(GiveUpRefusal why) {
    return switch (why) {
      case GiveUpRefusal.TooOld(var novated, var oldest) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "TOO_OLD",
              "the time in which this trade may be given up is over",
              "novated_at_ms",
              Long.toString(novated),
              "oldest_ms",
              Long.toString(oldest));
      case GiveUpRefusal.Unknown(var tradeId, var from) ->
          Problem.of(
              Code.NOT_FOUND,
              "UNKNOWN_GIVE_UP",
              from + " does not give trade " + tradeId + " up to this account",
              "trade_id",
              tradeId,
              "from_account_id",
              from);
      case GiveUpRefusal.Decided(var tradeId, var stage) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "GIVE_UP_DECIDED",
              "that is decided already",
              "trade_id",
              tradeId,
              "stage",
              stage.name());
      case GiveUpRefusal.TooMany(var max) ->
          Problem.of(
              Code.RESOURCE_EXHAUSTED,
              "TOO_MANY_GIVE_UPS",
              "so many wait that one more cannot",
              "max",
              Integer.toString(max));
      case GiveUpRefusal.Corrected(var tradeId, var by) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "TRADE_CORRECTED",
              "the trade is corrected, or may yet be: " + by,
              "trade_id",
              tradeId,
              "by",
              by);
      case GiveUpRefusal.NotCleared(var rejection) -> Refusals.problem(rejection, catalogue.get());
    };
  }
}

package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.novation.api.ClearingPort.BookedTrade;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionActor.Answered;
import org.novation.clearing.CorrectionCase;
import org.novation.clearing.CorrectionCommand;
import org.novation.clearing.CorrectionRefusal;
import org.novation.clearing.GiveUp;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.protocol.v1.ApproveCorrectionRequest;
import org.novation.protocol.v1.ApproveCorrectionResponse;
import org.novation.protocol.v1.CorrectionServiceGrpc.CorrectionServiceImplBase;
import org.novation.protocol.v1.CorrectionStage;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.ListCorrectionsResponse;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.ProposeCorrectionResponse;
import org.novation.protocol.v1.RejectCorrectionRequest;
import org.novation.protocol.v1.RejectCorrectionResponse;
import org.novation.protocol.v1.TradeCorrection;

/** Corrections of trades, as the contract has them. */
final class CorrectionGrpc extends CorrectionServiceImplBase {
  private static final int HASH_CHARACTERS = 64;

  private final CorrectionPort corrections;
  private final ClearingPort clearing;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;

  CorrectionGrpc(
      CorrectionPort corrections,
      ClearingPort clearing,
      Ownership ownership,
      Supplier<Catalogue> catalogue) {
    this.corrections = corrections;
    this.clearing = clearing;
    this.ownership = ownership;
    this.catalogue = catalogue;
  }

  @Override
  public void proposeCorrection(
      ProposeCorrectionRequest request, StreamObserver<ProposeCorrectionResponse> call) {
    String proposer = Caller.current().name();
    String id = Fields.id("correction_id", request.getCorrectionId());
    String venue = Fields.id("venue", request.getVenue());
    String tradeId = Fields.id("trade_id", request.getTradeId());
    String accountId = Fields.id("account_id", request.getAccountId());
    String reason = Fields.reason("reason", request.getReason());
    if (!request.getNewPrice().isEmpty()) Fields.requireDecimal("new_price", request.getNewPrice());
    CompletionStage<Answered> answer =
        booked(venue, tradeId, accountId)
            .thenCompose(
                booked -> {
                  Correction correction =
                      correction(id, booked, request.getNewPrice(), reason, proposer);
                  return unlessGivenUp(correction, new CorrectionCommand.Propose(correction));
                });
    Stages.finish(
        answer,
        call,
        answered ->
            ProposeCorrectionResponse.newBuilder().setCorrection(written(answered)).build());
  }

  /** A leg that was given up is another account's: what is put right would be the giver's. */
  private CompletionStage<Answered> unlessGivenUp(Correction of, CorrectionCommand command) {
    return requireNotGivenUp(of, of.buyer())
        .thenCompose(_ -> requireNotGivenUp(of, of.seller()))
        .thenCompose(_ -> corrections.ask(command));
  }

  private CompletionStage<Correction> requireNotGivenUp(Correction of, String account) {
    String key = GiveUp.key(of.venue(), of.tradeId(), account);
    return clearing
        .find(HouseAccount.VENUE, key, account)
        .thenApply(
            found -> {
              if (found.isPresent()) throw givenUp(of.tradeId(), account);
              return of;
            });
  }

  private static Problem.Found givenUp(String tradeId, String account) {
    return new Problem.Found(
        Problem.of(
            Code.FAILED_PRECONDITION,
            "GIVEN_UP",
            "account " + account + " has given its leg of this trade up",
            "trade_id",
            tradeId,
            "account",
            account));
  }

  /** A trade as both of its accounts have booked it: each has paid by its own rate. */
  private record Booked(BookedTrade buyers, BookedTrade sellers) {}

  private CompletionStage<Booked> booked(String venue, String tradeId, String accountId) {
    return clearing
        .find(venue, tradeId, accountId)
        .thenCompose(
            found -> {
              BookedTrade one = found.orElseThrow(() -> unknown(tradeId));
              boolean buyers = one.trade().buyer().equals(accountId);
              String other = one.trade().counterparty(accountId);
              return clearing
                  .find(venue, tradeId, other)
                  .thenApply(
                      there -> {
                        BookedTrade two = there.orElseThrow(() -> notThereYet(other));
                        return buyers ? new Booked(one, two) : new Booked(two, one);
                      });
            });
  }

  private static Problem.Found notThereYet(String account) {
    return new Problem.Found(
        Problem.unavailable("the trade has not reached account " + account + " yet: ask again"));
  }

  private Correction correction(
      String id, Booked booked, String newPrice, String reason, String proposer) {
    Trade trade = booked.buyers.trade();
    Perpetual perpetual =
        catalogue.get().perpetual(catalogue.get().instrumentListed(trade.instrument()));
    boolean bust = newPrice.isEmpty();
    long notional = perpetual.notionalMicros(trade.priceTicks(), trade.lots());
    long newTicks = 0;
    long newNotional = 0;
    long buyerPays = 0;
    if (!bust) {
      try {
        newTicks = Fields.priceTicks("new_price", newPrice, perpetual);
        Fields.requireCountable("new_price", perpetual, newTicks, trade.lots());
      } catch (Problem.Found unfit) {
        Problem why = unfit.problem();
        // The request is well-formed: it does not fit the trade that it names.
        throw new Problem.Found(
            new Problem(
                Code.FAILED_PRECONDITION, why.reason(), why.message(), why.numbers(), null));
      }
      newNotional = perpetual.notionalMicros(newTicks, trade.lots());
      buyerPays = Math.subtractExact(newNotional, notional);
    }
    return new Correction(
        id,
        bust ? Correction.Kind.BUST : Correction.Kind.PRICE,
        trade.venue(),
        trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        trade.lots(),
        trade.buyer(),
        trade.seller(),
        trade.executedAtMs(),
        booked.buyers.novatedAtMs(),
        booked.buyers.fundingIndex(),
        newTicks,
        buyerPays,
        reason,
        proposer,
        0,
        booked.buyers.feeMicros(notional) - booked.buyers.feeMicros(newNotional),
        booked.sellers.feeMicros(notional) - booked.sellers.feeMicros(newNotional));
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

  @Override
  public void approveCorrection(
      ApproveCorrectionRequest request, StreamObserver<ApproveCorrectionResponse> call) {
    String id = Fields.id("correction_id", request.getCorrectionId());
    CorrectionCommand command =
        new CorrectionCommand.Approve(id, hash(request.getHash()), Caller.current().name());
    CompletionStage<Answered> answer =
        corrections
            .read()
            .thenCompose(
                book -> {
                  CorrectionCase known = book.find(id);
                  return known == null || known.stage() != CorrectionCase.Stage.PROPOSED
                      ? corrections.ask(command)
                      : unlessGivenUp(known.correction(), command);
                });
    Stages.finish(
        answer,
        call,
        answered ->
            ApproveCorrectionResponse.newBuilder().setCorrection(written(answered)).build());
  }

  private static String hash(String text) {
    boolean hex =
        text.length() == HASH_CHARACTERS
            && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    if (hex) return text;
    throw Fields.found(
        "hash", "MALFORMED", "a hash is 64 hexadecimal digits, lower case", "value", text);
  }

  @Override
  public void rejectCorrection(
      RejectCorrectionRequest request, StreamObserver<RejectCorrectionResponse> call) {
    String id = Fields.id("correction_id", request.getCorrectionId());
    ask(
        new CorrectionCommand.Reject(id, Caller.current().name()),
        call,
        of -> RejectCorrectionResponse.newBuilder().setCorrection(of).build());
  }

  private <A> void ask(
      CorrectionCommand command, StreamObserver<A> call, Function<TradeCorrection, A> answer) {
    Stages.finish(corrections.ask(command), call, answered -> answer.apply(written(answered)));
  }

  private TradeCorrection written(Answered answered) {
    if (answered.refusal() != null) throw new Problem.Found(problem(answered.refusal()));
    CorrectionCase of = answered.of();
    if (of == null) throw new Problem.Found(Problem.unavailable("it was forgotten meanwhile"));
    return written(of);
  }

  @Override
  public void listCorrections(
      ListCorrectionsRequest request, StreamObserver<ListCorrectionsResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    String before =
        request.getPageToken().isEmpty() ? "" : Fields.id("page_token", request.getPageToken());
    Caller caller = Caller.current();
    boolean all = request.getAccountId().isEmpty() && caller.reachesAny();
    if (all) {
      Stages.finish(corrections.read(), call, book -> page(book.cases(), before, size));
      return;
    }
    String account = Fields.id("account_id", request.getAccountId());
    Stages.finish(
        ownership
            .holds(caller, account)
            .thenCompose(own -> own ? corrections.read() : unknownAccount(account)),
        call,
        book ->
            page(
                book.cases().stream().filter(each -> isOf(account, each.correction())).toList(),
                before,
                size));
  }

  private static boolean isOf(String account, Correction correction) {
    return correction.buyer().equals(account) || correction.seller().equals(account);
  }

  private <T> CompletionStage<T> unknownAccount(String account) {
    return CompletableFuture.failedFuture(
        new Problem.Found(
            Refusals.problem(new Rejection.UnknownAccount(account), catalogue.get())));
  }

  private ListCorrectionsResponse page(List<CorrectionCase> cases, String before, int size) {
    int end = cases.size();
    if (!before.isEmpty()) {
      while (end > 0 && !cases.get(end - 1).correction().id().equals(before)) end--;
      end = Math.max(0, end - 1);
    }
    int from = Math.max(0, end - size);
    ListCorrectionsResponse.Builder page = ListCorrectionsResponse.newBuilder();
    for (CorrectionCase each : cases.subList(from, end).reversed())
      page.addCorrections(written(each));
    if (from > 0) page.setNextPageToken(cases.get(from).correction().id());
    return page.build();
  }

  private TradeCorrection written(CorrectionCase of) {
    Correction correction = of.correction();
    Perpetual perpetual =
        catalogue.get().perpetual(catalogue.get().instrumentListed(correction.instrument()));
    boolean bust = correction.kind() == Correction.Kind.BUST;
    return TradeCorrection.newBuilder()
        .setCorrectionId(correction.id())
        .setHash(correction.hash())
        .setStage(stage(of.stage()))
        .setVenue(correction.venue())
        .setTrade(Trades.write(correction.trade(), catalogue.get()))
        .setNovatedAtMs(correction.novatedAtMs())
        .setNewPrice(bust ? "" : perpetual.tick().text(correction.newPriceTicks()))
        .setBuyerPays(bust ? "" : Decimals.micros(correction.buyerPaysMicros()))
        .setReason(correction.reason())
        .setProposer(correction.proposer())
        .setProposedAtMs(correction.proposedAtMs())
        .setDecidedBy(of.decidedBy())
        .setDecidedAtMs(of.decidedAtMs())
        .setBuyerFee(Decimals.micros(correction.buyerFeeMicros()))
        .setSellerFee(Decimals.micros(correction.sellerFeeMicros()))
        .addAllFeesDue(of.feesDue())
        .build();
  }

  private static CorrectionStage stage(CorrectionCase.Stage stage) {
    return switch (stage) {
      case PROPOSED -> CorrectionStage.CORRECTION_STAGE_PROPOSED;
      case APPROVED -> CorrectionStage.CORRECTION_STAGE_APPROVED;
      case BOOKED -> CorrectionStage.CORRECTION_STAGE_BOOKED;
      case REJECTED -> CorrectionStage.CORRECTION_STAGE_REJECTED;
    };
  }

  /** The one translation of what is wrong with a correction. */
  private static Problem problem(CorrectionRefusal why) {
    return switch (why) {
      case CorrectionRefusal.HouseTrade(var id) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "HOUSE_TRADE",
              "a trade of the house itself is not corrected",
              "trade_id",
              id);
      case CorrectionRefusal.NothingToCorrect(var id) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NOTHING_TO_CORRECT",
              "that is the trade's price already",
              "trade_id",
              id);
      case CorrectionRefusal.TooOld(var novated, var oldest) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "TOO_OLD",
              "the time for corrections of this trade is over",
              "novated_at_ms",
              Long.toString(novated),
              "oldest_ms",
              Long.toString(oldest));
      case CorrectionRefusal.AlreadyCorrected(var id, var by, var stage) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "ALREADY_CORRECTED",
              "there is a correction of this trade: " + by,
              "trade_id",
              id,
              "by",
              by,
              "stage",
              stage.name());
      case CorrectionRefusal.DuplicateWithOtherContent(var id) ->
          Problem.of(
              Code.ALREADY_EXISTS,
              "DUPLICATE_WITH_OTHER_CONTENT",
              "the id " + id + " is known with other content",
              "id",
              id);
      case CorrectionRefusal.Unknown(var id) ->
          Problem.of(
              Code.NOT_FOUND,
              "UNKNOWN_CORRECTION",
              "there is no correction " + id,
              "correction_id",
              id);
      case CorrectionRefusal.FourEyes(var id, var proposer) ->
          Problem.of(
              Code.PERMISSION_DENIED,
              "FOUR_EYES",
              "whoever proposes a correction does not approve it",
              "correction_id",
              id,
              "proposer",
              proposer);
      case CorrectionRefusal.OtherHash(var id, var approved, var proposed) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "OTHER_HASH",
              "that is not what was proposed: read it again",
              "correction_id",
              id,
              "approved",
              approved,
              "proposed",
              proposed);
      case CorrectionRefusal.Decided(var id, var stage, var by) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "DECIDED",
              by + " has decided it already",
              "correction_id",
              id,
              "stage",
              stage.name(),
              "by",
              by);
      case CorrectionRefusal.TooMany(var max) ->
          Problem.of(
              Code.RESOURCE_EXHAUSTED,
              "TOO_MANY_CORRECTIONS",
              "so many corrections are remembered that one more cannot be",
              "max",
              Integer.toString(max));
    };
  }
}

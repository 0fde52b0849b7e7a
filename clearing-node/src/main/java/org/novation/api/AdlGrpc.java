package org.novation.api;

import com.google.protobuf.UnsafeByteOperations;
import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.novation.api.AccountPort.Watch;
import org.novation.api.AdlPort.PositionRank;
import org.novation.api.AdlPort.WavePage;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.clearing.Rejection;
import org.novation.deleveraging.WaveSummary;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.AdlServiceGrpc.AdlServiceImplBase;
import org.novation.protocol.v1.GetRankRequest;
import org.novation.protocol.v1.GetRankResponse;
import org.novation.protocol.v1.GetReceiptRequest;
import org.novation.protocol.v1.GetReceiptResponse;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.ListWavesResponse;
import org.novation.protocol.v1.WatchAdlRequest;
import org.novation.protocol.v1.WatchAdlResponse;

/** Auto-deleveraging, as the contract has it. */
final class AdlGrpc extends AdlServiceImplBase {
  private final AdlPort adl;
  private final AccountPort accounts;
  private final Ownership ownership;
  private final Supplier<Catalogue> catalogue;
  private final Edge edge;

  AdlGrpc(
      AdlPort adl,
      AccountPort accounts,
      Ownership ownership,
      Supplier<Catalogue> catalogue,
      Edge edge) {
    this.adl = adl;
    this.accounts = accounts;
    this.ownership = ownership;
    this.catalogue = catalogue;
    this.edge = edge;
  }

  @Override
  public void getRank(GetRankRequest request, StreamObserver<GetRankResponse> call) {
    String accountId = Fields.id("account_id", request.getAccountId());
    Stages.answer(
        ownership
            .holds(Caller.current(), accountId)
            .thenCompose(own -> own ? ranks(accountId) : unknown(accountId)),
        call,
        catalogue,
        ranks -> Waves.ranks(ranks, catalogue.get()));
  }

  /** Who reaches any account may name one that is not there. */
  private CompletionStage<Answer<List<PositionRank>>> ranks(String accountId) {
    return accounts
        .memberOf(accountId)
        .thenCompose(
            member ->
                member.isPresent()
                    ? adl.ranks(accountId).thenApply(Answer.Done::new)
                    : unknown(accountId));
  }

  private static CompletionStage<Answer<List<PositionRank>>> unknown(String accountId) {
    return CompletableFuture.completedFuture(
        new Answer.Refused<>(new Rejection.UnknownAccount(accountId)));
  }

  @Override
  public void watchAdl(WatchAdlRequest request, StreamObserver<WatchAdlResponse> call) {
    Conflating<WaveSummary, WatchAdlResponse> states =
        new Conflating<>(
            (ServerCallStreamObserver<WatchAdlResponse>) call,
            edge,
            wave -> WatchAdlResponse.newBuilder().setWave(Waves.write(wave)).build());
    Watch watch = adl.watchWaves(() -> offer(states));
    states.start(watch::close);
    offer(states);
  }

  private void offer(Conflating<WaveSummary, WatchAdlResponse> states) {
    WaveSummary newest = adl.newestWave();
    if (newest != null) states.offer(newest);
  }

  @Override
  public void getReceipt(GetReceiptRequest request, StreamObserver<GetReceiptResponse> call) {
    String waveId = Fields.id("wave_id", request.getWaveId());
    Parts<GetReceiptResponse> parts =
        new Parts<>(
            (ServerCallStreamObserver<GetReceiptResponse>) call,
            edge,
            (bytes, from, length) ->
                GetReceiptResponse.newBuilder()
                    .setPart(UnsafeByteOperations.unsafeWrap(bytes, from, length))
                    .build());
    parts.start();
    var _ =
        Stages.timely(adl.receipt(waveId))
            .whenComplete(
                (receipt, failure) -> {
                  if (failure != null) parts.fail(Stages.problem(failure));
                  else if (receipt.isPresent()) parts.send(receipt.get());
                  else parts.fail(unknownWave(waveId));
                });
  }

  private static Problem unknownWave(String waveId) {
    return Problem.of(
        Code.NOT_FOUND, "UNKNOWN_WAVE", "there is no wave " + waveId, "wave_id", waveId);
  }

  @Override
  public void listWaves(ListWavesRequest request, StreamObserver<ListWavesResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    long before = before(request.getPageToken());
    Stages.finish(adl.waves(before, size), call, AdlGrpc::page);
  }

  private static long before(String token) {
    if (token.isEmpty()) return 0;
    long before = Fields.decimal("page_token", token, 0);
    if (before > 0) return before;
    throw Fields.found(
        "page_token", "MALFORMED", "a token is what the page before gave", "value", token);
  }

  private static ListWavesResponse page(WavePage page) {
    ListWavesResponse.Builder response = ListWavesResponse.newBuilder();
    for (WaveSummary wave : page.waves()) response.addWaves(Waves.write(wave));
    if (page.next() != 0) response.setNextPageToken(Long.toString(page.next()));
    return response.build();
  }
}

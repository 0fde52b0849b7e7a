package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import org.novation.access.RevocationBook;
import org.novation.access.RevocationCommand;
import org.novation.access.RevocationRefusal;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.protocol.v1.AccessServiceGrpc.AccessServiceImplBase;
import org.novation.protocol.v1.ListRevocationsRequest;
import org.novation.protocol.v1.ListRevocationsResponse;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.RevokePrincipalResponse;
import org.novation.protocol.v1.RevokeTokenRequest;
import org.novation.protocol.v1.RevokeTokenResponse;
import org.novation.protocol.v1.RevokedPrincipal;
import org.novation.protocol.v1.RevokedToken;

/** Revocations, as the contract has them. */
final class AccessGrpc extends AccessServiceImplBase {
  private final AccessPort access;

  AccessGrpc(AccessPort access) {
    this.access = access;
  }

  @Override
  public void revokeToken(RevokeTokenRequest request, StreamObserver<RevokeTokenResponse> call) {
    RevocationCommand command =
        new RevocationCommand.RevokeToken(
            Fields.id("token_id", request.getTokenId()),
            Fields.reason("reason", request.getReason()),
            Caller.current().name());
    ask(command, call, RevokeTokenResponse.getDefaultInstance());
  }

  @Override
  public void revokePrincipal(
      RevokePrincipalRequest request, StreamObserver<RevokePrincipalResponse> call) {
    RevocationCommand command =
        new RevocationCommand.RevokePrincipal(
            Fields.id("principal", request.getPrincipal()),
            notBefore(request.getNotBeforeMs()),
            Fields.reason("reason", request.getReason()),
            Caller.current().name());
    ask(command, call, RevokePrincipalResponse.getDefaultInstance());
  }

  private static long notBefore(long ms) {
    if (ms >= 0) return ms;
    throw Fields.found(
        "not_before_ms", "MALFORMED", "a time is not negative", "value", Long.toString(ms));
  }

  private <A> void ask(RevocationCommand command, StreamObserver<A> call, A done) {
    Stages.finish(access.ask(command), call, refusal -> done(refusal, done));
  }

  private static <A> A done(Optional<RevocationRefusal> refusal, A done) {
    if (refusal.isPresent()) throw new Problem.Found(problem(refusal.get()));
    return done;
  }

  /** The one translation of what is wrong with a revocation. */
  private static Problem problem(RevocationRefusal why) {
    return switch (why) {
      case RevocationRefusal.TooMany(var max) ->
          Problem.of(
              Code.RESOURCE_EXHAUSTED,
              "TOO_MANY_REVOCATIONS",
              "take back all tokens of a caller instead, or replace the signing key",
              "max",
              Integer.toString(max));
      case RevocationRefusal.InTheFuture(var notBefore, var now) ->
          Problem.of(
              Code.OUT_OF_RANGE,
              "IN_THE_FUTURE",
              "only what was issued until now can be taken back",
              "not_before_ms",
              Long.toString(notBefore),
              "now_ms",
              Long.toString(now));
    };
  }

  @Override
  public void listRevocations(
      ListRevocationsRequest request, StreamObserver<ListRevocationsResponse> call) {
    RevocationBook book = access.revocations().book();
    ListRevocationsResponse.Builder listed = ListRevocationsResponse.newBuilder();
    for (RevocationBook.RevokedToken token : book.tokens())
      listed.addTokens(
          RevokedToken.newBuilder().setTokenId(token.tokenId()).setRevokedAtMs(token.atMs()));
    for (RevocationBook.RevokedPrincipal principal : book.principals())
      listed.addPrincipals(
          RevokedPrincipal.newBuilder()
              .setPrincipal(principal.name())
              .setNotBeforeMs(principal.notBeforeMs())
              .setRevokedAtMs(principal.atMs()));
    call.onNext(listed.build());
    call.onCompleted();
  }
}

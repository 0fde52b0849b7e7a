package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.StreamObserver;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.brake.Pause;
import org.novation.brake.PauseCommand;
import org.novation.brake.PauseRefusal;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.BrakeServiceGrpc.BrakeServiceImplBase;
import org.novation.protocol.v1.ClearPauseRequest;
import org.novation.protocol.v1.ClearPauseResponse;
import org.novation.protocol.v1.ListPausesRequest;
import org.novation.protocol.v1.ListPausesResponse;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.SetPauseResponse;
import org.novation.risk.Brakes;
import org.novation.risk.Operation;

/** Pauses, as the contract has them. */
final class BrakeGrpc extends BrakeServiceImplBase {
  private final BrakePort brakes;
  private final Supplier<Catalogue> catalogue;

  BrakeGrpc(BrakePort brakes, Supplier<Catalogue> catalogue) {
    this.brakes = brakes;
    this.catalogue = catalogue;
  }

  @Override
  public void setPause(SetPauseRequest request, StreamObserver<SetPauseResponse> call) {
    Operation operation = Pauses.read("operation", request.getOperation());
    PauseCommand command =
        new PauseCommand.Set(
            Fields.id("id", request.getId()),
            operation,
            market(operation, request.getMarket()),
            request.getUntilMs() == 0 ? Brakes.OPEN_ENDED : request.getUntilMs(),
            Fields.reason("reason", request.getReason()),
            Caller.current().name());
    ask(command, call, SetPauseResponse.getDefaultInstance());
  }

  @Override
  public void clearPause(ClearPauseRequest request, StreamObserver<ClearPauseResponse> call) {
    Operation operation = Pauses.read("operation", request.getOperation());
    PauseCommand command =
        new PauseCommand.Clear(
            Fields.id("id", request.getId()),
            operation,
            market(operation, request.getMarket()),
            Fields.reason("reason", request.getReason()),
            Caller.current().name());
    ask(command, call, ClearPauseResponse.getDefaultInstance());
  }

  private <A> void ask(PauseCommand command, StreamObserver<A> call, A done) {
    Stages.finish(brakes.ask(command), call, refusal -> done(refusal, done));
  }

  private static <A> A done(Optional<PauseRefusal> refusal, A done) {
    if (refusal.isPresent()) throw new Problem.Found(problem(refusal.get()));
    return done;
  }

  @Override
  public void listPauses(ListPausesRequest request, StreamObserver<ListPausesResponse> call) {
    ListPausesResponse.Builder listed = ListPausesResponse.newBuilder();
    for (Pause pause : brakes.pauses()) listed.addPauses(Pauses.write(pause));
    call.onNext(listed.build());
    call.onCompleted();
  }

  private String market(Operation operation, String symbol) {
    if (symbol.equals(Pause.EVERYWHERE)) return symbol;
    if (operation == Operation.WITHDRAWALS) Fields.asset("market", symbol, catalogue.get());
    else Fields.instrument("market", symbol, catalogue.get());
    return symbol;
  }

  /** The one translation of what is wrong with a command on pauses. */
  private static Problem problem(PauseRefusal why) {
    return switch (why) {
      case PauseRefusal.InThePast(var until, var now) ->
          Problem.of(
              Code.OUT_OF_RANGE,
              "IN_THE_PAST",
              "such a pause would be over already",
              "until_ms",
              Long.toString(until),
              "now_ms",
              Long.toString(now));
      case PauseRefusal.NotPaused(var operation, var market) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NOT_PAUSED",
              operation.name().toLowerCase(Locale.ROOT)
                  + " is not paused for "
                  + market
                  + ": list the pauses and lift one as it was set",
              "operation",
              operation.name(),
              "market",
              market);
      case PauseRefusal.DuplicateWithOtherContent(var id) ->
          Problem.of(
              Code.ALREADY_EXISTS,
              "DUPLICATE_WITH_OTHER_CONTENT",
              "the id " + id + " is known with other content",
              "id",
              id);
    };
  }
}

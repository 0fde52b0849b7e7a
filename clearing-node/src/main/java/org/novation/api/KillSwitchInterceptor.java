package org.novation.api;

import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.novation.api.auth.Access;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;

/**
 * Refuses what is done with an operator's power while the kill switch is thrown: nobody but a vote
 * may do anything privileged then. What anybody reads goes on, and so does what custodians do for
 * deposits and against withdrawals; that no withdrawal goes through is custody's own gate.
 */
final class KillSwitchInterceptor implements ServerInterceptor {
  private final BooleanSupplier thrown;

  KillSwitchInterceptor(BooleanSupplier thrown) {
    this.thrown = thrown;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (!thrown.getAsBoolean() || !Access.byOperator(method, Caller.current()))
      return next.startCall(call, headers);
    StatusRuntimeException refusal =
        Problem.of(
                Code.FAILED_PRECONDITION,
                "KILL_SWITCH",
                "the kill switch is thrown: operators may do nothing until a vote lifts it")
            .toException();
    // Closed once the request has come, so that the trail holds what was tried.
    call.request(2);
    return new ServerCall.Listener<>() {
      @Override
      public void onHalfClose() {
        call.close(
            refusal.getStatus(),
            Objects.requireNonNullElseGet(refusal.getTrailers(), Metadata::new));
      }
    };
  }
}

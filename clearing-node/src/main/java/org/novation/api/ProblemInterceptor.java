package org.novation.api;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.novation.api.error.Problem;

/** Closes a call whose request turned out to be malformed while a service read it. */
final class ProblemInterceptor implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      // Services of one request run here, those of a stream answer for themselves.
      @Override
      public void onHalfClose() {
        try {
          super.onHalfClose();
        } catch (Problem.Found found) {
          StatusRuntimeException failure = found.problem().toException();
          call.close(
              failure.getStatus(),
              Objects.requireNonNullElseGet(failure.getTrailers(), Metadata::new));
        }
      }
    };
  }
}

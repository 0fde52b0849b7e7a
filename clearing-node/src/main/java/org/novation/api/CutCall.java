package org.novation.api;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.novation.api.error.Problem;

/**
 * A call that may be ended over its service's head: what the service still says afterwards goes
 * nowhere.
 */
final class CutCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
  private boolean cut;

  CutCall(ServerCall<Q, A> call) {
    super(call);
  }

  /** Ends the call, unless it has ended. */
  synchronized void cut(Problem problem) {
    if (cut) return;
    cut = true;
    StatusRuntimeException failure = problem.toException();
    super.close(
        failure.getStatus(), Objects.requireNonNullElseGet(failure.getTrailers(), Metadata::new));
  }

  @Override
  public synchronized void sendMessage(A message) {
    if (!cut) super.sendMessage(message);
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (cut) return;
    cut = true;
    super.close(status, trailers);
  }
}

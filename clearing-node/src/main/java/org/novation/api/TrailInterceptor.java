package org.novation.api;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Access;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;
import org.novation.trail.TrailEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has what is done with power recorded: a request of a call that {@link Access#recorded} goes to
 * its service only once the trail holds it, and what came of it is recorded after. Where the trail
 * cannot be written, the service never hears of the request and the caller is told to try again.
 */
final class TrailInterceptor implements ServerInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(TrailInterceptor.class);

  private final TrailPort trail;
  private final Executor executor;

  TrailInterceptor(TrailPort trail, Executor executor) {
    this.trail = trail;
    this.executor = executor;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    Caller caller = Caller.current();
    if (!Access.recorded(method, caller)) return next.startCall(call, headers);
    Recorded<Q, A> recorded = new Recorded<>(call, caller.name(), method);
    return recorded.listen(next.startCall(recorded, headers));
  }

  private final class Recorded<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final Context context = Context.current();
    private final String principal;
    private final String method;
    private @Nullable TrailEntry asked;

    Recorded(ServerCall<Q, A> call, String principal, String method) {
      super(call);
      this.principal = principal;
      this.method = method;
    }

    ServerCall.Listener<Q> listen(ServerCall.Listener<Q> service) {
      return new Waiting(service);
    }

    private synchronized TrailEntry ask(Object request) {
      TrailEntry entry =
          new TrailEntry(
              principal, method, Asked.resource(request), Asked.request(request), TrailEntry.ASKED);
      asked = entry;
      return entry;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      super.close(status, trailers);
      TrailEntry entry;
      synchronized (this) {
        entry = asked;
        asked = null;
      }
      if (entry == null) return; // Nothing was asked of the service.
      var _ =
          trail
              .append(entry.with(Ending.of(status, trailers)))
              .whenComplete(
                  (_, failure) -> {
                    if (failure != null)
                      LOG.warn(
                          "The trail does not say what came of {}: {}", method, failure.toString());
                  });
    }

    /** Keeps the request from the service until it is recorded. Never two of its words at once. */
    private final class Waiting extends ServerCall.Listener<Q> {
      private final ServerCall.Listener<Q> service;
      private @Nullable Q request;
      private boolean gone;

      Waiting(ServerCall.Listener<Q> service) {
        this.service = service;
      }

      @Override
      public synchronized void onMessage(Q message) {
        request = message;
      }

      @Override
      public synchronized void onHalfClose() {
        Q message = request;
        if (message == null) {
          service.onHalfClose(); // Which says that there is no request.
          return;
        }
        var _ =
            Stages.timely(trail.append(ask(message)))
                .whenComplete(
                    (_, failure) ->
                        executor.execute(
                            context.wrap(
                                () -> {
                                  if (failure == null) forward(message);
                                  else refuse(failure);
                                })));
      }

      private synchronized void forward(Q message) {
        if (gone) return;
        boolean heard = false;
        try {
          service.onMessage(message);
          service.onHalfClose();
          heard = true;
        } finally {
          // A defect of the service: nobody else would end the call.
          if (!heard) close(Status.UNKNOWN, new Metadata());
        }
      }

      private synchronized void refuse(Throwable failure) {
        if (gone) return;
        synchronized (Recorded.this) {
          asked = null;
        }
        LOG.warn("Not done, for the trail cannot be written: {}: {}", method, failure.toString());
        var refusal = Problem.unavailable("the trail cannot be written").toException();
        close(
            refusal.getStatus(),
            Objects.requireNonNullElseGet(refusal.getTrailers(), Metadata::new));
      }

      @Override
      public synchronized void onCancel() {
        gone = true;
        service.onCancel();
      }

      @Override
      public synchronized void onComplete() {
        service.onComplete();
      }

      @Override
      public synchronized void onReady() {
        service.onReady();
      }
    }
  }
}

package org.novation.api;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.novation.api.auth.CallNote;
import org.novation.api.auth.Principal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each call when it ends: who, which call, what it named, how it ended, how long it
 * took, from where. A stream is one call: its line says how many messages it had each way, and what
 * its first message named. Calls that are denied are warnings. At most {@link #LINES_PER_SECOND}
 * lines are written; of more, their number. Never a token, nor any header.
 */
final class AccessLog implements ServerInterceptor {
  /** Beyond, a log costs more than it tells. */
  static final int LINES_PER_SECOND = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger("novation.access");
  private static final String NOBODY = "-";

  private final LongSupplier clockNanos;
  private final Bucket budget;
  private final AtomicLong leftOut = new AtomicLong();

  /**
   * @param clockNanos as {@link System#nanoTime}
   */
  AccessLog(LongSupplier clockNanos) {
    this.clockNanos = clockNanos;
    this.budget = new Bucket(LINES_PER_SECOND, LINES_PER_SECOND, clockNanos.getAsLong());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (!LOG.isWarnEnabled()) return next.startCall(call, headers);
    Noted<Q, A> noted = new Noted<>(call);
    Context context = noted.note.in(Context.current());
    return noted.listen(Contexts.interceptCall(context, noted, headers, next));
  }

  private final class Noted<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final long startedNanos = clockNanos.getAsLong();
    private final CallNote note = new CallNote();
    private final AtomicInteger in = new AtomicInteger();
    private final AtomicInteger out = new AtomicInteger();
    private volatile String resource = "";
    private volatile String ending = "";

    Noted(ServerCall<Q, A> call) {
      super(call);
    }

    ServerCall.Listener<Q> listen(ServerCall.Listener<Q> inner) {
      return new SimpleForwardingServerCallListener<>(inner) {
        @Override
        public void onMessage(Q message) {
          if (in.getAndIncrement() == 0 && LOG.isInfoEnabled()) resource = Asked.resource(message);
          super.onMessage(message);
        }

        @Override
        public void onComplete() {
          end();
          super.onComplete();
        }

        @Override
        public void onCancel() {
          if (ending.isEmpty()) ending = "CANCELLED";
          end();
          super.onCancel();
        }
      };
    }

    @Override
    public void sendMessage(A message) {
      out.incrementAndGet();
      super.sendMessage(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      ending = Ending.of(status, trailers);
      super.close(status, trailers);
    }

    private void end() {
      boolean denied =
          ending.startsWith("UNAUTHENTICATED")
              || ending.startsWith("PERMISSION_DENIED")
              || ending.startsWith("RESOURCE_EXHAUSTED");
      if (!denied && !LOG.isInfoEnabled()) return;
      long nowNanos = clockNanos.getAsLong();
      if (budget.take(nowNanos) != 0) {
        leftOut.incrementAndGet();
        return;
      }
      long before = leftOut.getAndSet(0);
      if (before > 0) LOG.warn("{} calls were left out", before);
      Principal principal = note.principal();
      String line =
          "principal="
              + (principal == null ? NOBODY : principal.name())
              + " method="
              + getMethodDescriptor().getFullMethodName()
              + " outcome=\""
              + ending
              + "\" us="
              + TimeUnit.NANOSECONDS.toMicros(nowNanos - startedNanos)
              + " in="
              + in
              + " out="
              + out
              + " peer="
              + getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
              + (resource.isEmpty() ? "" : " " + resource);
      if (denied) LOG.warn("{}", line);
      else LOG.info("{}", line);
    }
  }
}

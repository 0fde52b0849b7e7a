package org.novation.api.auth;

import com.google.rpc.Code;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.TokenRefused.Why;
import org.novation.api.error.Problem;

/**
 * Stands before every service: takes the bearer token, finds its principal, and lets the call
 * through only if {@link Access} grants it. A stream ends when its token runs out or is taken back:
 * at the next message either way, and at the next {@link #sweep}. No request byte of a call that is
 * denied is ever read.
 */
public final class AuthInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "bearer ";

  private final TokenVerifier verifier;

  /** Streams that are open: they may be silent for as long as a token counts, and longer. */
  private final Set<Guarded<?, ?>> streams = ConcurrentHashMap.newKeySet();

  public AuthInterceptor(TokenVerifier verifier) {
    this.verifier = verifier;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (Access.OPEN.contains(method)) return next.startCall(call, headers);
    Principal principal;
    try {
      principal = verifier.verify(bearer(headers.get(AUTHORIZATION)));
      ClientCertificate.require(principal, shown(call));
    } catch (TokenRefused refused) {
      return deny(call, problem(refused));
    }
    CallNote.of(principal);
    Set<Grant> grants = Access.grants(method, principal.roles());
    if (grants.isEmpty()) return deny(call, roleRequired(method, principal));
    Context context = new Caller(principal, grants).in(Context.current());
    Guarded<Q, A> guarded = new Guarded<>(call, principal);
    if (call.getMethodDescriptor().getType() != MethodType.UNARY) streams.add(guarded);
    return guarded.listen(Contexts.interceptCall(context, guarded, headers, next));
  }

  /** Ends open streams whose tokens count no more, also those on which nothing is said. */
  public void sweep() {
    streams.forEach(Guarded::stillValid);
  }

  private static String bearer(@Nullable String authorization) throws TokenRefused {
    if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw new TokenRefused(Why.TOKEN_MISSING, "send the header \"authorization: Bearer TOKEN\"");
    }
    return authorization.substring(SCHEME.length()).strip();
  }

  /** What the handshake verified; null where it asked for nothing. */
  private static @Nullable X509Certificate shown(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) return null;
    try {
      return (X509Certificate) session.getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  private static Problem problem(TokenRefused refused) {
    return Problem.of(
        Code.UNAUTHENTICATED, refused.why().name(), String.valueOf(refused.getMessage()));
  }

  private static Problem roleRequired(String method, Principal principal) {
    String allowed = names(Access.roles(method));
    String message =
        allowed.isEmpty()
            ? "nobody may call " + method
            : principal.name() + " may not call " + method + ": it takes the role " + allowed;
    return Problem.of(
        Code.PERMISSION_DENIED,
        "ROLE_REQUIRED",
        message,
        "method",
        method,
        "required",
        allowed,
        "roles",
        names(principal.roles()));
  }

  private static String names(Set<Role> roles) {
    return roles.stream().sorted().map(Role::claim).collect(Collectors.joining(" or "));
  }

  private static <Q, A> ServerCall.Listener<Q> deny(ServerCall<Q, A> call, Problem problem) {
    close(call, problem);
    return new ServerCall.Listener<>() {};
  }

  private static void close(ServerCall<?, ?> call, Problem problem) {
    StatusRuntimeException failure = problem.toException();
    call.close(
        failure.getStatus(), Objects.requireNonNullElseGet(failure.getTrailers(), Metadata::new));
  }

  /** A call that ends when its token does, at the next message either way. */
  private final class Guarded<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final Principal principal;
    private boolean cut;

    Guarded(ServerCall<Q, A> call, Principal principal) {
      super(call);
      this.principal = principal;
    }

    ServerCall.Listener<Q> listen(ServerCall.Listener<Q> inner) {
      return new SimpleForwardingServerCallListener<>(inner) {
        @Override
        public void onMessage(Q message) {
          if (stillValid()) super.onMessage(message);
        }

        @Override
        public void onCancel() {
          streams.remove(Guarded.this);
          super.onCancel();
        }

        @Override
        public void onComplete() {
          streams.remove(Guarded.this);
          super.onComplete();
        }
      };
    }

    @Override
    public synchronized void sendMessage(A message) {
      if (stillValid()) super.sendMessage(message);
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!cut) super.close(status, trailers);
    }

    /** A call may be closed once only: what the service still says afterwards goes nowhere. */
    private synchronized boolean stillValid() {
      if (cut) return false;
      try {
        verifier.requireValid(principal);
        return true;
      } catch (TokenRefused expired) {
        cut = true;
        StatusRuntimeException failure = problem(expired).toException();
        super.close(
            failure.getStatus(),
            Objects.requireNonNullElseGet(failure.getTrailers(), Metadata::new));
        return false;
      }
    }
  }
}

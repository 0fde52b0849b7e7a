package org.novation.api;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.api.Allowances.Allowance;
import org.novation.api.Limits.Kind;
import org.novation.api.auth.Access;
import org.novation.api.auth.Caller;
import org.novation.api.error.Problem;

/** Refuses a caller that asks for more than its share. Stands behind authentication. */
final class AllowanceInterceptor implements ServerInterceptor {
  private final Allowances allowances;

  AllowanceInterceptor(Allowances allowances) {
    this.allowances = allowances;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Caller caller = Caller.current();
    Allowance allowance = allowances.of(caller.name());
    boolean stream = call.getMethodDescriptor().getType() != MethodType.UNARY;
    Problem refusal = stream ? allowance.open() : allowance.take(kind(call.getMethodDescriptor()));
    if (refusal == null
        && Access.recordedOfAnybody(call.getMethodDescriptor().getFullMethodName(), caller))
      refusal = allowance.take(Kind.RECORDED);
    if (refusal != null) {
      new CutCall<>(call).cut(refusal);
      return new ServerCall.Listener<>() {};
    }
    if (!stream) return next.startCall(call, headers);
    CutCall<Q, A> cut = new CutCall<>(call);
    return new Counted<>(cut, allowance, next.startCall(cut, headers));
  }

  /** By its name: what does not say that it only reads is taken to change something. */
  static Kind kind(MethodDescriptor<?, ?> method) {
    String name = String.valueOf(method.getBareMethodName());
    return Stream.of("Get", "List", "Watch", "Preview").anyMatch(name::startsWith)
        ? Kind.READ
        : Kind.CHANGE;
  }

  private static final class Counted<Q> extends SimpleForwardingServerCallListener<Q> {
    private final CutCall<Q, ?> call;
    private final Allowance allowance;
    private boolean refused;

    Counted(CutCall<Q, ?> call, Allowance allowance, ServerCall.Listener<Q> service) {
      super(service);
      this.call = call;
      this.allowance = allowance;
    }

    @Override
    public void onMessage(Q message) {
      if (refused) return;
      @Nullable Problem refusal = allowance.take(Kind.MESSAGE);
      if (refusal == null) {
        super.onMessage(message);
        return;
      }
      refused = true;
      call.cut(refusal);
      super.onCancel(); // The service need not wait for more.
    }

    @Override
    public void onHalfClose() {
      if (!refused) super.onHalfClose();
    }

    @Override
    public void onCancel() {
      allowance.closed();
      if (!refused) super.onCancel();
    }

    @Override
    public void onComplete() {
      allowance.closed();
      if (!refused) super.onComplete();
    }
  }
}

package org.novation.api;

import com.google.protobuf.Message;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.novation.api.error.Problem;

/**
 * Answers bytes that are no message of a call's kind as what they are, the caller's mistake. By
 * itself the transport takes them for a defect of the service.
 */
final class Decoding {
  private Decoding() {}

  /** The same service; undecodable requests never reach it. */
  static ServerServiceDefinition guarded(ServerServiceDefinition service) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      ServerMethodDefinition<?, ?> guarded = guarded(method);
      methods.add(guarded);
      descriptor.addMethod(guarded.getMethodDescriptor());
    }
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(definition::addMethod);
    return definition.build();
  }

  private static <Q, A> ServerMethodDefinition<Q, A> guarded(ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> descriptor = method.getMethodDescriptor();
    PrototypeMarshaller<Q> marshaller = (PrototypeMarshaller<Q>) descriptor.getRequestMarshaller();
    Q undecodable = another(marshaller);
    return ServerMethodDefinition.create(
        descriptor.toBuilder(
                new Tolerant<>(marshaller, undecodable), descriptor.getResponseMarshaller())
            .build(),
        (call, headers) -> {
          CutCall<Q, A> cut = new CutCall<>(call);
          return new Refusing<>(
              cut, undecodable, method.getServerCallHandler().startCall(cut, headers));
        });
  }

  /** An empty message that is no other message's object. */
  private static <Q> Q another(PrototypeMarshaller<Q> marshaller) {
    Message prototype =
        (Message) Objects.requireNonNull(marshaller.getMessagePrototype(), "no protobuf message");
    // Of the prototype's own type.
    @SuppressWarnings("unchecked")
    Q empty = (Q) prototype.newBuilderForType().build();
    return empty;
  }

  /** Gives {@code undecodable} where there is no message in the bytes. */
  private record Tolerant<Q>(PrototypeMarshaller<Q> marshaller, Q undecodable)
      implements Marshaller<Q> {
    @Override
    public InputStream stream(Q message) {
      return marshaller.stream(message);
    }

    @Override
    public Q parse(InputStream bytes) {
      try {
        return marshaller.parse(bytes);
      } catch (StatusRuntimeException notThisMessage) {
        return undecodable;
      }
    }
  }

  private static final class Refusing<Q> extends SimpleForwardingServerCallListener<Q> {
    private final CutCall<Q, ?> call;
    private final Q undecodable;
    private boolean refused;

    Refusing(CutCall<Q, ?> call, Q undecodable, ServerCall.Listener<Q> service) {
      super(service);
      this.call = call;
      this.undecodable = undecodable;
    }

    // An empty message that was sent is equal to it, and is a message.
    @SuppressWarnings("ReferenceEquality")
    @Override
    public void onMessage(Q message) {
      if (refused) return;
      if (message != undecodable) {
        super.onMessage(message);
        return;
      }
      refused = true;
      call.cut(
          Problem.inField(
              "",
              "MALFORMED",
              "the bytes are no request of " + call.getMethodDescriptor().getFullMethodName()));
      super.onCancel(); // The service need not wait for more.
    }

    @Override
    public void onHalfClose() {
      if (!refused) super.onHalfClose();
    }

    @Override
    public void onCancel() {
      if (!refused) super.onCancel();
    }

    @Override
    public void onComplete() {
      if (!refused) super.onComplete();
    }
  }
}

package org.novation.api;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.novation.protocol.v1.ClearingServiceGrpc;

/**
 * Every call of the contract, found by looking: what protoc made of a new service is here without
 * being listed. And for each a sound request, its fields filled by their names.
 */
final class Samples {
  /** Whose things a request names. */
  record Owner(String account, String member, String venue) {
    static final Owner ALICE = new Owner("a-1", "alice", "venue-1");
    static final Owner BOB = new Owner("b-1", "bob", "venue-2");
  }

  /** What a field of this name holds in a sound request; a suffix counts where no whole name is. */
  private static final Map<String, String> TEXTS =
      Map.ofEntries(
          Map.entry("trade_id", "t-1"),
          Map.entry("auction_id", "l.2"),
          Map.entry("wave_id", "main-1"),
          Map.entry("buyer_account_id", "a-1"),
          Map.entry("seller_account_id", "b-1"),
          Map.entry("instrument", "BTC-PERP"),
          Map.entry("market", "BTC-PERP"),
          Map.entry("symbol", "BTC"),
          Map.entry("asset", "USDC"),
          Map.entry("price", "50000.1"),
          Map.entry("quantity", "0.125"),
          Map.entry("amount", "1"),
          Map.entry("deposit", "1"),
          Map.entry("council_member", "k1"),
          Map.entry("fraction", "0.5"),
          Map.entry("best_bid", "49999"),
          Map.entry("impact_bid", "49998"),
          Map.entry("best_ask", "50001"),
          Map.entry("impact_ask", "50002"),
          Map.entry("principal", "nobody"),
          Map.entry("reason", "a drill"));

  private static final Map<String, Long> NUMBERS =
      Map.of("until_ms", 0L, "not_before_ms", 0L, "account_version", 7L);

  private Samples() {}

  /** All calls of the contract, in the order of their names. */
  static List<MethodDescriptor<?, ?>> methods() {
    try {
      URI home =
          ClearingServiceGrpc.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      if (Files.isDirectory(Path.of(home))) return methods(Path.of(home));
      try (FileSystem jar = FileSystems.newFileSystem(Path.of(home))) {
        return methods(jar.getPath("/"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static List<MethodDescriptor<?, ?>> methods(Path root) throws IOException {
    String room = ClearingServiceGrpc.class.getPackageName();
    try (Stream<Path> files = Files.list(root.resolve(room.replace('.', '/')))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("ServiceGrpc.class"))
          .sorted()
          .map(name -> service(room + '.' + name.replace(".class", "")))
          .flatMap(service -> service.getMethods().stream())
          .<MethodDescriptor<?, ?>>map(method -> method)
          .toList();
    }
  }

  private static ServiceDescriptor service(String name) {
    try {
      Object descriptor = Class.forName(name).getMethod("getServiceDescriptor").invoke(null);
      return (ServiceDescriptor) descriptor;
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new LinkageError(name, e);
    }
  }

  /** Whether a call changes nothing, by its name. */
  static boolean reads(MethodDescriptor<?, ?> method) {
    String name = String.valueOf(method.getBareMethodName());
    return Stream.of("Get", "List", "Watch", "Preview").anyMatch(name::startsWith);
  }

  /** A sound request about what belongs to somebody. */
  static <Q> Q request(MethodDescriptor<Q, ?> method, Owner owner) {
    PrototypeMarshaller<Q> marshaller = (PrototypeMarshaller<Q>) method.getRequestMarshaller();
    Message prototype = (Message) marshaller.getMessagePrototype();
    Message filled = filled(prototype, owner);
    Parser<? extends Message> parser = prototype.getParserForType();
    try {
      // Never another type than the prototype's.
      @SuppressWarnings("unchecked")
      Q request = (Q) parser.parseFrom(filled.toByteString());
      return request;
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static Message filled(Message prototype, Owner owner) {
    DynamicMessage.Builder draft = DynamicMessage.newBuilder(prototype.getDescriptorForType());
    for (FieldDescriptor field : prototype.getDescriptorForType().getFields()) {
      boolean taken =
          field.getRealContainingOneof() != null && draft.hasOneof(field.getRealContainingOneof());
      if (field.isMapField() || taken) continue;
      Object value = value(field, owner);
      if (field.isRepeated()) draft.addRepeatedField(field, value);
      else draft.setField(field, value);
    }
    return draft.build();
  }

  private static Object value(FieldDescriptor field, Owner owner) {
    String name = field.getName().toLowerCase(Locale.ROOT);
    return switch (field.getJavaType()) {
      case STRING -> text(name, owner);
      case MESSAGE -> filled(DynamicMessage.getDefaultInstance(field.getMessageType()), owner);
      case ENUM -> field.getEnumType().getValues().get(1);
      case INT -> name.startsWith("page") ? 0 : 2;
      case LONG -> NUMBERS.getOrDefault(name, 1_000L);
      case BOOLEAN -> false;
      case BYTE_STRING -> com.google.protobuf.ByteString.copyFromUtf8("x");
      case FLOAT, DOUBLE -> throw new AssertionError("money is no " + field);
    };
  }

  private static String text(String name, Owner owner) {
    if (name.equals("account_id")) return owner.account();
    if (name.equals("member")) return owner.member();
    if (name.equals("venue")) return owner.venue();
    String known = TEXTS.get(name);
    if (known != null) return known;
    return name.equals("id") || name.endsWith("_id") ? "x-1" : "";
  }
}

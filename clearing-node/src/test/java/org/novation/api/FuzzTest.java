package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.Seeds;
import org.novation.api.Samples.Owner;
import org.novation.api.auth.Role;

/**
 * Whatever bytes a caller with every role sends to whatever call: it gets an answer that the
 * contract knows, no defect shows, and a request that is malformed has changed nothing. {@code
 * -Dnovation.seeds=N} sends more of it.
 */
final class FuzzTest {
  private static final int SEEDS = 25;

  /** No UNKNOWN, no INTERNAL, and no UNAVAILABLE: that is what a defect in a stage turns into. */
  private static final Set<Code> ANSWERS =
      EnumSet.of(
          Code.OK,
          Code.INVALID_ARGUMENT,
          Code.NOT_FOUND,
          Code.ALREADY_EXISTS,
          Code.FAILED_PRECONDITION,
          Code.OUT_OF_RANGE,
          Code.PERMISSION_DENIED);

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "-1",
          "0",
          "1",
          "1e9",
          "NaN",
          "0.0000001",
          "9223372036854775807",
          "-9223372036854775808",
          "99999999999999999999999999999999999999999",
          "..",
          "../../x",
          "'; DROP TABLE event_journal; --",
          "a\u0000b",
          "a\nb",
          "\u202e\u0661",
          "x".repeat(65),
          "x".repeat(5_000));

  private static final long[] NUMBERS = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private static EdgeNode node;

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    node.trade.wave = AdlServiceTest.wave(2_000, 0);
    node.trade.receipt = "{}".getBytes(StandardCharsets.UTF_8);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void noBytesAreADefectAndMalformedOnesChangeNothing() {
    List<MethodDescriptor<?, ?>> methods = Samples.methods();
    Seeds.each(
        SEEDS,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          // One alone would use up its allowance.
          Channel caller =
              ClientInterceptors.intercept(
                  node.channel, node.as("fuzz-" + seed, EnumSet.allOf(Role.class)));
          for (MethodDescriptor<?, ?> method : methods) {
            byte[] bytes = bytes(method, random);
            node.trade.forwarded.clear();
            Status status = call(caller, method, bytes);
            assertThat(ANSWERS)
                .as("%s: %s to %s", status, method.getFullMethodName(), ByteString.copyFrom(bytes))
                .contains(status.getCode());
            if (status.getCode() != Code.INVALID_ARGUMENT) continue;
            // Whether a draft is sound is judged by what is in force.
            assertThat(node.trade.forwarded)
                .as(method.getFullMethodName())
                .isSubsetOf("parameters");
          }
        });
  }

  /** Noise; or a sound request that was bent: in its bytes, or in one of its fields. */
  private static byte[] bytes(MethodDescriptor<?, ?> method, SplittableRandom random) {
    Message sound =
        (Message) Samples.request(method, random.nextBoolean() ? Owner.ALICE : Owner.BOB);
    return switch (random.nextInt(6)) {
      case 0 -> noise(random, random.nextInt(64));
      case 1 -> flipped(sound.toByteArray(), random);
      case 2 -> cut(sound.toByteArray(), random);
      case 3 -> sound.toByteString().concat(ByteString.copyFrom(noise(random, 8))).toByteArray();
      default -> bent(bent(sound, random), random).toByteArray();
    };
  }

  private static byte[] noise(SplittableRandom random, int length) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] flipped(byte[] bytes, SplittableRandom random) {
    if (bytes.length > 0) bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private static byte[] cut(byte[] bytes, SplittableRandom random) {
    byte[] part = new byte[bytes.length == 0 ? 0 : random.nextInt(bytes.length)];
    System.arraycopy(bytes, 0, part, 0, part.length);
    return part;
  }

  private static Message bent(Message sound, SplittableRandom random) {
    List<FieldDescriptor> fields = sound.getDescriptorForType().getFields();
    if (fields.isEmpty()) return sound;
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    Message.Builder draft = sound.toBuilder();
    if (field.isMapField()) return sound;
    if (random.nextInt(8) == 0) return draft.clearField(field).build();
    if (field.isRepeated()) {
      if (sound.getRepeatedFieldCount(field) > 0
          && sound.getRepeatedField(field, 0) instanceof Message inner)
        return draft.addRepeatedField(field, bent(inner, random)).build();
      return draft.build();
    }
    Object value =
        switch (field.getJavaType()) {
          case STRING -> TEXTS.get(random.nextInt(TEXTS.size()));
          case INT -> (int) NUMBERS[random.nextInt(NUMBERS.length)];
          case LONG -> NUMBERS[random.nextInt(NUMBERS.length)];
          case BOOLEAN -> random.nextBoolean();
          case ENUM -> anyValue(field, random);
          case BYTE_STRING -> ByteString.copyFrom(noise(random, random.nextInt(100)));
          case MESSAGE -> bent((Message) sound.getField(field), random);
          case FLOAT, DOUBLE -> throw new AssertionError("money is no " + field);
        };
    return draft.setField(field, value).build();
  }

  /** Also one that the contract does not know. */
  private static EnumValueDescriptor anyValue(FieldDescriptor field, SplittableRandom random) {
    return field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(-1, 12));
  }

  /** How a call of such bytes ends; one that only goes on counts as well. */
  private static Status call(Channel caller, MethodDescriptor<?, ?> method, byte[] request) {
    MethodDescriptor<byte[], byte[]> raw =
        method.toBuilder(new Raw(), new Raw()).setSchemaDescriptor(null).build();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        caller.newCall(raw, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] answer) {
            if (method.getType() == MethodType.SERVER_STREAMING) ended.complete(Status.OK);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(1_000);
    call.sendMessage(request);
    call.halfClose();
    if (method.getType() == MethodType.SERVER_STREAMING)
      ended.completeOnTimeout(Status.OK, 500, TimeUnit.MILLISECONDS);
    Status status = ended.join();
    call.cancel("enough", null);
    return status;
  }

  private static final class Raw implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

package org.novation.api;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.protocol.v1.AccountServiceGrpc;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.MarketServiceGrpc;

/** A real gRPC server with TLS on a free port, in front of a fake trade, and a channel to it. */
final class EdgeNode implements AutoCloseable {
  final FakeTrade trade = new FakeTrade();
  final DevKeys keys;
  final ApiServer server;
  final ManagedChannel channel;

  EdgeNode(Path home) throws IOException {
    this(home, Duration.ofSeconds(30));
  }

  EdgeNode(Path home, Duration slowReaderPatience) throws IOException {
    keys = DevKeys.prepare(home, Instant.now());
    ApiSettings local = ApiSettings.local(0);
    ApiSettings settings =
        new ApiSettings(
            local.host(),
            0,
            2,
            slowReaderPatience,
            local.connectionAgeMax(),
            local.connectionAgeGrace());
    try {
      server = ApiServer.start(settings, keys.credentials(), trade.ports(), Clock.systemUTC());
    } catch (Credentials.Missing e) {
      throw new IOException(e);
    }
    server.serving(true);
    channel =
        Grpc.newChannelBuilder(
                "localhost:" + server.port(),
                TlsChannelCredentials.newBuilder().trustManager(keys.authority().toFile()).build())
            .build();
  }

  ClearingServiceGrpc.ClearingServiceBlockingStub clearing(String name) {
    return ClearingServiceGrpc.newBlockingStub(channel).withInterceptors(as(name));
  }

  AccountServiceGrpc.AccountServiceBlockingStub accounts(String name) {
    return AccountServiceGrpc.newBlockingStub(channel).withInterceptors(as(name));
  }

  MarketServiceGrpc.MarketServiceBlockingStub markets(String name) {
    return MarketServiceGrpc.newBlockingStub(channel).withInterceptors(as(name));
  }

  /** Calls as one of the development node's holders. */
  ClientInterceptor as(String name) {
    try {
      return bearer(Files.readString(keys.token(name)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Calls as somebody with such roles. */
  ClientInterceptor as(String name, Set<Role> roles) {
    return as(name, roles, Instant.now(), Duration.ofHours(1));
  }

  ClientInterceptor as(String name, Set<Role> roles, Instant issued, Duration lifetime) {
    try {
      return bearer(keys.issuer().issue(name, roles, issued, lifetime));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** The reason of a failure. */
  static String reason(@Nullable StatusRuntimeException failure) {
    Status status = failure == null ? null : StatusProto.fromThrowable(failure);
    return status == null ? "" : info(status).getReason();
  }

  /** The field that a failure names. */
  static String field(Status status) {
    return detail(status, BadRequest.class, BadRequest.getDefaultInstance())
        .getFieldViolations(0)
        .getField();
  }

  static ErrorInfo info(Status status) {
    return detail(status, ErrorInfo.class, ErrorInfo.getDefaultInstance());
  }

  private static <T extends com.google.protobuf.Message> T detail(
      Status status, Class<T> type, T otherwise) {
    try {
      for (Any any : status.getDetailsList()) {
        if (any.is(type)) return any.unpack(type);
      }
      return otherwise;
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.stop(Duration.ZERO);
  }
}

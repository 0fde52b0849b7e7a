package org.novation.api;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.api.client.Target;
import org.novation.protocol.v1.AccountServiceGrpc;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.MarketServiceGrpc;

/** A real gRPC server with TLS on a free port, in front of a fake trade, and a channel to it. */
public final class EdgeNode implements AutoCloseable {
  public final FakeTrade trade = new FakeTrade();
  public final DevKeys keys;
  private final Duration patience;
  private final Path home;
  private final @Nullable Path clientAuthorities;
  private boolean creditsByToken = true;
  ApiServer server;
  final ManagedChannel channel;

  /** How far the node's clock runs ahead, so that a test need not wait for a token to expire. */
  volatile Duration ahead = Duration.ZERO;

  public EdgeNode(Path home) throws IOException {
    this(home, Duration.ofSeconds(30));
  }

  EdgeNode(Path home, Duration slowReaderPatience) throws IOException {
    this(home, slowReaderPatience, null);
  }

  /**
   * @param clientAuthorities PEM of the authorities of client certificates; null asks for none
   */
  EdgeNode(Path home, Duration slowReaderPatience, @Nullable Path clientAuthorities)
      throws IOException {
    keys = DevKeys.prepare(home, Instant.now());
    this.clientAuthorities = clientAuthorities;
    patience = slowReaderPatience;
    this.home = home;
    server = serve(0);
    channel = builder().build();
  }

  /** As every house but a developer's has it. */
  EdgeNode withoutCreditsByToken() throws IOException {
    creditsByToken = false;
    restart();
    return this;
  }

  private ApiServer serve(int port) throws IOException {
    ApiSettings local = ApiSettings.local(port);
    ApiSettings settings =
        new ApiSettings(
            local.host(),
            port,
            2,
            patience,
            local.connectionAgeMax(),
            local.connectionAgeGrace(),
            creditsByToken,
            local.rates());
    try {
      ApiServer started =
          ApiServer.start(
              settings, credentials(), trade.ports(), () -> Instant.now().plus(ahead), null);
      started.serving(true);
      return started;
    } catch (Credentials.Missing e) {
      throw new IOException(e);
    }
  }

  private Credentials credentials() {
    Credentials own = keys.credentials();
    return new Credentials(
        own.certificateChain(),
        own.privateKey(),
        own.verificationKeys(),
        own.issuer(),
        own.audience(),
        clientAuthorities);
  }

  /** The node, to be called as one of its holders. */
  Target target(String name) throws IOException {
    return Target.local(home, server.port(), name);
  }

  /** The port that it listens on. */
  public int port() {
    return server.port();
  }

  /** Cuts every connection, then listens again at the same place. */
  void restart() throws IOException {
    int port = server.port();
    stop();
    server = serve(port);
  }

  /** For a further channel; it trusts the node and calls as nobody. */
  NettyChannelBuilder builder() throws IOException {
    return NettyChannelBuilder.forTarget(
        "localhost:" + server.port(),
        TlsChannelCredentials.newBuilder().trustManager(keys.authority().toFile()).build());
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

  /** The token of somebody with a role. */
  String token(String name, Role role) throws IOException {
    return keys.issuer().issue(name, Set.of(role), Instant.now(), Duration.ofHours(1));
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
  public void close() {
    channel.shutdownNow();
    stop();
  }

  private void stop() {
    try {
      server.stop(Duration.ZERO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

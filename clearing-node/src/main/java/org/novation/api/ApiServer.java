package org.novation.api;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.novation.api.auth.AuthInterceptor;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.TokenVerifier;
import org.novation.instrument.Catalogue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's gRPC server: TLS always, a token for everything but health. It starts healthy but not
 * serving: {@link #serving} tells load balancers when the node is ready.
 */
public final class ApiServer {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  /** How often rotated certificates and keys are looked for. */
  private static final long REREAD_SECONDS = 60;

  private final Server server;
  private final HealthStatusManager health;
  private final ThreadPoolExecutor executor;
  private final ScheduledThreadPoolExecutor timer;
  private final Identity identity;

  private ApiServer(
      Server server,
      HealthStatusManager health,
      ThreadPoolExecutor executor,
      ScheduledThreadPoolExecutor timer,
      Identity identity) {
    this.server = server;
    this.health = health;
    this.executor = executor;
    this.timer = timer;
    this.identity = identity;
  }

  /**
   * Starts to listen.
   *
   * @param clock wall time, by which tokens expire
   * @throws Credentials.Missing when the node was not given what it needs to be trusted, or that is
   *     unusable
   * @throws IOException when it cannot listen there
   */
  public static ApiServer start(
      ApiSettings settings, Credentials credentials, Ports ports, InstantSource clock)
      throws IOException, Credentials.Missing {
    TokenVerifier verifier =
        new TokenVerifier(
            credentials.read(),
            credentials.issuer(),
            credentials.audience(),
            clock,
            ports.access()::revocations);
    Identity identity = new Identity(credentials, verifier);
    ThreadPoolExecutor executor = executor(settings.threads());
    ScheduledThreadPoolExecutor timer = timer();
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    boolean started = false;
    try {
      NettyServerBuilder builder =
          builder(settings, identity).executor(executor).addService(health.getHealthService());
      Edge edge = new Edge(executor, timer, settings.slowReaderPatience());
      AuthInterceptor auth = new AuthInterceptor(verifier);
      addServices(builder, ports, edge, auth);
      Server server = builder.build().start();
      started = true;
      LOG.info("Listening on {}:{}", settings.host(), server.getPort());
      var _ =
          timer.scheduleWithFixedDelay(
              identity::reread, REREAD_SECONDS, REREAD_SECONDS, TimeUnit.SECONDS);
      var _ = timer.scheduleWithFixedDelay(auth::sweep, 1, 1, TimeUnit.SECONDS);
      return new ApiServer(server, health, executor, timer, identity);
    } finally {
      if (!started) {
        executor.shutdown();
        timer.shutdownNow();
      }
    }
  }

  private static void addServices(
      NettyServerBuilder builder, Ports ports, Edge edge, AuthInterceptor auth) {
    TrailInterceptor trail = new TrailInterceptor(ports.trail(), edge.executor());
    AccessLog log = new AccessLog(System::nanoTime);
    AllowanceInterceptor allowances = new AllowanceInterceptor(new Allowances(System::nanoTime));
    for (BindableService service : services(ports, edge)) {
      // The last is the outermost: but for the log, nothing runs before authentication.
      builder.addService(
          ServerInterceptors.intercept(
              Decoding.guarded(
                  ServerInterceptors.intercept(service, new ProblemInterceptor(), trail)),
              allowances,
              auth,
              log));
    }
    builder.addService(
        ServerInterceptors.intercept(
            ProtoReflectionServiceV1.newInstance(), allowances, auth, log));
  }

  private static List<BindableService> services(Ports ports, Edge edge) {
    Supplier<Catalogue> catalogue = () -> ports.markets().view().catalogue();
    Ownership ownership = new Ownership(ports.accounts());
    return List.of(
        new ClearingGrpc(ports.clearing(), ownership, catalogue, edge),
        new AccountGrpc(ports.accounts(), ownership, catalogue, edge),
        new MarketGrpc(ports.markets(), edge),
        new InsuranceGrpc(ports.insurance(), edge),
        new BrakeGrpc(ports.brakes(), catalogue),
        new AdlGrpc(ports.adl(), ports.accounts(), ownership, catalogue, edge),
        new LiquidationGrpc(ports.liquidation(), ownership, ports.markets()::view, edge),
        new AccessGrpc(ports.access()),
        new TrailGrpc(ports.trail()));
  }

  private static NettyServerBuilder builder(ApiSettings settings, Identity identity) {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(settings.host(), settings.port()), identity.credentials())
        .maxInboundMessageSize(Limits.MESSAGE_BYTES)
        .maxInboundMetadataSize(Limits.HEADER_BYTES)
        .maxConcurrentCallsPerConnection(Limits.CALLS_PER_CONNECTION)
        .handshakeTimeout(10, TimeUnit.SECONDS)
        // A client that vanished is noticed; one that pings more often than this is sent away.
        .keepAliveTime(30, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .permitKeepAliveTime(10, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .maxConnectionAge(settings.connectionAgeMax().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(settings.connectionAgeGrace().toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The queue needs no bound of its own: each call puts in at most a step or two, and calls are
   * bounded.
   */
  private static ThreadPoolExecutor executor(int threads) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            threads("novation-api-"));
    // After the end, late answers of the trade have nobody to go to.
    executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    return executor;
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(1, threads("novation-api-timer-"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    return timer;
  }

  private static ThreadFactory threads(String prefix) {
    return Thread.ofPlatform().name(prefix, 1).daemon(true).factory();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Takes keys and certificates that were rotated, as it does by itself every minute. */
  void reread() {
    identity.reread();
  }

  /** Tells load balancers whether to send calls here. */
  public void serving(boolean serves) {
    ServingStatus status = serves ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
  }

  /** Takes no further call, lets open ones end within {@code grace}, then cuts them. */
  public void stop(Duration grace) throws InterruptedException {
    health.enterTerminalState();
    server.shutdown();
    if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    executor.shutdown();
    timer.shutdownNow();
  }
}

package org.novation.api;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.inprocess.InProcessServerBuilder;
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
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.AuthInterceptor;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.TokenVerifier;
import org.novation.api.client.NovationClient;
import org.novation.instrument.Catalogue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's gRPC server: TLS always, a token for everything but health. It starts healthy but not
 * serving: {@link #serving} tells load balancers when the node is ready.
 */
public final class ApiServer {
  /** A name in the health service: serving while trades that are no reductions are taken. */
  public static final String NEW_RISK = "novation.new-risk";

  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  /** How often rotated certificates and keys are looked for. */
  private static final long REREAD_SECONDS = 60;

  /** A client in this process reads while the answer is given. */
  private static final Duration LOCAL_PATIENCE = Duration.ofSeconds(30);

  private final HealthStatusManager health;
  private final @Nullable Listening listening;
  private final @Nullable Local local;

  /** Where clients of elsewhere call. */
  private record Listening(
      Server server,
      ThreadPoolExecutor executor,
      ScheduledThreadPoolExecutor timer,
      Identity identity) {}

  /** Where clients in this process call. */
  private record Local(Server server, String name, Hands hands) {}

  private ApiServer(
      HealthStatusManager health, @Nullable Listening listening, @Nullable Local local) {
    this.health = health;
    this.listening = listening;
    this.local = local;
  }

  /**
   * Starts to listen.
   *
   * @param clock wall time, by which tokens expire
   * @param hands who works for clients in this process; null where all come over the network
   * @throws Credentials.Missing when the node was not given what it needs to be trusted, or that is
   *     unusable
   * @throws IOException when it cannot listen there
   */
  public static ApiServer start(
      ApiSettings settings,
      Credentials credentials,
      Ports ports,
      InstantSource clock,
      @Nullable Hands hands)
      throws IOException, Credentials.Missing {
    TokenVerifier verifier =
        new TokenVerifier(
            credentials.read(),
            credentials.issuer(),
            credentials.audience(),
            clock,
            ports.access()::revocations);
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    Listening listening =
        hands == null || hands.listens()
            ? listen(settings, credentials, ports, verifier, health)
            : null;
    return new ApiServer(
        health, listening, hands == null ? null : local(ports, verifier, health, hands));
  }

  private static Listening listen(
      ApiSettings settings,
      Credentials credentials,
      Ports ports,
      TokenVerifier verifier,
      HealthStatusManager health)
      throws IOException, Credentials.Missing {
    Identity identity = new Identity(credentials, verifier);
    ThreadPoolExecutor executor = executor(settings.threads());
    ScheduledThreadPoolExecutor timer = timer();
    boolean started = false;
    try {
      NettyServerBuilder builder =
          builder(settings, identity).executor(executor).addService(health.getHealthService());
      Edge edge = new Edge(executor, timer, settings.slowReaderPatience());
      AuthInterceptor auth = new AuthInterceptor(verifier);
      AccessLog log = new AccessLog(System::nanoTime);
      Allowances allowances = new Allowances(settings.rates(), System::nanoTime);
      addServices(
          builder,
          services(ports, edge, settings.creditsByToken()),
          ports,
          edge,
          List.of(new AllowanceInterceptor(allowances), auth, log));
      Server server = builder.build().start();
      started = true;
      LOG.info("Listening on {}:{}", settings.host(), server.getPort());
      var _ =
          timer.scheduleWithFixedDelay(
              identity::reread, REREAD_SECONDS, REREAD_SECONDS, TimeUnit.SECONDS);
      var _ = timer.scheduleWithFixedDelay(auth::sweep, 1, 1, TimeUnit.SECONDS);
      return new Listening(server, executor, timer, identity);
    } finally {
      if (!started) {
        executor.shutdown();
        timer.shutdownNow();
      }
    }
  }

  /**
   * Each call runs in its caller's thread, as far as it gets without waiting. A caller in this
   * process is the house's own: it may ask as much as it likes, and nobody logs it.
   */
  private static Local local(
      Ports ports, TokenVerifier verifier, HealthStatusManager health, Hands hands)
      throws IOException {
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .scheduledExecutorService(hands.worker())
            .addService(health.getHealthService());
    AuthInterceptor auth = new AuthInterceptor(verifier);
    Edge edge = new Edge(hands.worker(), hands.worker(), LOCAL_PATIENCE);
    addServices(builder, services(ports, edge, true), ports, edge, List.of(auth));
    var _ = hands.worker().scheduleWithFixedDelay(auth::sweep, 1, 1, TimeUnit.SECONDS);
    return new Local(builder.build().start(), name, hands);
  }

  /**
   * @param guards the last is the outermost
   */
  private static void addServices(
      ServerBuilder<?> builder,
      List<BindableService> services,
      Ports ports,
      Edge edge,
      List<ServerInterceptor> guards) {
    TrailInterceptor trail = new TrailInterceptor(ports.trail(), edge.executor());
    KillSwitchInterceptor killSwitch = new KillSwitchInterceptor(ports.brakes()::killed);
    ServerInterceptor timed = Stages.timedBy(edge.timer());
    for (BindableService service : services) {
      // The last is the outermost: but for the log, nothing runs before authentication.
      builder.addService(
          ServerInterceptors.intercept(
              Decoding.guarded(
                  ServerInterceptors.intercept(
                      service, new ProblemInterceptor(), killSwitch, trail, timed)),
              guards));
    }
    builder.addService(
        ServerInterceptors.intercept(ProtoReflectionServiceV1.newInstance(), guards));
  }

  private static List<BindableService> services(Ports ports, Edge edge, boolean creditsByToken) {
    Supplier<Catalogue> catalogue = () -> ports.markets().view().catalogue();
    Ownership ownership = new Ownership(ports.accounts());
    return List.of(
        new ClearingGrpc(ports.clearing(), ownership, catalogue, edge),
        new CorrectionGrpc(ports.corrections(), ports.clearing(), ownership, catalogue),
        new GiveUpGrpc(ports.giveUps(), ports.clearing(), ports.accounts(), ownership, catalogue),
        new AccountGrpc(ports.accounts(), ownership, catalogue, edge, creditsByToken),
        new MarketGrpc(ports.markets(), edge),
        new InsuranceGrpc(ports.insurance(), edge, creditsByToken),
        new BrakeGrpc(ports.brakes(), catalogue),
        new AdlGrpc(ports.adl(), ports.accounts(), ownership, catalogue, edge),
        new LiquidationGrpc(ports.liquidation(), ownership, ports.markets()::view, edge),
        new AccessGrpc(ports.access()),
        new TrailGrpc(ports.trail()),
        new CustodyGrpc(ports.custody(), ownership, catalogue, edge),
        new GovernanceGrpc(ports.governance(), ownership, catalogue, edge));
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

  /**
   * The port that it listens on.
   *
   * @throws IllegalStateException when nobody may call over the network
   */
  public int port() {
    if (listening == null) throw new IllegalStateException("this node has no port");
    return listening.server().getPort();
  }

  /**
   * A client in this process.
   *
   * @throws IllegalStateException when all of them come over the network
   */
  public NovationClient client(String token) {
    if (local == null) throw new IllegalStateException("this node is called over the network");
    return NovationClient.local(local.name(), local.hands().worker(), token);
  }

  /** Takes keys and certificates that were rotated, as it does by itself every minute. */
  void reread() {
    if (listening != null) listening.identity().reread();
  }

  /** Tells load balancers whether to send calls here. */
  public void serving(boolean serves) {
    ServingStatus status = serves ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
  }

  /**
   * Says, under the name {@link #NEW_RISK}, whether this node takes trades that are no reductions.
   */
  public void takesNewRisk(boolean takes) {
    health.setStatus(NEW_RISK, takes ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /** Takes no further call, lets open ones end within {@code grace}, then cuts them. */
  public void stop(Duration grace) throws InterruptedException {
    health.enterTerminalState();
    if (local != null) local.server().shutdownNow();
    if (listening == null) return;
    Server server = listening.server();
    server.shutdown();
    if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    listening.executor().shutdown();
    listening.timer().shutdownNow();
  }
}

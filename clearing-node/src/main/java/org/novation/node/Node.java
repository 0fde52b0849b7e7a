package org.novation.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor;
import org.novation.api.AccountPort;
import org.novation.api.Answer;
import org.novation.api.ApiServer;
import org.novation.api.LiquidationPort;
import org.novation.api.Ports;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.DevKeys;
import org.novation.api.client.NovationClient;
import org.novation.clearing.GatewayActor;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.WaveSummary;
import org.novation.governance.Parameter;
import org.novation.instrument.Catalogue;
import org.novation.ledger.AccountDirectory;
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
import org.novation.ledger.WaterfallJournal;
import org.novation.ledger.WaterfallReport;
import org.novation.ledger.WaveArchive;
import org.novation.node.InitialAccounts.InitialAccount;
import org.novation.node.InitialAccounts.InitialDeposit;
import org.novation.node.VitalsActor.PartLost;
import org.novation.node.store.Store;
import org.novation.node.store.StoreException;
import org.novation.risk.MarketView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node. Started in the order in which its parts need each other: store, actor system,
 * markets (no account may book anything before it knows the funding indexes), the insurance fund,
 * accounts (those with positions come back by themselves), gateways, and the port last. Closed the
 * other way round.
 */
public final class Node implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(30);
  private static final String SYSTEM = "novation";

  private final NodeSettings settings;
  private final Store store;
  private final ActorSystem<Void> system;
  private final Markets markets;
  private final Counters counters;
  private final AuctionBoard auctions;
  private final AccountPort accounts;
  private final LiquidationPort sales;
  private final Deleveraging deleveraging;
  private final Governances governances;
  private final Debtors debtors;
  private final Alarms alarms;
  private final ExecutorService blocking;
  private final @Nullable DevKeys devKeys;
  private final ApiServer server;

  private Node(
      NodeSettings settings,
      Store store,
      ActorSystem<Void> system,
      Markets markets,
      Counters counters,
      AuctionBoard auctions,
      AccountPort accounts,
      LiquidationPort sales,
      Deleveraging deleveraging,
      Governances governances,
      Debtors debtors,
      Alarms alarms,
      ExecutorService blocking,
      @Nullable DevKeys devKeys,
      ApiServer server) {
    this.settings = settings;
    this.store = store;
    this.system = system;
    this.markets = markets;
    this.counters = counters;
    this.auctions = auctions;
    this.accounts = accounts;
    this.sales = sales;
    this.deleveraging = deleveraging;
    this.governances = governances;
    this.debtors = debtors;
    this.alarms = alarms;
    this.blocking = blocking;
    this.devKeys = devKeys;
    this.server = server;
  }

  /**
   * Starts a node and returns when it serves.
   *
   * @throws ConfigurationException when it was told something that cannot be
   * @throws org.novation.node.store.StoreException when its store cannot be opened
   */
  public static Node start(NodeSettings told) {
    // Before anything is started: a flaw in a file must not leave half a node.
    List<InitialAccount> initial = initialAccounts(told);
    @Nullable DevKeys devKeys = devKeys(told);
    NodeSettings settings = withDevSigners(told, devKeys);
    GovernanceSettings.requireSound(settings);
    Credentials credentials = credentials(settings, devKeys);
    Store store = Store.open(settings.store());
    try {
      return start(settings, initial, devKeys, credentials, store);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static Node start(
      NodeSettings settings,
      List<InitialAccount> initial,
      @Nullable DevKeys devKeys,
      Credentials credentials,
      Store store) {
    Config config =
        settings.pekko().withFallback(store.persistenceConfig()).withFallback(ConfigFactory.load());
    Engine engine = settings.engine();
    ActorSystem<Void> system = engine.system(SYSTEM, config);
    ExecutorService blocking = engine.newBlocking();
    try {
      join(system, engine);
      ClusterSharding sharding = engine.sharding(system);
      AtomicReference<@Nullable ActorRef<ShardingEnvelope<PartyMessage>>> region =
          new AtomicReference<>();
      Alarms alarms = engine.alarms(settings.houseMs());
      var _ = system.getWhenTerminated().thenRun(alarms::close);
      StakeVault vault = new StakeVault(settings);
      Governances governances = Governances.start(system, sharding, settings, alarms, vault::move);
      if (!engine.await(governances::ready, START)) throw late("governance does not answer");
      requireReadable(governances.parameters());
      compare(settings, governances.parameters());
      RulesInForce rules = new RulesInForce(alarms, Rules.configured(settings));
      // For as long as the node lives.
      var _ = governances.parameters().listen(rules::take);
      List<ActorRef<?>> vital = new ArrayList<>(governances.parts());
      if (governances.isThere())
        vital.add(
            system.systemActorOf(
                rules.watch(governances.parameters(), engine::nanos), "rules", Props.empty()));
      Markets markets =
          Markets.start(
              system,
              sharding,
              settings,
              rules,
              account -> send(region, account, new AccountActor.Reassess()));
      markets.wake();
      if (!engine.await(markets::heardAll, START)) throw late("the markets do not answer");
      // Tokens are issued by the machine's clock, whatever the engine's shows.
      AccessDesk access = AccessDesk.start(system, sharding, System::currentTimeMillis);
      TrailDesk trail = TrailDesk.start(sharding, engine::wallMs, store.dataSource(), blocking);
      CorrectionOffice corrections =
          CorrectionOffice.start(
              system,
              sharding,
              settings.houseMs(),
              settings.correctionWindow(),
              (account, message) -> send(region, account, message));
      Funds funds =
          Funds.start(system, sharding, () -> rules.now().fundTerms(), alarms, engine::nanos);
      Counters counters = new Counters();
      Scatter scatter =
          new Scatter(
              system, (account, message) -> send(region, account, message), Scatter.Limits.DEFAULT);
      Auctions auctions =
          Auctions.start(
              system,
              sharding,
              () -> rules.now().liquidation(),
              alarms,
              markets.toLiquidate(),
              (account, message) -> send(region, account, message),
              funds::ask);
      AtomicReference<@Nullable Deleveraging> coordinator = new AtomicReference<>();
      Phases phases = Phases.start(system);
      NodeHouse house =
          new NodeHouse(
              markets.board(),
              settings.houseMs(),
              engine::wallMs,
              settings.timing(),
              (account, message) -> send(region, account, message),
              scatter.learningFrom(markets.watch()),
              counters,
              new JournalSearch(system),
              new NodeHouse.Waterfall(
                  rules::liquidation,
                  alarms,
                  slice -> markets.pace(slice, rules.now().liquidation().throttleMicrosPerMinute()),
                  markets::giveBack,
                  auctions::send,
                  funds::ask,
                  funds.board()::closedGate,
                  () -> lookAt(coordinator)),
              phases.teller());
      region.set(startAccounts(system, sharding, () -> markets.view().catalogue(), house));
      Accounts accounts = new Accounts(sharding, send(region));
      Deleveraging deleveraging =
          Deleveraging.start(
              system,
              sharding,
              accounts,
              scatter,
              () -> rules.now().adl(),
              alarms,
              () -> rules.now().version(),
              engine::nanos);
      coordinator.set(deleveraging);
      Debtors debtors = new Debtors(auctions.board(), phases.board());
      Custodies custodies =
          Custodies.start(
              system,
              sharding,
              settings.custody(),
              () -> rules.now().custodyTerms(),
              alarms,
              (account, message) -> send(region, account, message),
              markets.board(),
              debtors);
      ActorRef<StressActor.Message> stress =
          system.systemActorOf(StressActor.create(scatter), "stress", Props.empty());
      List<ActorRef<GatewayActor.Message>> gateways = gateways(system, settings, accounts, markets);
      ClearingDesk clearing =
          new ClearingDesk(gateways, accounts, settings.window(), settings.houseMs());
      GiveUpOffice giveUps =
          GiveUpOffice.start(
              system,
              sharding,
              settings.houseMs(),
              settings.correctionWindow(),
              clearing,
              corrections);
      AccountDesk desk =
          new AccountDesk(
              system,
              accounts,
              new AccountDirectory(store.dataSource()),
              blocking,
              markets::view,
              settings.houseMs(),
              engine::wallMs,
              markets::outOfBand);
      require(
          await(
              engine,
              desk.open(HouseAccount.DEFAULT, HouseAccount.MEMBER),
              "accounts do not answer"),
          HouseAccount.DEFAULT);
      if (governances.isThere()) {
        system.systemActorOf(
            PreviewActor.create(scatter, markets.board(), governances.parameters()),
            "preview",
            Props.empty());
        governances.previewing(
            Previews.of(system, funds.board(), settings.houseMs(), engine::nanos));
        for (String account : List.of(HouseAccount.STAKES, HouseAccount.REVENUE, HouseAccount.FUND))
          require(
              await(engine, desk.open(account, HouseAccount.MEMBER), "accounts do not answer"),
              account);
        vault.open(desk);
      }
      open(initial, desk, engine);
      await(engine, access.ready(), "it is not known which tokens were revoked");
      LiquidationPort sales = new LiquidationDesk(auctions, phases.board(), settings.houseMs());
      ApiServer server =
          ApiServer.start(
              settings.api(),
              credentials,
              new Ports(
                  clearing,
                  corrections,
                  giveUps,
                  desk,
                  markets,
                  new InsuranceDesk(
                      funds, new Stress(system, settings.houseMs(), engine::nanos)::newest),
                  markets.brakes(),
                  new AdlDesk(deleveraging, new WaveArchive(store.dataSource()), blocking),
                  sales,
                  access,
                  trail,
                  custodies,
                  governances),
              InstantSource.system(),
              engine.hands());
      rules.listen(now -> server.takesNewRisk(now.markets().standstill() == null));
      server.takesNewRisk(rules.now().markets().standstill() == null);
      server.serving(true);
      vital.addAll(markets.parts());
      vital.addAll(funds.parts());
      vital.addAll(custodies.parts());
      vital.add(stress);
      vital.addAll(access.parts());
      vital.addAll(auctions.parts());
      vital.addAll(phases.parts());
      vital.addAll(deleveraging.parts());
      vital.addAll(gateways);
      system.systemActorOf(
          VitalsActor.create(vital, lost -> end(system, server, lost)), "vitals", Props.empty());
      // For as long as the node lives.
      var _ = auctions.board().listen(_ -> counters.waterfallMoved());
      var _ = funds.board().listen(counters::waterfallMoved);
      var _ = deleveraging.board().listen(counters::waterfallMoved);
      return new Node(
          settings,
          store,
          system,
          markets,
          counters,
          auctions.board(),
          desk,
          sales,
          deleveraging,
          governances,
          debtors,
          alarms,
          blocking,
          devKeys,
          server);
    } catch (IOException e) {
      stop(system, settings.engine(), blocking);
      throw new ConfigurationException(
          "cannot listen on "
              + settings.api().host()
              + ":"
              + settings.api().port()
              + " ("
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "): stop who does, or say another --port");
    } catch (Credentials.Missing e) {
      stop(system, settings.engine(), blocking);
      throw new ConfigurationException(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      stop(system, settings.engine(), blocking);
      throw e;
    }
  }

  // ---- parts

  private static void join(ActorSystem<?> system, Engine engine) {
    Cluster cluster = engine.cluster(system);
    if (system.settings().config().getStringList("pekko.cluster.seed-nodes").isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }
    if (!engine.await(() -> cluster.selfMember().status().equals(MemberStatus.up()), START))
      throw late("no cluster could be joined");
  }

  private static ActorRef<ShardingEnvelope<PartyMessage>> startAccounts(
      ActorSystem<?> system,
      ClusterSharding sharding,
      Supplier<Catalogue> catalogue,
      NodeHouse house) {
    return sharding.init(
        Entity.of(
                Accounts.KEY,
                entity ->
                    AccountActor.create(entity.getEntityId(), catalogue, house, entity.getShard()))
            // Without a message of its own, sharding wraps an interceptor around each account.
            .withStopMessage(new AccountActor.Stop())
            // After a restart or a handover every account that did not leave by itself comes back
            // by itself: to be watched on each tick, and to send on the legs that it owes.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
  }

  private static List<ActorRef<GatewayActor.Message>> gateways(
      ActorSystem<?> system, NodeSettings settings, Accounts accounts, Markets markets) {
    List<ActorRef<GatewayActor.Message>> gateways = new ArrayList<>();
    for (int gateway = 0; gateway < settings.gateways(); gateway++) {
      long incarnation = settings.engine().random().nextLong(1L << 31);
      gateways.add(
          system.systemActorOf(
              GatewayActor.create(
                  accounts::send,
                  markets::outOfBand,
                  settings.timing(),
                  settings.engine()::wallMs,
                  incarnation),
              "gateway-" + gateway,
              Props.empty()));
    }
    return gateways;
  }

  private static void lookAt(AtomicReference<@Nullable Deleveraging> coordinator) {
    Deleveraging started = coordinator.get();
    if (started != null) started.look(); // It looks by itself when it starts.
  }

  private static void send(
      AtomicReference<@Nullable ActorRef<ShardingEnvelope<PartyMessage>>> region,
      String account,
      PartyMessage message) {
    ActorRef<ShardingEnvelope<PartyMessage>> accounts = region.get();
    if (accounts != null)
      accounts.tell(new ShardingEnvelope<>(account, message)); // Before that nobody is watched.
  }

  private static ActorRef<ShardingEnvelope<PartyMessage>> send(
      AtomicReference<@Nullable ActorRef<ShardingEnvelope<PartyMessage>>> region) {
    ActorRef<ShardingEnvelope<PartyMessage>> accounts = region.get();
    if (accounts == null) throw new IllegalStateException("accounts were not started");
    return accounts;
  }

  /** A part is lost: better no node than one that answers from a view that nobody renews. */
  private static void end(ActorSystem<?> system, ApiServer server, PartLost lost) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    if (shutdown.getShutdownReason().isPresent()) return; // The end of a node ends its parts.
    LOG.error("{} has ended. The node cannot do without it and stops", lost.part());
    server.serving(false);
    shutdown.runAll(lost);
  }

  // ---- what it was told

  private static List<InitialAccount> initialAccounts(NodeSettings settings) {
    @Nullable Path directory = settings.accountsDirectory();
    return directory == null ? List.of() : InitialAccounts.read(directory, settings.catalogue());
  }

  private static void open(List<InitialAccount> accounts, AccountDesk desk, Engine engine) {
    for (InitialAccount account : accounts) {
      require(
          await(engine, desk.open(account.accountId(), account.member()), "accounts do not answer"),
          account.accountId());
      for (InitialDeposit deposit : account.deposits()) {
        require(
            await(
                engine,
                desk.deposit(account.accountId(), deposit.id(), deposit.asset(), deposit.amount()),
                "accounts do not answer"),
            account.accountId());
      }
    }
  }

  private static void require(Answer<?> answer, String account) {
    switch (answer) {
      case Answer.Done<?> done -> {}
      case Answer.Refused<?>(var why) ->
          throw new ConfigurationException(
              "the initial account " + account + " was refused: " + why);
      case Answer.Unavailable<?>(var why) ->
          throw new ConfigurationException(
              "the initial account " + account + " could not be opened: " + why);
    }
  }

  private static @Nullable DevKeys devKeys(NodeSettings settings) {
    if (settings.credentials() != null) return null;
    try {
      return DevKeys.prepare(settings.dataDirectory(), Instant.now());
    } catch (IOException e) {
      throw new ConfigurationException("cannot make development keys: " + e.getMessage());
    }
  }

  /** A development node makes its own custodians and council where none are configured. */
  private static NodeSettings withDevSigners(NodeSettings settings, @Nullable DevKeys devKeys) {
    if (devKeys == null) return settings;
    NodeSettings signed = settings;
    @Nullable CustodySettings custody = settings.custody();
    @Nullable GovernanceSettings governance = settings.governance();
    try {
      if (custody != null && custody.custodians().version() == 0)
        signed =
            signed.withCustody(custody.withCustodians(DevSigners.custodians(devKeys.directory())));
      if (governance != null && governance.council().isEmpty())
        signed =
            signed.withGovernance(
                governance.withCouncil(DevSigners.council(devKeys.directory()), DevSigners.NEEDED));
      return signed;
    } catch (IOException e) {
      throw new ConfigurationException("cannot make signers' keys: " + e.getMessage());
    }
  }

  private static Credentials credentials(NodeSettings settings, @Nullable DevKeys devKeys) {
    @Nullable Credentials own = settings.credentials();
    if (own != null) return own;
    if (devKeys == null)
      throw new IllegalStateException("a node has credentials or development keys");
    return devKeys.credentials();
  }

  private static <T> T await(Engine engine, CompletionStage<T> stage, String otherwise) {
    try {
      return engine.await(stage, START);
    } catch (CompletionException e) {
      throw new CompletionException(otherwise, e.getCause());
    } catch (TimeoutException e) {
      throw late(otherwise);
    }
  }

  /** So that nobody waits for a change of the configuration to take effect. */
  private static void compare(NodeSettings settings, Parameters parameters) {
    GovernanceSettings rules = settings.governance();
    if (rules == null) return;
    long nowMs = settings.houseMs().getAsLong();
    List<String> otherwise =
        rules.parameters(settings, nowMs).stream()
            .filter(each -> !(each instanceof Parameter.Council)) // Its term began at the start.
            .filter(each -> !parameters.newest().voted().contains(each))
            .map(each -> each.path().toString())
            .toList();
    if (!otherwise.isEmpty())
      LOG.info("What was voted counts, and not the configuration, of {}", otherwise);
  }

  /** A node that has no version to go by cannot even liquidate. */
  private static void requireReadable(Parameters parameters) {
    if (!parameters.heard() && parameters.unreadable() > 0)
      throw new ConfigurationException(
          "this program cannot read version "
              + parameters.unreadable()
              + " of the parameters: start a later one");
  }

  private static ConfigurationException late(String what) {
    return new ConfigurationException(what + " within " + START.toSeconds() + " s");
  }

  // ---- what others ask of it

  /**
   * A client in this process, as whoever has this token; on a clockwork alone.
   *
   * @throws IllegalStateException when this node is called over the network alone
   */
  public NovationClient client(String token) {
    return server.client(token);
  }

  /**
   * The port that it serves on.
   *
   * @throws IllegalStateException when it has none
   */
  public int port() {
    return server.port();
  }

  /** Development keys and tokens; null where the node was given its own. */
  public @Nullable DevKeys devKeys() {
    return devKeys;
  }

  public NodeSettings settings() {
    return settings;
  }

  /** What is listed now. */
  public Catalogue catalogue() {
    return markets.view().catalogue();
  }

  public Store store() {
    return store;
  }

  /** The markets as this node sees them. */
  public MarketView view() {
    return markets.view();
  }

  public Counters counters() {
    return counters;
  }

  /**
   * Whether an account of this node is under maintenance margin, an auction is open or a wave of
   * deleveraging under way, as far as this node has heard.
   */
  public boolean resolving() {
    WaveSummary wave = deleveraging.board().newest();
    return counters.liquidating() > 0 || !auctions.isEmpty() || (wave != null && !wave.finished());
  }

  /** How many waves of deleveraging have begun, as far as this node has heard. */
  public long waves() {
    WaveSummary wave = deleveraging.board().newest();
    return wave == null ? 0 : wave.wave();
  }

  /** What is held long in an instrument, of the cluster, as of the last second or so. */
  public long openInterestLots(int instrument) {
    return markets.market(instrument).openInterestLots();
  }

  /**
   * What the default waterfall did so far, by the journal.
   *
   * @throws org.novation.node.store.StoreException when it cannot be read
   */
  public WaterfallReport waterfall() {
    try {
      return WaterfallJournal.read(store.dataSource(), Funds.POOL);
    } catch (SQLException e) {
      throw new StoreException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Has every alarm go off that is due, for whoever drives the node's clockwork and has moved the
   * house's clock; false when none was.
   */
  public boolean ring() {
    return alarms.look();
  }

  /** Accounts without the way through the port: for tools in the same process. */
  public AccountPort accounts() {
    return accounts;
  }

  /** Auctions and bids without the way through the port: for tools in the same process. */
  public LiquidationPort sales() {
    return sales;
  }

  /** Whether it has heard of every account that may owe more than it has: withdrawals wait. */
  boolean knowsDebtors() {
    return debtors.known();
  }

  /** The parameters in force, as this node has heard of them. */
  Parameters parameters() {
    return governances.parameters();
  }

  /** Governance without the way through the port. */
  Governances governance() {
    return governances;
  }

  /** Deleveraging without the way through the port. */
  Deleveraging deleveraging() {
    return deleveraging;
  }

  /**
   * Reads the whole journal and checks every invariant, beside whatever else this node does.
   *
   * @throws org.novation.node.store.StoreException when it cannot be read
   */
  public AuditReport audit() {
    try {
      return Auditor.audit(
          store.dataSource(), catalogue().asset(0).symbol(), null, settings.houseSigned());
    } catch (SQLException e) {
      throw new StoreException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until the node has stopped without {@link #close}. False when it stopped by itself, for
   * it had lost a part that it cannot do without: start it again.
   */
  public boolean awaitEnd() throws InterruptedException {
    try {
      system.getWhenTerminated().toCompletableFuture().get();
    } catch (ExecutionException e) {
      LOG.warn("The actor system ended badly", e);
    }
    return CoordinatedShutdown.get(system)
        .getShutdownReason()
        .filter(PartLost.class::isInstance)
        .isEmpty();
  }

  /** False when it has stopped by itself, for it had lost a part that it cannot do without. */
  public boolean runs() {
    return !system.getWhenTerminated().toCompletableFuture().isDone();
  }

  /** Answers what is under way, then leaves the cluster and closes the store. */
  @Override
  public void close() {
    try {
      server.stop(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      stop(system, settings.engine(), blocking);
    } finally {
      store.close();
    }
  }

  private static void stop(ActorSystem<?> system, Engine engine, ExecutorService blocking) {
    CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason());
    try {
      engine.await(system.getWhenTerminated(), STOP);
    } catch (CompletionException | TimeoutException e) {
      LOG.warn("The actor system did not end in time", e);
    } finally {
      engine.ended();
      blocking.shutdown();
    }
  }
}

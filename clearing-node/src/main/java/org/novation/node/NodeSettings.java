package org.novation.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.ApiSettings;
import org.novation.api.Rates;
import org.novation.api.auth.Credentials;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.ExecutionWindow;
import org.novation.clearing.Timing;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.instrument.Catalogue;
import org.novation.insurance.FundPolicy;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.market.MarketRules;
import org.novation.money.Decimals;
import org.novation.node.store.StoreConfig;

/**
 * What a node is told at its start.
 *
 * @param dataDirectory what is the node's own: the embedded database, development keys
 * @param credentials certificate and token keys; null makes development keys in the data directory
 * @param markets the rules for prices
 * @param oracles who may publish prices, by the name in their tokens
 * @param correctionWindow how long after its novation a trade may be corrected or given up
 * @param gateways on this node
 * @param accountsDirectory accounts to open at the start; null for none
 * @param liquidation what accounts are liquidated by
 * @param fund the insurance fund's parameters
 * @param adl how deleveraging decides
 * @param custody how collateral comes in and leaves; null: only by the operator's deposits
 * @param governance by what rules the house votes; null: it runs by its configuration
 * @param houseMs the house's clock: the system's, or the virtual one of a replay
 * @param engine what makes it go
 * @param pekko what the profile says to Pekko
 */
public record NodeSettings(
    Path dataDirectory,
    StoreConfig store,
    ApiSettings api,
    @Nullable Credentials credentials,
    Catalogue catalogue,
    MarketRules markets,
    List<String> oracles,
    Timing timing,
    ExecutionWindow window,
    Duration correctionWindow,
    int gateways,
    @Nullable Path accountsDirectory,
    LiquidationPolicy liquidation,
    FundPolicy fund,
    AdlSettings adl,
    @Nullable CustodySettings custody,
    @Nullable GovernanceSettings governance,
    LongSupplier houseMs,
    Engine engine,
    Config pekko) {
  public NodeSettings {
    if (correctionWindow.isNegative() || correctionWindow.compareTo(CorrectionBook.WINDOW_MAX) > 0)
      throw new IllegalArgumentException(
          "novation.clearing.correction-window is at most "
              + CorrectionBook.WINDOW_MAX.toDays()
              + " days");
  }

  /** Where the program's own files are; {@code config/} is in it. */
  public static final String HOME_PROPERTY = "novation.home";

  private static final List<String> DEV_ORACLES = List.of("oracle-1", "oracle-2", "oracle-3");

  private static final Duration CORRECTION_WINDOW = Duration.ofHours(24);

  /** One node has one clock. */
  private static final Timing ONE_NODE = new Timing(5_000, 15_000, 20);

  /** A development node on this machine: free port, own keys. */
  public static NodeSettings local(Path dataDirectory, StoreConfig store, Catalogue catalogue) {
    return new NodeSettings(
        dataDirectory,
        store,
        ApiSettings.local(0),
        null,
        catalogue,
        MarketRules.DEFAULTS,
        DEV_ORACLES,
        ONE_NODE,
        ExecutionWindow.DEFAULT,
        CORRECTION_WINDOW,
        2,
        null,
        LiquidationPolicy.DEFAULTS,
        FundPolicy.DEFAULT,
        AdlSettings.DEFAULTS,
        null,
        null,
        System::currentTimeMillis,
        Engine.threads(),
        ConfigFactory.empty());
  }

  /** The same on another port. */
  public NodeSettings withPort(int port) {
    return changed(
        draft ->
            draft.api =
                new ApiSettings(
                    api.host(),
                    port,
                    api.threads(),
                    api.slowReaderPatience(),
                    api.connectionAgeMax(),
                    api.connectionAgeGrace(),
                    api.creditsByToken(),
                    api.rates()));
  }

  /** The same with another store. */
  public NodeSettings withStore(StoreConfig other) {
    return changed(draft -> draft.store = other);
  }

  /** The name under which custodians sign for this house; null where it has no custody. */
  public @Nullable String houseSigned() {
    return custody == null ? null : custody.policy().house();
  }

  /** The same in another directory, an embedded database included. */
  public NodeSettings withDataDirectory(Path directory, Map<String, String> environment) {
    StoreConfig moved =
        switch (store) {
          case StoreConfig.H2File h2 -> StoreConfig.parse("h2", directory, environment);
          case StoreConfig.EmbeddedPostgres postgres ->
              StoreConfig.parse("postgres", directory, environment);
          case StoreConfig.H2Scratch scratch ->
              new StoreConfig.H2Scratch(directory.resolve(scratch.file().getFileName()));
          case StoreConfig.H2Memory memory -> memory;
          case StoreConfig.JdbcPostgres jdbc -> jdbc;
        };
    return changed(
        draft -> {
          draft.dataDirectory = directory;
          draft.store = moved;
        });
  }

  /** The same with other instruments. */
  public NodeSettings withCatalogue(Catalogue other) {
    return changed(draft -> draft.catalogue = other);
  }

  /** The same with other rules for prices. */
  public NodeSettings withMarkets(MarketRules other) {
    return changed(draft -> draft.markets = other);
  }

  /** The same with other parameters of liquidation. */
  public NodeSettings withLiquidation(LiquidationPolicy other) {
    return changed(draft -> draft.liquidation = other);
  }

  /** The same with other parameters of the insurance fund. */
  public NodeSettings withFund(FundPolicy other) {
    return changed(draft -> draft.fund = other);
  }

  /** The same with another way of deleveraging. */
  public NodeSettings withAdl(AdlSettings other) {
    return changed(draft -> draft.adl = other);
  }

  /** The same with other custody. */
  public NodeSettings withCustody(CustodySettings other) {
    return changed(draft -> draft.custody = other);
  }

  /** The same with other rules to vote by. */
  public NodeSettings withGovernance(GovernanceSettings other) {
    return changed(draft -> draft.governance = other);
  }

  /** The same in another time. */
  public NodeSettings withClock(LongSupplier clockMs) {
    return changed(draft -> draft.houseMs = clockMs);
  }

  /** The same on another engine. */
  public NodeSettings withEngine(Engine other) {
    return changed(draft -> draft.engine = other);
  }

  private NodeSettings changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new NodeSettings(
        draft.dataDirectory,
        draft.store,
        draft.api,
        credentials,
        draft.catalogue,
        draft.markets,
        oracles,
        timing,
        window,
        correctionWindow,
        gateways,
        accountsDirectory,
        draft.liquidation,
        draft.fund,
        draft.adl,
        draft.custody,
        draft.governance,
        draft.houseMs,
        draft.engine,
        pekko);
  }

  private static final class Draft {
    Path dataDirectory;
    StoreConfig store;
    ApiSettings api;
    Catalogue catalogue;
    MarketRules markets;
    LiquidationPolicy liquidation;
    FundPolicy fund;
    AdlSettings adl;
    @Nullable CustodySettings custody;
    @Nullable GovernanceSettings governance;
    LongSupplier houseMs;
    Engine engine;

    Draft(NodeSettings from) {
      dataDirectory = from.dataDirectory;
      store = from.store;
      api = from.api;
      catalogue = from.catalogue;
      markets = from.markets;
      liquidation = from.liquidation;
      fund = from.fund;
      adl = from.adl;
      custody = from.custody;
      governance = from.governance;
      houseMs = from.houseMs;
      engine = from.engine;
    }
  }

  /** The directory {@code config/} of this installation. */
  public static Path configDirectory() {
    String home = System.getProperty(HOME_PROPERTY);
    if (home == null)
      throw new ConfigurationException(
          "start the node with bin/novation, or set -D" + HOME_PROPERTY);
    return Path.of(home).resolve("config");
  }

  /**
   * Reads a profile: {@code PROFILE.conf} and {@code instruments.conf} of a directory.
   *
   * @throws ConfigurationException when a value is missing or wrong; one line that says which
   */
  public static NodeSettings read(
      Path configDirectory, String profile, Map<String, String> environment) {
    Path file = configDirectory.resolve(profile + ".conf");
    Config config = parse(file);
    try {
      return read(
          config.getConfig("novation"),
          config.withoutPath("novation"),
          configDirectory,
          environment);
    } catch (ConfigException | IllegalArgumentException e) {
      throw ConfigurationException.in(file, e);
    }
  }

  private static Config parse(Path file) {
    if (!Files.isReadable(file)) throw new ConfigurationException("no such profile: " + file);
    try {
      return ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
          .resolve();
    } catch (ConfigException e) {
      throw ConfigurationException.in(file, e);
    }
  }

  private static NodeSettings read(
      Config novation, Config pekko, Path configDirectory, Map<String, String> environment) {
    Path data = Path.of(novation.getString("data-directory"));
    Config clearing = novation.getConfig("clearing");
    Timing timing =
        new Timing(
            clearing.getDuration("deadline").toMillis(),
            clearing.getDuration("hold").toMillis(),
            clearing.getDuration("clock-skew").toMillis());
    ExecutionWindow window =
        new ExecutionWindow(
            clearing.getDuration("execution-past").toMillis(),
            clearing.getDuration("execution-future").toMillis());
    String accounts = novation.getString("accounts-directory");
    Catalogue catalogue = InstrumentConfig.in(configDirectory).catalogue();
    return new NodeSettings(
        data,
        store(novation.getString("store"), data, environment),
        api(novation),
        credentials(novation),
        catalogue,
        MarketRules.DEFAULTS,
        List.copyOf(novation.getStringList("oracles")),
        timing,
        window,
        clearing.getDuration("correction-window"),
        clearing.getInt("gateways"),
        accounts.isEmpty() ? null : Path.of(accounts),
        liquidation(novation.getConfig("liquidation")),
        fund(novation.getConfig("fund")),
        adl(novation.getConfig("adl")),
        CustodySettings.read(novation.getConfig("custody"), catalogue),
        GovernanceSettings.read(novation.getConfig("governance")),
        System::currentTimeMillis,
        Engine.threads(),
        pekko);
  }

  private static AdlSettings adl(Config adl) {
    String policy = adl.getString("policy");
    return new AdlSettings(
        switch (policy) {
          case "pro-rata" -> AdlPolicy.Kind.PRO_RATA;
          case "queue" -> AdlPolicy.Kind.QUEUE;
          default ->
              throw new IllegalArgumentException(
                  "novation.adl.policy must be pro-rata or queue, not " + policy);
        },
        adl.getDuration("look-back").toMillis(),
        adl.getInt("candidates-max"),
        adl.getInt("steps-in-flight-max"),
        adl.getDuration("settle").toMillis(),
        adl.getDuration("retry").toMillis());
  }

  private static LiquidationPolicy liquidation(Config liquidation) {
    Config auction = liquidation.getConfig("auction");
    return new LiquidationPolicy(
        millionths(liquidation, "buffer"),
        millionths(liquidation, "penalty"),
        millionths(liquidation, "fee-cap"),
        millionths(liquidation, "dust"),
        millionths(liquidation, "least-slice"),
        millionths(liquidation, "throttle-per-minute"),
        auction.getDuration("to-penalty").toMillis(),
        auction.getDuration("to-bankruptcy").toMillis(),
        auction.getDuration("to-fund-cap").toMillis(),
        auction.getDuration("last-call").toMillis(),
        millionths(auction, "minimum-bid"),
        auction.getDuration("reservation").toMillis(),
        auction.getDuration("standstill").toMillis());
  }

  private static FundPolicy fund(Config fund) {
    return new FundPolicy(
        millionths(fund, "event-cap"),
        millionths(fund, "account-block-cap"),
        fund.getDuration("block").toMillis(),
        millionths(fund, "day-cap"),
        millionths(fund, "deleveraging-start"),
        millionths(fund, "deleveraging-stop"),
        fund.getDuration("peak-window").toMillis(),
        fund.getInt("remembered"));
  }

  /** An amount in micros, or a share in parts per million. */
  private static long millionths(Config section, String path) {
    String text = section.getString(path);
    try {
      return Decimals.parse(text, 6);
    } catch (Decimals.DecimalException e) {
      throw new IllegalArgumentException(
          path + " must be a decimal number with at most 6 decimals, not " + text, e);
    }
  }

  private static StoreConfig store(String text, Path data, Map<String, String> environment) {
    if (text.isEmpty()) {
      throw new ConfigurationException(
          "this profile needs a database: set NOVATION_STORE to jdbc:postgresql://HOST/DATABASE");
    }
    return StoreConfig.parse(text, data, environment);
  }

  private static ApiSettings api(Config novation) {
    Config grpc = novation.getConfig("grpc");
    ApiSettings local = ApiSettings.local(grpc.getInt("port"));
    return new ApiSettings(
        grpc.getString("host"),
        local.port(),
        local.threads(),
        local.slowReaderPatience(),
        Duration.ofHours(1),
        local.connectionAgeGrace(),
        novation.getBoolean("credits-by-token"),
        rates(grpc.getConfig("rates")));
  }

  private static Rates rates(Config rates) {
    return new Rates(
        rate(rates.getConfig("read")),
        rate(rates.getConfig("change")),
        rate(rates.getConfig("stream")),
        rate(rates.getConfig("message")),
        rates.getInt("streams-open"));
  }

  private static Rates.Rate rate(Config rate) {
    return new Rates.Rate(rate.getInt("per-second"), rate.getInt("burst"));
  }

  /** Development keys only where the profile says so: any other profile must name its own. */
  private static @Nullable Credentials credentials(Config novation) {
    if (novation.getString("profile").equals("dev")) return null;
    return new Credentials(
        Path.of(required(novation, "tls.certificate-chain", "NOVATION_TLS_CERTIFICATE")),
        Path.of(required(novation, "tls.private-key", "NOVATION_TLS_KEY")),
        Path.of(required(novation, "tokens.verification-keys", "NOVATION_TOKEN_KEYS")),
        required(novation, "tokens.issuer", "NOVATION_TOKEN_ISSUER"),
        novation.getString("tokens.audience"),
        clientAuthorities(novation.getString("tls.client-authorities")));
  }

  private static @Nullable Path clientAuthorities(String file) {
    return file.isEmpty() ? null : Path.of(file);
  }

  private static String required(Config novation, String path, String variable) {
    String value = novation.getString(path);
    if (value.isEmpty()) {
      throw new ConfigurationException("this profile needs novation." + path + ": set " + variable);
    }
    return value;
  }
}

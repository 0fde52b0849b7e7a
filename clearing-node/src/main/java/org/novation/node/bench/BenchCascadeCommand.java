package org.novation.node.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;
import org.novation.node.NodeSettings;
import org.novation.node.cli.TextTable;
import org.novation.node.store.PostgresServer;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.simulation.bench.CascadeLoad;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How fast a node liquidates when every price falls by 30 % at once. */
@Command(
    name = "cascade",
    description = {
      "How fast a node liquidates when every price falls by 30 %% at once, and a fifth of its"
          + " accounts",
      "with it under maintenance margin: from the tick until the last of them is flat or has"
          + " enough",
      "again. Four liquidators bid, each over a connection; auctions last 20 s at most; the rest is"
          + " as ever."
    },
    mixinStandardHelpOptions = true)
final class BenchCascadeCommand implements Callable<Integer> {
  private static final int ACCOUNTS_MIN = 100;
  private static final int ACCOUNTS_MAX = 1_000_000;

  /** So many of a rehearsal that three of them leave the compilers little to do. */
  private static final int REHEARSED_MAX = 16_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--accounts",
      defaultValue = "100000",
      description = "How many accounts are margined (default ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--store",
      defaultValue = "postgres",
      description = "postgres (the default), jdbc:postgresql://HOST/DATABASE, or h2.")
  private String store;

  @Option(
      names = "--bidders",
      defaultValue = "wire",
      description = "wire (the default), or inside: without connections, the house alone.")
  private Cascade.Bidders bidders = Cascade.Bidders.wire;

  @Option(names = "--seed", defaultValue = "1", description = "Of the accounts.")
  private long seed;

  @Option(
      names = "--rehearsals",
      defaultValue = "3",
      description = {
        "How often it is rehearsed before, on nodes of their own, so that the compilers have seen",
        "all of it (default ${DEFAULT-VALUE})."
      })
  private int rehearsals;

  @Option(names = "--no-baseline", description = "Measure the node alone.")
  private boolean withoutBaseline;

  @Option(
      names = "--data",
      description = "Where databases are kept meanwhile (default: below the current directory).")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException, SQLException {
    if (accounts < ACCOUNTS_MIN || accounts > ACCOUNTS_MAX) {
      throw new ParameterException(
          spec.commandLine(),
          "--accounts lies in " + ACCOUNTS_MIN + " to " + Say.count(ACCOUNTS_MAX));
    }
    Say say = new Say(spec);
    Catalogue catalogue = InstrumentConfig.in(NodeSettings.configDirectory()).catalogue();
    Cascade.Result result;
    CascadeBaseline.@Nullable Result baseline = null;
    try (Workshop workshop = Workshop.open(data)) {
      StoreConfig config = StoreConfig.parse(store, workshop.directory(), System.getenv());
      rehearse(say, workshop.directory(), config, catalogue);
      say.doing("starting a node with " + store);
      try (BenchNode node =
          BenchNode.start(Cascade.settings(workshop.directory(), config, catalogue))) {
        result = Cascade.run(say, node, bidders, Cascade.load(catalogue, accounts, seed));
        if (!withoutBaseline && !(config instanceof StoreConfig.H2File))
          baseline = baseline(say, Baseline.connector(node.store().connections()), catalogue);
      }
      if (!withoutBaseline && config instanceof StoreConfig.H2File) {
        say.doing("starting a PostgreSQL server for the baseline");
        try (PostgresServer server =
            PostgresServer.start(workshop.directory().resolve("baseline"))) {
          Store.Connections connections =
              new Store.Connections(server.url(), server.user(), server.password(), Map.of());
          baseline = baseline(say, Baseline.connector(connections), catalogue);
        }
      }
    }
    if (json) printJson(say, result, baseline);
    else printTable(say, result, baseline);
    return result.audit().violation() == null ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  /** On nodes of their own: a JVM that has just begun spends half its time compiling. */
  private void rehearse(Say say, Path directory, StoreConfig config, Catalogue catalogue)
      throws IOException, InterruptedException, SQLException {
    for (int n = 1; n <= rehearsals; n++) {
      say.doing("rehearsal %d of %d".formatted(n, rehearsals));
      Path own = Files.createDirectories(directory.resolve("rehearsal-" + n));
      StoreConfig store = StoreConfig.parse(rehearsalStore(config), own, Map.of());
      CascadeLoad load =
          Cascade.doomed(catalogue, Math.min(accounts, REHEARSED_MAX), Math.addExact(seed, n));
      try (BenchNode node = BenchNode.start(Cascade.settings(own, store, catalogue))) {
        say.doing(
            "rehearsed: %s liquidations/s"
                .formatted(
                    Say.count(Math.round(Cascade.run(say, node, bidders, load).perSecond()))));
      }
      Cascade.awaitCompiled();
    }
  }

  /** Never the user's own database: a rehearsal leaves its accounts behind. */
  private static String rehearsalStore(StoreConfig config) {
    return config instanceof StoreConfig.H2File ? "h2" : "postgres";
  }

  private CascadeBaseline.Result baseline(
      Say say, Baseline.Connector connector, Catalogue catalogue)
      throws SQLException, InterruptedException {
    return CascadeBaseline.run(
        say,
        connector,
        catalogue,
        Cascade.load(catalogue, accounts, seed),
        Cascade.LEFT_PERCENT,
        Cascade.RICH_MICROS);
  }

  // ---- saying it

  private void printTable(
      Say say, Cascade.Result result, CascadeBaseline.@Nullable Result baseline) {
    CascadeJournal.Figures journal = result.journal();
    say.line(
        "%s accounts, %s, %d processors, bidders %s"
            .formatted(
                Say.count(accounts),
                store,
                Runtime.getRuntime().availableProcessors(),
                bidders == Cascade.Bidders.wire ? "over the wire" : "inside"));
    say.line(
        "%s under maintenance margin (%s %%): %s closed, %s of these with a debt; %s recovered"
            .formatted(
                Say.count(journal.liquidated()),
                Say.decimal(100.0 * journal.liquidated() / accounts, 1),
                Say.count(journal.closed()),
                Say.count(journal.indebted()),
                Say.count(journal.recovered())));
    say.line(
        "%s liquidations/s: %s s from the gap to the last account flat; all resolved after %s s"
            .formatted(
                Say.count(Math.round(result.perSecond())),
                Say.decimal(journal.lastFlatMs() / 1e3, 2),
                Say.decimal(result.resolvedMs() / 1e3, 2)));
    if (baseline != null) {
      say.line(
          "%s x PL/pgSQL, %s: %s liquidations/s, of %s accounts in %s s, %s s of these to find them"
              .formatted(
                  Say.decimal(result.perSecond() / baseline.perSecond(), 2),
                  baseline.form(),
                  Say.count(Math.round(baseline.perSecond())),
                  Say.count(baseline.liquidated()),
                  Say.decimal(baseline.allMs() / 1e3, 2),
                  Say.decimal(baseline.findMs() / 1e3, 2)));
    }
    say.line("");
    TextTable times = new TextTable(1, "ms", "accounts", "p50", "p99", "max");
    result
        .journal()
        .times()
        .forEach(
            (name, spread) ->
                times.row(
                    name,
                    Say.count(spread.count()),
                    Say.count(spread.p50Ms()),
                    Say.count(spread.p99Ms()),
                    Say.count(spread.maxMs())));
    say.table(times);
    say.line("");
    say.line(
        "%s bids settled, %s refused, %s asked again; %s slices that nobody bought; %d waves"
            .formatted(
                Say.count(result.bidsSettled()),
                Say.count(result.bidsRefused()),
                Say.count(result.bidsUnknown()),
                Say.count(journal.handedOver()),
                result.waves()));
    say.line(
        "%s events, %s a liquidation, in %s rows, %s a liquidation; %s bytes an event"
            .formatted(
                Say.count(journal.events()),
                Say.decimal(perLiquidation(journal, journal.events()), 1),
                Say.count(journal.rows()),
                Say.decimal(perLiquidation(journal, journal.rows()), 1),
                Say.count(journal.bytes() / Math.max(1, journal.events()))));
    say.line(
        "processor time a liquidation: JVM %s µs (compiler running for %s s), PostgreSQL %s µs"
            .formatted(
                Say.decimal(perLiquidation(journal, result.cpu().jvmNanos()) / 1e3, 0),
                Say.decimal(result.compilerMs() / 1e3, 1),
                Say.decimal(perLiquidation(journal, result.cpu().postgresNanos()) / 1e3, 0)));
    say.line(
        "heap: %s MB before, at most %s MB with garbage, %s MB after"
            .formatted(
                Say.count(result.heapBefore() >> 20),
                Say.count(result.heapPeak() >> 20),
                Say.count(result.heapAfter() >> 20)));
    say.line(
        result.audit().violation() == null
            ? "the audit holds: positions and cash add up, to the last micro"
            : "THE AUDIT DOES NOT HOLD: " + result.audit().violation());
  }

  private static double perLiquidation(CascadeJournal.Figures journal, long of) {
    return (double) of / Math.max(1, journal.liquidated());
  }

  private void printJson(
      Say say, Cascade.Result result, CascadeBaseline.@Nullable Result baseline) {
    CascadeJournal.Figures journal = result.journal();
    ObjectNode root = Say.MAPPER.createObjectNode();
    root.put("accounts", accounts);
    root.put("store", store);
    root.put("bidders", bidders.name().toLowerCase(Locale.ROOT));
    root.put("processors", Runtime.getRuntime().availableProcessors());
    root.put("liquidated", journal.liquidated());
    root.put("closed", journal.closed());
    root.put("indebted", journal.indebted());
    root.put("recovered", journal.recovered());
    root.put("liquidationsPerSecond", result.perSecond());
    root.put("lastFlatMs", journal.lastFlatMs());
    root.put("resolvedMs", result.resolvedMs());
    ObjectNode times = root.putObject("times");
    journal
        .times()
        .forEach(
            (name, spread) ->
                times
                    .putObject(name)
                    .put("count", spread.count())
                    .put("p50Ms", spread.p50Ms())
                    .put("p99Ms", spread.p99Ms())
                    .put("maxMs", spread.maxMs()));
    root.putObject("bids")
        .put("settled", result.bidsSettled())
        .put("refused", result.bidsRefused())
        .put("askedAgain", result.bidsUnknown());
    root.put("nobodyBought", journal.handedOver());
    root.put("waves", result.waves());
    root.put("events", journal.events());
    root.put("rows", journal.rows());
    root.put("bytes", journal.bytes());
    ObjectNode kinds = root.putObject("eventsByKind");
    journal.kinds().forEach(kinds::put);
    root.put("jvmCpuMicros", perLiquidation(journal, result.cpu().jvmNanos()) / 1e3);
    root.put("postgresCpuMicros", perLiquidation(journal, result.cpu().postgresNanos()) / 1e3);
    root.put("compilerMs", result.compilerMs());
    root.put("heapBefore", result.heapBefore());
    root.put("heapPeak", result.heapPeak());
    root.put("heapAfter", result.heapAfter());
    root.put("auditHolds", result.audit().violation() == null);
    if (baseline != null) {
      root.putObject("baseline")
          .put("form", baseline.form().toString())
          .put("liquidated", baseline.liquidated())
          .put("liquidationsPerSecond", baseline.perSecond())
          .put("findMs", baseline.findMs())
          .put("allMs", baseline.allMs());
      root.put("ratio", result.perSecond() / baseline.perSecond());
    }
    say.json(root);
  }
}

package org.novation.node.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;
import org.novation.node.NodeSettings;
import org.novation.node.bench.Baseline.Form;
import org.novation.node.cli.TextTable;
import org.novation.node.store.PostgresServer;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.Latency;
import org.novation.simulation.bench.LoadDriver;
import org.novation.simulation.bench.Measured;
import org.novation.simulation.bench.Skew;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** How many trades a node novates, beside a clearing function inside PostgreSQL. */
@Command(
    name = "trades",
    description = {
      "How many trades a second a node novates through its gRPC port, and how long each takes"
          + " until",
      "it is flushed; then the same for the baseline: a clearing function in PL/pgSQL.",
      "Client, node and database share this machine. Needs two minutes."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "At saturation as many trades are in flight as serve best; at half of it trades come at a",
      "fixed rate and latency counts from when each was due, so that no stall is hidden.",
      "With --store jdbc:postgresql://... the schema baseline of that database is made anew."
    })
final class BenchTradesCommand implements Callable<Integer> {
  private static final int[] IN_FLIGHT = {256, 1_024, 4_096, 8_192, 16_000};
  private static final List<Form> SINGLE = forms(1, 2, 4, 8, 16, 32);
  private static final List<Form> BATCHED =
      List.of(new Form(1, 64), new Form(2, 64), new Form(4, 64), new Form(2, 256));
  private static final int STREAMS = 2;

  /** A larger amount in flight must be this much faster to be worth its latency. */
  private static final double WORTH_IT = 1.03;

  private static final long CASH_MICROS = 10_000_000_000_000L;
  private static final int SECONDS_MAX = 3_600;
  private static final int ACCOUNTS_MAX = 1_000_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--store",
      defaultValue = "postgres",
      description =
          "h2, postgres (a server of its own; the default) or jdbc:postgresql://HOST/DATABASE.")
  private String store;

  @Option(
      names = "--accounts",
      defaultValue = "1000",
      description = "How many accounts trade (default ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--seconds",
      defaultValue = "8",
      description = "How long each measurement takes (default ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--skew",
      defaultValue = "uniform",
      converter = AsWritten.class,
      description =
          "uniform, or market-maker: four accounts, one of which is in nine trades of ten.")
  private Skew skew;

  @Option(names = "--seed", defaultValue = "1", description = "Of the trades.")
  private long seed;

  @Option(
      names = "--in-flight",
      description = "Trades in flight at saturation, instead of looking for the best.")
  private @Nullable Integer inFlight;

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
    check(seconds >= 1 && seconds <= SECONDS_MAX, "--seconds lies in 1 to " + SECONDS_MAX);
    check(
        accounts >= TradeLoad.MAKERS + 2 && accounts <= ACCOUNTS_MAX,
        "--accounts lies in 6 to " + Say.count(ACCOUNTS_MAX));
    check(
        inFlight == null || (inFlight >= 1 && inFlight <= Contender.MOST_IN_FLIGHT),
        "--in-flight lies in 1 to " + Contender.MOST_IN_FLIGHT);
    Say say = new Say(spec);
    Catalogue catalogue = InstrumentConfig.in(NodeSettings.configDirectory()).catalogue();
    List<Contender> contenders = new ArrayList<>();
    try (Workshop workshop = Workshop.open(data)) {
      StoreConfig config = StoreConfig.parse(store, workshop.directory(), System.getenv());
      say.doing("starting a node with " + store);
      try (BenchNode node = BenchNode.start(workshop.directory(), config, catalogue)) {
        contenders.add(measureNode(say, node, catalogue));
        boolean sameServer = !(config instanceof StoreConfig.H2File);
        if (!withoutBaseline && sameServer)
          measureBaseline(
              say, Baseline.connector(node.store().connections()), catalogue, contenders);
      }
      if (!withoutBaseline && config instanceof StoreConfig.H2File) {
        say.doing("starting a PostgreSQL server for the baseline");
        try (PostgresServer server =
            PostgresServer.start(workshop.directory().resolve("baseline"))) {
          Store.Connections connections =
              new Store.Connections(server.url(), server.user(), server.password(), Map.of());
          measureBaseline(say, Baseline.connector(connections), catalogue, contenders);
        }
      }
    }
    if (json) printJson(say, contenders);
    else printTable(say, contenders);
    return ExitCode.OK;
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) throw new ParameterException(spec.commandLine(), otherwise);
  }

  // ---- the node

  private Contender measureNode(Say say, BenchNode node, Catalogue catalogue)
      throws InterruptedException {
    say.doing("opening " + Say.count(accounts) + " accounts");
    node.open(0, accounts, CASH_MICROS);
    TradeLoad load = load(catalogue);
    Contender measured;
    try (TradeSink venue = node.venue(load.markets(), STREAMS, Contender.MOST_IN_FLIGHT)) {
      LoadDriver driver = new LoadDriver(load, venue);
      say.doing("warming up");
      driver.saturate(IN_FLIGHT[1], Duration.ofSeconds(seconds));
      int best = inFlight == null ? bestInFlight(say, driver) : inFlight;
      measured =
          Contender.measure(
              say, "novation", Say.count(best) + " in flight", driver, best, duration());
    }
    BenchNode.Sums sums = node.settledSums(accounts, CASH_MICROS);
    if (!sums.hold()) throw new SimulationException("the node's books do not balance: " + sums);
    return measured;
  }

  private int bestInFlight(Say say, LoadDriver driver) throws InterruptedException {
    int best = 0;
    double fastest = 0;
    for (int candidate : IN_FLIGHT) {
      Measured tried = driver.saturate(candidate, probe());
      say.doing(
          "  %s in flight: %s trades/s"
              .formatted(Say.count(candidate), Say.count(Math.round(tried.perSecond()))));
      if (tried.perSecond() > fastest * WORTH_IT) {
        best = candidate;
        fastest = tried.perSecond();
      }
    }
    return best;
  }

  // ---- the baseline

  private void measureBaseline(
      Say say, Baseline.Connector connector, Catalogue catalogue, List<Contender> contenders)
      throws SQLException, InterruptedException {
    Baseline baseline = Baseline.create(connector, catalogue, load(catalogue), CASH_MICROS);
    say.doing("warming up the baseline");
    tried(baseline, catalogue, SINGLE.get(2), probe());
    contenders.add(measureBaseline(say, baseline, catalogue, "PL/pgSQL", SINGLE));
    contenders.add(measureBaseline(say, baseline, catalogue, "PL/pgSQL, batched", BATCHED));
    baseline.drop();
  }

  private Contender measureBaseline(
      Say say, Baseline baseline, Catalogue catalogue, String name, List<Form> forms)
      throws SQLException, InterruptedException {
    Form best = forms.getFirst();
    double fastest = 0;
    for (Form form : forms) {
      Measured tried = tried(baseline, catalogue, form, probe());
      say.doing("  %s: %s trades/s".formatted(form, Say.count(Math.round(tried.perSecond()))));
      if (tried.perSecond() > fastest) {
        best = form;
        fastest = tried.perSecond();
      }
    }
    baseline.forgetTrades();
    TradeLoad load = load(catalogue);
    Contender measured;
    try (TradeSink sink = baseline.open(best)) {
      measured =
          Contender.measure(
              say, name, best.toString(), new LoadDriver(load, sink), inFlight(best), duration());
    }
    Baseline.Books books = baseline.books();
    if (!books.hold())
      throw new SimulationException("the baseline's books do not balance: " + books);
    return measured;
  }

  private Measured tried(Baseline baseline, Catalogue catalogue, Form form, Duration duration)
      throws SQLException, InterruptedException {
    baseline.forgetTrades();
    TradeLoad load = load(catalogue);
    try (TradeSink sink = baseline.open(form)) {
      return new LoadDriver(load, sink).saturate(inFlight(form), duration);
    }
  }

  /** Enough that no connection ever waits for work. */
  private static int inFlight(Form form) {
    return 2 * form.connections() * form.batch();
  }

  private static List<Form> forms(int... connections) {
    List<Form> forms = new ArrayList<>();
    for (int n : connections) forms.add(new Form(n, 1));
    return forms;
  }

  // ---- both

  private TradeLoad load(Catalogue catalogue) {
    return new TradeLoad(
        seed, accounts, skew, BenchNode.markets(catalogue, catalogue.instruments()));
  }

  private Duration duration() {
    return Duration.ofSeconds(seconds);
  }

  private Duration probe() {
    return Duration.ofMillis(Math.max(1_000, seconds * 1_000L / 4));
  }

  // ---- saying it

  private void printTable(Say say, List<Contender> contenders) {
    say.line(
        "%s accounts, %s, %s, %d processors"
            .formatted(
                Say.count(accounts), skew, store, Runtime.getRuntime().availableProcessors()));
    say.line("");
    TextTable table =
        new TextTable(
            2, "", "load", "trades/s", "p50 ms", "p99 ms", "p99.9 ms", "refused", "unknown");
    for (Contender contender : contenders) {
      row(table, contender.name(), "saturation", contender.saturated());
      row(table, "", "half", contender.half());
    }
    say.table(table);
    say.line("");
    TextTable how = new TextTable(2, "", "best form", "JVM µs/trade", "PostgreSQL µs/trade");
    for (Contender contender : contenders) {
      how.row(
          contender.name(),
          contender.form(),
          Say.decimal(contender.jvmMicros(), 0),
          Say.decimal(contender.postgresMicros(), 0));
    }
    say.table(how);
    say.line("");
    for (Contender other : contenders.subList(1, contenders.size())) {
      say.line(
          "%s x %s".formatted(Say.decimal(ratio(contenders.getFirst(), other), 2), other.name()));
    }
  }

  private static void row(TextTable table, String name, String load, Measured measured) {
    Latency latency = measured.latency();
    table.row(
        name,
        load,
        Say.count(Math.round(measured.perSecond())),
        Say.millis(latency.p50Micros()),
        Say.millis(latency.p99Micros()),
        Say.millis(latency.p999Micros()),
        Say.count(measured.refused()),
        Say.count(measured.unknown()));
  }

  private static double ratio(Contender node, Contender other) {
    return node.saturated().perSecond() / other.saturated().perSecond();
  }

  private void printJson(Say say, List<Contender> contenders) {
    ObjectNode root = Say.MAPPER.createObjectNode();
    root.put("store", store);
    root.put("accounts", accounts);
    root.put("skew", skew.toString());
    root.put("processors", Runtime.getRuntime().availableProcessors());
    String[] names = {"novation", "baseline", "baselineBatched"};
    for (int n = 0; n < contenders.size(); n++) contenders.get(n).write(root.putObject(names[n]));
    if (contenders.size() > 1) {
      root.put("ratio", ratio(contenders.getFirst(), contenders.get(1)));
      root.put("ratioBatched", ratio(contenders.getFirst(), contenders.get(2)));
    }
    say.json(root);
  }

  /** Its words as the manual has them, and no others: a constant's own name is none. */
  static final class AsWritten implements ITypeConverter<Skew> {
    @Override
    public Skew convert(String text) {
      List<Skew> all = List.of(Skew.values());
      for (Skew each : all) if (each.toString().equals(text)) return each;
      throw new TypeConversionException("expected one of " + all + " but was '" + text + "'");
    }
  }
}

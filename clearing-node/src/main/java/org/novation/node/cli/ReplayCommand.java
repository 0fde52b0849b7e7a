package org.novation.node.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.AdlPolicy;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;
import org.novation.node.InstrumentConfig;
import org.novation.node.InstrumentConfig.Unlisted;
import org.novation.node.NodeSettings;
import org.novation.node.store.StoreConfig;
import org.novation.simulation.Books;
import org.novation.simulation.Chart;
import org.novation.simulation.Comparison;
import org.novation.simulation.Crowd;
import org.novation.simulation.Ink;
import org.novation.simulation.Replay;
import org.novation.simulation.ReplayReport;
import org.novation.simulation.ReplayText;
import org.novation.simulation.Sandbox;
import org.novation.simulation.SimulationException;
import org.novation.simulation.Tally;
import org.novation.simulation.Tape;
import org.novation.simulation.TickSource;
import org.novation.simulation.TradesFile;
import org.novation.simulation.Waterfall;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a recorded price tape, and trades around it, through a node of its own. */
@Command(
    name = "replay",
    description = {
      "Runs a price tape through a node of its own, at full speed: three oracles publish it,"
          + " seeded",
      "traders deal around it, every account is margined at every tick. Then reads the books back",
      "from the journal and says whether they balance."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nFiles%n",
    footer = {
      "  A tape is CSV with the header time_ms,symbol,price; symbol BTC is the index of BTC-PERP.",
      "  Trades are CSV with the header time_ms,symbol,trade_id,price,qty,taker_side. Such a file"
          + " may",
      "  be the tape too: its first price of each second.",
      "  The report's JSON has trades {submitted, novated, refused {REASON: n}}, marginCalls,",
      "  liquidationTriggers, invariants {positions, cash, costBasis, hold}, seconds,"
          + " tradesPerSecond,",
      "  waterfall {deficit, haircut, overshoot, adlContracts, hedgesBroken, negativeEquity,",
      "  fund {before, low, after}, auctions {count, medianDiscount, soldShare},",
      "  accountsLiquidated, largestBystanderLoss}, waves [the same of each, and what it left to"
          + " the",
      "  next, or was left, left and carried {deficit, adlContracts}, which the sums count once];",
      "  with --compare it is comparison {pro-rata, queue}, a report each. Contracts are counted"
          + " in",
      "  lots.",
      "",
      "  Exit code: 0 the books balance, 1 they do not or it could not be run to its end,",
      "  2 a file or an option cannot be used."
    })
final class ReplayCommand implements Callable<Integer> {
  private static final int ACCOUNTS = 1_000;

  @Spec private CommandSpec spec;

  @Option(names = "--tape", required = true, paramLabel = "FILE", description = "The prices.")
  private Path tape;

  @Option(
      names = "--trades",
      paramLabel = "FILE",
      description = "Real trades, dealt out between the accounts, instead of the traders' own.")
  private @Nullable Path trades;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      description = "How many accounts trade, 10 to 1,000,000; default ${DEFAULT-VALUE}.")
  private int accounts = ACCOUNTS;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Which traders; default ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(
      names = "--store",
      paramLabel = "h2|postgres|JDBC-URL",
      description = "Where the journal is kept, empty at the start; default ${DEFAULT-VALUE}.")
  private String store = "h2";

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write the report as JSON to this file; the text is printed all the same.")
  private @Nullable Path report;

  @Option(
      names = "--policy",
      paramLabel = "queue|pro-rata",
      description = "How contracts are deleveraged; default ${DEFAULT-VALUE}.")
  private String policy = Waterfall.name(AdlPolicy.Kind.PRO_RATA);

  @Option(
      names = "--compare",
      description = "Run it once under each policy and print the waterfalls side by side.")
  private boolean compare;

  @Option(
      names = "--fund",
      paramLabel = "AMOUNT",
      description = "USDC that the house puts into the insurance fund; default 100 an account.")
  private @Nullable String fund;

  @Option(
      names = "--liquidators",
      paramLabel = "N",
      description = "How many built-in liquidators bid, 0 to 16; default ${DEFAULT-VALUE}.")
  private int liquidators = 4;

  @Option(
      names = "--chart",
      paramLabel = "FILE",
      description =
          "Draw price, open interest, fund and liquidations over time to this SVG file; with"
              + " --compare of the first policy.")
  private @Nullable Path chart;

  @Option(
      names = "--list-unknown",
      description = "List symbols that config/ does not know, on its terms for the unlisted.")
  private boolean listUnknown;

  @Option(names = "--json", description = "Print the report as JSON instead of text.")
  private boolean json;

  @Option(
      names = "--ticks",
      paramLabel = "N",
      description = "Stop after so many different times of the tape.")
  private long ticks = Long.MAX_VALUE;

  @Override
  public Integer call() throws IOException {
    if (accounts < Crowd.ACCOUNTS_MIN || accounts > Crowd.ACCOUNTS_MAX)
      throw new ParameterException(spec.commandLine(), "--accounts lies in 10 to 1000000");
    if (ticks < 1) throw new ParameterException(spec.commandLine(), "--ticks must be at least 1");
    if (liquidators < 0 || liquidators > Replay.LIQUIDATORS_MAX)
      throw wrong("--liquidators lies in 0 to " + Replay.LIQUIDATORS_MAX);
    if (compare && spec.commandLine().getParseResult().hasMatchedOption("--policy"))
      throw wrong("--compare runs both policies: leave --policy out");
    if (compare && store.startsWith("jdbc:"))
      throw wrong("--compare needs an empty store for each run: say --store h2 or postgres");
    if (report != null && !isWritable(report))
      throw wrong("--report: " + report + " cannot be written");
    if (chart != null && !isWritable(chart))
      throw wrong("--chart: " + chart + " cannot be written");
    return run(policies(), fund());
  }

  private List<AdlPolicy.Kind> policies() {
    if (compare) return List.of(AdlPolicy.Kind.PRO_RATA, AdlPolicy.Kind.QUEUE);
    for (AdlPolicy.Kind kind : AdlPolicy.Kind.values())
      if (Waterfall.name(kind).equals(policy)) return List.of(kind);
    throw wrong("--policy is queue or pro-rata, not " + policy);
  }

  private String fund() {
    if (fund == null) return Sandbox.Terms.usualFund(accounts);
    try {
      if (Decimals.parse(fund, 6) >= 0) return fund;
    } catch (Decimals.DecimalException e) {
      throw wrong("--fund is an amount with at most 6 decimals: " + e.getMessage());
    }
    throw wrong("--fund must not be negative");
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  /** Asked before a long run, not after it. */
  private static boolean isWritable(Path file) {
    if (Files.exists(file)) return Files.isRegularFile(file) && Files.isWritable(file);
    Path directory = file.toAbsolutePath().getParent();
    return directory != null && Files.isDirectory(directory) && Files.isWritable(directory);
  }

  private int run(List<AdlPolicy.Kind> policies, String endowment) throws IOException {
    List<ReplayReport> reports = new ArrayList<>();
    for (AdlPolicy.Kind each : policies) {
      ReplayReport whole = run(new Sandbox.Terms(each, endowment));
      reports.add(whole);
      if (!whole.verdict().hold()) break; // Its journal is kept: that is to be looked at first.
    }
    show(reports);
    return reports.getLast().verdict().hold() ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private ReplayReport run(Sandbox.Terms terms) throws IOException {
    InstrumentConfig config = InstrumentConfig.in(NodeSettings.configDirectory());
    Tape prices = Tape.open(tape);
    List<Unlisted> unlisted = listUnknown ? unlisted(prices, config.catalogue()) : List.of();
    Catalogue catalogue = unlisted.isEmpty() ? config.catalogue() : config.withUnlisted(unlisted);
    try (TickSource source = prices.ticks();
        TradesFile real = trades == null ? null : TradesFile.open(trades)) {
      if (real != null) requireOverlap(prices, real);
      List<String> listed = unlisted.stream().map(Unlisted::symbol).toList();
      return run(plan(prices, source, catalogue, real), terms, listed);
    }
  }

  private Replay.Plan plan(
      Tape prices, TickSource source, Catalogue catalogue, @Nullable TradesFile real) {
    Map<String, BigDecimal> first = new TreeMap<>();
    prices.facts().symbols().forEach((symbol, range) -> first.put(symbol, range.first()));
    return new Replay.Plan(
        source,
        prices.facts().steps(),
        prices.facts().firstMs(),
        first,
        catalogue,
        real,
        accounts,
        liquidators,
        seed,
        ticks);
  }

  private ReplayReport run(Replay.Plan plan, Sandbox.Terms terms, List<String> listed)
      throws IOException {
    Path directory = Workspace.create("replay-");
    boolean keep = false;
    try {
      StoreConfig storeConfig = scratch(StoreConfig.parse(store, directory, System.getenv()));
      ReplayReport whole = run(plan, directory, storeConfig, terms, listed);
      keep = !whole.verdict().hold();
      return whole;
    } finally {
      if (keep) err().println("The journal is kept in " + directory.toAbsolutePath());
      else Sandbox.delete(directory);
    }
  }

  /** A replay that a power cut ended begins anew: its journal need not reach the disk at once. */
  private static StoreConfig scratch(StoreConfig store) {
    return store instanceof StoreConfig.H2File(var file) ? new StoreConfig.H2Scratch(file) : store;
  }

  private ReplayReport run(
      Replay.Plan plan,
      Path directory,
      StoreConfig storeConfig,
      Sandbox.Terms terms,
      List<String> listed)
      throws IOException {
    ReplayProgress progress = ReplayProgress.onStderr();
    progress.doing("starting a node");
    try (progress;
        Sandbox sandbox =
            Sandbox.start(
                directory, storeConfig, plan.catalogue(), terms, null, plan.firstMs(), seed)) {
      Tally.Result result = Replay.run(plan, sandbox.exchange(), progress, System::nanoTime);
      progress.doing("reading the books back");
      return new ReplayReport(
          String.valueOf(tape.getFileName()),
          store.startsWith("jdbc:") ? "PostgreSQL" : store,
          seed,
          result,
          Books.verdict(sandbox.node()),
          sandbox.waterfall(),
          sandbox.stateHash(),
          listed);
    }
  }

  /** Trades without a price near them would all be refused: that is a mistake in the files. */
  private static void requireOverlap(Tape prices, TradesFile real) {
    if (real.firstMs() <= prices.facts().lastMs() && real.lastMs() >= prices.facts().firstMs())
      return;
    throw new SimulationException(
        "none of the trades is from the time of the tape; give the file of trades as --tape too:"
            + " its prices then are the tape");
  }

  /** What the tape has a price of and the catalogue knows neither as an index nor as an asset. */
  private static List<Unlisted> unlisted(Tape prices, Catalogue catalogue) {
    List<String> known = new ArrayList<>();
    for (int i = 0; i < catalogue.instruments(); i++)
      known.add(catalogue.perpetual(i).underlying());
    List<Unlisted> unlisted = new ArrayList<>();
    new TreeMap<>(prices.facts().symbols())
        .forEach(
            (symbol, range) -> {
              boolean priced = range.lowest().signum() > 0;
              if (priced && !known.contains(symbol) && catalogue.asset(symbol) == null)
                unlisted.add(new Unlisted(symbol, range.lowest(), range.highest()));
            });
    return unlisted;
  }

  private void show(List<ReplayReport> reports) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Ink ink = Screen.ink(System.getenv());
    Comparison comparison = new Comparison(reports);
    String whole = compare ? comparison.json() : reports.getFirst().json();
    List<String> lines = new ArrayList<>();
    for (ReplayReport each : reports) lines.addAll(ReplayText.lines(each, ink));
    if (compare) lines.addAll(comparison.lines(ink));
    Screen.print(out, json ? List.of(whole) : lines);
    if (report != null) Files.writeString(report, whole + "\n");
    if (chart != null) Files.writeString(chart, Chart.svg(reports.getFirst()));
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}

package org.novation.node.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;
import org.novation.node.InstrumentConfig.Unlisted;
import org.novation.node.NodeSettings;
import org.novation.node.cli.TextTable;
import org.novation.node.store.StoreConfig;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.Order;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;
import org.novation.simulation.bench.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How much memory a resident account takes. */
@Command(
    name = "memory",
    description = {
      "How much heap a resident account with five positions takes: what a node with so many uses",
      "after a full collection, less what it used before, divided by their number; and which",
      "classes the difference consists of."
    },
    mixinStandardHelpOptions = true)
final class BenchMemoryCommand implements Callable<Integer> {
  private static final int POSITIONS = 5;
  private static final int IN_FLIGHT = 4_096;
  private static final int CLASSES = 30;
  private static final int TIMEOUT_SECONDS_MAX = 12;
  private static final int STRANGERS = 200;
  private static final int ACCOUNTS_MIN = 100;
  private static final int ACCOUNTS_MAX = 1_000_000;
  private static final long CASH_MICROS = 1_000_000_000_000L;

  @Spec private CommandSpec spec;

  @Option(
      names = "--accounts",
      defaultValue = "10000",
      description = "How many accounts (default ${DEFAULT-VALUE}).")
  private int accounts;

  @Option(
      names = "--store",
      defaultValue = "postgres",
      description =
          "postgres (the default), jdbc:postgresql://HOST/DATABASE, or h2, whose own cache counts.")
  private String store;

  @Option(
      names = "--data",
      description = "Where databases are kept meanwhile (default: below the current directory).")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (accounts < ACCOUNTS_MIN || accounts > ACCOUNTS_MAX) {
      throw new ParameterException(
          spec.commandLine(),
          "--accounts lies in " + ACCOUNTS_MIN + " to " + Say.count(ACCOUNTS_MAX));
    }
    Say say = new Say(spec);
    Catalogue catalogue = catalogue();
    try (Workshop workshop = Workshop.open(data)) {
      StoreConfig config = StoreConfig.parse(store, workshop.directory(), System.getenv());
      say.doing("starting a node with " + store);
      try (BenchNode node = BenchNode.start(workshop.directory(), config, catalogue)) {
        // Buffers, caches and code of the first trades are no account's.
        say.doing("warming up");
        fill(node, catalogue, accounts, STRANGERS);
        HeapUse before = HeapUse.now();
        say.doing("opening " + Say.count(accounts) + " accounts with five positions each");
        fill(node, catalogue, 0, accounts);
        HeapUse after = HeapUse.now();
        if (json) printJson(say, before, after);
        else printTable(say, before, after);
      }
    }
    return ExitCode.OK;
  }

  /** What the configuration lists, and as many more as five positions need. */
  private static Catalogue catalogue() {
    InstrumentConfig config = InstrumentConfig.in(NodeSettings.configDirectory());
    List<Unlisted> more = new ArrayList<>();
    for (int n = config.catalogue().instruments(); n < POSITIONS; n++) {
      more.add(new Unlisted("BENCH" + n, BigDecimal.valueOf(90), BigDecimal.valueOf(110)));
    }
    return config.withUnlisted(more);
  }

  /** Opens accounts and gives each a position in five markets, two by two. */
  private static void fill(BenchNode node, Catalogue catalogue, int first, int count)
      throws InterruptedException {
    node.open(first, count, CASH_MICROS);
    List<TradeLoad.Market> markets = BenchNode.markets(catalogue, POSITIONS);
    Semaphore inFlight = new Semaphore(IN_FLIGHT);
    LongAdder lost = new LongAdder();
    try (TradeSink venue = node.venue(markets, 1, IN_FLIGHT)) {
      for (int pair = 0; pair < count / 2; pair++) {
        for (int market = 0; market < POSITIONS; market++) {
          int one = first + 2 * pair;
          long number = (long) (first + 2 * pair) * POSITIONS + market;
          inFlight.acquire();
          venue.submit(
              new Order(number, market, markets.get(market).markTicks(), 1, one, one + 1),
              verdict -> {
                if (verdict != Verdict.NOVATED) lost.increment();
                inFlight.release();
              });
        }
      }
      inFlight.acquire(IN_FLIGHT);
    }
    node.settle(first, count);
    // The time-outs of calls that were answered lie in the scheduler until they would have expired.
    TimeUnit.SECONDS.sleep(TIMEOUT_SECONDS_MAX);
    if (lost.sum() > 0) throw new SimulationException(lost.sum() + " trades were not novated");
  }

  // ---- saying it

  private void printTable(Say say, HeapUse before, HeapUse after) {
    say.line(
        "%s bytes for each of %s accounts with %d positions"
            .formatted(
                Say.count(perAccount(after.bytes() - before.bytes())),
                Say.count(accounts),
                POSITIONS));
    say.line(
        "(heap after a full collection: %s MB before, %s MB with them)"
            .formatted(Say.count(before.bytes() >> 20), Say.count(after.bytes() >> 20)));
    say.line("");
    TextTable table = new TextTable(1, "class", "objects/account", "bytes/account");
    for (HeapUse.Growth growth : largest(before, after)) {
      table.row(
          growth.type(),
          Say.decimal((double) growth.instances() / accounts, 2),
          Say.count(perAccount(growth.bytes())));
    }
    say.table(table);
  }

  private static List<HeapUse.Growth> largest(HeapUse before, HeapUse after) {
    return after.since(before).stream().limit(CLASSES).toList();
  }

  private long perAccount(long bytes) {
    return Math.round((double) bytes / accounts);
  }

  private void printJson(Say say, HeapUse before, HeapUse after) {
    ObjectNode root = Say.MAPPER.createObjectNode();
    root.put("accounts", accounts);
    root.put("positions", POSITIONS);
    root.put("store", store);
    root.put("bytesPerAccount", perAccount(after.bytes() - before.bytes()));
    root.put("heapBefore", before.bytes());
    root.put("heapAfter", after.bytes());
    ArrayNode classes = root.putArray("classes");
    for (HeapUse.Growth growth : largest(before, after)) {
      ObjectNode row = classes.addObject();
      row.put("class", growth.type());
      row.put("instances", growth.instances());
      row.put("bytes", growth.bytes());
    }
    say.json(root);
  }
}

package org.novation.node.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.novation.node.cli.TextTable;
import org.novation.simulation.bench.TickBench;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a price tick costs with many margined accounts. */
@Command(
    name = "ticks",
    description = {
      "What a price tick costs with so many margined accounts of one to five positions each.",
      "A tick that crosses no account's trigger, and each account that one does cross: found and",
      "taken out, revalued in full, watched again."
    },
    mixinStandardHelpOptions = true)
final class BenchTicksCommand implements Callable<Integer> {
  private static final int ACCOUNTS_MAX = 4_000_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--accounts",
      split = ",",
      paramLabel = "N",
      defaultValue = "1000,10000,100000,1000000",
      description = "How many accounts; several numbers, separated by commas, are run in turn.")
  private List<Integer> accounts;

  @Option(
      names = "--ticks",
      defaultValue = "200000",
      description = "Ticks to measure that cross nobody (default ${DEFAULT-VALUE}).")
  private int ticks;

  @Option(names = "--seed", defaultValue = "1", description = "Of accounts and prices.")
  private long seed;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    Say say = new Say(spec);
    if (ticks < 1) throw new ParameterException(spec.commandLine(), "--ticks must be positive");
    List<TickBench.Result> results = new ArrayList<>();
    // The first run compiles; its figures are nobody's.
    say.doing("warming up");
    new TickBench(seed, 10_000).run(ticks);
    for (int n : accounts) {
      if (n < 1 || n > ACCOUNTS_MAX) {
        throw new ParameterException(
            spec.commandLine(), "--accounts lies in 1 to " + Say.count(ACCOUNTS_MAX));
      }
      say.doing("watching " + Say.count(n) + " accounts");
      results.add(new TickBench(seed, n).run(ticks));
    }
    if (json) printJson(say, results);
    else printTable(say, results);
    return ExitCode.OK;
  }

  private static void printTable(Say say, List<TickBench.Result> results) {
    TextTable table =
        new TextTable(
            0,
            "accounts",
            "triggers",
            "tick µs",
            "p99 µs",
            "vs log N",
            "crossed µs",
            "= wake",
            "+ revalue",
            "+ watch",
            "bytes/account");
    TickBench.Result first = results.getFirst();
    for (TickBench.Result result : results) {
      table.row(
          Say.count(result.accounts()),
          Say.count(result.triggers()),
          Say.micros(result.tickMedian()),
          Say.micros(result.tickP99()),
          Say.decimal(growth(first, result), 2),
          Say.micros(result.crossingTotal()),
          Say.micros(result.wakeMean()),
          Say.micros(result.boxMedian()),
          Say.micros(result.registerMedian()),
          Say.count(result.heapPerAccount()));
    }
    say.table(table);
    say.line("");
    say.line("tick: median of ticks that cross nobody; crossed: for each account that is.");
    say.line("vs log N: how the tick grew since the first row, divided by how log N grew.");
  }

  /** 1 means: grows as log N; below: slower. */
  private static double growth(TickBench.Result first, TickBench.Result result) {
    double time = (double) result.tickMedian() / first.tickMedian();
    double log = Math.log(Math.max(2, result.accounts())) / Math.log(Math.max(2, first.accounts()));
    return time / log;
  }

  private static void printJson(Say say, List<TickBench.Result> results) {
    ObjectNode root = Say.MAPPER.createObjectNode();
    ArrayNode rows = root.putArray("ticks");
    for (TickBench.Result result : results) {
      ObjectNode row = rows.addObject();
      row.put("accounts", result.accounts());
      row.put("triggers", result.triggers());
      row.put("tickNanosMedian", result.tickMedian());
      row.put("tickNanosP99", result.tickP99());
      row.put("growthAgainstLogN", growth(results.getFirst(), result));
      row.put("crossings", result.crossings());
      row.put("crossedNanos", result.crossingTotal());
      row.put("wakeNanos", result.wakeMean());
      row.put("revalueNanosMedian", result.boxMedian());
      row.put("watchNanosMedian", result.registerMedian());
      row.put("bytesPerAccount", result.heapPerAccount());
    }
    say.json(root);
  }
}

package org.novation.node.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.novation.api.auth.DevKeys;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;
import org.novation.node.NodeSettings;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.simulation.Books;
import org.novation.simulation.CrashDay;
import org.novation.simulation.Crowd;
import org.novation.simulation.Ink;
import org.novation.simulation.Replay;
import org.novation.simulation.ReplayReport;
import org.novation.simulation.ReplayText;
import org.novation.simulation.Sandbox;
import org.novation.simulation.SimulationException;
import org.novation.simulation.Tally;
import org.novation.simulation.Tick;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what a node does: a made-up crash day through its own port, then it keeps serving. */
@Command(
    name = "demo",
    description = {
      "Starts a node on an embedded database, runs a made-up crash day through its gRPC port, says",
      "what happened and keeps serving until Ctrl-C."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "The report's JSON is that of replay; with it, all other words go to standard error.",
      "",
      "Exit code: 0 the books balance, 1 they do not or it could not be run to its end, 2 it could",
      "not be started."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int USUAL_PORT = 7443;
  private static final Duration DAY = Duration.ofDays(1);
  private static final int LIQUIDATORS = 4;

  @Spec private CommandSpec spec;

  private static final Duration CLOSING = Duration.ofSeconds(60);

  @Option(names = "--exit", description = "End after the report instead of serving.")
  private boolean exit;

  @Option(names = "--keep", description = "Keep the database when it ends.")
  private boolean keep;

  @Option(
      names = "--accounts",
      paramLabel = "N",
      description = "How many accounts trade, 10 to 1,000,000; default ${DEFAULT-VALUE}.")
  private int accounts = 1_000;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Which day and which traders; default ${DEFAULT-VALUE}.")
  private long seed = 7;

  @Option(names = "--json", description = "Print the report as JSON instead of text.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (accounts < Crowd.ACCOUNTS_MIN || accounts > Crowd.ACCOUNTS_MAX)
      throw new ParameterException(spec.commandLine(), "--accounts lies in 10 to 1000000");
    return run();
  }

  private int run() throws IOException {
    Catalogue catalogue = InstrumentConfig.in(NodeSettings.configDirectory()).catalogue();
    Path home = Workspace.home(System.getenv());
    Path directory = Workspace.create("demo-");
    say("Starting a node on an embedded database in " + directory + " …");
    long startMs = System.currentTimeMillis() - DAY.toMillis();
    StoreConfig store = new StoreConfig.H2Scratch(directory.resolve("novation"));
    Sandbox sandbox =
        Sandbox.start(
            home, store, catalogue, Sandbox.Terms.usual(accounts), freePort(), startMs, seed);
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(sandbox, closed, directory)));
    try (sandbox) {
      return run(sandbox, catalogue, startMs);
    } catch (SimulationException ended) {
      if (!sandbox.stopped()) throw ended;
      return ExitCode.OK;
    } finally {
      closed.countDown();
    }
  }

  private int run(Sandbox sandbox, Catalogue catalogue, long startMs) {
    say(
        String.format(
            Locale.ROOT,
            "Serving on localhost:%d. A crash day follows: %,d accounts, prices every %d s, seed"
                + " %d.",
            sandbox.node().port(),
            accounts,
            CrashDay.STEP_MS / 1_000,
            seed));
    Tally.Result result = run(catalogue, sandbox, startMs);
    ReplayReport report =
        new ReplayReport(
            "A crash day",
            "h2",
            seed,
            result,
            Books.verdict(sandbox.node()),
            sandbox.waterfall(),
            sandbox.stateHash(),
            List.of());
    Ink ink = Screen.ink(System.getenv());
    PrintWriter out = spec.commandLine().getOut();
    Screen.print(out, json ? List.of(report.json()) : ReplayText.lines(report, ink));
    if (!json) Screen.print(out, movers(result, sandbox));
    if (!exit) serve(sandbox, result);
    return report.verdict().hold() ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private Tally.Result run(Catalogue catalogue, Sandbox sandbox, long startMs) {
    ReplayProgress progress = ReplayProgress.onStderr();
    try (CrashDay day = CrashDay.of(seed, startMs);
        progress) {
      Replay.Plan plan =
          new Replay.Plan(
              day,
              CrashDay.STEPS,
              startMs,
              firstPrices(startMs),
              catalogue,
              null,
              accounts,
              LIQUIDATORS,
              seed,
              CrashDay.STEPS);
      return Replay.run(plan, sandbox.exchange(), progress, System::nanoTime);
    }
  }

  private Map<String, BigDecimal> firstPrices(long startMs) {
    Map<String, BigDecimal> first = new TreeMap<>();
    try (CrashDay day = CrashDay.of(seed, startMs)) {
      for (Tick tick = day.next();
          tick != null && first.size() < CrashDay.SYMBOLS.size();
          tick = day.next()) {
        first.putIfAbsent(tick.symbol(), tick.price());
      }
    }
    return first;
  }

  /** As the node has them, over the same port. */
  private static List<String> movers(Tally.Result result, Sandbox sandbox) {
    TextTable table =
        new TextTable(3, "Account", "Role", "State", "Brought in", "Equity now", "Maintenance");
    for (Crowd.Mover mover : result.movers()) {
      Account account = sandbox.exchange().account(mover.accountId());
      table.row(
          mover.accountId(),
          words(mover.role().name()),
          words(account.getState().name().replace("MARGIN_STATE_", "")),
          String.format(Locale.ROOT, "%,.0f", mover.broughtIn()),
          money(account.getEquity()),
          money(account.getMaintenanceMargin()));
    }
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add("Who lost and who won most (USDC)");
    table.lines().forEach(line -> lines.add("  " + line));
    return lines;
  }

  private void serve(Sandbox sandbox, Tally.Result result) {
    Map<String, Double> last = new TreeMap<>();
    result.courses().forEach((symbol, course) -> last.put(symbol, course.last()));
    Screen.print(talk(), furtherOn(sandbox, result));
    sandbox.serve(last, seed);
  }

  private static List<String> furtherOn(Sandbox sandbox, Tally.Result result) {
    int port = sandbox.node().port();
    DevKeys keys = DevKeys.of(sandbox.node().settings().dataDirectory());
    String account = result.movers().isEmpty() ? "ACCOUNT" : result.movers().getFirst().accountId();
    String where = port == USUAL_PORT ? "" : " --endpoint localhost:" + port;
    return List.of(
        "",
        "Look further, in another terminal",
        "  clearing-node/bin/novation account show " + account + " --terms" + where,
        "  clearing-node/bin/novation account list" + where,
        "  clearing-node/bin/novation market watch BTC-PERP" + where,
        "  Tokens and the certificate authority for other clients: " + keys.directory(),
        "",
        "The node keeps serving on localhost:"
            + port
            + ", prices go on every second. Ctrl-C ends it.");
  }

  /** On the JVM's end: the thread that drives the node closes it. */
  private void end(Sandbox sandbox, CountDownLatch closed, Path directory) {
    sandbox.stop();
    try {
      boolean orderly = closed.await(CLOSING.toSeconds(), TimeUnit.SECONDS);
      if (orderly && !keep) Sandbox.delete(directory);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      Failures.print(spec.commandLine(), directory + " is left: " + Failures.line(e));
    }
  }

  /** The usual port, where clients look first, unless it is taken. */
  private static int freePort() {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), USUAL_PORT));
      return USUAL_PORT;
    } catch (IOException taken) {
      return 0;
    }
  }

  private void say(String line) {
    PrintWriter out = talk();
    out.println(line);
    out.flush();
  }

  /** Where programs read the report there is nothing else. */
  private PrintWriter talk() {
    return json ? spec.commandLine().getErr() : spec.commandLine().getOut();
  }

  private static String words(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String money(String decimal) {
    return String.format(Locale.ROOT, "%,.0f", new BigDecimal(decimal));
  }
}

package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.deleveraging.AdlPolicy;
import org.novation.ledger.WaterfallReport;
import org.novation.node.InstrumentConfig;
import org.novation.node.store.StoreConfig;

/**
 * The same tape, seed and policy come to the same end: with liquidations, auctions, draws on the
 * fund and waves of deleveraging, however the machine schedules.
 */
final class ReplayDeterminismTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final InstrumentConfig CONFIG = InstrumentConfig.in(HOME.resolve("config"));
  private static final long START_MS = 1_700_000_000_000L;
  private static final int HOURS = 10;
  private static final int ACCOUNTS = 60;
  private static final int LIQUIDATORS = 2;
  private static final long SEED = 11;
  private static final int BURNING = 4;

  @TempDir private Path directory;
  private Path file;
  private int runs;

  /** Prices that fall, for longer than auctions last, and rest. */
  @BeforeEach
  void write() throws IOException {
    StringBuilder lines = new StringBuilder(Tape.HEADER).append('\n');
    for (int hour = 0; hour < HOURS; hour++) {
      long timeMs = START_MS + hour * 3_600_000L;
      int fallen = Math.max(0, hour - 4);
      lines.append(timeMs).append(",BTC,").append(60_000 - fallen * 1_800).append('\n');
      lines.append(timeMs).append(",ETH,").append(3_000 - fallen * 100).append('\n');
    }
    file = Files.writeString(directory.resolve("crash.csv"), lines);
  }

  private record End(
      String stateHash, WaterfallReport waterfall, boolean balanced, String journal) {}

  @Test
  void theSameTapeAndSeedEndTheSameAndAnotherSeedDoesNot() throws Exception {
    End first = run(SEED);
    assertThat(first.balanced()).isTrue();
    WaterfallReport.Figures sums = first.waterfall().sums();
    assertThat(sums.accountsLiquidated()).isPositive();
    assertThat(sums.auctions().bids()).isPositive();
    assertThat(sums.fund().lowMicros()).isLessThan(sums.fund().beforeMicros());
    assertThat(first.waterfall().waves()).isNotEmpty();
    assertThat(onABusyMachine(() -> run(SEED))).isEqualTo(first);
    assertThat(inAnotherProcess()).isEqualTo(first.stateHash());
    assertThat(run(SEED + 1).stateHash()).isNotEqualTo(first.stateHash());
  }

  @Test
  void theQueueEndsTheSameTooAndOtherwiseThanProRata() throws Exception {
    End first = run(SEED, AdlPolicy.Kind.QUEUE);
    assertThat(first.balanced()).isTrue();
    assertThat(first.waterfall().waves())
        .isNotEmpty()
        .extracting(WaterfallReport.Wave::policy)
        .containsOnly(AdlPolicy.Kind.QUEUE);
    assertThat(onABusyMachine(() -> run(SEED, AdlPolicy.Kind.QUEUE))).isEqualTo(first);
    assertThat(run(SEED).stateHash()).isNotEqualTo(first.stateHash());
  }

  private End run(long seed) throws IOException {
    return run(seed, AdlPolicy.Kind.PRO_RATA);
  }

  private End run(long seed, AdlPolicy.Kind policy) throws IOException {
    Tape tape = Tape.open(file);
    Map<String, BigDecimal> prices = new TreeMap<>();
    tape.facts().symbols().forEach((symbol, range) -> prices.put(symbol, range.first()));
    Path home = Files.createDirectory(directory.resolve("run-" + runs++));
    try (TickSource ticks = tape.ticks();
        Sandbox sandbox =
            Sandbox.start(
                home,
                new StoreConfig.H2Scratch(home.resolve("novation")),
                CONFIG.catalogue(),
                new Sandbox.Terms(policy, Sandbox.Terms.usualFund(ACCOUNTS)),
                null,
                tape.facts().firstMs(),
                seed)) {
      Replay.Plan plan =
          new Replay.Plan(
              ticks,
              tape.facts().steps(),
              tape.facts().firstMs(),
              prices,
              CONFIG.catalogue(),
              null,
              ACCOUNTS,
              LIQUIDATORS,
              seed,
              Long.MAX_VALUE);
      Replay.run(plan, sandbox.exchange(), Progress.NONE, System::nanoTime);
      return new End(
          sandbox.stateHash(),
          sandbox.waterfall().report(),
          Books.verdict(sandbox.node()).hold(),
          JournalBytes.sha256(sandbox.node()));
    }
  }

  /** Beside threads that want the processor, all of it, all the time. */
  private static <A> A onABusyMachine(Callable<A> work) throws Exception {
    List<Thread> burning = new ArrayList<>();
    for (int n = 0; n < BURNING; n++) {
      burning.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    while (!Thread.currentThread().isInterrupted()) Thread.onSpinWait();
                  }));
    }
    try {
      return work.call();
    } finally {
      burning.forEach(Thread::interrupt);
    }
  }

  /** Where hashes that differ from one JVM to the next differ. */
  private String inAnotherProcess() throws IOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Path report = directory.resolve("report.json");
    ProcessBuilder replay =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dnovation.home=" + HOME,
                "-cp",
                classPath,
                "org.novation.node.cli.Main",
                "replay",
                "--tape",
                file.toString(),
                "--accounts",
                Integer.toString(ACCOUNTS),
                "--liquidators",
                Integer.toString(LIQUIDATORS),
                "--seed",
                Long.toString(SEED),
                "--report",
                report.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    replay.environment().put("NOVATION_HOME", directory.toString());
    Process process = replay.start();
    assertThat(process.waitFor()).isZero();
    JsonNode json = new ObjectMapper().readTree(report.toFile());
    return json.at("/stateHash").asText();
  }
}

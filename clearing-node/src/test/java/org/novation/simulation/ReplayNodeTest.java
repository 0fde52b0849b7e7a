package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.deleveraging.AdlPolicy;
import org.novation.instrument.Catalogue;
import org.novation.ledger.WaterfallReport;
import org.novation.node.InstrumentConfig;
import org.novation.node.InstrumentConfig.Unlisted;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;

/** Short tapes through a whole node on H2, by way of its port. */
final class ReplayNodeTest {
  private static final InstrumentConfig CONFIG = InstrumentConfig.in(Path.of("..", "config"));
  private static final long START_MS = 1_700_000_000_000L;
  private static final int STEPS = 40;

  @TempDir private Path directory;

  @Test
  void aFallingMarketCallsAccountsAndTheBooksBalance() throws IOException {
    // Prices of zero and below, a fat finger, and a symbol that nobody listed.
    Path file =
        tape("5500,BTC,0", "6500,ETH,-1", "7500,BTC,900000", "8500,LUNA,80.5", "9500,LUNA,0.00001");
    Outcome outcome = run(file, CONFIG.catalogue());
    Tally.Result result = outcome.result();
    assertThat(result.steps()).isEqualTo(STEPS + 5);
    assertThat(result.acceptedPrices()).isEqualTo(2 * STEPS);
    assertThat(result.refusedPrices())
        .containsEntry("NOT_POSITIVE", 2L)
        .containsEntry("OUTLIER", 1L)
        .hasSize(2);
    assertThat(result.unknownSymbols()).isEqualTo(Map.of("LUNA", 2L));
    assertThat(result.submitted())
        .isEqualTo(
            result.novated() + result.refusedTrades().values().stream().mapToLong(n -> n).sum());
    assertThat(result.novated()).isGreaterThan(300);
    assertThat(result.refusedTrades().keySet())
        .isSubsetOf("INSUFFICIENT_MARGIN", "REDUCE_ONLY", "MARKET_STALE", "BRAKED");
    assertThat(result.margin().marginCalls()).isPositive();
    assertThat(result.margin().liquidationTriggers()).isPositive();
    assertThat(outcome.verdict()).isEqualTo(new Verdict("0", "0", "0", true, ""));
  }

  @Test
  void aSymbolThatIsListedCautiouslyIsTraded() throws IOException {
    Path file = tape("1000,FTT,22.1", "2000,FTT,21.9", "3000,FTT,15", "4000,FTT,9.5");
    List<Unlisted> unlisted =
        List.of(new Unlisted("FTT", new BigDecimal("9.5"), new BigDecimal("22.1")));
    Outcome outcome = run(file, CONFIG.withUnlisted(unlisted));
    assertThat(outcome.result().unknownSymbols()).isEmpty();
    assertThat(Objects.requireNonNull(outcome.result().courses().get("FTT")).low()).isEqualTo(9.5);
    assertThat(outcome.verdict().hold()).isTrue();
  }

  /** One that falls, for longer than auctions last, and rests. */
  @ParameterizedTest
  @EnumSource
  void aCrashIsResolvedByLiquidatorsTheFundAndWinnersAndNobodyIsLeftInDebt(AdlPolicy.Kind policy)
      throws IOException {
    StringBuilder lines = new StringBuilder(Tape.HEADER).append('\n');
    for (int i = 0; i < 12; i++) {
      long timeMs = START_MS + i * 3_600_000L;
      int fallen = Math.max(0, i - 4);
      lines.append(timeMs).append(",BTC,").append(60_000 - fallen * 1_800).append('\n');
      lines.append(timeMs).append(",ETH,").append(3_000 - fallen * 100).append('\n');
    }
    Path file = Files.writeString(directory.resolve("crash.csv"), lines);
    Outcome outcome = run(file, CONFIG.catalogue(), policy);
    WaterfallReport report = outcome.waterfall().report();
    WaterfallReport.Figures sums = report.sums();
    assertThat(sums.accountsLiquidated()).isGreaterThan(3);
    assertThat(sums.auctions().bids()).isPositive();
    assertThat(sums.fund().beforeMicros()).isEqualTo(6_000_000_000L);
    assertThat(sums.fund().lowMicros()).isBetween(0L, 6_000_000_000L);
    assertThat(report.waves()).isNotEmpty();
    assertThat(report.waves()).extracting(WaterfallReport.Wave::policy).containsOnly(policy);
    // What one wave finds nobody for the next one needs again, and it counts once.
    assertThat(sums.closedLots()).isEqualTo(sums.neededLots()).isPositive();
    if (policy == AdlPolicy.Kind.PRO_RATA) assertThat(sums.overshootMicros()).isZero();
    assertThat(sums.hedgesBroken()).isZero();
    assertThat(outcome.inDebt()).allMatch(account -> account.getBalancesCount() > 1);
    assertThat(outcome.verdict()).isEqualTo(new Verdict("0", "0", "0", true, ""));
  }

  /**
   * What became of a run.
   *
   * @param inDebt accounts of the end that are worth less than nothing
   */
  private record Outcome(
      Tally.Result result, Verdict verdict, Waterfall waterfall, List<Account> inDebt) {}

  private Outcome run(Path file, Catalogue catalogue) throws IOException {
    return run(file, catalogue, AdlPolicy.Kind.PRO_RATA);
  }

  private Outcome run(Path file, Catalogue catalogue, AdlPolicy.Kind policy) throws IOException {
    Tape tape = Tape.open(file);
    Map<String, BigDecimal> first = new TreeMap<>();
    tape.facts().symbols().forEach((symbol, range) -> first.put(symbol, range.first()));
    StoreConfig store = StoreConfig.parse("h2", directory, Map.of());
    try (TickSource ticks = tape.ticks();
        Sandbox sandbox =
            Sandbox.start(
                directory,
                store,
                catalogue,
                new Sandbox.Terms(policy, Sandbox.Terms.usualFund(60)),
                null,
                tape.facts().firstMs(),
                11)) {
      Replay.Plan plan =
          new Replay.Plan(
              ticks,
              tape.facts().steps(),
              tape.facts().firstMs(),
              first,
              catalogue,
              null,
              60,
              2,
              11,
              Long.MAX_VALUE);
      Tally.Result result = Replay.run(plan, sandbox.exchange(), Progress.NONE, System::nanoTime);
      List<Account> inDebt =
          sandbox.exchange().allAccounts().stream()
              .filter(account -> account.getEquity().startsWith("-"))
              .toList();
      return new Outcome(result, Books.verdict(sandbox.node()), sandbox.waterfall(), inDebt);
    }
  }

  /** BTC and ETH fall by about half within 40 seconds; other lines at their millisecond. */
  private Path tape(String... more) throws IOException {
    StringBuilder lines = new StringBuilder(Tape.HEADER).append('\n');
    for (int i = 0; i < STEPS; i++) {
      long timeMs = START_MS + i * 1_000L;
      lines.append(timeMs).append(",BTC,").append(60_000 - i * 750).append(".25\n");
      lines.append(timeMs).append(",ETH,").append(3_000 - i * 38).append(".5\n");
    }
    for (String line : more) {
      int comma = line.indexOf(',');
      long timeMs = START_MS + Long.parseLong(line.substring(0, comma));
      lines.append(timeMs).append(line.substring(comma)).append('\n');
    }
    return Files.writeString(directory.resolve("tape.csv"), lines);
  }
}

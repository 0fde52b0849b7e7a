package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.deleveraging.AdlPolicy;
import org.novation.instrument.Catalogue;
import org.novation.ledger.WaterfallReport;
import org.novation.node.InstrumentConfig;
import org.novation.simulation.Exchange.Submission;

final class ReplayTest {
  private static final Catalogue CATALOGUE =
      InstrumentConfig.in(Path.of("..", "config")).catalogue();
  private static final Verdict BALANCED = new Verdict("0", "0", "0", true, "");

  private static final Waterfall QUIET =
      new Waterfall(
          AdlPolicy.Kind.PRO_RATA,
          new WaterfallReport(
              new WaterfallReport.Figures(
                  0,
                  0,
                  0,
                  0,
                  0,
                  0,
                  new WaterfallReport.Fund(0, 0, 0, 0, 0, 0),
                  new WaterfallReport.Auctions(0, 0, 0, 0, 0, 0),
                  0,
                  0),
              List.of(),
              List.of(),
              List.of()),
          0);

  @TempDir private Path directory;
  private final FakeExchange house = new FakeExchange();

  @Test
  void pricesAreRunInOrderAndTradesAreDealtAtTheirTime() throws IOException {
    Tally.Result result = run(tape(200, ""), null, 100);
    assertThat(result.steps()).isEqualTo(200);
    assertThat(result.acceptedPrices()).isEqualTo(400);
    assertThat(house.prices).hasSize(400);
    assertThat(result.accounts()).isEqualTo(100);
    assertThat(house.accounts).hasSize(102); // And two liquidators.
    assertThat(result.submitted()).isEqualTo(house.trades.size()).isGreaterThan(2_000);
    assertThat(result.novated() + result.submitted() / 10).isEqualTo(result.submitted());
    assertThat(result.margin().marginCalls()).isEqualTo(50);
    assertThat(result.moments()).hasSize(Tally.MOMENTS);
    assertThat(result.moments().stream().mapToLong(Tally.Moment::novated).sum())
        .isEqualTo(result.novated());
    assertThat(result.moments().stream().mapToLong(Tally.Moment::marginCalls).sum()).isEqualTo(50);
  }

  @Test
  void everythingSubmittedIsOnTheGrid() throws IOException {
    run(tape(100, ""), null, 100);
    for (Submission trade : house.trades) {
      var perpetual = CATALOGUE.perpetual(CATALOGUE.instrumentListed(trade.instrument()));
      assertThat(perpetual.tick().count(trade.price())).isPositive();
      assertThat(perpetual.lot().count(trade.quantity())).isPositive();
    }
  }

  @Test
  void aPriceOfZeroIsRefusedCountedAndTheCrowdNeverSeesIt() throws IOException {
    Tally.Result result = run(tape(50, "100500,BTC,0\n100600,ETH,-3\n"), null, 50);
    assertThat(result.refusedPrices()).containsExactly(Map.entry("NOT_POSITIVE", 2L));
    assertThat(result.courses().get("BTC"))
        .isNotNull()
        .satisfies(course -> assertThat(course.low()).isGreaterThan(30_000));
    assertThat(house.trades).allMatch(trade -> new BigDecimal(trade.price()).signum() > 0);
  }

  @Test
  void symbolsThatAreNotListedAreSkippedAndNamed() throws IOException {
    Tally.Result result =
        run(tape(50, "100500,LUNA,80.5\n100600,LUNA,0.1\n100700,FTT,22\n"), null, 50);
    assertThat(result.unknownSymbols()).isEqualTo(Map.of("LUNA", 2L, "FTT", 1L));
    assertThat(house.prices).noneMatch(tick -> tick.symbol().equals("LUNA"));
  }

  @Test
  void aTapeWithoutAnythingListedSaysWhatToDo() throws IOException {
    Path file = write("tape.csv", "time_ms,symbol,price\n1,LUNA,80\n");
    assertThatThrownBy(() -> run(file, null, 50))
        .isInstanceOf(TapeException.class)
        .hasMessageContaining("LUNA")
        .hasMessageContaining("--list-unknown");
  }

  @Test
  void realTradesAreDealtOutBetweenAccountsEachWithItsOwnIdAndTime() throws IOException {
    StringBuilder lines = new StringBuilder(TradesFile.HEADER).append('\n');
    for (int i = 0; i < 500; i++) {
      lines.append(100_000 + i * 10).append(",BTC,").append(i).append(",40000.").append(i % 10);
      lines.append(",0.00").append(1 + i % 9).append(i % 2 == 0 ? ",buy\n" : ",sell\n");
    }
    lines.append("105000,DOGE,77,0.1,5,buy\n");
    Path trades = write("trades.csv", lines.toString());
    Tally.Result result = run(trades, trades, 50);
    assertThat(result.submitted()).isEqualTo(500);
    assertThat(result.unknownTrades()).containsExactly(Map.entry("DOGE", 1L));
    assertThat(house.trades.getFirst().tradeId()).isEqualTo("BTC-0");
    assertThat(house.trades.getFirst().price()).isEqualTo("40000.0");
    assertThat(house.trades.getFirst().executedAtMs()).isEqualTo(100_000);
    assertThat(house.trades).allMatch(trade -> !trade.buyer().equals(trade.seller()));
    long withMaker =
        house.trades.stream()
            .filter(t -> t.buyer().startsWith("maker") || t.seller().startsWith("maker"))
            .count();
    assertThat(withMaker).isBetween(400L, 490L);
  }

  @Test
  void aRealTradeThatIsInTheFileTwiceIsTheSameTradeOnceMore() throws IOException {
    String once = "100000,BTC,7,40000.0,0.5,buy\n";
    String file = TradesFile.HEADER + "\n" + once + "100500,BTC,8,40000.0,0.1,buy\n";
    Path trades = write("trades.csv", file + once);
    house.repeats = true;
    assertThat(run(trades, trades, 50).submitted()).isEqualTo(3);
    assertThat(house.trades.get(0)).isEqualTo(house.trades.get(1));
    assertThat(house.together).isEqualTo(1);
  }

  @Test
  void aLimitOfStepsEndsItEarly() throws IOException {
    Tape tape = Tape.open(tape(100, ""));
    try (TickSource ticks = tape.ticks()) {
      Tally.Result result =
          Replay.run(plan(tape, ticks, null, 50, 7), house, Progress.NONE, () -> 0);
      assertThat(result.steps()).isEqualTo(7);
    }
  }

  @Test
  void theReportIsJsonWithThePromisedFields() throws IOException {
    Tally.Result result = run(tape(50, "100500,BTC,0\n100600,LUNA,5\n"), null, 50);
    ReplayReport report =
        new ReplayReport("tape.csv", "h2", 7, result, BALANCED, QUIET, "5a7e", List.of());
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.at("/trades/submitted").asLong()).isEqualTo(result.submitted());
    assertThat(json.at("/trades/novated").asLong()).isEqualTo(result.novated());
    assertThat(json.at("/trades/refused/INSUFFICIENT_MARGIN").isIntegralNumber()).isTrue();
    assertThat(json.at("/marginCalls").isIntegralNumber()).isTrue();
    assertThat(json.at("/liquidationTriggers").isIntegralNumber()).isTrue();
    assertThat(json.at("/invariants/positions").textValue()).isEqualTo("0");
    assertThat(json.at("/invariants/cash").textValue()).isEqualTo("0");
    assertThat(json.at("/invariants/costBasis").textValue()).isEqualTo("0");
    assertThat(json.at("/invariants/hold").isBoolean()).isTrue();
    assertThat(json.at("/seconds").isNumber()).isTrue();
    assertThat(json.at("/tradesPerSecond").isNumber()).isTrue();
    assertThat(json.at("/prices/refused/NOT_POSITIVE").asLong()).isEqualTo(1);
    assertThat(json.at("/unknownSymbols/LUNA").asLong()).isEqualTo(1);
    assertThat(json.at("/markets/BTC/maxDrawdown").textValue()).matches("0\\.[0-9]+");
  }

  @Test
  void theJsonOfAWaveSaysWhatItWasLeftAndWhatItLeaves() {
    WaterfallReport.Wave wave =
        new WaterfallReport.Wave(
            "main-2",
            AdlPolicy.Kind.PRO_RATA,
            1_000,
            2_000,
            new WaterfallReport.Left(3_000_000, 4),
            new WaterfallReport.Left(1_500_000, 2),
            1_500_000,
            QUIET.report().sums());
    ObjectNode root = new ObjectMapper().createObjectNode();
    new Waterfall(
            AdlPolicy.Kind.PRO_RATA,
            new WaterfallReport(QUIET.report().sums(), List.of(wave), List.of(), List.of()),
            7_000_000)
        .json(root);
    assertThat(root.at("/waves/0/carried/deficit").textValue()).isEqualTo("3");
    assertThat(root.at("/waves/0/carried/adlContracts").asLong()).isEqualTo(4);
    assertThat(root.at("/waves/0/left/deficit").textValue()).isEqualTo("1.5");
    assertThat(root.at("/waves/0/left/adlContracts").asLong()).isEqualTo(2);
    assertThat(root.at("/waves/0/negativeEquity").textValue()).isEqualTo("1.5");
    assertThat(root.at("/waves/0/deficit").textValue()).isEqualTo("0");
    assertThat(root.at("/waterfall/negativeEquity").textValue()).isEqualTo("7");
    assertThat(root.at("/waterfall/fund/inReceipts").textValue()).isEqualTo("0");
  }

  @Test
  void theChartIsOneFileThatNeedsNothingElse() throws IOException {
    Tally.Result result = run(tape(50, ""), null, 50);
    String svg =
        Chart.svg(
            new ReplayReport("tape.csv", "h2", 7, result, BALANCED, QUIET, "5a7e", List.of()));
    assertThat(svg)
        .startsWith("<?xml")
        // Text is drawn: no font is asked for. A colour for each of the four lines.
        .contains("<svg", "rgb(31,95,168)", "rgb(90,125,43)", "rgb(138,90,0)", "rgb(176,42,42)")
        .doesNotContain("href=", "<script", "<text");
  }

  @Test
  void theTextSaysWhatHappenedAndWhetherTheBooksBalance() throws IOException {
    Tally.Result result = run(tape(200, "100600,LUNA,5\n"), null, 50);
    String balanced =
        text(new ReplayReport("tape.csv", "h2", 7, result, BALANCED, QUIET, "5a7e", List.of()));
    assertThat(balanced)
        .contains("BTC", "margin calls", "They balance to the last micro", "LUNA (1)")
        .doesNotContain("\u001B");
    Verdict broken = new Verdict("0", "0.000001", "0", false, "account long-000007, event 12");
    String text =
        text(new ReplayReport("tape.csv", "h2", 7, result, broken, QUIET, "5a7e", List.of()));
    assertThat(text).contains("They do not balance: account long-000007, event 12");
  }

  private static String text(ReplayReport report) {
    return String.join("\n", ReplayText.lines(report, Ink.PLAIN));
  }

  private Tally.Result run(Path tapeFile, @Nullable Path tradesFile, int accounts)
      throws IOException {
    Tape tape = Tape.open(tapeFile);
    try (TickSource ticks = tape.ticks();
        TradesFile trades = tradesFile == null ? null : TradesFile.open(tradesFile)) {
      long[] nanos = {0};
      return Replay.run(
          plan(tape, ticks, trades, accounts, Long.MAX_VALUE),
          house,
          Progress.NONE,
          () -> nanos[0] += 1_000_000_000L);
    }
  }

  private static Replay.Plan plan(
      Tape tape, TickSource ticks, @Nullable TradesFile trades, int accounts, long stepsMax) {
    Map<String, BigDecimal> first = new TreeMap<>();
    tape.facts().symbols().forEach((symbol, range) -> first.put(symbol, range.first()));
    return new Replay.Plan(
        ticks,
        tape.facts().steps(),
        tape.facts().firstMs(),
        first,
        CATALOGUE,
        trades,
        accounts,
        2,
        3,
        stepsMax);
  }

  /** A falling tape, a step each second from 100,000 ms on, and some more lines. */
  private Path tape(int steps, String more) throws IOException {
    StringBuilder lines = new StringBuilder(Tape.HEADER).append('\n');
    for (int i = 0; i < steps; i++) {
      long timeMs = 100_000 + i * 1_000L;
      lines.append(timeMs).append(",BTC,").append(60_000 - i * 100).append(".25\n");
      lines.append(timeMs).append(",ETH,").append(3_000 - i * 5).append(".5\n");
    }
    return write("tape.csv", lines + more);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }
}

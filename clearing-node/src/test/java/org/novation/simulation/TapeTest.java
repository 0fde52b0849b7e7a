package org.novation.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TapeTest {
  @TempDir private Path directory;

  @Test
  void readsTicksAndSaysWhatIsOnTheTape() throws IOException {
    Path file =
        write(
            """
            time_ms,symbol,price
            1000,BTC,43538.02
            1000,ETH,3282.25

            2000,BTC,43000
            3000,BTC,1.5e-05
            """);
    Tape tape = Tape.open(file);
    Tape.Facts facts = tape.facts();
    assertThat(facts.ticks()).isEqualTo(4);
    assertThat(facts.steps()).isEqualTo(3);
    assertThat(facts.firstMs()).isEqualTo(1000);
    assertThat(facts.lastMs()).isEqualTo(3000);
    assertThat(range(tape, "BTC").lowest()).isEqualByComparingTo("0.000015");
    assertThat(range(tape, "BTC").first()).isEqualByComparingTo("43538.02");
    assertThat(read(tape))
        .startsWith(
            new Tick(1000, "BTC", new BigDecimal("43538.02")),
            new Tick(1000, "ETH", new BigDecimal("3282.25")));
  }

  @Test
  void pricesOfZeroAndBelowArePassedOnForTheFeedRulesToRefuse() throws IOException {
    Tape tape = Tape.open(write("time_ms,symbol,price\n1,BTC,0\n2,BTC,-5.0\n3,BTC,7\n"));
    assertThat(read(tape)).extracting(tick -> tick.price().signum()).containsExactly(0, -1, 1);
    assertThat(range(tape, "BTC").notPositive()).isEqualTo(2);
    assertThat(range(tape, "BTC").lowest()).isEqualByComparingTo("7");
  }

  @Test
  void aTapeThatGoesBackInTimeIsSortedAndKeepsTheOrderWithinATime() throws IOException {
    Tape tape = Tape.open(write("time_ms,symbol,price\n3,A,1\n1,B,2\n1,A,3\n2,A,4\n"));
    assertThat(tape.facts().sorted()).isFalse();
    assertThat(tape.facts().steps()).isEqualTo(3);
    assertThat(read(tape)).extracting(Tick::timeMs).containsExactly(1L, 1L, 2L, 3L);
    assertThat(read(tape)).extracting(Tick::symbol).containsExactly("B", "A", "A", "A");
  }

  @Test
  void readsWhatSpreadsheetsWrite() throws IOException {
    Tape tape = Tape.open(write("\uFEFFtime_ms,symbol,price\r\n1,BTC,7\r\n"));
    assertThat(read(tape)).containsExactly(new Tick(1, "BTC", new BigDecimal("7")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          x,BTC,1                    | time_ms must be milliseconds since 1970, not "x"
          -1,BTC,1                   | time_ms must be milliseconds since 1970, not "-1"
          99999999999999999999,BTC,1 | time_ms must be milliseconds since 1970
          1,btc,1                    | symbol must be 1 to 16 of A-Z and 0-9, not "btc"
          1,BTC,NaN                  | price must be a number, not "NaN"
          1,BTC,Infinity             | price must be a number, not "Infinity"
          1,BTC,                     | price must be a number, not nothing
          1,BTC,1e999                | price must be a number
          1,BTC                      | must have 3 columns, but has 2
          1,BTC,1,2                  | must have 3 columns, but has 4
          """)
  void aBadLineIsNamedInOneLine(String line, String complaint) throws IOException {
    Path file = write("time_ms,symbol,price\n1,BTC,1\n\n" + line + "\n");
    assertThatThrownBy(() -> Tape.open(file))
        .isInstanceOf(TapeException.class)
        .hasMessageStartingWith(file + ":4: " + complaint)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "time,symbol,price\n1,BTC,1\n", "1,BTC,1\n"})
  void anotherHeaderIsRefused(String content) throws IOException {
    Path file = write(content);
    assertThatThrownBy(() -> Tape.open(file))
        .isInstanceOf(TapeException.class)
        .hasMessageStartingWith(file + ":1: the first line must be time_ms,symbol,price, not");
  }

  @Test
  void aTapeWithoutAPriceIsRefused() throws IOException {
    Path file = write("time_ms,symbol,price\n");
    assertThatThrownBy(() -> Tape.open(file)).hasMessage(file + ": holds no price");
  }

  @Test
  void aLineWithoutAnEndIsNotReadIntoMemory() throws IOException {
    Path file = write("time_ms,symbol,price\n1,BTC," + "9".repeat(5_000_000));
    assertThatThrownBy(() -> Tape.open(file))
        .hasMessage(file + ":2: is longer than 1000 characters");
  }

  @Test
  void aFileOfBytesIsRefused() throws IOException {
    Path file = directory.resolve("tape.csv");
    Files.write(file, new byte[] {'t', (byte) 0xff, (byte) 0xfe, 0});
    assertThatThrownBy(() -> Tape.open(file)).hasMessage(file + ":1: is not text in UTF-8");
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = directory.resolve("none.csv");
    assertThatThrownBy(() -> Tape.open(file)).hasMessage(file + ": there is no such file");
    assertThatThrownBy(() -> Tape.open(directory)).hasMessageContaining("is a directory");
  }

  @Test
  void aFileOfTradesIsATapeOfTheFirstPriceOfEachSecond() throws IOException {
    Path file =
        write(
            """
            time_ms,symbol,trade_id,price,qty,taker_side
            1000,BTC,1,61800.30,0.006,buy
            1500,BTC,2,61800.40,0.006,buy
            1500,ETH,3,2680.10,0.5,sell
            2001,BTC,4,61800.50,0.1,sell
            """);
    assertThat(read(Tape.open(file)))
        .containsExactly(
            new Tick(1000, "BTC", new BigDecimal("61800.30")),
            new Tick(1500, "ETH", new BigDecimal("2680.10")),
            new Tick(2001, "BTC", new BigDecimal("61800.50")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2000,BTC,2,61800.30,0.006,up    | taker_side must be buy or sell
          2000,BTC,a b,61800.30,0.006,buy | trade_id must be 1 to 40 characters
          2000,BTC,2,61800.30,lots,buy    | qty must be a number, not "lots"
          """)
  void aBadTradeIsNamedInOneLine(String line, String complaint) throws IOException {
    Path file = write(TradesFile.HEADER + "\n1000,BTC,1,61800.30,0.006,buy\n" + line + "\n");
    assertThatThrownBy(() -> TradesFile.open(file))
        .isInstanceOf(TapeException.class)
        .hasMessageStartingWith(file + ":3: " + complaint);
  }

  @Test
  void realTradesOfSeveralSymbolsOneAfterTheOtherAreGivenInTheOrderOfTime() throws IOException {
    Path file =
        write(
            """
            time_ms,symbol,trade_id,price,qty,taker_side
            1000,BTC,1,61800.30,0.006,buy
            3000,BTC,2,61800.40,0.006,buy
            2000,ETH,3,2680.10,0.5,sell
            3000,ETH,4,2680.10,0.5,sell
            """);
    List<String> ids = new ArrayList<>();
    try (TradesFile trades = TradesFile.open(file)) {
      assertThat(trades.firstMs()).isEqualTo(1000);
      assertThat(trades.lastMs()).isEqualTo(3000);
      for (var trade = trades.next(); trade != null; trade = trades.next()) {
        ids.add(trade.tradeId());
      }
    }
    assertThat(ids).containsExactly("1", "3", "2", "4");
    assertThat(read(Tape.open(file)))
        .extracting(Tick::timeMs)
        .containsExactly(1000L, 2000L, 3000L, 3000L);
  }

  private static Tape.Range range(Tape tape, String symbol) {
    return Objects.requireNonNull(tape.facts().symbols().get(symbol));
  }

  private static List<Tick> read(Tape tape) {
    List<Tick> ticks = new ArrayList<>();
    try (TickSource source = tape.ticks()) {
      for (Tick tick = source.next(); tick != null; tick = source.next()) ticks.add(tick);
    }
    return ticks;
  }

  private Path write(String content) throws IOException {
    return Files.writeString(directory.resolve("tape.csv"), content);
  }
}

package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.node.NodeSettings;
import picocli.CommandLine;

/** What cannot be run is refused in one line, before anything is started. */
final class ReplayCommandTest {
  private static final String TAPE = "time_ms,symbol,price\n1700000000000,BTC,40000\n";

  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void installationIsHere() {
    System.setProperty(NodeSettings.HOME_PROPERTY, "..");
  }

  @AfterEach
  void installationIsForgotten() {
    System.clearProperty(NodeSettings.HOME_PROPERTY);
  }

  @Test
  void aMissingTapeIsNamed() {
    assertThat(run("--tape", "none.csv")).isEqualTo(2);
    assertThat(said()).contains("none.csv: there is no such file");
  }

  @Test
  void aBadLineOfATapeIsNamed() throws IOException {
    Path tape = write("tape.csv", TAPE + "1700000001000,BTC,much\n");
    assertThat(run("--tape", tape.toString())).isEqualTo(2);
    assertThat(said()).contains("tape.csv:3: price must be a number, not \"much\"");
  }

  @Test
  void aBadLineOfTheTradesIsNamed() throws IOException {
    Path tape = write("tape.csv", TAPE);
    Path trades =
        write("trades.csv", "time_ms,symbol,trade_id,price,qty,taker_side\n1,BTC,1,2,3,up\n");
    assertThat(run("--tape", tape.toString(), "--trades", trades.toString())).isEqualTo(2);
    assertThat(said()).contains("trades.csv:2: taker_side must be buy or sell");
  }

  @Test
  void tradesOfAnotherTimeAreRefused() throws IOException {
    Path tape = write("tape.csv", TAPE);
    Path trades =
        write("trades.csv", "time_ms,symbol,trade_id,price,qty,taker_side\n1,BTC,1,2,3,buy\n");
    assertThat(run("--tape", tape.toString(), "--trades", trades.toString())).isEqualTo(1);
    assertThat(said()).contains("none of the trades is from the time of the tape");
  }

  @Test
  void optionsOutOfBoundsAreRefused() throws IOException {
    Path tape = write("tape.csv", TAPE);
    assertThat(run("--tape", tape.toString(), "--accounts", "9")).isEqualTo(2);
    assertThat(run("--tape", tape.toString(), "--accounts", "1000001")).isEqualTo(2);
    assertThat(run("--tape", tape.toString(), "--ticks", "0")).isEqualTo(2);
    assertThat(run("--tape", tape.toString(), "--report", "/none/such/report.json")).isEqualTo(2);
    assertThat(run("--tape", tape.toString(), "--chart", "/none/such/chart.svg")).isEqualTo(2);
    assertThat(err.toString()).contains("--report", "--chart", "cannot be written");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("--tape");
  }

  @Test
  void optionsOfTheWaterfallThatMakeNoSenseAreRefusedInOneLineEach() throws IOException {
    String tape = write("tape.csv", TAPE).toString();
    assertThat(run("--tape", tape, "--policy", "lottery")).isEqualTo(2);
    assertThat(err.toString()).contains("--policy is queue or pro-rata, not lottery");
    assertThat(run("--tape", tape, "--compare", "--policy", "queue")).isEqualTo(2);
    assertThat(err.toString()).contains("leave --policy out");
    assertThat(run("--tape", tape, "--compare", "--store", "jdbc:postgresql:x")).isEqualTo(2);
    assertThat(err.toString()).contains("an empty store for each run");
    assertThat(run("--tape", tape, "--fund", "much")).isEqualTo(2);
    assertThat(run("--tape", tape, "--fund", "-1")).isEqualTo(2);
    assertThat(err.toString()).contains("--fund");
    assertThat(run("--tape", tape, "--liquidators", "17")).isEqualTo(2);
    assertThat(err.toString()).contains("--liquidators lies in 0 to 16");
    assertThat(err.toString().lines()).hasSize(6);
  }

  private int run(String... options) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(err, true));
    String[] arguments = new String[options.length + 1];
    arguments[0] = "replay";
    System.arraycopy(options, 0, arguments, 1, options.length);
    return commandLine.execute(arguments);
  }

  private String said() {
    assertThat(err.toString().lines()).hasSize(1);
    return err.toString();
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }
}

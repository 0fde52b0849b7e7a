package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.ReceiptJson;
import picocli.CommandLine;

final class AdlVerifyCommandTest {
  private static final Receipt RECEIPT =
      Receipt.of(
          new AdlInput(
              "w-1",
              "main",
              "loser",
              1_700_000_000_000L,
              3,
              AdlPolicy.Kind.PRO_RATA,
              86_400_000,
              100,
              40,
              100,
              List.of(new Exposure("BTC-PERP", 1, 5, 700, 900, 1_000, 1)),
              List.of(
                  new Candidate("BTC-PERP", "anna", 11, -4, -3_900, 300, 0, 5_000, 4, 90, 0),
                  new Candidate("BTC-PERP", "bert", 12, -3, -2_800, 100, 0, 9_000, 3, 60, 20))));

  @TempDir private Path directory;

  private record Answer(int code, String out, String err) {}

  @Test
  void saysEqualOfAReceiptThatIsWhatItsInputMakesOfIt() throws IOException {
    Answer answer = verify(ReceiptJson.write(RECEIPT), "--hash", RECEIPT.sha256());
    assertThat(answer.code()).isZero();
    assertThat(answer.out())
        .startsWith("equal: wave w-1, PRO_RATA, 2 candidates, 2 closings, 2 takings, sha256 ")
        .contains(RECEIPT.sha256());
    assertThat(answer.err()).isEmpty();
  }

  @Test
  void saysWhereAReceiptDiffers() throws IOException {
    String json = ReceiptJson.write(RECEIPT).replace("\"micros\" : \"75\"", "\"micros\" : \"74\"");
    Answer answer = verify(json);
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out())
        .contains("differs: BTC-PERP anna: haircut micros must be 75 but is 74")
        .contains("differs: sha256 must be ");
  }

  @Test
  void saysThatAReceiptIsNotThePublishedOne() throws IOException {
    Answer answer = verify(ReceiptJson.write(RECEIPT), "--hash", "00");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out())
        .isEqualTo(
            "differs: published sha256 must be "
                + RECEIPT.sha256()
                + " but is 00"
                + System.lineSeparator());
  }

  @Test
  void saysInOneLineWhyAFileIsNoReceipt() throws IOException {
    Answer answer = verify("{\"format\": 1}");
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("receipt.json").contains("format").hasLineCount(1);
    assertThat(answer.out()).isEmpty();
    Answer hole =
        verify(ReceiptJson.write(RECEIPT).replace("\"exposures\" : [", "\"exposures\" : [ null,"));
    assertThat(hole.code()).isEqualTo(2);
    assertThat(hole.err()).contains("receipt.json").contains("exposures").hasLineCount(1);
    Answer missing = run(directory.resolve("none.json").toString());
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err()).contains("no such file").hasLineCount(1);
  }

  private Answer verify(String json, String... options) throws IOException {
    Path file = directory.resolve("receipt.json");
    Files.writeString(file, json);
    String[] args = new String[options.length + 1];
    System.arraycopy(options, 0, args, 0, options.length);
    args[options.length] = file.toString();
    return run(args);
  }

  private static Answer run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] all = new String[args.length + 2];
    all[0] = "adl";
    all[1] = "verify";
    System.arraycopy(args, 0, all, 2, args.length);
    int code = commandLine.execute(all);
    return new Answer(code, out.toString(), err.toString());
  }
}

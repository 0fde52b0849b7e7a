package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class GovTallyCommandTest {
  /** Real proposals, where they lie beside this project; they are no part of it. */
  private static final Path COMPOUND =
      Path.of("..", "..", "shared", "data", "governance-compound-2020-2022.csv");

  private static final String HEADER = "proposal_id,votes_for,votes_against,quorum,status\n";

  @TempDir private Path directory;
  private String own = "";

  private record Answer(int code, String out, String err) {}

  @BeforeEach
  void readOwnFile() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("/governance/proposals.csv"))) {
      own = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void countsWhatReachesItsOutcomeAndWhatVotesCannotDecide() throws IOException {
    Answer answer = tally(own);
    assertThat(answer.code()).isZero();
    assertThat(answer.out().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "proposals 8",
            "reach their recorded outcome 6",
            "differ 0",
            "votes alone cannot decide 2",
            " canceled: 1",
            " expired: 1");
    assertThat(answer.err()).isEmpty();
  }

  @Test
  void listsEachProposalThatDiffersAndSaysNo() throws IOException {
    Answer answer = tally(HEADER + "7,1.50,2,400000,executed\n8,3,0,,defeated\n");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out())
        .contains(
            "differs: proposal 7 is recorded as executed, but 1.5 for and 2 against, quorum 400000,"
                + " make it defeated")
        .contains(
            "differs: proposal 8 is recorded as defeated, but 3 for and 0 against, quorum none,"
                + " make it succeeded");
  }

  @Test
  void printsJson() throws IOException {
    Answer answer = tally(HEADER + "7,1,2,3,executed\n8,1,2,3,canceled\n", "--json");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out().replaceAll("\\s+", "").replace('"', '\''))
        .isEqualTo(
            "{'proposals':2,'reached':0,'differ':1,'undecided':1,'undecided_by_status':{'canceled':1},"
                + "'differing':[{'proposal_id':'7','recorded':'executed','counted':'defeated',"
                + "'votes_for':'1','votes_against':'2','quorum':'3'}]}");
  }

  @Test
  void readsColumnsInAnyOrderAndWindowsLineEnds() throws IOException {
    Answer answer = tally("\uFEFFStatus,Votes_Against,proposal_id,votes_for\r\nexecuted,1,x,2\r\n");
    assertThat(answer.err()).isEmpty();
    assertThat(answer.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|1: must name the columns proposal_id, votes_for, votes_against, status",
        "proposal_id;votes_for;votes_against;status|proposal_id is missing",
        "proposal_id,votes_for,status|votes_against is missing",
        "proposal_id,votes_for,votes_against,status,status|twice: rename one",
        "HEADER|holds no proposal",
        "HEADER1,2,3|2: has 3 columns where the first line names 5",
        "HEADER1,many,3,4,executed|2: votes_for must be a number such as 400000.5, not \"many\"",
        "HEADER1,-2,3,4,executed|votes_for must be a number",
        "HEADER1,2,NaN,4,executed|votes_against must be a number",
        "HEADER1,2,1e-31,4,executed|more than 30 decimals",
        "HEADER1,2,3,x,executed|quorum must be a number",
        "HEADER1,2,3,4,|status is empty: say what became of it",
        "HEADER,2,3,4,executed|proposal_id is empty: fill it in",
        "HEADER\"1,2,3,4,executed|2: opens a quote that is never closed",
      })
  void saysInOneLineWhatToDoWithABadFile(String text, String complaint) throws IOException {
    Answer answer = tally(text.replace("HEADER", HEADER));
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.out()).isEmpty();
    assertThat(answer.err()).hasLineCount(1).contains("proposals.csv").contains(complaint);
  }

  @Test
  void saysInOneLineThatThereIsNoSuchFileOrNoText() throws IOException {
    assertThat(run(directory.resolve("none.csv")).err()).contains("no such file").hasLineCount(1);
    assertThat(run(directory).err()).contains("is a directory").hasLineCount(1);
    Path binary = directory.resolve("binary");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertThat(run(binary).err()).contains("not text in UTF-8").hasLineCount(1);
  }

  static boolean compoundIsHere() {
    return Files.exists(COMPOUND);
  }

  @Test
  @EnabledIf(value = "compoundIsHere", disabledReason = "the recorded proposals are not here")
  void reachesEveryOutcomeThatCompoundRecorded() {
    Answer answer = run(COMPOUND, "--json");
    assertThat(answer.code()).isZero();
    assertThat(answer.out().replaceAll("\\s+", ""))
        .startsWith("{\"proposals\":141,\"reached\":123,\"differ\":0,\"undecided\":18,");
  }

  private Answer tally(String text, String... options) throws IOException {
    Path file = directory.resolve("proposals.csv");
    Files.writeString(file, text);
    return run(file, options);
  }

  private static Answer run(Path file, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    List<String> args = new ArrayList<>(List.of("gov", "tally", file.toString()));
    args.addAll(List.of(options));
    int code = commandLine.execute(args.toArray(String[]::new));
    return new Answer(code, out.toString(), err.toString());
  }
}

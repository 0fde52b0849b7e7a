package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.governance.GovernedHouse;
import org.novation.ledger.TestJournal;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import picocli.CommandLine;

/** {@code novation audit}, on a store that lies in a directory. */
final class AuditCommandTest {
  private record Answer(int code, String out, String err) {}

  @TempDir private Path directory;
  private StoreConfig config = new StoreConfig.H2Memory("");

  @BeforeEach
  void trade() throws SQLException {
    config = StoreConfig.parse("h2", directory, Map.of());
    try (Store store = Store.open(config)) {
      TestJournal journal = TestJournal.ofSeed(1);
      journal.vote(new GovernedHouse().afterAVote().journal.subList(0, 1));
      journal.store(store.dataSource());
    }
  }

  @Test
  void saysThatTheBooksBalance() {
    Answer answer = run("audit", "--store", "h2", "--data", directory.toString());
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out())
        .contains("5 accounts", "BTC-PERP", "ETH-PERP", "USDC", "cost basis")
        .containsPattern("\ngovernance +events +voters +staked +leaving")
        .containsPattern("\nversion 1 +1 +0 +0\\.000000 ")
        .endsWith("Every invariant holds." + System.lineSeparator());
  }

  @Test
  void keepsTheBooksInTheSettlementAssetThatItIsTold() {
    Answer answer =
        run("audit", "--store", "h2", "--data", directory.toString(), "--settlement-asset", "EURC");
    assertThat(answer.code()).as(answer.err()).isEqualTo(1);
    assertThat(answer.out()).contains("VIOLATION");
  }

  @Test
  void saysItToProgramsInTheTermsOfTheReplaysReport() throws Exception {
    Answer answer = run("audit", "--store", "h2", "--data", directory.toString(), "--json");
    assertThat(answer.code()).isZero();
    JsonNode report = new ObjectMapper().readTree(answer.out());
    for (String sum : new String[] {"positions", "cash", "costBasis", "funding"}) {
      assertThat(report.at("/invariants/" + sum).textValue()).as(sum).isEqualTo("0");
    }
    assertThat(report.get("hold").booleanValue()).isTrue();
    assertThat(report.get("accounts").longValue()).isEqualTo(5);
    assertThat(report.at("/stakes/stakedMicros").textValue()).isEqualTo("0");
    assertThat(report.has("violation")).isFalse();
  }

  @Test
  void failsAtTheFirstViolationNamingAccountAndSequenceNumber() throws Exception {
    try (Store store = Store.openExisting(config);
        Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DELETE FROM \"event_journal\" WHERE \"persistence_id\" = 'account|c' AND"
              + " \"sequence_number\" = 5");
    }
    Answer answer = run("audit", "--store", "h2", "--data", directory.toString());
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out())
        .contains("VIOLATION: account c, sequence number 5: the event is missing");

    Answer json = run("audit", "--store", "h2", "--data", directory.toString(), "--json");
    assertThat(json.code()).isEqualTo(1);
    JsonNode report = new ObjectMapper().readTree(json.out());
    assertThat(report.at("/violation/account").textValue()).isEqualTo("c");
    assertThat(report.at("/violation/sequenceNumber").longValue()).isEqualTo(5);
    assertThat(report.get("hold").booleanValue()).isFalse();
  }

  @Test
  void makesNoDatabaseWhereThereIsNone(@TempDir Path empty) {
    Answer answer = run("audit", "--store", "h2", "--data", empty.toString());
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).hasLineCount(1).startsWith("novation audit: there is no database at ");
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  void saysWhichStoresItKnows() {
    Answer answer = run("audit", "--store", "oracle", "--data", directory.toString());
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).hasLineCount(1).contains("unknown store oracle");
  }

  private static Answer run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = commandLine.execute(args);
    return new Answer(code, out.toString(), err.toString());
  }
}

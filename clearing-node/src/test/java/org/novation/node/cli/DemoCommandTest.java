package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.node.NodeSettings;
import picocli.CommandLine;

/** The day as whoever tries it has it, with few accounts. */
final class DemoCommandTest {
  @BeforeEach
  void installationIsHere() {
    System.setProperty(NodeSettings.HOME_PROPERTY, "..");
  }

  @AfterEach
  void installationIsForgotten() {
    System.clearProperty(NodeSettings.HOME_PROPERTY);
  }

  @Test
  void printsTheReportAsJsonAndNothingElse() throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    assertThat(commandLine.execute("demo", "--exit", "--json", "--accounts", "10")).isZero();
    JsonNode report =
        new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(out.toString());
    assertThat(report.at("/invariants/hold").booleanValue()).isTrue();
    assertThat(report.at("/waterfall/auctions/count").longValue()).isPositive();
    assertThat(report.at("/waves").isArray()).isTrue();
    assertThat(err.toString()).contains("Serving on localhost:");
  }
}

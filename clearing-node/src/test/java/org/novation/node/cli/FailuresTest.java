package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.api.EdgeNode;
import org.novation.api.auth.DevKeys;
import org.novation.node.NodeSettings;
import org.novation.simulation.SimulationException;
import picocli.CommandLine.Command;

/** Whatever goes wrong is one line that says what to do, and an exit code that never changes. */
final class FailuresTest {
  private static final String CONFIG = Path.of("..", "config").toString();

  @TempDir private Path directory;

  @BeforeAll
  static void install() {
    System.setProperty(NodeSettings.HOME_PROPERTY, "..");
  }

  @AfterAll
  static void uninstall() {
    System.clearProperty(NodeSettings.HOME_PROPERTY);
  }

  private record Answer(int code, String err) {}

  @Test
  void aPortThatIsTakenIsSaidAndNothingIsLeftRunning() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      for (int attempt = 0; attempt < 2; attempt++) { // Were the first left, its store were locked.
        Answer answer = run("serve", "--config", CONFIG, "--data", data(), "--port", port);
        assertOneLine(answer, 2, "novation serve: cannot listen on ");
        assertThat(answer.err()).contains(port, "in use", "--port");
      }
    }
  }

  @Test
  void aConfigurationThatIsNotThereIsNamed() {
    assertOneLine(
        run("serve", "--config", data()), 2, "novation serve: no such profile: " + data());
    assertOneLine(
        run("audit", "--config", data()), 2, "novation audit: no such profile: " + data());
  }

  @Test
  void aConfigurationThatDoesNotParseIsNamedOnceWithItsLine() throws IOException {
    Path config = Files.createDirectory(directory.resolve("config"));
    Path file = Files.writeString(config.resolve("dev.conf"), "novation {");
    Answer answer = run("serve", "--config", config.toString());
    assertOneLine(answer, 2, "novation serve: " + file + ": 1: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "audit"})
  void aStoreThatCannotBeHadIsNamed(String command) {
    assertOneLine(
        run(command, "--config", CONFIG, "--data", data(), "--store", "oracle"),
        2,
        "novation " + command + ": unknown store oracle: give h2, postgres or ");
    assertOneLine(
        run(command, "--config", CONFIG, "--store", "jdbc:postgresql://localhost:1/none"),
        2,
        "novation " + command + ": cannot connect to jdbc:postgresql://localhost:1/none: ");
  }

  @Test
  void anAccountOnDiskThatDoesNotParseStopsTheStartAndIsNamed() throws IOException {
    Path config = Files.createDirectory(directory.resolve("config"));
    for (String name : List.of("dev.conf", "node.conf", "instruments.conf"))
      Files.copy(Path.of(CONFIG, name), config.resolve(name));
    Path accounts = Files.createDirectory(config.resolve("accounts"));
    Files.writeString(accounts.resolve("desk.json"), "{\"accountId\": ");
    String told = "\nnovation.accounts-directory = \"" + accounts + "\"\n";
    Files.writeString(config.resolve("dev.conf"), told, StandardOpenOption.APPEND);
    Answer answer = run("serve", "--config", config.toString(), "--data", data(), "--port", "0");
    assertOneLine(answer, 2, "novation serve: ");
    assertThat(answer.err()).contains("desk.json");
    assertThat(Path.of(data(), "h2")).doesNotExist();
  }

  @Test
  void aBenchmarkThatCannotBeginSaysWhy() throws IOException {
    Answer answer = run("bench", "trades", "--data", data(), "--store", "oracle");
    assertOneLine(answer, 2, "novation bench trades: unknown store oracle");
    Path file = Files.createFile(directory.resolve("file"));
    answer = run("bench", "memory", "--data", file.toString());
    assertOneLine(answer, 1, "novation bench memory: " + file + ": a file of that");
    assertOneLine(run("bench", "ticks", "--accounts", "many"), 2, "novation bench ticks: ");
  }

  @Test
  void aTokenThatIsNoneIsRefusedByWhoeverFindsItFirst() throws IOException {
    try (EdgeNode node = new EdgeNode(directory.resolve("edge"))) {
      assertOneLine(
          asked(node, token("two\nlines")),
          2,
          "novation account show: " + file() + " holds no token");
      assertOneLine(
          asked(node, token("")), 2, "novation account show: " + file() + " holds no token");
      Answer garbage = asked(node, token("garbage"));
      assertOneLine(garbage, 1, "novation account show: TOKEN_MALFORMED: ");
      assertThat(garbage.err()).contains("--token-file");
      DevKeys others = DevKeys.prepare(directory.resolve("other"), Instant.now());
      assertOneLine(
          asked(node, others.token("alice").toString()),
          1,
          "novation account show: TOKEN_FORGED: ");
    }
  }

  @Test
  void certificatesThatAreNoneAreNamed() throws IOException {
    Path file = Files.writeString(directory.resolve("ca.pem"), "not a certificate");
    Answer answer =
        run("account", "show", "a", "--tls-ca", file.toString(), "--token-file", token("t"));
    assertOneLine(answer, 2, "novation account show: " + file + " cannot be used as certificates");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost", "localhost:", "localhost:65536", "localhost:0", "a b:1"})
  void anEndpointThatIsNoneIsNamed(String endpoint) throws IOException {
    try (EdgeNode node = new EdgeNode(directory.resolve("edge"))) {
      List<String> args = List.of("account", "show", "a-1", "--endpoint", endpoint);
      assertOneLine(
          run(trusting(node, args, node.keys.token("alice").toString())),
          2,
          "novation account show: --endpoint must be HOST:PORT, not \"" + endpoint + "\"");
    }
  }

  @Test
  void streamsToANodeThatIsNotThereAreUnavailable() throws IOException {
    try (EdgeNode node = new EdgeNode(directory.resolve("edge"))) {
      for (List<String> args :
          List.of(
              List.of("price", "publish", "BTC", "1", "--endpoint", "localhost:1"),
              List.of("account", "watch", "a-1", "--endpoint", "localhost:1"))) {
        Answer answer = run(trusting(node, args, node.keys.token("alice").toString()));
        assertThat(answer.code()).isEqualTo(3);
        assertThat(answer.err()).hasLineCount(1).contains("cannot reach a node at localhost:1 (");
      }
    }
  }

  @Test
  void aDefectIsOneLineTooUnlessMoreIsAskedFor() {
    Answer brief = failing(new IllegalStateException("the books\nare wet"));
    assertOneLine(brief, 70, "novation fail: a defect of this program, please report it ");
    assertThat(brief.err()).contains("IllegalStateException: the books are wet", "--verbose");
    Answer verbose = failing(new IllegalStateException("the books are wet"), "--verbose");
    assertThat(verbose.code()).isEqualTo(70);
    assertThat(verbose.err()).contains("\tat " + FailuresTest.class.getName());
  }

  @Test
  void whatAFutureWrappedIsTakenOut() {
    Exception wrapped = new CompletionException(new SimulationException("no answer"));
    assertOneLine(failing(wrapped), 1, "novation fail: no answer");
    assertOneLine(failing(new InterruptedException()), 130, "novation fail: interrupted");
  }

  @Command(name = "fail")
  private record Failing(Exception with) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      throw with;
    }
  }

  private static Answer failing(Exception with, String... more) {
    List<String> args = new ArrayList<>(List.of(more));
    args.add("fail");
    StringWriter err = new StringWriter();
    int code =
        Main.commandLine()
            .addSubcommand(new Failing(with))
            .setErr(new PrintWriter(err))
            .execute(args.toArray(String[]::new));
    return new Answer(code, err.toString());
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private Path file() {
    return directory.resolve("token");
  }

  private String token(String content) throws IOException {
    return Files.writeString(file(), content).toString();
  }

  private static Answer asked(EdgeNode node, String tokenFile) {
    String endpoint = "localhost:" + node.port();
    return run(
        trusting(node, List.of("account", "show", "a-1", "--endpoint", endpoint), tokenFile));
  }

  private static String[] trusting(EdgeNode node, List<String> args, String tokenFile) {
    List<String> all = new ArrayList<>(args);
    all.addAll(List.of("--tls-ca", node.keys.authority().toString(), "--token-file", tokenFile));
    return all.toArray(String[]::new);
  }

  private static void assertOneLine(Answer answer, int code, String start) {
    assertThat(answer.err().lines().filter(line -> !line.startsWith("bench: ")))
        .singleElement()
        .asString()
        .startsWith(start);
    assertThat(answer.code()).isEqualTo(code);
  }

  private static Answer run(String... args) {
    StringWriter err = new StringWriter();
    int code =
        Main.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute(args);
    return new Answer(code, err.toString());
  }
}

package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.WatchAccountResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What logs say of calls, and what they never say: by the configuration that a node runs with. */
final class LogsTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private final LoggerContext logging = (LoggerContext) LoggerFactory.getILoggerFactory();
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  @TempDir private Path home;
  private EdgeNode node;

  @BeforeEach
  void start() throws Exception {
    configure("/logback.xml");
    // Everything that any part can be made to say.
    logging.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.TRACE);
    logging.getLogger("novation").setLevel(Level.TRACE);
    logging.getLogger(Logger.ROOT_LOGGER_NAME).detachAndStopAllAppenders();
    Kept kept = new Kept();
    kept.setContext(logging);
    kept.start();
    logging.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(kept);
    node = new EdgeNode(home);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
    configure("/logback-test.xml");
  }

  private void configure(String resource) throws JoranException {
    URL configuration = Objects.requireNonNull(LogsTest.class.getResource(resource));
    logging.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logging);
    configurator.doConfigure(configuration);
  }

  private final class Kept extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      String failure =
          event.getThrowableProxy() == null
              ? ""
              : ThrowableProxyUtil.asString(event.getThrowableProxy());
      lines.add(event.getLoggerName() + ": " + event.getFormattedMessage() + failure);
    }
  }

  /** A token leaks as a whole or by its signature, which is what makes it one. */
  @Test
  void noLogHoldsAnySecretWhateverItsLevel() throws Exception {
    String voter = Files.readString(node.keys.token("voter")).strip();
    try (NovationClient client = NovationClient.connect(node.target("alice"))) {
      var _ = await(client.account("a-1"));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.account("b-1")));
      var _ =
          catchThrowableOfType(
              CallFailed.class, () -> await(client.submit(Trade.getDefaultInstance())));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.as(voter + "x").fund()));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.as("not-a-token").fund()));
      var _ = await(client.as(voter).fund());
    }
    StoreConfig store =
        StoreConfig.parse(
            "jdbc:postgresql://h/d?password=hunter-in-url",
            home,
            java.util.Map.of("NOVATION_DB_USER", "u", "NOVATION_DB_PASSWORD", "hunter-2"));
    LoggerFactory.getLogger("a.test").info("{}", store);
    awaitLine("outcome=\"OK\"");
    String all = String.join("\n", lines);
    assertThat(lines).hasSizeGreaterThan(5);
    for (String secret : secrets()) assertThat(all.contains(secret)).as("a secret").isFalse();
    assertThat(all)
        .doesNotContain("hunter-2")
        .doesNotContain("hunter-in-url")
        .doesNotContain("not-a-token");
  }

  /** Tokens, their signatures, and the private parts of keys. */
  private List<String> secrets() throws IOException {
    List<String> secrets = new ArrayList<>();
    try (Stream<Path> files = Files.list(home.resolve("dev").resolve("tokens"))) {
      for (Path file : files.toList()) {
        String token = Files.readString(file).strip();
        secrets.add(token);
        secrets.add(token.substring(token.lastIndexOf('.') + 1));
      }
    }
    Files.readAllLines(node.keys.credentials().privateKey()).stream()
        .filter(line -> line.length() > 40)
        .forEach(secrets::add);
    String signing = Files.readString(node.keys.directory().resolve("signing.jwk"));
    secrets.add(signing.replaceAll(".*\"d\":\"([^\"]+)\".*", "$1"));
    return secrets;
  }

  @Test
  void eachCallHasOneLineThatSaysWhoWhatAboutWhatHowItEndedAndFromWhere() throws Exception {
    try (NovationClient client = NovationClient.connect(node.target("alice"))) {
      var _ = await(client.account("a-1"));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.account("b-1")));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.contribute("c", "1")));
      var _ = catchThrowableOfType(CallFailed.class, () -> await(client.as("nobody").fund()));
    }
    assertThat(awaitLine("account_id=a-1"))
        .matches(
            "novation.access: principal=alice method=novation.v1.AccountService/GetAccount"
                + " outcome=\"OK\" us=\\d+ in=1 out=1 peer=/127.0.0.1:\\d+ account_id=a-1");
    assertThat(awaitLine("account_id=b-1")).contains("outcome=\"NOT_FOUND UNKNOWN_ACCOUNT\"");
    assertThat(awaitLine("ContributeToFund"))
        .contains("principal=alice", "outcome=\"PERMISSION_DENIED ROLE_REQUIRED\"");
    assertThat(awaitLine("principal=-")).contains("outcome=\"UNAUTHENTICATED TOKEN_MALFORMED\"");
  }

  @Test
  void streamHasOneLineWhenItEnds() throws Exception {
    try (NovationClient client = NovationClient.connect(node.target("alice"))) {
      try (Updates<WatchAccountResponse> updates = client.watchAccount("a-1")) {
        for (int i = 2; i < 50; i++) {
          assertThat(updates.next()).isNotNull();
          var state = new Answer.Done<>(FakeTrade.account("a-1", i));
          node.trade.watchers.forEach(watcher -> watcher.accept(state));
        }
      }
      assertThat(awaitLine("WatchAccount"))
          .contains("outcome=\"CANCELLED\"", "in=1", "account_id=a-1");
      var _ = await(client.accounts(ListAccountsRequest.getDefaultInstance()));
      awaitLine("ListAccounts");
    }
    assertThat(lines).filteredOn(line -> line.contains("WatchAccount outcome")).hasSize(1);
  }

  /** A caller's text cannot write a line of its own. */
  @Test
  void textOfACallerStaysInItsLine() throws Exception {
    try (NovationClient client = NovationClient.connect(node.target("alice"))) {
      var _ =
          catchThrowableOfType(
              CallFailed.class, () -> await(client.account("x\nprincipal=operator y")));
    }
    assertThat(awaitLine("account_id=x"))
        .contains("account_id=x\\nprincipal=operator\\040y")
        .doesNotContain("\n");
  }

  private String awaitLine(String part) {
    long deadline = System.nanoTime() + PATIENCE;
    while (System.nanoTime() < deadline) {
      for (String line : lines)
        if (line.startsWith("novation.access") && line.contains(part)) return line;
      LockSupport.parkNanos(5_000_000);
    }
    throw new AssertionError("no line with " + part + " in " + lines.size());
  }
}

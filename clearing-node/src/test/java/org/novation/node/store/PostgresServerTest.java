package org.novation.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server: started, killed around, started again. */
final class PostgresServerTest {
  /**
   * So that these tests are left out, or fail with one clear line, together with all others that
   * need PostgreSQL.
   */
  @BeforeAll
  static void postgresCanBeStartedHere() {
    TestStore.server();
  }

  @Test
  void flushesEachCommitAndListensOnTheLoopbackInterfaceOnly() throws SQLException {
    try (Connection connection = connect(TestStore.server())) {
      assertThat(setting(connection, "fsync")).isEqualTo("on");
      assertThat(setting(connection, "synchronous_commit")).isEqualTo("on");
      assertThat(setting(connection, "full_page_writes")).isEqualTo("on");
      assertThat(setting(connection, "data_checksums")).isEqualTo("on");
      assertThat(setting(connection, "listen_addresses")).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void letsNobodyInWithoutThePassword() {
    PostgresServer server = TestStore.server();
    assertThatThrownBy(() -> DriverManager.getConnection(server.url(), server.user(), "guess"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void belongsToOneProcessAtATime() {
    TestStore.server();
    assertThatThrownBy(() -> PostgresServer.start(Path.of("target", "stores", "postgres")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("in use by another process");
  }

  /**
   * The JVM that started the server is killed; the server lives on; the next start stops it, starts
   * again and finds the data.
   */
  @Test
  void outlivesTheProcessThatStartedItAndIsTakenOverByTheNext(@TempDir Path directory)
      throws IOException, InterruptedException, SQLException {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(owner.inputReader().readLine()).isEqualTo("committed");
    long orphan = serverProcess(directory);
    owner.destroyForcibly();
    assertThat(owner.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(ProcessHandle.of(orphan)).as("a killed owner leaves its server").isPresent();

    try (PostgresServer next = PostgresServer.start(directory, Duration.ZERO);
        Connection connection = connect(next);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT value FROM kept")) {
      assertThat(serverProcess(directory)).isNotEqualTo(orphan);
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isEqualTo(42);
    }
  }

  /** After a reboot the number in postmaster.pid may belong to anybody. */
  @Test
  void leavesAnotherProgramAloneThatHasTheNumberOfAForgottenServer(@TempDir Path directory)
      throws IOException {
    PostgresServer.start(directory, Duration.ZERO).close();
    Files.writeString(
        directory.resolve("data/postmaster.pid"),
        ProcessHandle.current().pid() + System.lineSeparator());
    PostgresServer.start(directory, Duration.ZERO).close();
    assertThat(ProcessHandle.current().isAlive()).isTrue();
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path directory) throws IOException {
    PostgresServer.start(directory, Duration.ZERO).close();
    Files.writeString(directory.resolve("data/PG_VERSION"), "9.6" + System.lineSeparator());
    assertThatThrownBy(() -> PostgresServer.start(directory, Duration.ZERO))
        .isInstanceOf(StoreException.class)
        .message()
        .startsWith("PostgreSQL cannot be started here")
        .contains("database files are incompatible with server")
        .hasLineCount(1);
  }

  private static long serverProcess(Path directory) throws IOException {
    return Long.parseLong(Files.readAllLines(directory.resolve("data/postmaster.pid")).getFirst());
  }

  private static Connection connect(PostgresServer server) throws SQLException {
    return DriverManager.getConnection(server.url(), server.user(), server.password());
  }

  private static String setting(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + name)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Runs in a JVM of its own, to be killed. */
  static final class Owner {
    public static void main(String[] args) throws SQLException, IOException {
      PostgresServer server = PostgresServer.start(Path.of(args[0]));
      try (Connection connection = connect(server);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept (value INT)");
        statement.execute("INSERT INTO kept VALUES (42)");
      }
      System.out.println("committed");
      System.in.read(); // Until killed.
    }
  }
}

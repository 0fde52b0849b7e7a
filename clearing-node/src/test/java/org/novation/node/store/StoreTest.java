package org.novation.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opening a store, on every database. */
final class StoreTest {
  @ParameterizedTest
  @EnumSource
  void hasItsTablesWhenItIsOpenAndKeepsThemWhenItIsOpenedAgain(TestStore kind) throws SQLException {
    StoreConfig config = kind.fresh();
    try (Store store = Store.open(config);
        Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO account_directory VALUES ('a-1', 'm-1', 7)");
    }
    try (Store store = Store.open(config);
        Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT opened_at_ms FROM account_directory")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(7);
    }
  }

  /** Pages are asked for by "after this id": every database must agree on what that is. */
  @ParameterizedTest
  @EnumSource
  void ordersIdsByTheirCharacters(TestStore kind) throws SQLException {
    try (Store store = Store.open(kind.fresh());
        Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO account_directory VALUES ('b', 'm', 1), ('B', 'm', 1), ('a-2', 'm', 1),"
              + " ('a1', 'm', 1)");
      List<String> ids = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery("SELECT account_id FROM account_directory ORDER BY account_id")) {
        while (rows.next()) ids.add(rows.getString(1));
      }
      assertThat(ids).isSorted();
    }
  }

  @Test
  void writesEachCommitOfH2ThroughToTheDisk() throws SQLException {
    try (Store store = Store.open(TestStore.H2.fresh());
        Connection connection = store.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME ="
                    + " 'WRITE_DELAY'")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getInt(1)).isZero();
      assertThat(store.connections().url()).startsWith("jdbc:h2:sync:");
    }
  }

  @Test
  void keepsItsSecretsToItself() {
    assertThat(
            new Store.Connections("jdbc:postgresql://db/n?password=hidden", "u", "secret", Map.of())
                .toString())
        .doesNotContain("hidden", "secret");
  }

  @Test
  void saysInOneLineWhoCannotBeReached() {
    var config =
        new StoreConfig.JdbcPostgres(
            "jdbc:postgresql://127.0.0.1:1/novation?password=hidden", "u", "secret");
    assertThatThrownBy(() -> Store.open(config))
        .isInstanceOf(StoreException.class)
        .message()
        .startsWith("cannot connect to jdbc:postgresql://127.0.0.1:1/novation: ")
        .doesNotContain("hidden", "secret")
        .hasLineCount(1);
  }

  @Test
  void saysThatAnotherProcessHasTheFile() throws Exception {
    StoreConfig config = TestStore.H2.fresh();
    Path file = ((StoreConfig.H2File) config).file();
    String url = "jdbc:h2:" + file.toAbsolutePath();
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("open");
      assertThatThrownBy(() -> Store.open(config))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("in use by another process");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  /** Runs in a JVM of its own and keeps the file. */
  static final class Owner {
    public static void main(String[] args) throws Exception {
      try (Connection connection = java.sql.DriverManager.getConnection(args[0], "novation", "")) {
        System.out.println("open");
        System.in.read(); // Until killed.
      }
    }
  }
}

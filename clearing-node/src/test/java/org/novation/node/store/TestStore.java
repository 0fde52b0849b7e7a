package org.novation.node.store;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.opentest4j.AssertionFailedError;

/**
 * The stores that tests run against: {@code @ParameterizedTest @EnumSource(TestStore.class)} runs
 * on both. PostgreSQL is a real server, started once for the whole test run.
 */
public enum TestStore {
  H2 {
    @Override
    public StoreConfig fresh() {
      try {
        Files.createDirectories(TARGET);
        return new StoreConfig.H2File(Files.createTempDirectory(TARGET, "h2-").resolve("novation"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  },
  POSTGRESQL {
    @Override
    public StoreConfig fresh() {
      PostgresServer server = server();
      String database = "test_" + DATABASES.incrementAndGet();
      try (Connection connection =
              DriverManager.getConnection(server.url(), server.user(), server.password());
          var statement = connection.createStatement()) {
        statement.execute("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
        statement.execute("CREATE DATABASE " + database);
      } catch (SQLException e) {
        throw new IllegalStateException("no database for the test", e);
      }
      String url = server.url().substring(0, server.url().lastIndexOf('/') + 1) + database;
      return new StoreConfig.JdbcPostgres(url, server.user(), server.password());
    }
  };

  /** Leaves out every test that needs PostgreSQL. */
  private static final String SKIP = "novation.skipPostgres";

  private static final Path TARGET = Path.of("target", "stores");
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable PostgresServer postgres;

  /** A store of this kind without anything in it. Open it as often as a test restarts. */
  public abstract StoreConfig fresh();

  /** The run's PostgreSQL; it stops when the JVM ends. */
  static synchronized PostgresServer server() {
    assumeFalse(Boolean.getBoolean(SKIP), "left out by -D" + SKIP + "=true");
    if (postgres == null) {
      try {
        postgres = PostgresServer.start(TARGET.resolve("postgres"), Duration.ZERO);
      } catch (StoreException e) {
        throw new AssertionFailedError(
            e.getMessage() + ". Half of the tests need it; -D" + SKIP + "=true leaves them out.",
            e);
      }
    }
    return postgres;
  }
}

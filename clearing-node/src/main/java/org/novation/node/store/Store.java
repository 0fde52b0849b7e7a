package org.novation.node.store;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An open store: its server runs, its tables are up to date, and connections can be had. Close it
 * after the actor system that uses it has ended.
 */
public final class Store implements AutoCloseable {
  /** Connections for what is not the journal: the account directory, the auditor. */
  private static final int CONNECTIONS = 4;

  /** The whole answer of one journal write, its waiting included, must come sooner than this. */
  private static final String SOCKET_TIMEOUT_SECONDS = "60";

  private final Dialect dialect;
  private final Connections connections;
  private final String description;
  private final @Nullable PostgresServer server;
  private final HikariDataSource pool;

  private Store(
      Dialect dialect,
      Connections connections,
      String description,
      @Nullable PostgresServer server) {
    this.dialect = dialect;
    this.connections = connections;
    this.description = description;
    this.server = server;
    // A pool that gets no connection says so in the log, at length; the first one is our own.
    try (Connection _ = connections.open()) {
      this.pool = newPool("novation", CONNECTIONS);
    } catch (SQLException | PoolInitializationException e) {
      throw unreachable(description, e);
    }
  }

  /**
   * How to connect.
   *
   * @param url for {@link java.sql.DriverManager}
   * @param properties for the driver, user and password not among them
   */
  public record Connections(
      String url,
      @Nullable String user,
      @Nullable String password,
      Map<String, String> properties) {
    /** A connection of its own; its caller closes it. */
    Connection open() throws SQLException {
      Properties all = new Properties();
      all.putAll(properties);
      if (user != null) all.setProperty("user", user);
      if (password != null) all.setProperty("password", password);
      return DriverManager.getConnection(url, all);
    }

    /** Never the password. */
    @Override
    public String toString() {
      return "Connections[" + url.replaceFirst("[?;].*", "") + "]";
    }
  }

  /**
   * Opens a store: starts what must be started and brings the tables up to date.
   *
   * @throws StoreException when that is not possible; its one line says what to do
   */
  public static Store open(StoreConfig config) {
    Store store = connect(config);
    try {
      Schema.migrate(store.dataSource(), store.dialect());
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static Store connect(StoreConfig config) {
    return switch (config) {
      case StoreConfig.H2File(var file) -> openH2(file);
      case StoreConfig.H2Scratch(var file) -> openScratch(file);
      case StoreConfig.H2Memory(var name) -> h2("mem:" + name, "H2 in memory");
      case StoreConfig.EmbeddedPostgres(var directory) -> openEmbedded(directory);
      case StoreConfig.JdbcPostgres jdbc -> openJdbc(jdbc);
    };
  }

  /**
   * Opens a store that is there already and leaves its tables as they are: to read it.
   *
   * @throws StoreException when there is none, or it cannot be reached
   */
  public static Store openExisting(StoreConfig config) {
    switch (config) {
      case StoreConfig.H2File(var file) -> requireThere(mvFile(file));
      case StoreConfig.H2Scratch(var file) -> requireThere(mvFile(file));
      case StoreConfig.EmbeddedPostgres(var directory) -> requireThere(directory.resolve("data"));
      case StoreConfig.H2Memory _, StoreConfig.JdbcPostgres _ -> {}
    }
    return connect(config);
  }

  private static void requireThere(Path path) {
    if (!Files.exists(path))
      throw new StoreException("there is no database at " + path.toAbsolutePath().normalize());
  }

  public Dialect dialect() {
    return dialect;
  }

  /** A few pooled connections for what is not the journal. */
  public DataSource dataSource() {
    return pool;
  }

  /** How to make connections of one's own. */
  public Connections connections() {
    return connections;
  }

  /** Another pool on the same database; its caller closes it. */
  public HikariDataSource newPool(String name, int size) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(connections.url());
    config.setUsername(connections.user());
    config.setPassword(connections.password());
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1);
    Properties properties = new Properties();
    properties.putAll(connections.properties());
    config.setDataSourceProperties(properties);
    return new HikariDataSource(config);
  }

  /**
   * What Pekko Persistence must be told beyond {@code persistence.conf}; put it before the
   * application's own configuration.
   */
  public Config persistenceConfig() {
    return PersistenceConfig.of(dialect, connections);
  }

  /** For a person: which database, and where. Without secrets. */
  @Override
  public String toString() {
    return description;
  }

  /** Closes the connections and stops the server that {@link #open} started. */
  @Override
  public void close() {
    pool.close();
    if (server != null) server.close();
  }

  private static Store openH2(Path file) {
    Path absolute = prepared(file);
    NewestCommit.ensure(mvFile(absolute));
    SyncedFilePath.register();
    // Each commit is written at once; `sync:` has it on the disk before the write returns.
    return h2("sync:" + absolute + ";WRITE_DELAY=0", "H2 in " + mvFile(absolute));
  }

  private static Store openScratch(Path file) {
    Path absolute = prepared(file);
    return h2(absolute.toString(), "H2 in " + mvFile(absolute));
  }

  /** Its directory is there. */
  private static Path prepared(Path file) {
    Path absolute = file.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute.getParent());
      return absolute;
    } catch (IOException e) {
      throw new StoreException("no directory for the database: " + e, e);
    }
  }

  private static Path mvFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".mv.db");
  }

  private static Store h2(String name, String description) {
    // H2's own shutdown hook would close the database under the feet of the node's.
    String url = "jdbc:h2:" + name + ";DB_CLOSE_ON_EXIT=FALSE";
    return new Store(Dialect.H2, new Connections(url, "novation", "", Map.of()), description, null);
  }

  private static Store openEmbedded(Path directory) {
    PostgresServer server = PostgresServer.start(directory);
    try {
      Connections connections =
          new Connections(server.url(), server.user(), server.password(), postgresProperties());
      return new Store(
          Dialect.POSTGRESQL,
          connections,
          "PostgreSQL in " + directory.toAbsolutePath().normalize(),
          server);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static Store openJdbc(StoreConfig.JdbcPostgres jdbc) {
    Connections connections =
        new Connections(jdbc.url(), jdbc.user(), jdbc.password(), postgresProperties());
    return new Store(Dialect.POSTGRESQL, connections, jdbc.address(), null);
  }

  private static Map<String, String> postgresProperties() {
    return Map.of(
        // One INSERT for many rows instead of one round trip's worth of messages each.
        "reWriteBatchedInserts", "true",
        "tcpKeepAlive", "true",
        "socketTimeout", SOCKET_TIMEOUT_SECONDS,
        "ApplicationName", "novation");
  }

  private static StoreException unreachable(String description, Exception e) {
    Throwable cause = e instanceof SQLException || e.getCause() == null ? e : e.getCause();
    if (String.valueOf(cause.getMessage()).contains("already in use")) {
      return new StoreException(
          description + " is in use by another process: stop that one first", e);
    }
    return new StoreException("cannot connect to " + description + ": " + cause.getMessage(), e);
  }
}

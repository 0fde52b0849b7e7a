package org.novation.node.clockwork;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.Properties;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.jdbc.db.SlickDatabase;
import org.apache.pekko.persistence.jdbc.db.SlickDatabaseProvider;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.concurrent.ExecutionContext;
import slick.jdbc.H2Profile$;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;
import slick.jdbc.PostgresProfile$;
import slick.util.AsyncExecutor;

/**
 * The journal's database on a clockwork: each write and each page of a read is a task in the queue,
 * done when it is its turn. What is written meanwhile gathers into the next batch, as it does
 * behind a database that is busy.
 */
public final class ClockworkDatabase implements SlickDatabaseProvider {
  private static final String SHARED = "pekko-persistence-jdbc.shared-databases.novation";

  /**
   * A read keeps its connection between two pages, and a task must not wait for a connection that
   * only another task gives back: so there are more than reads and writes at a time, see
   * clockwork.conf. PostgreSQL has 100 by default.
   */
  private static final int CONNECTIONS = 64;

  private final SlickDatabase database;

  /** Made by Pekko Persistence JDBC. */
  public ClockworkDatabase(ActorSystem system) {
    Config config = system.settings().config().getConfig(SHARED);
    JdbcProfile profile =
        config.getString("profile").contains("H2") ? H2Profile$.MODULE$ : PostgresProfile$.MODULE$;
    HikariDataSource pool = pool(config.getConfig("db"));
    JdbcBackend.JdbcDatabaseDef opened =
        profile
            .backend()
            .Database()
            .forDataSource(pool, Option.empty(), new InOrder(system.dispatcher()), false);
    system.registerOnTermination(pool::close);
    this.database = new Shared(opened, profile);
  }

  private static HikariDataSource pool(Config db) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("journal");
    config.setJdbcUrl(db.getString("url"));
    config.setUsername(text(db, "user"));
    config.setPassword(text(db, "password"));
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(1);
    Properties properties = new Properties();
    db.getConfig("properties")
        .entrySet()
        .forEach(entry -> properties.put(entry.getKey(), entry.getValue().unwrapped().toString()));
    config.setDataSourceProperties(properties);
    return new HikariDataSource(config);
  }

  private static @Nullable String text(Config db, String key) {
    return db.hasPath(key) ? db.getString(key) : null;
  }

  @Override
  public SlickDatabase database(Config config) {
    return database;
  }

  private record Shared(JdbcBackend.JdbcDatabaseDef database, JdbcProfile profile)
      implements SlickDatabase {
    @Override
    public boolean allowShutdown() {
      return false; // Journal and snapshots share it; it ends with the actor system.
    }
  }

  private record InOrder(ExecutionContext executionContext) implements AsyncExecutor {
    @Override
    public void close() {}
  }
}

package org.novation.node.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The tables, by Flyway: the journal and snapshots of Pekko Persistence JDBC and the account
 * directory, in the dialect of each database. Migrations are append-only; one that was released is
 * never edited.
 */
final class Schema {
  private Schema() {}

  /**
   * Brings a database to the newest version; safe when several nodes do it at once.
   *
   * @throws StoreException when it cannot, or when the database is newer than this program
   */
  static void migrate(DataSource dataSource, Dialect dialect) {
    try {
      Flyway.configure()
          .dataSource(dataSource)
          .locations("classpath:" + dialect.migrations())
          .table("schema_version")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new StoreException(
          "the database's tables could not be brought up to date: " + firstLine(e), e);
    }
  }

  private static String firstLine(FlywayException e) {
    return String.valueOf(e.getMessage())
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse("no reason given");
  }
}

package org.novation.node.store;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which database holds the journal. */
public sealed interface StoreConfig {
  /** Name of the environment variable with the user of a {@code jdbc:postgresql:} store. */
  String USER_VARIABLE = "NOVATION_DB_USER";

  /** Name of the environment variable with the password of a {@code jdbc:postgresql:} store. */
  String PASSWORD_VARIABLE = "NOVATION_DB_PASSWORD";

  /**
   * H2 in one file; one process at a time.
   *
   * @param file the database's file, without H2's suffix {@code .mv.db}
   */
  record H2File(Path file) implements StoreConfig {}

  /**
   * H2 in one file, whose newest commits a power cut may take: for what would begin anew anyway.
   *
   * @param file the database's file, without H2's suffix {@code .mv.db}
   */
  record H2Scratch(Path file) implements StoreConfig {}

  /**
   * H2 in the heap, for tests: gone when the store is closed. Two open stores of one name are one
   * database.
   */
  record H2Memory(String name) implements StoreConfig {}

  /**
   * A PostgreSQL server that the node starts by itself.
   *
   * @param directory of the server's data, programs, log and password
   */
  record EmbeddedPostgres(Path directory) implements StoreConfig {}

  /** A PostgreSQL server of the user's. User and password may stand in the URL instead. */
  record JdbcPostgres(String url, @Nullable String user, @Nullable String password)
      implements StoreConfig {
    /** Never the password, neither of the record nor of the URL. */
    @Override
    public String toString() {
      return "JdbcPostgres[" + address() + "]";
    }

    /** Host, port and database, without parameters. */
    public String address() {
      int parameters = url.indexOf('?');
      return parameters < 0 ? url : url.substring(0, parameters);
    }
  }

  /**
   * Reads what {@code --store} says: {@code h2}, {@code postgres} or a {@code jdbc:postgresql://}
   * URL.
   *
   * @param directory where {@code h2} and {@code postgres} keep their files
   * @param environment for {@link #USER_VARIABLE} and {@link #PASSWORD_VARIABLE}
   * @throws StoreException when it is none of these
   */
  static StoreConfig parse(String text, Path directory, Map<String, String> environment) {
    return switch (text) {
      case "h2" -> new H2File(directory.resolve("h2").resolve("novation"));
      case "postgres" -> new EmbeddedPostgres(directory.resolve("postgres"));
      default -> parseUrl(text, environment);
    };
  }

  private static StoreConfig parseUrl(String text, Map<String, String> environment) {
    if (!text.startsWith("jdbc:postgresql:")) {
      throw new StoreException(
          "unknown store " + text + ": give h2, postgres or jdbc:postgresql://HOST:PORT/DATABASE");
    }
    requireNoUserInfo(text);
    return new JdbcPostgres(
        text, environment.get(USER_VARIABLE), environment.get(PASSWORD_VARIABLE));
  }

  /** The driver ignores {@code user:password@host} and then fails obscurely. */
  private static void requireNoUserInfo(String text) {
    try {
      if (URI.create(text.substring("jdbc:".length())).getUserInfo() == null) return;
    } catch (IllegalArgumentException notAUri) {
      return; // Several hosts, for example: the driver's to judge.
    }
    throw new StoreException(
        "user and password do not belong before the host: append ?user=…&password=… or set "
            + USER_VARIABLE
            + " and "
            + PASSWORD_VARIABLE);
  }
}

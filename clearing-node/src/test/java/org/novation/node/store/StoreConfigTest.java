package org.novation.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What {@code --store} may say. */
final class StoreConfigTest {
  private static final Path DATA = Path.of("data");

  @Test
  void namesTheEmbeddedDatabases() {
    assertThat(StoreConfig.parse("h2", DATA, Map.of()))
        .isEqualTo(new StoreConfig.H2File(Path.of("data/h2/novation")));
    assertThat(StoreConfig.parse("postgres", DATA, Map.of()))
        .isEqualTo(new StoreConfig.EmbeddedPostgres(Path.of("data/postgres")));
  }

  @Test
  void takesUserAndPasswordFromTheEnvironmentOrTheUrl() {
    Map<String, String> environment =
        Map.of("NOVATION_DB_USER", "clearing", "NOVATION_DB_PASSWORD", "secret");
    assertThat(StoreConfig.parse("jdbc:postgresql://db:5432/novation", DATA, environment))
        .isEqualTo(
            new StoreConfig.JdbcPostgres(
                "jdbc:postgresql://db:5432/novation", "clearing", "secret"));
    assertThat(StoreConfig.parse("jdbc:postgresql://db/novation?user=u&password=p", DATA, Map.of()))
        .isEqualTo(
            new StoreConfig.JdbcPostgres(
                "jdbc:postgresql://db/novation?user=u&password=p", null, null));
  }

  @Test
  void neverShowsAPassword() {
    Map<String, String> environment =
        Map.of("NOVATION_DB_USER", "clearing", "NOVATION_DB_PASSWORD", "secret");
    assertThat(
            StoreConfig.parse("jdbc:postgresql://db/novation?password=hidden", DATA, environment))
        .asString()
        .contains("jdbc:postgresql://db/novation")
        .doesNotContain("secret", "hidden");
  }

  @Test
  void saysWhatItUnderstands() {
    assertThatThrownBy(() -> StoreConfig.parse("oracle", DATA, Map.of()))
        .isInstanceOf(StoreException.class)
        .hasMessage(
            "unknown store oracle: give h2, postgres or jdbc:postgresql://HOST:PORT/DATABASE");
    assertThatThrownBy(() -> StoreConfig.parse("jdbc:postgresql://u:p@db/novation", DATA, Map.of()))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("NOVATION_DB_USER");
  }
}

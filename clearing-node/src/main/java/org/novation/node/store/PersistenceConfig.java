package org.novation.node.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells Pekko Persistence JDBC which database it uses. Everything that does not depend on that
 * stands in persistence.conf.
 */
final class PersistenceConfig {
  private static final String SLICK = "pekko-persistence-jdbc.shared-databases.novation";

  private PersistenceConfig() {}

  static Config of(Dialect dialect, Store.Connections connections) {
    Map<String, Object> values = new HashMap<>();
    values.put("profile", dialect.slickProfile());
    values.put("db.driver", dialect.driver());
    values.put("db.url", connections.url());
    if (connections.user() != null) values.put("db.user", connections.user());
    if (connections.password() != null) values.put("db.password", connections.password());
    values.put("db.properties", connections.properties());
    return ConfigFactory.parseMap(values, "store").atPath(SLICK);
  }
}

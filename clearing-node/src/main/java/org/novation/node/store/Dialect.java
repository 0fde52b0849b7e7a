package org.novation.node.store;

/** Which SQL a store speaks. */
public enum Dialect {
  H2("slick.jdbc.H2Profile$", "org.h2.Driver", "db/migration/h2"),
  POSTGRESQL("slick.jdbc.PostgresProfile$", "org.postgresql.Driver", "db/migration/postgresql");

  private final String slickProfile;
  private final String driver;
  private final String migrations;

  Dialect(String slickProfile, String driver, String migrations) {
    this.slickProfile = slickProfile;
    this.driver = driver;
    this.migrations = migrations;
  }

  String slickProfile() {
    return slickProfile;
  }

  String driver() {
    return driver;
  }

  /** Where the class path has its Flyway migrations. */
  String migrations() {
    return migrations;
  }
}

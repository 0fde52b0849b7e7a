package org.novation.node.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Directories for what a command needs for itself. */
final class Workspace {
  private static final String VARIABLE = "NOVATION_HOME";

  private Workspace() {}

  /** The data directory of this caller: the same as a development node's. */
  static Path home(Map<String, String> environment) {
    return Path.of(environment.getOrDefault(VARIABLE, ".novation"));
  }

  /** A fresh directory in the data directory, for nobody else's eyes. */
  static Path create(String prefix) throws IOException {
    Path home = home(System.getenv());
    Files.createDirectories(home);
    return Files.createTempDirectory(home, prefix);
  }
}

package org.novation.node.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory for the time of a benchmark, deleted afterwards. Below the current directory and not
 * where temporary files are: those are often kept in memory, and nothing is ever flushed there.
 */
record Workshop(Path directory) implements AutoCloseable {
  private static final Path HOME = Path.of(".novation");

  /** Opens one, below {@code home} or the default. */
  static Workshop open(@Nullable Path home) throws IOException {
    Path parent = home == null ? HOME : home;
    Files.createDirectories(parent);
    return new Workshop(Files.createTempDirectory(parent, "bench-").toAbsolutePath());
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

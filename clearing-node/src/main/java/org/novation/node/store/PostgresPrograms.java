package org.novation.node.store;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's own programs ({@code initdb}, {@code pg_ctl}, {@code postgres}), unpacked from the
 * class path. They refuse to run as root; a root process runs them in a user namespace of their own
 * or as {@code nobody}.
 */
final class PostgresPrograms {
  private static final int NOBODY = 65534;
  private static final long SECONDS_MAX = 90;

  private final Path programs;
  private final List<String> prefix;

  private PostgresPrograms(Path programs, List<String> prefix) {
    this.programs = programs;
    this.prefix = prefix;
  }

  /**
   * Unpacks the programs for this machine below a directory, once.
   *
   * @throws StoreException when the class path has none for this machine, or root has no way to run
   *     them
   */
  static PostgresPrograms unpack(Path home) throws IOException {
    String archive = archive();
    Path programs = home.resolve("programs-" + size(archive));
    if (!Files.isDirectory(programs)) {
      Path unfinished = home.resolve("programs-unfinished");
      deleteTree(unfinished);
      try (InputStream in = open(archive)) {
        untar(in, unfinished);
      }
      Files.move(unfinished, programs, StandardCopyOption.ATOMIC_MOVE);
    }
    return new PostgresPrograms(programs, prefix(home));
  }

  /**
   * Runs one of the programs to its end.
   *
   * @throws StoreException when it fails; the message has its last line
   */
  void run(String program, String... arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(programs.resolve("bin").resolve(program).toString());
    command.addAll(List.of(arguments));
    Outcome outcome = execute(command);
    if (outcome.code != 0) {
      throw new StoreException(
          "PostgreSQL cannot be started here: " + program + " says: " + outcome.lastLine());
    }
  }

  private record Outcome(int code, String output) {
    String lastLine() {
      return output
          .lines()
          .filter(line -> !line.isBlank())
          .reduce((_, last) -> last)
          .orElse("nothing, exit code " + code)
          .strip();
    }
  }

  private static Outcome execute(List<String> command) {
    try {
      // To a file: a server started by the program would hold a pipe open.
      Path output = Files.createTempFile("novation-postgres", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return new Outcome(-1, "no answer within " + SECONDS_MAX + " s");
        }
        return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      return new Outcome(-1, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while waiting for PostgreSQL", e);
    }
  }

  // ---- root

  /** The command that runs another without root's rights; empty when we are not root. */
  private static List<String> prefix(Path home) throws IOException {
    if (!System.getProperty("user.name").equals("root")) return List.of();
    List<String> namespace = List.of("unshare", "--user");
    if (succeeds(namespace)) return namespace;
    List<String> nobody =
        List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    if (succeeds(nobody)) {
      giveToNobody(home);
      return nobody;
    }
    throw new StoreException(
        "PostgreSQL does not run as root, and neither unshare --user nor setpriv works here: start"
            + " Novation as another user");
  }

  private static boolean succeeds(List<String> prefix) {
    List<String> command = new ArrayList<>(prefix);
    command.add("true");
    return execute(command).code == 0;
  }

  private static void giveToNobody(Path home) throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.toList())
        Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
    }
  }

  // ---- unpacking

  private static String archive() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String family =
        os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : "linux";
    String arch =
        switch (System.getProperty("os.arch")) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64" -> "arm_64";
          case String other -> other;
        };
    return "postgres-" + family + "-" + arch + ".txz";
  }

  private static InputStream open(String archive) throws IOException {
    return Optional.ofNullable(PostgresPrograms.class.getResourceAsStream("/" + archive))
        .orElseThrow(
            () ->
                new StoreException(
                    "PostgreSQL cannot be started here: no " + archive + " on the class path"));
  }

  /** Tells one version's archive from another's. */
  private static long size(String archive) throws IOException {
    try (InputStream in = open(archive)) {
      return in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static void untar(InputStream compressed, Path target) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(compressed)))) {
      for (@Nullable TarArchiveEntry entry = tar.getNextEntry();
          entry != null;
          entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target))
          throw new IOException("the archive leaves its directory: " + entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(file.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else {
          Files.copy(tar, file);
          if ((entry.getMode() & 0100) != 0 && !file.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make executable: " + file);
          }
        }
      }
    }
  }

  /** Deletes a directory with all that is in it; one that is absent is no error. */
  static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) return;
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}

package org.novation.node.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.PrivateFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL server that this JVM starts and stops: programs from the class path, data in a
 * directory of its own, reachable on the loopback interface only and with a password only. It
 * flushes at each commit like any server.
 *
 * <p>The directory holds {@code data} (the cluster), {@code programs-…} (unpacked once), {@code
 * password}, {@code server.log} and {@code lock}. One JVM owns it at a time. A server whose JVM was
 * killed keeps running; the next start stops it and nothing is lost.
 */
public final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
  private static final String USER = "novation";
  private static final String DATABASE = "postgres";
  private static final String LOOPBACK = "127.0.0.1";
  private static final int PORT_ATTEMPTS = 3;

  /** How long a leaving JVM's other shutdown hooks may go on using the server. */
  private static final Duration LAST_CLIENTS = Duration.ofSeconds(15);

  private static final Duration STOP = Duration.ofSeconds(60);

  private final PostgresPrograms programs;
  private final Path directory;
  private final FileChannel lock;
  private final int port;
  private final String password;
  private final Duration lastClients;
  private final Thread hook = new Thread(this::stopAfterLastClient, "postgres-stop");
  private final AtomicBoolean stopped = new AtomicBoolean();

  private PostgresServer(
      PostgresPrograms programs,
      Path directory,
      FileChannel lock,
      int port,
      String password,
      Duration lastClients) {
    this.programs = programs;
    this.directory = directory;
    this.lock = lock;
    this.port = port;
    this.password = password;
    this.lastClients = lastClients;
  }

  /**
   * Starts the server of a directory, which is made when it is absent.
   *
   * @throws StoreException when it cannot be started here; its one line says why
   */
  public static PostgresServer start(Path directory) {
    return start(directory, LAST_CLIENTS);
  }

  static PostgresServer start(Path directory, Duration lastClients) {
    Path home = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(home);
      FileChannel lock = lock(home);
      try {
        return start(home, lock, lastClients);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StoreException("PostgreSQL cannot be started in " + home + ": " + e, e);
    }
  }

  private static PostgresServer start(Path home, FileChannel lock, Duration lastClients)
      throws IOException {
    String password = password(home); // Before the directory may be given to another user.
    PostgresPrograms programs = PostgresPrograms.unpack(home);
    if (!Files.exists(data(home))) initialise(programs, home);
    stopOrphan(programs, home);
    @Nullable StoreException last = null;
    for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
      int port = freePort();
      configure(home, port);
      try {
        programs.run(
            "pg_ctl",
            "start",
            "-w",
            "-t",
            "60",
            "-s",
            "-D",
            data(home).toString(),
            "-l",
            log(home).toString());
      } catch (StoreException e) {
        last =
            new StoreException(
                e.getMessage() + lastWords(home), e); // Somebody may have taken the port meanwhile.
        continue;
      }
      PostgresServer server = new PostgresServer(programs, home, lock, port, password, lastClients);
      Runtime.getRuntime().addShutdownHook(server.hook);
      return server;
    }
    throw Objects.requireNonNull(last);
  }

  /** Host, port and database, without parameters. */
  public String url() {
    return "jdbc:postgresql://" + LOOPBACK + ":" + port + "/" + DATABASE;
  }

  public String user() {
    return USER;
  }

  public String password() {
    return password;
  }

  /**
   * Stops the server at once: whoever is still connected is cut off; what was committed is safe.
   */
  @Override
  public void close() {
    stop("fast");
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.debug("the JVM is shutting down already", e);
    }
  }

  /** Shutdown hooks run side by side: waits until the node's own one has written what it had to. */
  private void stopAfterLastClient() {
    stop(lastClients.isZero() ? "fast" : "smart");
  }

  private void stop(String mode) {
    if (!stopped.compareAndSet(false, true)) return;
    try (lock) {
      if (mode.equals("smart") && stopsSmartly()) return;
      pgCtlStop(programs, directory, "fast", STOP);
    } catch (IOException e) {
      LOG.warn("the lock of {} was not released", directory, e);
    }
  }

  private boolean stopsSmartly() {
    try {
      pgCtlStop(programs, directory, "smart", lastClients);
      return true;
    } catch (StoreException e) {
      LOG.debug("clients are still connected", e);
      return false;
    }
  }

  // ---- starting

  private static FileChannel lock(Path home) throws IOException {
    FileChannel channel =
        FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) return channel;
    } catch (OverlappingFileLockException e) {
      LOG.debug("locked by this JVM", e);
    }
    channel.close();
    throw new StoreException(
        "the PostgreSQL in "
            + home
            + " is in use by another process: stop that one or use another directory");
  }

  private static void initialise(PostgresPrograms programs, Path home) throws IOException {
    Path unfinished = home.resolve("data-unfinished");
    PostgresPrograms.deleteTree(unfinished);
    programs.run(
        "initdb",
        "-D",
        unfinished.toString(),
        "-U",
        USER,
        "--pwfile=" + home.resolve("password"),
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums");
    Files.writeString(
        unfinished.resolve("postgresql.conf"),
        System.lineSeparator() + "include = 'novation.conf'" + System.lineSeparator(),
        StandardOpenOption.APPEND);
    Files.move(unfinished, data(home), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void configure(Path home, int port) throws IOException {
    Files.writeString(
        data(home).resolve("novation.conf"),
        """
        # Written by Novation at each start.
        listen_addresses = '%s'
        port = %d
        # The socket's path would be limited to 107 characters.
        unix_socket_directories = ''
        # The promise: acknowledged means flushed.
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        # Nobody replicates from this server.
        wal_level = minimal
        max_wal_senders = 0
        # Fewer checkpoints: each one makes the next change of every page write it to the log in full.
        max_wal_size = 2GB
        checkpoint_timeout = 15min
        wal_compression = on
        shared_buffers = 256MB
        max_connections = 100
        # Statements here are short: compiling them costs more than it saves.
        jit = off
        """
            .formatted(LOOPBACK, port));
  }

  /** Stops the server that a killed JVM left behind: the lock is ours, so nobody uses it. */
  private static void stopOrphan(PostgresPrograms programs, Path home) throws IOException {
    Path pidFile = data(home).resolve("postmaster.pid");
    if (!Files.exists(pidFile)) return;
    Optional<ProcessHandle> orphan =
        Files.readAllLines(pidFile).stream()
            .findFirst()
            .flatMap(line -> ProcessHandle.of(Long.parseLong(line.strip())))
            .filter(process -> process.info().command().orElse("").contains("postgres"));
    if (orphan.isEmpty()) {
      Files.delete(
          pidFile); // After a reboot the number may be another program's, and PostgreSQL would
      // believe it is running.
      return;
    }
    LOG.info(
        "stopping PostgreSQL {} in {}, which an earlier process left running",
        orphan.get().pid(),
        home);
    pgCtlStop(programs, home, "fast", STOP); // "fast" is SIGINT to the first line's process.
  }

  private static void pgCtlStop(PostgresPrograms programs, Path home, String mode, Duration wait) {
    programs.run(
        "pg_ctl",
        "stop",
        "-w",
        "-t",
        Long.toString(wait.toSeconds()),
        "-s",
        "-m",
        mode,
        "-D",
        data(home).toString());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      return socket.getLocalPort();
    }
  }

  private static String password(Path home) throws IOException {
    Path file = home.resolve("password");
    if (!Files.exists(file)) {
      byte[] secret = new byte[24];
      new SecureRandom().nextBytes(secret);
      PrivateFiles.write(file, HexFormat.of().formatHex(secret));
    }
    return Files.readString(file).strip();
  }

  /** What the server last said, for the error's line. */
  private static String lastWords(Path home) {
    try {
      List<String> lines = new ArrayList<>(Files.readAllLines(log(home)));
      lines.removeIf(line -> !line.contains("FATAL") && !line.contains("PANIC"));
      return lines.isEmpty() ? "" : " (" + lines.getLast() + ")";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path data(Path home) {
    return home.resolve("data");
  }

  private static Path log(Path home) {
    return home.resolve("server.log");
  }
}

package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.novation.node.cli.Main;

/**
 * {@code novation serve} in a process of its own, for tests that kill it. What it prints is read
 * for as long as it runs, and it ends by itself, its database server with it, when the tests do,
 * however they end.
 */
final class NodeProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String SERVING = "Serving on ";

  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  private NodeProcess(Process process) {
    this.process = process;
    Thread.ofPlatform().daemon().name("node " + process.pid()).start(this::read);
  }

  /**
   * Starts one.
   *
   * @param installation where its {@code config} is, unless its arguments say another
   * @param serve arguments of {@code novation serve}
   */
  static NodeProcess start(
      Path installation, String heap, Map<String, String> environment, String... serve)
      throws IOException {
    List<String> command = new ArrayList<>();
    Collections.addAll(
        command,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx" + heap,
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "-Dnovation.home=" + installation.toAbsolutePath().normalize(),
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        NodeProcess.class.getName(),
        "serve",
        "--port",
        "0");
    Collections.addAll(command, serve);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    return new NodeProcess(builder.start());
  }

  /** The node's own process. */
  public static void main(String[] args) {
    ProcessHandle tests = ProcessHandle.current().parent().orElseThrow();
    var _ = tests.onExit().thenRun(() -> System.exit(1));
    Main.main(args);
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (@Nullable String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(SERVING))
          port.complete(Integer.parseInt(line.replaceFirst("^.*?:(\\d+) .*$", "$1")));
      }
    } catch (IOException e) {
      port.completeExceptionally(e); // It was killed; whoever waits for its port hears why.
    }
  }

  /** Where it serves; waits until it does. */
  int port() throws InterruptedException, ExecutionException, TimeoutException {
    // A database server that outlives it keeps its output open: its end says nothing.
    var _ =
        process
            .onExit()
            .thenRun(
                () -> port.completeExceptionally(new IOException("it ended before it served")));
    return requireNonNull(port.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
  }

  /** As its machine would: nothing is flushed, nobody is told. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    awaitEnd();
  }

  /** As an operator does. */
  void stop() throws InterruptedException {
    process.destroy();
    awaitEnd();
  }

  private void awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("the node ends in time")
        .isTrue();
  }

  /** Killed if it still runs, and gone. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }
}

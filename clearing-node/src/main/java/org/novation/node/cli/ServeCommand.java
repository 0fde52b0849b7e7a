package org.novation.node.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.DevKeys;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.store.StoreConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a node until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs a node from config/ until Ctrl-C.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--profile",
      defaultValue = "dev",
      description = "dev (default) or prod: PROFILE.conf in the configuration directory.")
  private String profile = "dev";

  @Option(
      names = "--config",
      description = "The configuration directory; this installation's config/ by default.")
  private @Nullable Path config;

  @Option(names = "--data", description = "The node's own directory; overrides the profile.")
  private @Nullable Path data;

  @Option(
      names = "--store",
      description = "h2, postgres or jdbc:postgresql://HOST/DATABASE; overrides the profile.")
  private @Nullable String store;

  @Option(names = "--port", description = "The gRPC port, 0 for a free one; overrides the profile.")
  private @Nullable Integer port;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    NodeSettings settings = settings();
    try (Node node = Node.start(settings)) {
      say("Serving on %s:%d with %s".formatted(settings.api().host(), node.port(), node.store()));
      DevKeys keys = node.devKeys();
      if (keys != null)
        say("Development keys and tokens are in " + keys.directory().toAbsolutePath());
      return node.awaitEnd() ? 0 : 1;
    }
  }

  private NodeSettings settings() {
    Path directory = config == null ? NodeSettings.configDirectory() : config;
    NodeSettings settings = NodeSettings.read(directory, profile, System.getenv());
    if (data != null) settings = settings.withDataDirectory(data, System.getenv());
    if (store != null)
      settings =
          settings.withStore(StoreConfig.parse(store, settings.dataDirectory(), System.getenv()));
    return port == null ? settings : settings.withPort(port);
  }

  private void say(String line) {
    if (spec != null) spec.commandLine().getOut().println(line);
  }
}

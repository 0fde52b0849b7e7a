package org.novation.node.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Measures speed and memory on this machine. */
@Command(
    name = "bench",
    description = "Measures speed and memory on this machine.",
    mixinStandardHelpOptions = true,
    subcommands = {
      BenchTradesCommand.class,
      BenchCascadeCommand.class,
      BenchTicksCommand.class,
      BenchMemoryCommand.class
    })
public final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}

package org.novation.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Questions about risk that need no running node. */
@Command(
    name = "risk",
    description = "Questions about risk that need no running node.",
    mixinStandardHelpOptions = true,
    subcommands = RiskEvalCommand.class)
final class RiskCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}

package org.novation.node.cli;

import java.util.Objects;
import org.novation.node.bench.BenchCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of a node: {@code novation}. Without a subcommand it prints its help. */
@Command(
    name = "novation",
    description = "A clearinghouse for leveraged crypto derivatives.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {BenchCommand.class, RiskCommand.class})
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /** Reads the version from the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"novation " + Objects.requireNonNullElse(version, "(not packaged)")};
    }
  }
}

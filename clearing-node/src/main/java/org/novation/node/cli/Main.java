package org.novation.node.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.novation.node.bench.BenchCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of a node: {@code novation}. Without a subcommand it prints its help. */
@Command(
    name = "novation",
    description = "A clearinghouse for leveraged crypto derivatives.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      AuditCommand.class,
      ReplayCommand.class,
      AccountCommand.class,
      TradeCommand.class,
      PriceCommand.class,
      MarketCommand.class,
      BenchCommand.class,
      RiskCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The whole command line; wrong usage is one line, and exit code 2. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    return commandLine.setParameterExceptionHandler(Main::explain);
  }

  private static int explain(ParameterException wrong, String[] args) {
    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
    PrintWriter err = wrong.getCommandLine().getErr();
    err.println(command + ": " + wrong.getMessage() + " (see " + command + " --help)");
    err.flush();
    return ExitCode.USAGE;
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

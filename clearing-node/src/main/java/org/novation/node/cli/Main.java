package org.novation.node.cli;

import java.util.Objects;
import org.novation.node.bench.BenchCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
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
      AuctionCommand.class,
      FundCommand.class,
      BrakeCommand.class,
      CustodyCommands.class,
      BenchCommand.class,
      RiskCommand.class,
      AdlCommand.class,
      GovCommand.class,
      AccessCommand.class,
      CorrectionCommand.class,
      GiveUpCommand.class,
      TrailCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print a stack trace too when something fails.")
  private boolean verbose;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The whole command line; whatever goes wrong is one line, see {@link Failures}. */
  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setParameterExceptionHandler(Failures::misused)
        .setExecutionExceptionHandler(Failures::failed);
  }

  /** Whether the caller of a command wants to see where in the program it failed. */
  static boolean isVerbose(CommandLine command) {
    return command.getCommandSpec().root().userObject() instanceof Main main && main.verbose;
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

package org.novation.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.novation.node.cli.JsonField.InputException;
import org.novation.risk.MarginStatement;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The margin calculator: one account and its markets from a file, its margin statement to stdout.
 * Reckons with the rules that the node clears by.
 */
@Command(
    name = "eval",
    description =
        "Reckons the margin of one account from a file, with every term, by the rules of the node.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nThe file%n",
    footer = {
      "  Decimals are strings or numbers; // comments are allowed; fields in [] may be left out.",
      "",
      "  [cash]         balance of USDC, the settlement asset",
      "  [leverageMax]  1..100: the account's own cap on its leverage",
      "  instruments    list of",
      "    symbol       such as BTC-PERP",
      "    initialRate, [maintenanceRate]  margin as a fraction of notional; maintenance is half",
      "                 of initial unless stated; or instead, for more than one bracket:",
      "    brackets     list of {from, initial, [maintenance]}; from: notional, first 0, rising",
      "    [tick] [lot] steps of price and quantity: 0.01 and 0.001",
      "    [profitCap]  unrealised profit beyond it does not count toward initial margin",
      "    [openInterest] [openInterestLower] [openInterestUpper]",
      "                 notionals: initial margin rises from lower, to 100 %% at upper",
      "    [initialMultiplier] [maintenanceMultiplier]  volatility scaling, at least 1",
      "  [marks]        {symbol: price} of every instrument with a position",
      "  [collateral]   list of {asset, amount, price, weight, [concentration], [houseCap],",
      "                 [houseHolds], [stablecoin], [decimals]}; counts at",
      "                 min(weight, 1.1 / (1 + concentration x sqrt(amount)))",
      "                 x min(1, houseCap / houseHolds)",
      "  [positions]    list of {instrument, quantity, entryPrice or costBasis, [accruedFunding]};",
      "                 quantity: + long, - short",
      "  [pending]      list of {instrument, quantity, price}: trades not yet on the books",
      "",
      "  Example: config/examples/risk-eval.json",
      "  Exit code: 0 reckoned, 2 the file cannot be used (one line on stderr names the field)."
    })
final class RiskEvalCommand implements Callable<Integer> {
  private static final int BYTES_MAX = 4 << 20;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "JSON file; - reads standard input.")
  private Path file;

  @Option(names = "--json", description = "Print JSON, with every figure to the micro.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      RiskCase input = RiskCase.read(JsonField.parse(bytes()));
      MarginStatement statement =
          MarginStatement.of(input.portfolio(), input.holds(), input.view());
      RiskReport report = new RiskReport(input, statement);
      if (json) out.println(report.json());
      else report.lines().forEach(out::println);
      out.flush();
      return ExitCode.OK;
    } catch (InputException e) {
      return refuse(e.complaint());
    } catch (ArithmeticException e) {
      return refuse("the figures are too large: a sum does not fit 9.2 million million USDC");
    } catch (NoSuchFileException e) {
      return refuse("no such file");
    } catch (IOException e) {
      return refuse("cannot be read: " + e.getMessage());
    }
  }

  private byte[] bytes() throws IOException {
    boolean standardInput = file.toString().equals("-");
    try (InputStream in = standardInput ? System.in : Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) throw new InputException("", "larger than 4 MB");
      return bytes;
    }
  }

  private int refuse(String why) {
    Failures.print(spec.commandLine(), file + ": " + why);
    return Failures.UNUSABLE;
  }
}

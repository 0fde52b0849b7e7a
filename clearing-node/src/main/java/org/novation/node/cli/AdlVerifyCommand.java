package org.novation.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.ReceiptJson;
import org.novation.deleveraging.ReceiptJson.UnreadableReceiptException;
import org.novation.deleveraging.ReceiptVerifier;
import org.novation.deleveraging.ReceiptVerifier.Verdict;
import org.novation.deleveraging.ReceiptVerifier.Verdict.Difference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Decides a wave again from its receipt, with the rules that the node decides by. */
@Command(
    name = "verify",
    description = "Decides a wave of auto-deleveraging again from its receipt and compares.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "The receipt holds every figure that the wave was decided on. From these alone the wave is",
      "decided again, and the receipt's SHA-256 is reckoned again from its canonical bytes. Give the",
      "hash that was published before the wave with --hash: a receipt can be forged together with",
      "the hash that it names itself.",
      "Exit code: 0 equal, 1 it differs (each line names instrument, account and figure), 2 the",
      "receipt cannot be read."
    })
final class AdlVerifyCommand implements Callable<Integer> {
  private static final int BYTES_MAX = 256 << 20;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RECEIPT", description = "JSON file; - reads standard input.")
  private Path file;

  @Option(
      names = "--hash",
      paramLabel = "SHA256",
      description = "The hash that was published before the wave.")
  private @Nullable String hash;

  @Override
  public Integer call() {
    try {
      Receipt receipt = ReceiptJson.read(bytes());
      Verdict verdict = ReceiptVerifier.verify(receipt);
      List<Difference> differences = new ArrayList<>(verdict.differences());
      if (hash != null && !hash.toLowerCase(Locale.ROOT).equals(verdict.sha256())) {
        differences.add(new Difference("", "", "published sha256", verdict.sha256(), hash));
      }
      print(receipt, verdict.sha256(), differences);
      return differences.isEmpty() ? Failures.DONE : Failures.FAILED;
    } catch (UnreadableReceiptException e) {
      return refuse(String.valueOf(e.getMessage()));
    } catch (ArithmeticException e) {
      return refuse("the figures are too large: a sum does not fit 9.2 million million USDC");
    } catch (NoSuchFileException e) {
      return refuse("no such file");
    } catch (IOException e) {
      return refuse("cannot be read: " + e.getMessage());
    }
  }

  private void print(Receipt receipt, String sha256, List<Difference> differences) {
    PrintWriter out = spec.commandLine().getOut();
    if (differences.isEmpty()) {
      out.printf(
          Locale.ROOT,
          "equal: wave %s, %s, %,d candidates, %,d closings, %,d takings, sha256 %s%n",
          receipt.input().waveId(),
          receipt.input().policy(),
          receipt.input().candidates().size(),
          receipt.allocation().closings().size(),
          receipt.allocation().takings().size(),
          sha256);
    } else {
      differences.forEach(difference -> out.println("differs: " + difference));
    }
    out.flush();
  }

  private byte[] bytes() throws IOException, UnreadableReceiptException {
    boolean standardInput = file.toString().equals("-");
    try (InputStream in = standardInput ? System.in : Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) throw new UnreadableReceiptException("larger than 256 MB");
      return bytes;
    }
  }

  private int refuse(String why) {
    Failures.print(spec.commandLine(), file + ": " + why);
    return Failures.UNUSABLE;
  }
}

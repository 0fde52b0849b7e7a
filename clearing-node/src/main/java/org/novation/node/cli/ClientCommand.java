package org.novation.node.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.node.cli.ClientOptions.Unprepared;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command that asks a node. Data go to stdout, notes and errors to stderr, an error is one line.
 * Exit codes: 0 done, 1 refused, 2 the request itself was wrong, 3 not reached or outcome unknown.
 */
@Command(
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:refused; nothing has changed",
      "2:wrong input or usage",
      "3:the node cannot be reached, or the outcome is unknown: try again with the same id"
    })
abstract class ClientCommand implements Callable<Integer> {
  private static final JsonMapper JSON = new JsonMapper();

  @Mixin ClientOptions options;
  @Spec CommandSpec spec;

  /** As whom the development node is asked, when the caller does not say. */
  abstract String actor();

  /** Asks and prints; throws {@link CallFailed} when the answer is no. */
  abstract void ask(NovationClient client) throws Unprepared, InterruptedException;

  @Override
  public final Integer call() throws InterruptedException {
    try (NovationClient client = options.connect(actor())) {
      ask(client);
      return Failures.DONE;
    } catch (Unprepared unprepared) {
      return fail(Failures.UNUSABLE, String.valueOf(unprepared.getMessage()));
    } catch (CallFailed failed) {
      return fail(failed);
    }
  }

  private int fail(CallFailed failed) {
    int code = Failures.code(failed);
    if (options.json()) {
      printError(failed);
      return code;
    }
    if (failed.reason().isEmpty() && code == Failures.UNAVAILABLE) {
      return fail(
          code,
          "cannot reach a node at "
              + options.endpoint()
              + " ("
              + rootCause(failed)
              + "): start one with novation serve, or say --endpoint and --tls-ca");
    }
    String advice =
        failed.code().equals("UNAUTHENTICATED") ? "; say --token-file with a token for it" : "";
    return fail(code, Failures.line(failed) + advice);
  }

  /** The innermost message: the outer ones say no more than that there was input or output. */
  private static String rootCause(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null ? String.valueOf(failure.getMessage()) : rootCause(cause);
  }

  private void printError(CallFailed failed) {
    ObjectNode error = JSON.createObjectNode();
    ObjectNode body = error.putObject("error");
    body.put("code", failed.code()).put("reason", failed.reason());
    body.put("message", String.valueOf(failed.getMessage()));
    ObjectNode numbers = body.putObject("numbers");
    failed.numbers().forEach(numbers::put);
    note(error.toString());
  }

  private int fail(int code, String message) {
    Failures.print(spec.commandLine(), message);
    return code;
  }

  /** A line for whoever watches, not part of the data. */
  final void note(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  final void print(List<String> lines) {
    PrintWriter out = spec.commandLine().getOut();
    lines.forEach(out::println);
    out.flush();
  }

  /** One message as JSON, every field said. */
  final void printJson(MessageOrBuilder message) {
    printJson(message, JsonFormat.printer());
  }

  /** One message as one line of JSON, for streams. */
  final void printJsonLine(MessageOrBuilder message) {
    printJson(message, JsonFormat.printer().omittingInsignificantWhitespace());
  }

  private void printJson(MessageOrBuilder message, JsonFormat.Printer printer) {
    try {
      print(List.of(printer.alwaysPrintFieldsWithNoPresence().print(message)));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("our own message cannot be written as JSON", e);
    }
  }
}

package org.novation.node.cli;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
  static final int DONE = 0;
  static final int REFUSED = 1;
  static final int BAD_INPUT = 2;
  static final int UNAVAILABLE = 3;

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
      return DONE;
    } catch (Unprepared unprepared) {
      return fail(BAD_INPUT, String.valueOf(unprepared.getMessage()));
    } catch (CallFailed failed) {
      return fail(failed);
    }
  }

  private int fail(CallFailed failed) {
    int code =
        switch (failed.kind()) {
          case REFUSED -> REFUSED;
          case BAD_INPUT -> BAD_INPUT;
          case UNAVAILABLE -> UNAVAILABLE;
        };
    String message = String.valueOf(failed.getMessage());
    if (options.json()) {
      printError(failed, message);
      return code;
    }
    if (failed.reason().isEmpty() && code == UNAVAILABLE) {
      return fail(
          code,
          "cannot reach a node at "
              + options.endpoint()
              + " ("
              + message
              + "): start one with novation serve, or say --endpoint");
    }
    String field = failed.numbers().getOrDefault("field", "");
    return fail(
        code,
        Stream.of(failed.reason(), field, message)
            .filter(part -> !part.isEmpty())
            .collect(joining(": ")));
  }

  private void printError(CallFailed failed, String message) {
    ObjectNode error = JSON.createObjectNode();
    ObjectNode body = error.putObject("error");
    body.put("code", failed.code()).put("reason", failed.reason()).put("message", message);
    ObjectNode numbers = body.putObject("numbers");
    failed.numbers().forEach(numbers::put);
    note(error.toString());
  }

  private int fail(int code, String message) {
    note(spec.qualifiedName() + ": " + message);
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

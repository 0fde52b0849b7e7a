package org.novation.node.cli;

import static java.util.stream.Collectors.joining;

import com.typesafe.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.novation.api.client.CallFailed;
import org.novation.node.ConfigurationException;
import org.novation.node.store.StoreException;
import org.novation.simulation.SimulationException;
import org.novation.simulation.TapeException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Why a command failed, in one line that says what to do; a stack trace only for who asks for it
 * with {@code --verbose}. The exit codes are the same for all commands and never change.
 */
final class Failures {
  static final int DONE = 0;

  /** It ran, and the answer is no: refused, or the books do not balance, or it could not end. */
  static final int FAILED = 1;

  /** What it was told cannot be used: an option, a file, a configuration, a store. */
  static final int UNUSABLE = 2;

  /** A node was not reached, or the outcome is unknown. */
  static final int UNAVAILABLE = 3;

  /** A mistake of the program, not of its caller; the number is that of {@code sysexits.h}. */
  static final int DEFECT = 70;

  /** As shells have it: 128 and the number of SIGINT. */
  static final int INTERRUPTED = 130;

  private Failures() {}

  /** Wrong usage: picocli's handler. */
  static int misused(ParameterException wrong, String[] args) {
    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
    print(
        wrong.getCommandLine(),
        String.valueOf(wrong.getMessage()) + " (see " + command + " --help)");
    return UNUSABLE;
  }

  /** Whatever a command did not answer for itself: picocli's handler. */
  static int failed(Exception failure, CommandLine command, ParseResult parsed) {
    Exception why = unwrapped(failure);
    print(command, line(why));
    if (Main.isVerbose(command)) failure.printStackTrace(command.getErr());
    return code(why);
  }

  /** One line on stderr, after the command's name. */
  static void print(CommandLine command, String message) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + oneLine(message));
    err.flush();
  }

  /** What a call's failure means to the caller. */
  static int code(CallFailed failed) {
    return switch (failed.kind()) {
      case REFUSED -> FAILED;
      case BAD_INPUT -> UNUSABLE;
      case UNAVAILABLE -> UNAVAILABLE;
    };
  }

  /** A call's failure: reason and field, where it has them, and what the house said. */
  static String line(CallFailed failed) {
    String field = failed.numbers().getOrDefault("field", "");
    return Stream.of(failed.reason(), field, String.valueOf(failed.getMessage()))
        .filter(part -> !part.isEmpty())
        .collect(joining(": "));
  }

  /** A file's failure: many of their messages are the file's name and nothing else. */
  static String line(IOException failure) {
    String message = String.valueOf(failure.getMessage());
    if (!(failure instanceof FileSystemException file) || file.getReason() != null) return message;
    return switch (file) {
      case FileAlreadyExistsException _ -> message + ": a file of that name is in the way";
      case NoSuchFileException _ -> message + ": no such file or directory";
      case AccessDeniedException _ -> message + ": may not be read or written";
      default -> message + ": cannot be used (" + file.getClass().getSimpleName() + ")";
    };
  }

  private static int code(Exception why) {
    return switch (why) {
      case ConfigurationException _ -> UNUSABLE;
      case StoreException _ -> UNUSABLE;
      case ConfigException _ -> UNUSABLE;
      case TapeException _ -> UNUSABLE;
      case CallFailed failed -> code(failed);
      case SimulationException _ -> FAILED;
      case IOException _ -> FAILED;
      case SQLException _ -> FAILED;
      case InterruptedException _ -> INTERRUPTED;
      default -> DEFECT;
    };
  }

  private static String line(Exception why) {
    return switch (why) {
      case ConfigurationException told -> String.valueOf(told.getMessage());
      case StoreException told -> String.valueOf(told.getMessage());
      case ConfigException told -> "the configuration: " + told.getMessage();
      case TapeException told -> String.valueOf(told.getMessage());
      case SimulationException told -> String.valueOf(told.getMessage());
      case CallFailed failed -> line(failed);
      case IOException io -> line(io);
      case SQLException sql -> "the database: " + sql.getMessage();
      case InterruptedException _ -> "interrupted";
      default ->
          "a defect of this program, please report it with what --verbose says: "
              + oneLine(why.toString());
    };
  }

  /** What a future, or a stream of files, wrapped. */
  private static Exception unwrapped(Exception failure) {
    boolean wrapper =
        failure instanceof CompletionException || failure instanceof UncheckedIOException;
    return wrapper && failure.getCause() instanceof Exception cause ? unwrapped(cause) : failure;
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }
}

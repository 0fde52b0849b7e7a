package org.novation.node.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.util.Locale;
import org.novation.node.cli.TextTable;
import picocli.CommandLine.Model.CommandSpec;

/** What benchmarks say: results to stdout, what is being done to stderr. */
final class Say {
  static final JsonMapper MAPPER = new JsonMapper();
  private final PrintWriter out;
  private final PrintWriter err;

  Say(CommandSpec spec) {
    this(spec.commandLine().getOut(), spec.commandLine().getErr());
  }

  Say(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  void doing(String what) {
    err.println("bench: " + what);
    err.flush();
  }

  void line(String text) {
    out.println(text);
    out.flush();
  }

  void table(TextTable table) {
    table.lines().forEach(out::println);
    out.flush();
  }

  void json(JsonNode node) {
    try {
      line(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of figures has no JSON", e);
    }
  }

  /** A count, its thousands apart. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String decimal(double value, int digits) {
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  /** Nanoseconds as microseconds. */
  static String micros(long nanos) {
    return decimal(nanos / 1e3, 2);
  }

  /** Microseconds as milliseconds. */
  static String millis(long micros) {
    return decimal(micros / 1e3, 1);
  }
}

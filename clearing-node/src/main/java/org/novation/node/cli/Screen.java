package org.novation.node.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import org.novation.simulation.Ink;

/** What the caller's terminal can do. */
final class Screen {
  private Screen() {}

  /** Whether a person watches: animation is for them alone. */
  static boolean isTerminal() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  /** Colours on a terminal, unless {@code NO_COLOR} is set or it is a dumb one. */
  static Ink ink(Map<String, String> environment) {
    boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty();
    boolean dumb = environment.getOrDefault("TERM", "dumb").equals("dumb");
    return isTerminal() && !refused && !dumb ? Ink.COLOUR : Ink.PLAIN;
  }

  /** Prints lines at once. */
  static void print(PrintWriter to, Iterable<String> lines) {
    for (String line : lines) to.println(line);
    to.flush();
  }
}

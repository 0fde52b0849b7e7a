package org.novation.simulation;

/** Colours for a terminal, or none. */
public enum Ink {
  /** For files, pipes and whoever set {@code NO_COLOR}. */
  PLAIN,
  /** For terminals. */
  COLOUR;

  String bold(String text) {
    return wrap("1", text);
  }

  String faint(String text) {
    return wrap("2", text);
  }

  String good(String text) {
    return wrap("32", text);
  }

  String bad(String text) {
    return wrap("31", text);
  }

  String accent(String text) {
    return wrap("36", text);
  }

  private String wrap(String code, String text) {
    return this == PLAIN || text.isEmpty() ? text : "\u001B[" + code + "m" + text + "\u001B[0m";
  }
}

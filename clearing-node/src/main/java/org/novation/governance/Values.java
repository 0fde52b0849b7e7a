package org.novation.governance;

import java.util.List;
import java.util.Map;
import org.novation.instrument.Ladder;
import org.novation.money.Increment;

/** The texts of a parameter's figures, by name, read as what they are. */
record Values(Map<String, String> texts) {
  String text(String name) {
    String text = texts.get(name);
    if (text == null) throw new IllegalArgumentException("missing: " + name);
    return text;
  }

  long number(String name) {
    return Long.parseLong(text(name));
  }

  int small(String name) {
    return Math.toIntExact(number(name));
  }

  boolean flag(String name) {
    return number(name) != 0;
  }

  List<String> names(String name) {
    return text(name).isEmpty() ? List.of() : List.of(text(name).split(",", -1));
  }

  Ladder ladder(String name) {
    return Ladders.parse(text(name));
  }

  Increment step(String name) {
    return Increment.of(text(name));
  }
}

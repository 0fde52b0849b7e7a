package org.novation.node.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/** What lives in the heap after a full collection, by class. */
record HeapUse(Map<String, Count> classes) {
  private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";
  private static final Pattern ROW = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+).*");

  /** Objects of a class and their bytes. */
  record Count(long instances, long bytes) {}

  /** A class's part in a difference. */
  record Growth(String type, long instances, long bytes) {}

  /** Collects, and looks. */
  static HeapUse now() {
    try {
      Object histogram =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName(COMMANDS),
                  "gcClassHistogram",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
      return parse(String.valueOf(histogram));
    } catch (JMException e) {
      throw new IllegalStateException("this JVM does not tell what its heap holds", e);
    }
  }

  static HeapUse parse(String histogram) {
    Map<String, Count> classes = new HashMap<>();
    for (String line : histogram.lines().toList()) {
      Matcher row = ROW.matcher(line);
      if (!row.matches()) continue;
      Count count = new Count(Long.parseLong(row.group(1)), Long.parseLong(row.group(2)));
      // Several loaders may have a class of that name.
      classes.merge(
          row.group(3),
          count,
          (one, other) -> new Count(one.instances + other.instances, one.bytes + other.bytes));
    }
    return new HeapUse(Map.copyOf(classes));
  }

  long bytes() {
    return classes.values().stream().mapToLong(Count::bytes).sum();
  }

  /** What grew since, most first. */
  List<Growth> since(HeapUse before) {
    List<Growth> growth = new ArrayList<>();
    classes.forEach(
        (type, now) -> {
          Count then = before.classes.getOrDefault(type, new Count(0, 0));
          growth.add(new Growth(type, now.instances - then.instances, now.bytes - then.bytes));
        });
    growth.sort(Comparator.comparingLong(Growth::bytes).reversed());
    return growth;
  }
}

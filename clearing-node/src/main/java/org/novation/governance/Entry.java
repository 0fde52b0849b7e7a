package org.novation.governance;

import java.util.List;
import java.util.Map;

/**
 * A figure's text under its name: how parameters are written into events and asked for in
 * proposals. Stored: never changed.
 */
public record Entry(String figure, String text) {
  static List<Entry> list(Map<String, String> texts) {
    return texts.entrySet().stream().map(e -> new Entry(e.getKey(), e.getValue())).toList();
  }
}

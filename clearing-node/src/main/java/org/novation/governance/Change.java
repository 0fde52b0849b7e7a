package org.novation.governance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A change of one parameter, whole before and after: what is voted.
 *
 * @param before null when it is new
 * @param baseVersion the version that changed it last; 0 when it is new. When it moves, this change
 *     is of something that is no longer there
 */
public record Change(@Nullable Parameter before, long baseVersion, Parameter after) {
  /**
   * One figure that changes.
   *
   * @param before empty when the parameter is new
   * @param lastsMs how long it is on its way there once it is executed; 0 for at once
   */
  public record Row(Figure figure, String before, String after, Effect effect, long lastsMs) {}

  /** The parameter that changes. */
  public Path path() {
    return after.path();
  }

  /** The figures that change, in their order: the table to read before voting. */
  public List<Row> rows() {
    Schema<?> schema = Schema.of(after);
    Map<String, String> now = schema.texts(after);
    List<Row> rows = new ArrayList<>();
    for (Figure figure : schema.figures()) {
      String to = now.getOrDefault(figure.name(), "");
      if (before == null) {
        rows.add(
            new Row(
                figure,
                "",
                to,
                Effect.UNCLEAR,
                Setting.lastsMs(figure, Setting.fresh(figure, to), to)));
      } else {
        String from = schema.texts(before).getOrDefault(figure.name(), "");
        if (!from.equals(to))
          rows.add(
              new Row(
                  figure, from, to, figure.effect(from, to), Setting.lastsMs(figure, from, to)));
      }
    }
    return rows;
  }

  /** As it is stored. */
  Written written() {
    return new Written(
        path().toString(),
        baseVersion,
        before == null ? List.of() : Entry.list(Schema.of(before).texts(before)),
        Entry.list(Schema.of(after).texts(after)));
  }

  /**
   * A change as it is stored.
   *
   * @param before empty when the parameter is new
   */
  public record Written(String path, long baseVersion, List<Entry> before, List<Entry> after) {
    public Written {
      before = List.copyOf(before);
      after = List.copyOf(after);
    }

    /** The change that was written. */
    public Change read() {
      return new Change(
          before.isEmpty() ? null : Setting.read(path, before),
          baseVersion,
          Setting.read(path, after));
    }
  }
}

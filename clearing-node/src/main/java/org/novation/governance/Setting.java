package org.novation.governance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A parameter in force: what was voted, and the way there. What is in force at a time is a function
 * of this and the time alone, in whole hours, so every node has the same at the same house time.
 *
 * @param from what was in force when it was executed; of a new one, where it starts
 * @param to what was voted
 * @param sinceMs when it was executed
 * @param version the version that this made
 */
public record Setting(Parameter from, Parameter to, long sinceMs, long version) {
  /** The parameter replaced, or listed when there was none. Paces are {@link Pace}'s. */
  static Setting of(@Nullable Setting before, Parameter to, long nowMs, long version) {
    Parameter from = before == null ? fresh(to) : before.at(nowMs);
    return new Setting(from, to, nowMs, version);
  }

  /** One that was always so: no way to go. */
  static Setting settled(Parameter value, long nowMs, long version) {
    return new Setting(value, value, nowMs, version);
  }

  /** Where a new parameter starts. */
  private static Parameter fresh(Parameter voted) {
    Schema<?> schema = Schema.of(voted);
    Map<String, String> texts = new LinkedHashMap<>(schema.texts(voted));
    for (Figure figure : schema.figures())
      texts.computeIfPresent(figure.name(), (_, text) -> fresh(figure, text));
    return schema.make(voted.path().subject(), texts);
  }

  /** Where a figure of a new parameter starts. */
  static String fresh(Figure figure, String voted) {
    return figure.kind() == Figure.Kind.NUMBER
        ? Long.toString(figure.pace().fresh(Long.parseLong(voted)))
        : voted;
  }

  /**
   * A figure and its way.
   *
   * @param now what is in force
   * @param voted where it goes
   * @param endsAtMs when it is there
   */
  public record Way(Figure figure, String now, String voted, long endsAtMs) {}

  /** Every figure as it is at a time, in their order. */
  public List<Way> ways(long nowMs) {
    Parameter inForce = at(nowMs);
    return Schema.of(to).figures().stream()
        .map(each -> new Way(each, text(inForce, each), text(to, each), endsAtMs(each)))
        .toList();
  }

  /** What is in force at a time. */
  public Parameter at(long nowMs) {
    if (from.equals(to) || nowMs >= endsAtMs()) return to;
    Schema<?> schema = Schema.of(to);
    Map<String, String> before = schema.texts(from);
    Map<String, String> texts = new LinkedHashMap<>(schema.texts(to));
    for (Figure figure : schema.figures())
      texts.computeIfPresent(
          figure.name(),
          (name, after) -> text(figure, before.getOrDefault(name, after), after, nowMs - sinceMs));
    return schema.make(to.path().subject(), texts);
  }

  private static String text(Figure figure, String before, String after, long elapsedMs) {
    if (elapsedMs >= lastsMs(figure, before, after)) return after;
    return switch (figure.kind()) {
      case NUMBER ->
          Long.toString(figure.pace().at(Long.parseLong(before), Long.parseLong(after), elapsedMs));
      case LADDER ->
          Ladders.text(
              Ladders.between(
                  Ladders.parse(before), Ladders.parse(after), figure.pace(), elapsedMs));
      case TEXT, NAMES -> after;
    };
  }

  /** When everything is as voted. */
  public long endsAtMs() {
    long ends = sinceMs;
    for (Figure figure : Schema.of(to).figures()) ends = Math.max(ends, endsAtMs(figure));
    return ends;
  }

  /** When the next step of a way is due after a time; {@code Long.MAX_VALUE} at its end. */
  long stepsAtMs(long nowMs) {
    if (from.equals(to) || nowMs >= endsAtMs()) return Long.MAX_VALUE;
    return nowMs + Pace.STEP_MS - Math.floorMod(nowMs - sinceMs, Pace.STEP_MS);
  }

  /** What the way of a figure does, from its beginning to its end. */
  Effect effect(Figure figure) {
    return figure.effect(text(from, figure), text(to, figure));
  }

  /** When a figure is as voted. */
  long endsAtMs(Figure figure) {
    return sinceMs + lastsMs(figure, text(from, figure), text(to, figure));
  }

  private static String text(Parameter parameter, Figure figure) {
    return Schema.of(parameter).texts(parameter).getOrDefault(figure.name(), "");
  }

  static long lastsMs(Figure figure, String before, String after) {
    if (before.equals(after)) return 0;
    return switch (figure.kind()) {
      case NUMBER -> figure.lastsMs(Long.parseLong(before), Long.parseLong(after));
      case LADDER -> Pace.NOTICE_MS + Pace.GRACE_MS;
      case TEXT, NAMES -> 0;
    };
  }

  // ---- storing

  /** As it is stored. */
  Written written() {
    return new Written(
        to.path().toString(),
        sinceMs,
        version,
        Entry.list(Schema.of(from).texts(from)),
        Entry.list(Schema.of(to).texts(to)));
  }

  /** A setting as it is stored. */
  public record Written(String path, long sinceMs, long version, List<Entry> from, List<Entry> to) {
    public Written {
      from = List.copyOf(from);
      to = List.copyOf(to);
    }

    /** The setting that was written. */
    Setting setting() {
      return new Setting(Setting.read(path, from), Setting.read(path, to), sinceMs, version);
    }
  }

  /** The parameter that was written; throws when it was none. */
  static Parameter read(String path, List<Entry> figures) {
    Path known = Path.parse(path);
    if (known == null) throw new IllegalStateException("no parameter: " + path);
    Map<String, String> texts = new LinkedHashMap<>();
    for (Entry entry : figures) texts.put(entry.figure(), entry.text());
    Schema<?> schema = Schema.of(known.topic());
    // Of a later program: whoever leaves out what it does not know goes by something else.
    for (String name : texts.keySet()) {
      if (schema.figures().stream().noneMatch(figure -> figure.name().equals(name)))
        throw new IllegalStateException("no figure of " + path + ": " + name);
    }
    return schema.make(known.subject(), texts);
  }
}

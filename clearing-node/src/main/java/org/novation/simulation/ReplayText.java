package org.novation.simulation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.novation.ledger.WaterfallReport;
import org.novation.simulation.Tally.Course;
import org.novation.simulation.Tally.Moment;
import org.novation.simulation.Tally.Result;

/** A replay's report for people: lines of text, Unicode blocks, at most 100 columns. */
public final class ReplayText {
  private static final int FIGURES = 34;
  private static final int LABEL = 18;
  private static final String WAVE = "%-14s %12s %12s %10s %12s %12s %12s";
  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMM uuuu HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter DAY_AND_MINUTE =
      DateTimeFormatter.ofPattern("d MMM HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final ReplayReport report;
  private final Result result;
  private final Ink ink;
  private final DateTimeFormatter clock;
  private final List<String> lines = new ArrayList<>();

  private ReplayText(ReplayReport report, Ink ink) {
    this.report = report;
    this.result = report.result();
    this.ink = ink;
    boolean oneDay = result.lastMs() - result.firstMs() <= Duration.ofHours(36).toMillis();
    this.clock = oneDay ? MINUTE : DAY_AND_MINUTE;
  }

  /** The report's lines. */
  public static List<String> lines(ReplayReport report, Ink ink) {
    return new ReplayText(report, ink).write();
  }

  private List<String> write() {
    heading();
    courses();
    events();
    counts();
    waterfall();
    books();
    return lines;
  }

  private void heading() {
    String span =
        DAY.format(at(result.firstMs())) + " – " + DAY.format(at(result.lastMs())) + " UTC";
    lines.add("");
    lines.add(ink.bold(report.source()) + "  " + ink.faint(span));
    lines.add(
        ink.faint(
            String.format(
                Locale.ROOT,
                "%,d accounts · seed %d · %s · %,d steps in %.1f s",
                result.accounts(),
                report.seed(),
                report.store(),
                result.steps(),
                result.seconds())));
    lines.add("");
  }

  private void courses() {
    result.courses().forEach(this::course);
    strip("margin calls", Moment::marginCalls, result.margin().marginCalls());
    strip(
        "liquidation triggers", Moment::liquidationTriggers, result.margin().liquidationTriggers());
    strip("trades novated", Moment::novated, result.novated());
    lines.add("");
  }

  private void course(String symbol, Course course) {
    String figures =
        String.format(
            Locale.ROOT,
            "%-5s %8s → %-8s %7s",
            symbol,
            price(course.first()),
            price(course.last()),
            fall(course));
    lines.add(pad(figures, FIGURES) + ink.accent(Sparkline.between(course.prices())));
  }

  private void strip(String name, ToLongFunction<Moment> count, long sum) {
    List<Double> values =
        result.moments().stream().map(m -> (double) count.applyAsLong(m)).toList();
    String figures = String.format(Locale.ROOT, "%-20s %,10d", name, sum);
    lines.add(pad(figures, FIGURES) + Sparkline.fromZero(values));
  }

  private record Event(long timeMs, String what) {}

  private void events() {
    List<Event> events = new ArrayList<>();
    first(Moment::marginCalls)
        .ifPresent(m -> events.add(new Event(m.startMs(), "the first margin calls")));
    first(Moment::liquidationTriggers)
        .ifPresent(
            m -> events.add(new Event(m.startMs(), "the first accounts under maintenance margin")));
    worst().ifPresent(m -> events.add(new Event(m.startMs(), worst(m))));
    result
        .courses()
        .forEach(
            (symbol, course) ->
                events.add(
                    new Event(
                        course.lowMs(),
                        symbol
                            + " at its low of "
                            + price(course.low())
                            + ", at worst "
                            + fall(course)
                            + " from a peak")));
    lines.add(ink.bold("What happened when (UTC)"));
    events.stream()
        .sorted(Comparator.comparingLong(Event::timeMs))
        .forEach(event -> lines.add("  " + clock.format(at(event.timeMs())) + "  " + event.what()));
    lines.add("");
  }

  private String worst(Moment moment) {
    return String.format(
        Locale.ROOT,
        "the worst stretch: %,d margin calls and %,d liquidation triggers until %s",
        moment.marginCalls(),
        moment.liquidationTriggers(),
        endOf(moment));
  }

  private Optional<Moment> first(ToLongFunction<Moment> count) {
    return result.moments().stream().filter(m -> count.applyAsLong(m) > 0).findFirst();
  }

  private Optional<Moment> worst() {
    return result.moments().stream()
        .filter(m -> m.marginCalls() + m.liquidationTriggers() > 0)
        .max(Comparator.comparingLong(m -> m.marginCalls() + m.liquidationTriggers()));
  }

  private String endOf(Moment moment) {
    int next = result.moments().indexOf(moment) + 1;
    long endMs =
        next < result.moments().size() ? result.moments().get(next).startMs() : result.lastMs();
    return clock.format(at(endMs));
  }

  private void counts() {
    lines.add(
        label("Trades")
            + String.format(
                Locale.ROOT,
                "%,d submitted, %,d novated, %,d refused; %,.0f a second",
                result.submitted(),
                result.novated(),
                result.submitted() - result.novated(),
                result.tradesPerSecond()));
    reasons(result.refusedTrades());
    lines.add(
        label("Margin")
            + String.format(
                Locale.ROOT,
                "%,d early warnings, %,d margin calls, %,d liquidation triggers",
                result.margin().earlyWarnings(),
                result.margin().marginCalls(),
                result.margin().liquidationTriggers()));
    long refused = result.refusedPrices().values().stream().mapToLong(n -> n).sum();
    lines.add(
        label("Prices")
            + String.format(
                Locale.ROOT,
                "%,d taken by every oracle's feed, %,d refused",
                result.acceptedPrices(),
                refused));
    reasons(result.refusedPrices());
    if (result.retries() > 0)
      lines.add(
          label("Sent again")
              + String.format(
                  Locale.ROOT,
                  "%,d calls that the node could not answer at first",
                  result.retries()));
    if (!report.listed().isEmpty())
      lines.add(label("Listed cautiously") + String.join(", ", report.listed()));
    unknown("Skipped", result.unknownSymbols(), "prices");
    unknown("Skipped", result.unknownTrades(), "trades");
    lines.add("");
  }

  private void reasons(Map<String, Long> reasons) {
    reasons.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .forEach(
            reason ->
                lines.add(
                    label("")
                        + ink.faint(
                            String.format(
                                Locale.ROOT, "%,10d  %s", reason.getValue(), reason.getKey()))));
  }

  private void unknown(String label, Map<String, Long> symbols, String what) {
    if (symbols.isEmpty()) return;
    String names =
        symbols.entrySet().stream()
            .map(
                symbol ->
                    String.format(Locale.ROOT, "%s (%,d)", symbol.getKey(), symbol.getValue()))
            .collect(Collectors.joining(", "));
    lines.add(
        label(label)
            + ink.bad(what + " of symbols that config/ does not list: " + names)
            + "; --list-unknown lists them");
  }

  private void waterfall() {
    Waterfall waterfall = report.waterfall();
    lines.add(
        ink.bold("The default waterfall")
            + ink.faint("  deleveraging " + Waterfall.name(waterfall.policy()) + ", USDC"));
    for (Waterfall.Line line : waterfall.lines())
      lines.add(String.format(Locale.ROOT, "  %-30s%18s", line.name(), line.figure()));
    List<WaterfallReport.Wave> waves = waterfall.largestWaves();
    if (!waves.isEmpty()) {
      lines.add("");
      lines.add(
          "  "
              + ink.faint(
                  String.format(
                      Locale.ROOT,
                      WAVE,
                      waves.size() < waterfall.report().waves().size() ? "largest waves" : "wave",
                      "deficit",
                      "haircut",
                      "overshoot",
                      "closed",
                      "needed",
                      "fund low")));
    }
    for (WaterfallReport.Wave wave : waves) {
      WaterfallReport.Figures of = wave.figures();
      lines.add(
          "  "
              + String.format(
                  Locale.ROOT,
                  WAVE,
                  clock.format(at(wave.beganAtMs())),
                  Waterfall.money(of.deficitMicros()),
                  Waterfall.money(of.haircutMicros()),
                  Waterfall.money(of.overshootMicros()),
                  Waterfall.count(of.closedLots()),
                  Waterfall.count(of.neededLots()),
                  Waterfall.money(of.fund().lowMicros())));
    }
    lines.add("");
  }

  private void books() {
    Verdict verdict = report.verdict();
    lines.add(ink.bold("The books, read back from the journal"));
    lines.add(
        "  " + sum("positions", verdict.positions()) + "  longs less shorts, in every instrument");
    lines.add("  " + sum("cash", verdict.cash()) + "  held less brought in, won and lost");
    lines.add(
        "  "
            + sum("cost basis", verdict.costBasis())
            + "  what longs paid less what shorts received");
    lines.add(
        verdict.hold()
            ? "  " + ink.good("✓ They balance to the last micro.")
            : "  " + ink.bad("✗ They do not balance: " + verdict.flaw()));
    lines.add("  state hash  " + report.stateHash());
  }

  private String sum(String name, String value) {
    String text = String.format(Locale.ROOT, "%-12s%10s", name, value);
    return value.equals("0") ? text : ink.bad(text);
  }

  private static String label(String name) {
    return pad(name, LABEL);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(1, width - text.length()));
  }

  private static String fall(Course course) {
    return String.format(Locale.ROOT, "−%.1f %%", course.fallPpm() / 10_000.0);
  }

  private static String price(double price) {
    if (price >= 1_000) return String.format(Locale.ROOT, "%,.0f", price);
    return String.format(Locale.ROOT, "%.4g", price);
  }

  private static Instant at(long timeMs) {
    return Instant.ofEpochMilli(timeMs);
  }
}

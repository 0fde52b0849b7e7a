package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.ReceiptVerifier.Verdict.Difference;

/** Decides a receipt's wave again from its input, and hashes it again. */
public final class ReceiptVerifier {
  /** Differences that a verdict names. */
  public static final int NAMED_MAX = 100;

  private ReceiptVerifier() {}

  /**
   * Whether a receipt is what its input makes of it.
   *
   * @param sha256 of the receipt as it is
   * @param differences the first of them; none when all is equal
   */
  public record Verdict(String sha256, List<Difference> differences) {
    public Verdict {
      differences = List.copyOf(differences);
    }

    /** Whether nothing differs. */
    public boolean equal() {
      return differences.isEmpty();
    }

    /**
     * One figure that is not what it must be.
     *
     * @param instrument empty where the figure belongs to none
     * @param account likewise
     * @param expected by the rules; {@code none} where there must be nothing
     * @param found in the receipt
     */
    public record Difference(
        String instrument, String account, String field, String expected, String found) {
      @Override
      public String toString() {
        String where = (instrument + " " + account).strip();
        return (where.isEmpty() ? "" : where + ": ")
            + field
            + " must be "
            + expected
            + " but is "
            + found;
      }
    }
  }

  private record Key(String instrument, String account) {}

  /** Figures by their names, by the place that they belong to. */
  private static final class Figures {
    private final Map<Key, Map<String, String>> byKey = new LinkedHashMap<>();

    void put(String instrument, String account, String field, Object value) {
      byKey
          .computeIfAbsent(new Key(instrument, account), _ -> new LinkedHashMap<>())
          .merge(field, String.valueOf(value), (one, two) -> one + " and " + two);
    }
  }

  /**
   * Decides again and compares.
   *
   * @throws ArithmeticException when a sum of the input does not fit
   */
  public static Verdict verify(Receipt receipt) {
    Receipt again = Receipt.of(receipt.input());
    List<Difference> differences = differences(again.allocation(), receipt.allocation());
    String sha256 = Receipt.hash(receipt.bytes());
    if (!sha256.equals(receipt.sha256())) {
      differences.add(new Difference("", "", "sha256", sha256, receipt.sha256()));
    }
    return new Verdict(sha256, differences);
  }

  private static List<Difference> differences(Allocation must, Allocation is) {
    List<Difference> differences = new ArrayList<>();
    if (must.equals(is)) return differences; // A hundred thousand figures need no names.
    Figures expected = figures(must);
    Figures found = figures(is);
    TreeSet<Key> keys =
        new TreeSet<>(Comparator.comparing(Key::instrument).thenComparing(Key::account));
    keys.addAll(expected.byKey.keySet());
    keys.addAll(found.byKey.keySet());
    for (Key key : keys) {
      compare(
          key,
          expected.byKey.getOrDefault(key, Map.of()),
          found.byKey.getOrDefault(key, Map.of()),
          differences);
    }
    if (differences.isEmpty()) {
      differences.add(new Difference("", "", "order", "as chosen", "another"));
    }
    return differences;
  }

  private static void compare(
      Key key,
      Map<String, String> expected,
      Map<String, String> found,
      List<Difference> differences) {
    TreeSet<String> fields = new TreeSet<>(expected.keySet());
    fields.addAll(found.keySet());
    for (String field : fields) {
      String must = expected.getOrDefault(field, "none");
      String is = found.getOrDefault(field, "none");
      if (Objects.equals(must, is) || differences.size() >= NAMED_MAX) continue;
      differences.add(new Difference(key.instrument(), key.account(), field, must, is));
    }
  }

  private static Figures figures(Allocation allocation) {
    Figures figures = new Figures();
    for (Closing each : allocation.closings()) {
      figures.put(each.instrument(), each.account(), "closing version", each.version());
      figures.put(each.instrument(), each.account(), "closing lots", each.lots());
      figures.put(each.instrument(), each.account(), "closing price ticks", each.priceTicks());
    }
    for (Taking each : allocation.takings()) {
      figures.put(each.instrument(), each.account(), "base micros", each.baseMicros());
      figures.put(each.instrument(), each.account(), "haircut micros", each.micros());
      figures.put(each.instrument(), each.account(), "pool haircut micros", each.poolMicros());
    }
    for (Unfilled each : allocation.unfilled()) {
      figures.put(each.instrument(), "", "unfilled lots", each.lots());
    }
    figures.put("", "", "haircut micros", allocation.haircutMicros());
    figures.put("", "", "uncovered micros", allocation.uncoveredMicros());
    figures.put("", "", "hedges broken", allocation.hedgesBroken());
    return figures;
  }
}

package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who of all positions goes into a wave. Every winner, for each is asked for its share; and of the
 * others who stand against what is to close, those nearest to being deleveraged. Selected on each
 * node and then put together, so that no node tells of its losers.
 */
public final class CandidateSelection {
  private CandidateSelection() {}

  /**
   * What one node names of its positions.
   *
   * @param othersMax of each instrument
   */
  public static List<Candidate> ofNode(
      Collection<Candidate> positions, List<Exposure> exposures, int othersMax) {
    Map<String, Exposure> toClose = new HashMap<>();
    for (Exposure exposure : exposures) {
      if (exposure.closeLots() > 0) toClose.put(exposure.instrument(), exposure);
    }
    List<Candidate> selected = new ArrayList<>();
    Map<String, List<Candidate>> others = new TreeMap<>();
    for (Candidate position : positions) {
      Exposure exposure = toClose.get(position.instrument());
      if (position.profitMicros() > 0) selected.add(position);
      else if (exposure != null && exposure.against(position))
        others.computeIfAbsent(position.instrument(), _ -> new ArrayList<>()).add(position);
    }
    others.values().forEach(each -> selected.addAll(Ranking.top(each, othersMax)));
    return selected;
  }

  /**
   * What several nodes named, together: an account that moved meanwhile may be there twice, and
   * counts as it was at the newest version. Should a wave not have room for all, by number or by
   * the bytes of its receipt should each be closed and pay, the smallest profits go first: so
   * whatever is named here, a wave can begin with it.
   *
   * @param defaulter is no candidate itself
   * @param exposures that go into the same receipt
   */
  public static List<Candidate> merge(
      Collection<List<Candidate>> parts, String defaulter, List<Exposure> exposures) {
    long bytesMax = AdlWave.RECEIPT_BYTES_MAX - ReceiptBytes.mostBeside(exposures);
    return merge(parts, defaulter, AdlInput.CANDIDATES_MAX, bytesMax);
  }

  static List<Candidate> merge(
      Collection<List<Candidate>> parts, String defaulter, int most, long bytesMax) {
    Map<String, Long> newest = new HashMap<>();
    for (List<Candidate> part : parts) {
      for (Candidate each : part) newest.merge(each.account(), each.version(), Math::max);
    }
    newest.remove(defaulter);
    record Position(String instrument, String account) {}
    Map<Position, Candidate> merged = new HashMap<>();
    for (List<Candidate> part : parts) {
      for (Candidate each : part) {
        Long version = newest.get(each.account());
        if (version != null && version == each.version())
          merged.put(new Position(each.instrument(), each.account()), each);
      }
    }
    long bytes = 0;
    for (Candidate each : merged.values()) bytes += ReceiptBytes.most(each);
    if (merged.size() <= most && bytes <= bytesMax) return List.copyOf(merged.values());
    List<Candidate> byProfit = new ArrayList<>(merged.values());
    byProfit.sort(
        Comparator.comparingLong(Candidate::profitMicros)
            .reversed()
            .thenComparing(Candidate::instrument)
            .thenComparing(Candidate::account));
    int room = 0;
    long left = bytesMax;
    while (room < Math.min(most, byProfit.size())) {
      left -= ReceiptBytes.most(byProfit.get(room));
      if (left < 0) break;
      room++;
    }
    return List.copyOf(byProfit.subList(0, room));
  }
}

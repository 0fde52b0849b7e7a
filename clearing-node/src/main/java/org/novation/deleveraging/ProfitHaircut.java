package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.novation.deleveraging.Allocation.Taking;

/**
 * Who gives up how much profit. The deficit is split over instruments by the defaulter's loss in
 * each, and each part over the profits against it, pro rata by largest remainder (of equals the
 * account that sorts first gets the micro), each at most its base. What that does not cover goes
 * over all profit that is left in the pool. So taken = min(deficit, all bases), exactly.
 *
 * @param takenMicros H
 * @param uncoveredMicros deficit − H
 */
record ProfitHaircut(List<Taking> takings, long takenMicros, long uncoveredMicros) {
  /**
   * @param baseMicros of each candidate, in the input's order
   */
  static ProfitHaircut of(AdlInput input, long[] baseMicros) {
    int[] order = byAccount(input.candidates());
    List<Candidate> candidates = new ArrayList<>(order.length);
    long[] bases = new long[order.length];
    for (int c = 0; c < order.length; c++) {
      candidates.add(input.candidates().get(order[c]));
      bases[c] = baseMicros[order[c]];
    }
    List<Exposure> exposures = input.exposures();
    long[] first = new long[bases.length];
    long uncovered = input.deficitMicros();
    long[] weights = exposures.stream().mapToLong(Exposure::lossMicros).toArray();
    long[] parts = ProRata.split(input.deficitMicros(), weights);
    for (int n = 0; n < parts.length; n++) {
      Exposure exposure = exposures.get(n);
      if (parts[n] == 0) continue;
      long[] against = new long[bases.length];
      for (int c = 0; c < bases.length; c++) {
        if (exposure.against(candidates.get(c))) against[c] = bases[c];
      }
      uncovered -= add(first, parts[n], against);
    }
    long[] left = new long[bases.length];
    for (int c = 0; c < bases.length; c++) left[c] = bases[c] - first[c];
    long[] second = new long[bases.length];
    uncovered -= add(second, uncovered, left);
    List<Taking> takings = new ArrayList<>();
    for (int c = 0; c < bases.length; c++) {
      if (first[c] + second[c] == 0) continue;
      Candidate candidate = candidates.get(c);
      takings.add(
          new Taking(candidate.instrument(), candidate.account(), bases[c], first[c], second[c]));
    }
    return new ProfitHaircut(takings, input.deficitMicros() - uncovered, uncovered);
  }

  private static int[] byAccount(List<Candidate> candidates) {
    return IntStream.range(0, candidates.size())
        .boxed()
        .sorted(
            Comparator.<Integer, String>comparing(c -> candidates.get(c).account())
                .thenComparing(c -> candidates.get(c).instrument()))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Adds shares of as much of the amount as the bases hold; says how much that was. */
  private static long add(long[] shares, long amount, long[] bases) {
    long covered = Math.min(amount, ProRata.sum(bases));
    long[] split = ProRata.split(covered, bases);
    for (int n = 0; n < shares.length; n++) shares[n] += split[n];
    return covered;
  }
}

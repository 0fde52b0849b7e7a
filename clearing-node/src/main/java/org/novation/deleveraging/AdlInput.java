package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Everything that a wave's decision is made of. Lists are put in a defined order, so that the same
 * facts in any order are the same input: exposures by instrument, candidates by instrument and
 * within it by rank.
 *
 * @param waveId no slash; also begins the ids of its steps
 * @param atMs house time of the snapshot of the candidates
 * @param parameterVersion the governed parameters in force
 * @param policy which policy decides
 * @param lookBackMs for realised profit, at most a day
 * @param candidatesMax of each instrument and side that nodes were asked for, beyond all winners
 * @param fundMicros what the insurance fund paid towards the defaults that this wave is the first
 *     to see: of debts whose rest, or contracts, the default account had taken over when it was
 *     read, less what the pool's earlier receipts say. No part of the deficit. A default is counted
 *     once, in the first receipt, also where later waves take what is left of it. Not counted is
 *     what the fund paid of a debt that it paid whole and without contracts, of which nothing came
 *     to the default account, and what it gave auctions' takers. So receipts together never say
 *     more than what the fund paid for debts; when the newest wave was begun they said all that it
 *     had paid for what the default account had taken over by then. 0 in receipts from before this
 *     was told, and what was handed over then is never counted
 * @param deficitMicros what is still missing, at least 0
 * @param candidates every winner of the pool, and who else may be asked to close
 */
public record AdlInput(
    String waveId,
    String pool,
    String defaulter,
    long atMs,
    long parameterVersion,
    AdlPolicy.Kind policy,
    long lookBackMs,
    int candidatesMax,
    long fundMicros,
    long deficitMicros,
    List<Exposure> exposures,
    List<Candidate> candidates) {
  /** Most candidates of one wave, where their names leave room in the receipt for so many. */
  public static final int CANDIDATES_MAX = 250_000;

  /** Most instruments of one wave. */
  public static final int EXPOSURES_MAX = 1_000;

  /**
   * @throws IllegalArgumentException when a figure is out of its range, a position is there twice,
   *     or the defaulter is among the candidates
   */
  public AdlInput {
    require(waveId.matches("[A-Za-z0-9._-]{1,64}"), "a wave's id has 1 to 64 letters and digits");
    require(
        lookBackMs >= 0 && lookBackMs <= RealisedWindow.LOOK_BACK_MAX_MS,
        "the look-back is at most a day");
    require(fundMicros >= 0 && deficitMicros >= 0, "fund and deficit are not negative");
    require(candidatesMax >= 0, "candidates asked for are not negative");
    require(exposures.size() <= EXPOSURES_MAX, "too many exposures");
    require(candidates.size() <= CANDIDATES_MAX, "too many candidates");
    exposures = exposures.stream().sorted(Comparator.comparing(Exposure::instrument)).toList();
    for (int n = 1; n < exposures.size(); n++) {
      String instrument = exposures.get(n).instrument();
      require(!exposures.get(n - 1).instrument().equals(instrument), instrument + " twice");
    }
    candidates = ordered(candidates);
    Set<String> accounts = new HashSet<>();
    String instrument = "";
    for (Candidate candidate : candidates) {
      if (!candidate.instrument().equals(instrument)) accounts.clear();
      instrument = candidate.instrument();
      require(accounts.add(candidate.account()), candidate.account() + " twice in " + instrument);
      require(!candidate.account().equals(defaulter), "the defaulter is no candidate");
    }
  }

  private static List<Candidate> ordered(List<Candidate> candidates) {
    Map<String, List<Candidate>> byInstrument = new TreeMap<>();
    for (Candidate candidate : candidates) {
      byInstrument.computeIfAbsent(candidate.instrument(), _ -> new ArrayList<>()).add(candidate);
    }
    List<Candidate> ordered = new ArrayList<>(candidates.size());
    byInstrument.values().forEach(each -> ordered.addAll(Ranking.order(each)));
    return List.copyOf(ordered);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new IllegalArgumentException(otherwise);
  }

  /**
   * What may be taken from each candidate, in their order: its profit, bounded by the equity of its
   * account together with the account's other profits here.
   */
  public long[] baseMicros() {
    Map<String, List<Integer>> byAccount = new HashMap<>();
    for (int n = 0; n < candidates.size(); n++) {
      byAccount.computeIfAbsent(candidates.get(n).account(), _ -> new ArrayList<>(1)).add(n);
    }
    long[] bases = new long[candidates.size()];
    for (List<Integer> places : byAccount.values()) {
      long[] profits = new long[places.size()];
      long equity = Long.MAX_VALUE;
      for (int n = 0; n < profits.length; n++) {
        Candidate candidate = candidates.get(places.get(n));
        profits[n] = candidate.profitMicros();
        equity = Math.min(equity, candidate.equityMicros());
      }
      long[] bounded = ProfitBase.of(profits, equity);
      for (int n = 0; n < bounded.length; n++) bases[places.get(n)] = bounded[n];
    }
    return bases;
  }

  /** What is still to be decided of the same wave. */
  AdlInput remaining(long deficit, List<Exposure> exposed, List<Candidate> left) {
    return new AdlInput(
        waveId,
        pool,
        defaulter,
        atMs,
        parameterVersion,
        policy,
        lookBackMs,
        candidatesMax,
        fundMicros,
        deficit,
        exposed,
        left);
  }
}

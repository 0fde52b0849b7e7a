package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Who is nearest to being deleveraged among positions of one instrument and one side: by {@link
 * Score}, highest first, of equals the account that sorts first. A total order, so that parts found
 * on different nodes merge into what one node would have found.
 */
public final class Ranking {
  private record Ranked(Score score, Candidate candidate) {
    Ranked(Candidate candidate) {
      this(candidate.score(), candidate);
    }
  }

  private static final Comparator<Ranked> ORDER =
      Comparator.comparing(Ranked::score, Comparator.reverseOrder())
          .thenComparing(ranked -> ranked.candidate().account());

  private Ranking() {}

  /** Where one position stands; parts add up over nodes. */
  public record Standing(long ahead, long total) {
    /** Of two disjoint parts. */
    public Standing plus(Standing other) {
      return new Standing(ahead + other.ahead, total + other.total);
    }

    /** 1 for the first to be deleveraged. */
    public long rank() {
      return ahead + 1;
    }

    /** Five for the nearest fifth, one for the farthest: the lights that venues show. */
    public int lights() {
      return total == 0 ? 0 : (int) (5 - Math.min(4, ahead * 5 / total));
    }
  }

  /** The first so many, in order. */
  public static List<Candidate> top(Collection<Candidate> candidates, int most) {
    if (most <= 0) return List.of();
    if (candidates.size() <= most) return sorted(candidates.stream().map(Ranked::new).toList());
    PriorityQueue<Ranked> best = new PriorityQueue<>(most, ORDER.reversed());
    for (Candidate candidate : candidates) {
      Ranked ranked = new Ranked(candidate);
      if (best.size() == most) {
        if (ORDER.compare(ranked, best.element()) >= 0) continue;
        best.remove();
      }
      best.add(ranked);
    }
    return sorted(best);
  }

  /** The first so many of what several nodes found, each with at least as many of its own. */
  public static List<Candidate> merge(Collection<List<Candidate>> parts, int most) {
    List<Candidate> all = new ArrayList<>();
    parts.forEach(all::addAll);
    return top(all, most);
  }

  /** All, in order. */
  public static List<Candidate> order(Collection<Candidate> candidates) {
    return top(candidates, Integer.MAX_VALUE);
  }

  /**
   * Where a position stands among others; it may be one of them.
   *
   * @param others of the same instrument and side
   */
  public static Standing standing(Candidate own, Iterable<Candidate> others) {
    Ranked mine = new Ranked(own);
    long ahead = 0;
    long total = 0;
    for (Candidate other : others) {
      total++;
      if (ORDER.compare(new Ranked(other), mine) < 0) ahead++;
    }
    return new Standing(ahead, total);
  }

  private static List<Candidate> sorted(Collection<Ranked> ranked) {
    return ranked.stream().sorted(ORDER).map(Ranked::candidate).toList();
  }
}

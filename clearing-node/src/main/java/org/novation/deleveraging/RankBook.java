package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.novation.deleveraging.Ranking.Standing;

/**
 * The positions of one node in the order in which they are deleveraged, for each instrument and
 * side, as they were at one moment. Immutable: asked by any thread, each answer takes a search by
 * halves. The books of several nodes add up by {@link Standing#plus}.
 */
public final class RankBook {
  /** Without positions. */
  public static final RankBook EMPTY = new RankBook(List.of());

  private record Side(String instrument, int sign) {
    static Side of(Candidate position) {
      return new Side(position.instrument(), Long.signum(position.lots()));
    }
  }

  private record Place(Score score, String account) {}

  private static final Comparator<Place> ORDER =
      Comparator.comparing(Place::score, Comparator.reverseOrder()).thenComparing(Place::account);

  /** One side of one instrument: everybody in order, and where each account was. */
  private record Queue(List<Place> order, Map<String, Place> byAccount) {}

  private final Map<Side, Queue> queues = new HashMap<>();

  /** Of these positions, of any instrument and side. */
  public RankBook(Collection<Candidate> positions) {
    Map<Side, List<Place>> places = new HashMap<>();
    for (Candidate position : positions) {
      places
          .computeIfAbsent(Side.of(position), _ -> new ArrayList<>())
          .add(new Place(position.score(), position.account()));
    }
    places.forEach(
        (side, each) -> {
          each.sort(ORDER);
          Map<String, Place> byAccount = HashMap.newHashMap(each.size());
          for (Place place : each) byAccount.put(place.account(), place);
          queues.put(side, new Queue(each, byAccount));
        });
  }

  /**
   * Where a position stands among those of this book, as it is now: should the book know the
   * account from before, that does not count.
   */
  public Standing standing(Candidate own) {
    Queue queue = queues.get(Side.of(own));
    if (queue == null) return new Standing(0, 0);
    Place now = new Place(own.score(), own.account());
    int found = Collections.binarySearch(queue.order(), now, ORDER);
    long ahead = found >= 0 ? found : -(found + 1);
    Place before = queue.byAccount().get(own.account());
    if (before == null) return new Standing(ahead, queue.order().size());
    if (ORDER.compare(before, now) < 0) ahead--;
    return new Standing(ahead, queue.order().size() - 1L);
  }
}

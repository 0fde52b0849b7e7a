package org.novation.account;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Collections that are empty nearly always, in objects of which there are very many: they take no
 * memory while they are. They start as {@code List.of()} or {@code Set.of()} and return to it.
 */
final class Sparse {
  private Sparse() {}

  /** The list with one more element at its end. */
  static <E> List<E> plus(List<E> list, E element) {
    List<E> larger = list.isEmpty() ? new ArrayList<>() : list;
    larger.add(element);
    return larger;
  }

  /** The set with this element. */
  static <E> Set<E> plus(Set<E> set, E element) {
    Set<E> larger = set.isEmpty() ? new HashSet<>() : set;
    larger.add(element);
    return larger;
  }

  /** The set without this element. */
  static <E> Set<E> minus(Set<E> set, E element) {
    if (set.isEmpty()) return set;
    set.remove(element);
    return set.isEmpty() ? Set.of() : set;
  }
}

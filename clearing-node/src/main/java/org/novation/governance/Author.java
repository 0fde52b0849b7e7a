package org.novation.governance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.governance.GovernanceEvent.Origin;

/**
 * Whose commands are remembered together, and the newest of them that took effect.
 *
 * @param name a voter, {@code council/} and a member, or {@code proposal/} and what is executed
 * @param known in the order in which they came
 * @param forgottenThroughMs nothing of his that was issued later is forgotten
 */
public record Author(String name, List<Origin> known, long forgottenThroughMs) {
  public Author {
    known = List.copyOf(known);
  }

  static Author of(String name) {
    return new Author(name, List.of(), Long.MIN_VALUE);
  }

  @Nullable Origin find(String id) {
    return known.stream().filter(each -> each.id().equals(id)).findFirst().orElse(null);
  }

  Author with(Origin origin) {
    List<Origin> then = new ArrayList<>(without(origin.id()).known);
    then.add(origin);
    return new Author(name, then, forgottenThroughMs);
  }

  Author without(String id) {
    return new Author(
        name, known.stream().filter(each -> !each.id().equals(id)).toList(), forgottenThroughMs);
  }

  /** Forgets what was issued first: what is newest stays known, whichever clock issued it. */
  Author withoutFirst() {
    Origin first = known.stream().min(Comparator.comparingLong(Origin::issuedAtMs)).orElseThrow();
    List<Origin> then = new ArrayList<>(known);
    then.remove(first);
    return new Author(name, then, Math.max(forgottenThroughMs, first.issuedAtMs()));
  }

  /** When the newest was issued. */
  long newestMs() {
    return known.stream().mapToLong(Origin::issuedAtMs).reduce(forgottenThroughMs, Math::max);
  }
}

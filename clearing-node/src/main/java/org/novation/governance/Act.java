package org.novation.governance;

import java.util.List;

/**
 * What members of the council are about to do, once enough of them approve. Immutable.
 *
 * @param changes that tighten; none when it cancels
 * @param cancels the proposal that it stops; empty when it tightens
 * @param sha256 of all that: whoever approves names it
 * @param approvedBy in the order in which they did, the first proposed it
 * @param untilMs then it lapses: no approval lies about to be used another day
 */
public record Act(
    String id,
    String reason,
    List<Change> changes,
    String cancels,
    String sha256,
    List<String> approvedBy,
    long untilMs) {
  public Act {
    changes = List.copyOf(changes);
    approvedBy = List.copyOf(approvedBy);
  }

  /** Who proposed it. */
  String begunBy() {
    return approvedBy.getFirst();
  }
}

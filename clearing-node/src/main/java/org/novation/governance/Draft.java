package org.novation.governance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What nobody has proposed yet: whole changes, as a proposal would have them, or why none could.
 *
 * @param changes empty when it is refused
 * @param refusal null when it could be proposed, by somebody with the stake for it
 */
public record Draft(List<Change> changes, @Nullable Refusal refusal) {
  public Draft {
    changes = List.copyOf(changes);
  }

  /** What changes, as it is stored. */
  public List<Change.Written> written() {
    return changes.stream().map(Change::written).toList();
  }

  /**
   * Held to every bound that a proposal is held to.
   *
   * @param nowMs house time
   */
  public static Draft of(ParameterSet inForce, List<Amendment> amendments, long nowMs) {
    try {
      return new Draft(new Amendments(inForce).changes(amendments, nowMs), null);
    } catch (Amendments.Refused refused) {
      return new Draft(List.of(), refused.why());
    }
  }
}

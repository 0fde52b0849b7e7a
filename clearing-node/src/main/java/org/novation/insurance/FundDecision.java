package org.novation.insurance;

import java.util.List;

/** The answer to a command. */
public sealed interface FundDecision {
  /** To be recorded in this order, at once or not at all. Nothing to record: done before. */
  record Accepted(List<FundEvent> events) implements FundDecision {
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /** Nothing changes. */
  record Refused(FundRefusal why) implements FundDecision {}

  /**
   * Not decided, and nothing changes: the id is unknown here but may have been forgotten. Its
   * journal knows; decide again with what that says.
   *
   * @param id of the contribution or the liquidation
   */
  record LookUp(String id) implements FundDecision {}
}

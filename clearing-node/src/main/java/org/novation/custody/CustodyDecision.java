package org.novation.custody;

import java.util.List;

/** The answer to a command. */
public sealed interface CustodyDecision {
  /** To be recorded in this order, at once or not at all. Nothing to record: done before. */
  record Accepted(List<CustodyEvent> events) implements CustodyDecision {
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /**
   * It is not done.
   *
   * @param events to be recorded all the same: that it was attempted; mostly none
   */
  record Refused(CustodyRefusal why, List<CustodyEvent> events) implements CustodyDecision {
    public Refused {
      events = List.copyOf(events);
    }
  }

  /**
   * Not decided, and nothing changes: the id is unknown here but may have been forgotten. The
   * journal knows; decide again with what it says.
   *
   * @param id {@link JournalSays#id}
   */
  record LookUp(String id) implements CustodyDecision {}
}

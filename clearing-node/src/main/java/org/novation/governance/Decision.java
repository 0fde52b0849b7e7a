package org.novation.governance;

import java.util.List;

/** What comes of a command. */
public sealed interface Decision {
  /** It is done by these events; by none when it was done before, or nothing is due. */
  record Accepted(List<GovernanceEvent> events) implements Decision {
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /** It has no effect. */
  record Refused(Refusal why) implements Decision {}
}

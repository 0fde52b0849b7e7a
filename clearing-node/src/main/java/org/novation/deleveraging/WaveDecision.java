package org.novation.deleveraging;

import java.util.List;

/** The answer to a command. */
public sealed interface WaveDecision {
  /** To be recorded in this order, at once or not at all. Nothing to record: known before. */
  record Accepted(List<WaveEvent> events) implements WaveDecision {
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /** Nothing changes. */
  record Refused(WaveRefusal why) implements WaveDecision {}
}

package org.novation.brake;

import java.util.List;
import org.novation.risk.Operation;

/** The pauses of the whole house, over or not. */
public record Pauses(List<Pause> all) {
  /** Nothing is paused. */
  public static final Pauses NONE = new Pauses(List.of());

  public Pauses {
    all = List.copyOf(all);
  }

  /** Until when an operation is paused in a market or for an asset; 0 when it is not. */
  public long untilMs(Operation operation, String market) {
    long until = 0;
    for (Pause pause : all) {
      if (pause.isOf(operation, market) || pause.isOf(operation, Pause.EVERYWHERE))
        until = Math.max(until, pause.untilMs());
    }
    return until;
  }
}

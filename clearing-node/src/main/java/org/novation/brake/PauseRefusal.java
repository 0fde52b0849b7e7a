package org.novation.brake;

import org.novation.risk.Operation;

/** Why a command on pauses has no effect; an ordinary answer. */
public sealed interface PauseRefusal {
  /** The pause would be over already. */
  record InThePast(long untilMs, long nowMs) implements PauseRefusal {}

  /** There is nothing to lift: a pause everywhere is lifted everywhere, not in one market. */
  record NotPaused(Operation operation, String market) implements PauseRefusal {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements PauseRefusal {}
}

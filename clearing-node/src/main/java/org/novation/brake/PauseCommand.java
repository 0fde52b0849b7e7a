package org.novation.brake;

import org.novation.risk.Operation;

/** What an operator asks. The id counts once: again with the same content changes nothing. */
public sealed interface PauseCommand {
  String id();

  /** To pause an operation, in place of an earlier pause of it there. See {@link Pause}. */
  record Set(
      String id, Operation operation, String market, long untilMs, String reason, String operator)
      implements PauseCommand {}

  /** To lift a pause before its time. */
  record Clear(String id, Operation operation, String market, String reason, String operator)
      implements PauseCommand {}
}

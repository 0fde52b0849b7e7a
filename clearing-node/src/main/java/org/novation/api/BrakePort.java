package org.novation.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.novation.brake.Pause;
import org.novation.brake.PauseCommand;
import org.novation.brake.PauseRefusal;

/** What the edge asks of the brakes. No method waits. */
public interface BrakePort {
  /**
   * Sets or lifts a pause.
   *
   * @return why it has no effect; empty when it was done, or had been
   */
  CompletionStage<Optional<PauseRefusal>> ask(PauseCommand command);

  /** Whether the kill switch is thrown, as this node has heard. */
  boolean killed();

  /** What is paused now, as this node has heard. */
  List<Pause> pauses();
}

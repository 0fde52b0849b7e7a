package org.novation.api;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.novation.access.RevocationCommand;
import org.novation.access.RevocationRefusal;
import org.novation.access.Revocations;

/** What the edge asks of revocations. No method waits. */
public interface AccessPort {
  /**
   * Takes something back.
   *
   * @return why it has no effect; empty when it was done, or had been
   */
  CompletionStage<Optional<RevocationRefusal>> ask(RevocationCommand command);

  /** What is taken back now, as this node has heard. */
  Revocations revocations();
}

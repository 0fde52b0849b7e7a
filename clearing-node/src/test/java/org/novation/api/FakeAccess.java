package org.novation.api;

import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.novation.access.RevocationBook;
import org.novation.access.RevocationCommand;
import org.novation.access.RevocationRefusal;
import org.novation.access.Revocations;

/** Revocations by the real rules, heard at once. */
public final class FakeAccess implements AccessPort {
  private final Queue<String> forwarded;
  private volatile Revocations heard = Revocations.NONE;

  FakeAccess(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  /** Gives back what was taken: the next test starts anew. */
  void forget() {
    heard = Revocations.NONE;
  }

  @Override
  public synchronized CompletionStage<Optional<RevocationRefusal>> ask(RevocationCommand command) {
    forwarded.add("ask " + command);
    RevocationBook.Decision decision = heard.book().decide(command, System.currentTimeMillis());
    if (decision.event() != null) heard = new Revocations(heard.book().apply(decision.event()));
    return CompletableFuture.completedStage(Optional.ofNullable(decision.refusal()));
  }

  @Override
  public Revocations revocations() {
    return heard;
  }
}

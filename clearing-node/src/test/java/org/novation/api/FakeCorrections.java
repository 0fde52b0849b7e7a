package org.novation.api;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionActor.Answered;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCase;
import org.novation.clearing.CorrectionCommand;

/** Corrections as the edge sees them: a real book, without a journal. */
final class FakeCorrections implements CorrectionPort {
  private final Queue<String> forwarded;
  private CorrectionBook book = CorrectionBook.EMPTY;

  FakeCorrections(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  @Override
  public synchronized CompletionStage<Answered> ask(CorrectionCommand command) {
    forwarded.add("correction: " + command);
    CorrectionBook.Decision decision = book.decide(command, 2_000, 86_400_000);
    if (decision.event() != null) book = book.apply(decision.event());
    return CompletableFuture.completedFuture(
        new Answered(
            decision.refusal() == null ? book.find(id(command)) : null, decision.refusal()));
  }

  private static String id(CorrectionCommand command) {
    return switch (command) {
      case CorrectionCommand.Propose(Correction correction) -> correction.id();
      case CorrectionCommand.Approve approve -> approve.id();
      case CorrectionCommand.Reject reject -> reject.id();
      case CorrectionCommand.NoteCarriedOut(String id, _) -> id;
    };
  }

  @Override
  public synchronized CompletionStage<CorrectionBook> read() {
    forwarded.add("read corrections");
    return CompletableFuture.completedFuture(book);
  }

  synchronized CorrectionCase find(String id) {
    CorrectionCase of = book.find(id);
    if (of == null) throw new AssertionError("no correction " + id);
    return of;
  }
}

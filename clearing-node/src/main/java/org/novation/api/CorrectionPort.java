package org.novation.api;

import java.util.concurrent.CompletionStage;
import org.novation.clearing.CorrectionActor.Answered;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCommand;

/** What the edge asks of corrections. No method waits. */
public interface CorrectionPort {
  /** Decides a command; answered once it is written. */
  CompletionStage<Answered> ask(CorrectionCommand command);

  /** Everything that is remembered. */
  CompletionStage<CorrectionBook> read();
}

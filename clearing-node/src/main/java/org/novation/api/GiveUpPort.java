package org.novation.api;

import java.util.concurrent.CompletionStage;
import org.novation.clearing.GiveUpActor.Answered;
import org.novation.clearing.GiveUpBook;
import org.novation.clearing.GiveUpCommand;

/** What the edge asks of give-ups. No method waits. */
public interface GiveUpPort {
  /**
   * Decides a command about what is given up to an account; answered once what it leads to is
   * known.
   */
  CompletionStage<Answered> ask(String toAccount, GiveUpCommand command);

  /** What is given up to an account. */
  CompletionStage<GiveUpBook> read(String toAccount);
}

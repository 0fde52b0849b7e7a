package org.novation.api;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.novation.custody.CustodyActor.Answer;
import org.novation.custody.CustodyCommand;
import org.novation.custody.Withdrawal;

/** What the edge asks of custody. No method waits; a failed stage means that it is unknown. */
public interface CustodyPort {
  /** Whether this house has custody at all. */
  boolean isThere();

  /** Has a command decided; may be repeated. */
  CompletionStage<Answer> ask(CustodyCommand command);

  /** One withdrawal, however long ago. */
  CompletionStage<Answer> find(String account, String withdrawalId);

  /**
   * Withdrawals that are remembered, oldest first.
   *
   * @param account empty for all
   * @param after only those with a greater number
   */
  CompletionStage<Answer> list(String account, long after, int limit);

  /** Who the custodians are and what lies in the vaults. */
  CompletionStage<Answer> read();

  /**
   * Calls {@code changed} with every withdrawal that this node hears has changed, until closed; it
   * must not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Consumer<Withdrawal> changed);
}

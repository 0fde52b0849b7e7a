package org.novation.node;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.Answer;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.governance.GovernanceActor.Move;
import org.novation.governance.GovernanceActor.Moved;
import org.novation.instrument.Catalogue;

/**
 * Where staked tokens are: an account of the house's. They come and go by transfers between
 * accounts, which are known by their ids for ever, so that each counts once.
 */
final class StakeVault {
  private final String token; // Of six decimals, as its settings require.
  private final Catalogue listed;
  private final AtomicReference<@Nullable AccountPort> accounts = new AtomicReference<>();

  StakeVault(NodeSettings settings) {
    GovernanceSettings rules = settings.governance();
    this.token = rules == null ? "" : rules.token();
    this.listed = settings.catalogue();
  }

  /** The accounts are there, and its own is open; before, nothing moves. */
  void open(AccountPort port) {
    accounts.set(port);
  }

  /** Moves tokens. The answer is unknown where an account does not say. */
  CompletionStage<Moved> move(Move move) {
    AccountPort port = accounts.get();
    if (port == null) return CompletableFuture.completedFuture(new Moved.Unknown());
    String from = move.in() ? move.account() : HouseAccount.STAKES;
    String to = move.in() ? HouseAccount.STAKES : move.account();
    return port.transfer(from, move.id(), to, token, move.micros())
        .thenApply(this::moved)
        .exceptionally(_ -> new Moved.Unknown());
  }

  private Moved moved(Answer<Long> answer) {
    return switch (answer) {
      case Answer.Done<Long> _ -> new Moved.Done();
      case Answer.Refused<Long>(Rejection why) -> {
        Problem problem = Refusals.problem(why, listed);
        yield new Moved.Refused(problem.reason() + ", " + problem.message());
      }
      case Answer.Unavailable<Long> _ -> new Moved.Unknown();
    };
  }
}

package org.novation.api;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.novation.custody.CustodianSet;
import org.novation.custody.CustodyActor.Answer;
import org.novation.custody.CustodyActor.Done;
import org.novation.custody.CustodyActor.Figures;
import org.novation.custody.CustodyActor.Withdrawals;
import org.novation.custody.CustodyCommand;
import org.novation.custody.Withdrawal;

/** Custody of which one withdrawal of Alice is known, and that agrees to everything. */
final class FakeCustody implements CustodyPort {
  static final Withdrawal WITHDRAWAL =
      new Withdrawal(
          7,
          "a-1",
          "w-1",
          "ethereum",
          "USDC",
          1_500_000,
          "0xto",
          1_000,
          9_000,
          new Withdrawal.State.Open(8, 2_000, List.of(), List.of()));

  final List<Consumer<Withdrawal>> listeners = new CopyOnWriteArrayList<>();
  volatile Answer answer = new Done(WITHDRAWAL, null);
  private final Queue<String> forwarded;

  FakeCustody(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  @Override
  public boolean isThere() {
    return true;
  }

  @Override
  public CompletionStage<Answer> ask(CustodyCommand command) {
    forwarded.add(command.toString());
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public CompletionStage<Answer> find(String account, String withdrawalId) {
    forwarded.add("withdrawal " + withdrawalId + " of " + account);
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public CompletionStage<Answer> list(String account, long after, int limit) {
    forwarded.add("withdrawals of " + account + " after " + after);
    return CompletableFuture.completedFuture(new Withdrawals(List.of(WITHDRAWAL), 1));
  }

  @Override
  public CompletionStage<Answer> read() {
    forwarded.add("custody");
    return CompletableFuture.completedFuture(
        new Figures("novation-test", CustodianSet.NONE, List.of(), 0));
  }

  @Override
  public AccountPort.Watch listen(Consumer<Withdrawal> changed) {
    listeners.add(changed);
    return () -> listeners.remove(changed);
  }
}

package org.novation.api;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.novation.governance.Draft;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Done;
import org.novation.governance.GovernanceActor.Found;
import org.novation.governance.GovernanceActor.Listed;
import org.novation.governance.GovernanceActor.StakeFound;
import org.novation.governance.GovernanceActor.Summary;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.GovernanceSnapshot;
import org.novation.governance.Impact;
import org.novation.governance.ParameterSet;
import org.novation.governance.Proposal;

/** Governance that agrees to everything, and where one proposal is voted. */
final class FakeGovernance implements GovernancePort {
  static final GovernanceSnapshot.At VOTING =
      new GovernanceSnapshot.At("Voting", List.of(9_000L, 100_000L, 500_000L, 1L, 1L), "");
  static final Summary PROPOSAL =
      new Summary(
          "p-1", "a-1", "a band", 1_000, List.of("contract/BTC-PERP"), VOTING, 100, 30, 20, 10);

  final List<Consumer<Summary>> listeners = new CopyOnWriteArrayList<>();
  volatile Answer answer = new Done(1, List.of());
  private final Queue<String> forwarded;

  FakeGovernance(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  @Override
  public boolean isThere() {
    return true;
  }

  @Override
  public CompletionStage<Answer> ask(GovernanceCommand.Asked command) {
    forwarded.add(command.toString());
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public CompletionStage<Answer> find(String proposalId, String voter) {
    forwarded.add("proposal " + proposalId);
    return CompletableFuture.completedFuture(new Found(null));
  }

  @Override
  public CompletionStage<Answer> list() {
    forwarded.add("proposals");
    return CompletableFuture.completedFuture(
        new Listed(List.of(PROPOSAL), List.of(), 100, 100, false));
  }

  @Override
  public CompletionStage<Answer> stake(String account) {
    forwarded.add("stake of " + account);
    return CompletableFuture.completedFuture(new StakeFound(account, 100, 100, "", 100, List.of()));
  }

  @Override
  public CompletionStage<Preview> preview(Proposal proposal) {
    forwarded.add("preview of " + proposal.id());
    return CompletableFuture.completedFuture(new Preview(Impact.none(), 0, 0, 1_000));
  }

  @Override
  public CompletionStage<Preview> preview(Draft draft) {
    forwarded.add("preview of " + draft.changes());
    return CompletableFuture.completedFuture(new Preview(Impact.none(), 0, 0, 1_000));
  }

  @Override
  public ParameterSet inForce() {
    forwarded.add("parameters");
    return ParameterSet.NONE;
  }

  @Override
  public long nowMs() {
    return 1_000;
  }

  @Override
  public AccountPort.Watch listen(Consumer<Summary> changed) {
    listeners.add(changed);
    return () -> listeners.remove(changed);
  }
}

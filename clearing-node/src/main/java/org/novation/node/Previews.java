package org.novation.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.novation.api.GovernancePort;
import org.novation.api.GovernancePort.Preview;
import org.novation.governance.Change;
import org.novation.governance.Draft;
import org.novation.governance.Impact;
import org.novation.governance.Proposal;
import org.novation.insurance.FundReading;
import org.novation.node.PreviewActor.Reckoned;

/**
 * What proposals, or drafts of them, would do to the accounts of the cluster: asked of every node
 * when somebody wants to know, of the same changes at most every few seconds however many ask.
 */
final class Previews {
  private static final Duration AGE = Duration.ofSeconds(10);

  /** Longer than a node waits for its accounts. */
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  private static final int KNOWN_MAX = 64;

  /** So many at most are of what was not proposed: they take no proposal's place. */
  private static final int DRAFTS_MAX = 4;

  private record Known(CompletableFuture<Preview> preview, boolean drafted, long sinceNanos) {}

  private final ActorSystem<?> system;
  private final FundBoard fund;
  private final LongSupplier houseMs;
  private final LongSupplier nanos;
  // By what changes; guarded by itself.
  private final Map<List<Change.Written>, Known> known = new HashMap<>();

  Previews(ActorSystem<?> system, FundBoard fund, LongSupplier houseMs, LongSupplier nanos) {
    this.system = system;
    this.fund = fund;
    this.houseMs = houseMs;
    this.nanos = nanos;
  }

  /** What it would do by the prices and positions of now, or of some seconds ago. */
  CompletionStage<Preview> of(Proposal proposal) {
    return of(proposal.written(), false);
  }

  /** The same of what was not proposed: there is no end of that, so only a few at a time. */
  CompletionStage<Preview> of(Draft draft) {
    return of(draft.written(), true);
  }

  private CompletionStage<Preview> of(List<Change.Written> changes, boolean drafted) {
    CompletableFuture<Preview> preview;
    synchronized (known) {
      known.values().removeIf(this::isOld);
      Known before = known.get(changes);
      if (before != null) return before.preview().copy();
      if (known.size() >= KNOWN_MAX || (drafted && drafts() >= DRAFTS_MAX))
        return CompletableFuture.failedFuture(GovernancePort.tooManyPreviews());
      preview = new CompletableFuture<>();
      known.put(changes, new Known(preview, drafted, nanos.getAsLong()));
    }
    var _ =
        EveryNode.ask(
                system,
                PreviewActor.KEY,
                Reckoned.class,
                (tag, replyTo) -> new PreviewActor.Reckon(tag, changes, replyTo),
                PATIENCE)
            .thenApply(this::merged)
            .whenComplete(
                (merged, failure) -> {
                  if (failure == null) {
                    preview.complete(merged);
                  } else {
                    forget(changes);
                    preview.completeExceptionally(failure);
                  }
                });
    return preview.copy();
  }

  /** Whoever asks again is not to hear for seconds of what failed once. */
  private void forget(List<Change.Written> changes) {
    synchronized (known) {
      known.remove(changes);
    }
  }

  private long drafts() {
    return known.values().stream().filter(Known::drafted).count();
  }

  private boolean isOld(Known each) {
    return each.preview().isDone() && nanos.getAsLong() - each.sinceNanos() > AGE.toNanos();
  }

  private Preview merged(List<Reckoned> parts) {
    Impact impact = Impact.none();
    long asked = 0;
    for (Reckoned part : parts) {
      impact = impact.merge(part.impact());
      asked += part.asked();
    }
    FundReading reading = fund.newest();
    long available = reading == null ? 0 : reading.houseMicros() + reading.balanceMicros();
    return new Preview(impact, asked, available, houseMs.getAsLong());
  }
}

package org.novation.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.novation.api.GovernancePort.Preview;
import org.novation.governance.Impact;
import org.novation.governance.Proposal;
import org.novation.insurance.FundReading;
import org.novation.node.PreviewActor.Reckoned;

/**
 * What proposals would do to the accounts of the cluster: asked of every node when somebody wants
 * to know, of one proposal at most every few seconds however many ask.
 */
final class Previews {
  private static final Duration AGE = Duration.ofSeconds(10);

  /** Longer than a node waits for its accounts. */
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  private static final int KNOWN_MAX = 64;

  private record Known(CompletableFuture<Preview> preview, long sinceNanos) {}

  private final ActorSystem<?> system;
  private final FundBoard fund;
  private final LongSupplier houseMs;
  private final LongSupplier nanos;
  private final Map<String, Known> known = new HashMap<>(); // By what is voted; guarded by itself.

  Previews(ActorSystem<?> system, FundBoard fund, LongSupplier houseMs, LongSupplier nanos) {
    this.system = system;
    this.fund = fund;
    this.houseMs = houseMs;
    this.nanos = nanos;
  }

  /** What it would do by the prices and positions of now, or of some seconds ago. */
  CompletionStage<Preview> of(Proposal proposal) {
    CompletableFuture<Preview> preview;
    synchronized (known) {
      known.values().removeIf(this::isOld);
      Known before = known.get(proposal.sha256());
      if (before != null) return before.preview().copy();
      if (known.size() >= KNOWN_MAX)
        return CompletableFuture.failedFuture(
            new IllegalStateException("too many previews at a time"));
      preview = new CompletableFuture<>();
      known.put(proposal.sha256(), new Known(preview, nanos.getAsLong()));
    }
    var _ =
        EveryNode.ask(
                system,
                PreviewActor.KEY,
                Reckoned.class,
                (tag, replyTo) -> new PreviewActor.Reckon(tag, proposal.written(), replyTo),
                PATIENCE)
            .thenApply(this::merged)
            .whenComplete(
                (merged, failure) -> {
                  if (failure == null) preview.complete(merged);
                  else preview.completeExceptionally(failure);
                });
    return preview.copy();
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

package org.novation.node;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.novation.api.GovernancePort;
import org.novation.api.GovernancePort.Preview;
import org.novation.governance.Change;
import org.novation.governance.Draft;
import org.novation.governance.Governance;
import org.novation.governance.Impact;
import org.novation.governance.Proposal;
import org.novation.insurance.FundReading;
import org.novation.node.PreviewActor.Reckoned;

/**
 * What proposals, or drafts of them, would do to the accounts of the cluster: asked of every node
 * when somebody wants to know, of the same changes at most every few seconds however many ask, and
 * of two with a rest between: each asks every account. Whoever asks meanwhile is told what was
 * known last.
 */
final class Previews {
  private static final Duration AGE = Duration.ofSeconds(10);

  /** From when one begins until the next may. */
  static final Duration REST = Duration.ofSeconds(2);

  /** Who asks for what nobody knows yet waits for so long at most. */
  static final Duration TURN_MAX = Duration.ofSeconds(10);

  /** Longer than a node waits for its accounts. */
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  /** So many at most are of what was not proposed: they take no proposal's place. */
  private static final int DRAFTS_MAX = 4;

  private static final int KNOWN_MAX = Governance.OPEN_MAX + DRAFTS_MAX;

  private record Known(CompletableFuture<Preview> preview, boolean drafted, long sinceNanos) {}

  /** Has something done later. */
  @FunctionalInterface
  interface Later {
    void run(Duration after, Runnable what);
  }

  private final Function<List<Change.Written>, CompletionStage<Preview>> reckon;
  private final Later later;
  private final LongSupplier nanos;
  // By what changes, in the order in which they were begun; guarded by itself.
  private final Map<List<Change.Written>, Known> known = new LinkedHashMap<>();
  private boolean begun;
  private long turnNanos; // When the next may begin, once one has begun.

  Previews(
      Function<List<Change.Written>, CompletionStage<Preview>> reckon,
      Later later,
      LongSupplier nanos) {
    this.reckon = reckon;
    this.later = later;
    this.nanos = nanos;
  }

  /** Of the accounts of all nodes. */
  static Previews of(
      ActorSystem<?> system, FundBoard fund, LongSupplier houseMs, LongSupplier nanos) {
    return new Previews(
        changes ->
            EveryNode.ask(
                    system,
                    PreviewActor.KEY,
                    Reckoned.class,
                    (tag, replyTo) -> new PreviewActor.Reckon(tag, changes, replyTo),
                    PATIENCE)
                .thenApply(parts -> merged(parts, fund.newest(), houseMs.getAsLong())),
        (after, what) -> system.scheduler().scheduleOnce(after, what, system.executionContext()),
        nanos);
  }

  /** What it would do by the prices and positions of now, or of some time ago. */
  CompletionStage<Preview> of(Proposal proposal) {
    return of(proposal.written(), false);
  }

  /** The same of what was not proposed: there is no end of that, so only a few at a time. */
  CompletionStage<Preview> of(Draft draft) {
    return of(draft.written(), true);
  }

  private CompletionStage<Preview> of(List<Change.Written> changes, boolean drafted) {
    CompletableFuture<Preview> preview;
    long waitNanos;
    synchronized (known) {
      long now = nanos.getAsLong();
      waitNanos = begun ? Math.max(0, turnNanos - now) : 0;
      known.values().removeIf(each -> each.drafted() && isOld(each, now));
      Known before = known.get(changes);
      if (before != null && (waitNanos > 0 || !isOld(before, now))) return before.preview().copy();
      if (waitNanos > TURN_MAX.toNanos() || (drafted && drafts() >= DRAFTS_MAX))
        return CompletableFuture.failedFuture(GovernancePort.tooManyPreviews());
      begun = true;
      turnNanos = now + waitNanos + REST.toNanos();
      preview = new CompletableFuture<>();
      known.remove(changes);
      if (known.size() >= KNOWN_MAX) known.remove(known.keySet().iterator().next());
      known.put(changes, new Known(preview, drafted, now));
    }
    if (waitNanos == 0) begin(changes, preview);
    else later.run(Duration.ofNanos(waitNanos), () -> begin(changes, preview));
    return preview.copy();
  }

  private void begin(List<Change.Written> changes, CompletableFuture<Preview> preview) {
    var _ =
        reckon
            .apply(changes)
            .whenComplete(
                (merged, failure) -> {
                  if (failure == null) {
                    preview.complete(merged);
                  } else {
                    forget(changes);
                    preview.completeExceptionally(failure);
                  }
                });
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

  private static boolean isOld(Known each, long now) {
    return each.preview().isDone() && now - each.sinceNanos() > AGE.toNanos();
  }

  private static Preview merged(List<Reckoned> parts, @Nullable FundReading reading, long nowMs) {
    Impact impact = Impact.none();
    long asked = 0;
    for (Reckoned part : parts) {
      impact = impact.merge(part.impact());
      asked += part.asked();
    }
    long available = reading == null ? 0 : reading.houseMicros() + reading.balanceMicros();
    return new Preview(impact, asked, available, nowMs);
  }
}

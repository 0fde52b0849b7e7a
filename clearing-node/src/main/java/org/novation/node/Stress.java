package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.novation.api.InsurancePort;
import org.novation.insurance.CoverTwo;
import org.novation.node.StressActor.Reckoned;
import org.novation.risk.StressMoves;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the accounts of the cluster would lose beyond their own money under the stress moves: asked
 * of every node when somebody wants to know, at most every few seconds and for at most a tenth of
 * the time. Nobody pays for it while nobody looks.
 */
final class Stress {
  private static final Logger LOG = LoggerFactory.getLogger(Stress.class);
  private static final Duration AGE = Duration.ofSeconds(5);
  private static final int AGE_PER_EFFORT = 9;

  /** Longer than a node waits for its accounts. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ActorSystem<?> system;
  private final LongSupplier houseMs;
  private final LongSupplier nanos;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile long nextNanos;
  private volatile InsurancePort.@Nullable Stress newest;

  Stress(ActorSystem<?> system, LongSupplier houseMs, LongSupplier nanos) {
    this.system = system;
    this.houseMs = houseMs;
    this.nanos = nanos;
    this.nextNanos = nanos.getAsLong();
  }

  /**
   * The newest that is known; null while nothing is. Has it renewed when it is old; never waits.
   */
  InsurancePort.@Nullable Stress newest() {
    if (nanos.getAsLong() - nextNanos >= 0 && asking.compareAndSet(false, true)) renew();
    return newest;
  }

  private void renew() {
    long sinceNanos = nanos.getAsLong();
    var _ =
        EveryNode.ask(system, StressActor.KEY, Reckoned.class, StressActor.Reckon::new, PATIENCE)
            .whenComplete(
                (parts, failure) -> {
                  if (failure == null) newest = merged(parts);
                  else
                    LOG.warn("The stress losses are as old as they were: {}", failure.toString());
                  long nowNanos = nanos.getAsLong();
                  nextNanos =
                      nowNanos + Math.max(AGE.toNanos(), AGE_PER_EFFORT * (nowNanos - sinceNanos));
                  asking.set(false);
                });
  }

  private InsurancePort.Stress merged(List<Reckoned> parts) {
    CoverTwo losses = CoverTwo.none(StressMoves.PPM.size());
    long reckoned = 0;
    for (Reckoned part : parts) {
      losses = losses.merge(part.losses());
      reckoned += part.reckoned();
    }
    return new InsurancePort.Stress(losses, StressMoves.PPM, reckoned, houseMs.getAsLong());
  }
}

package org.novation.node;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.novation.api.Hands;
import org.novation.node.clockwork.Clockwork;

/**
 * What makes a node go: threads and the machine's clock, or, so that the same questions always have
 * the same answers, a {@link Clockwork}. A node asks it for every thread, every timer and every
 * time of day but the house's.
 */
public sealed interface Engine permits ThreadEngine, ClockworkEngine {
  /** Threads and the machine's clock. */
  static Engine threads() {
    return new ThreadEngine();
  }

  /**
   * One thread and virtual time. Its clients are in the same process, see {@link Hands}.
   *
   * @param clockwork which the caller drives once the node has started
   * @param listens whether others may call through the port too; what they do comes at any moment
   */
  static Engine of(Clockwork clockwork, boolean listens) {
    return new ClockworkEngine(clockwork, listens);
  }

  /** Milliseconds since 1970, for how long something waits; never for what it is worth. */
  long wallMs();

  /** Nanoseconds since any moment. */
  long nanos();

  /** For what must differ from one life of a node to the next. */
  RandomGenerator random();

  /** An actor system without guardian. */
  ActorSystem<Void> system(String name, Config config);

  /** This node's part in the cluster. */
  Cluster cluster(ActorSystem<?> system);

  /** Sharding, whose calls may be made on the starting thread. */
  ClusterSharding sharding(ActorSystem<?> system);

  /** Waits until something is so; false when it is not after so long. */
  boolean await(BooleanSupplier done, Duration atMost);

  /**
   * What a stage gives.
   *
   * @throws TimeoutException when it gives nothing for so long
   * @throws java.util.concurrent.CompletionException when it fails
   */
  <T> T await(CompletionStage<T> stage, Duration atMost) throws TimeoutException;

  /** The house's alarms. */
  Alarms alarms(LongSupplier houseMs);

  /** Runs what waits for a database; its caller shuts it down. */
  ExecutorService newBlocking();

  /** The actor system has ended: clears away what waited for that. */
  void ended();

  /** Who works at the edge; null where it has threads of its own. */
  @Nullable Hands hands();
}

package org.novation.node;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.novation.api.Hands;

/** Pekko's threads, a few of its own, and the machine's clock. */
final class ThreadEngine implements Engine {
  private static final int BLOCKING = 4;
  private static final Duration LOOK = Duration.ofMillis(20);

  @Override
  public long wallMs() {
    return System.currentTimeMillis();
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  @Override
  public ActorSystem<Void> system(String name, Config config) {
    return ActorSystem.create(Behaviors.empty(), name, config);
  }

  @Override
  public Cluster cluster(ActorSystem<?> system) {
    return Cluster.get(system);
  }

  @Override
  public ClusterSharding sharding(ActorSystem<?> system) {
    return ClusterSharding.get(system);
  }

  @Override
  public boolean await(BooleanSupplier done, Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() > deadline) return false;
      pause();
    }
    return true;
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  @Override
  public <T> T await(CompletionStage<T> stage, Duration atMost) throws TimeoutException {
    try {
      return stage.toCompletableFuture().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while waiting for the node", e);
  }

  @Override
  public Alarms alarms(LongSupplier houseMs) {
    return Alarms.onThread(houseMs);
  }

  @Override
  public ExecutorService newBlocking() {
    return Executors.newFixedThreadPool(
        BLOCKING, Thread.ofPlatform().daemon().name("novation-directory-", 1).factory());
  }

  @Override
  public void ended() {}

  @Override
  public @Nullable Hands hands() {
    return null;
  }
}

package org.novation.node;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.novation.api.Hands;
import org.novation.node.clockwork.Clockwork;

/** Everything on one clockwork, whose driver starts the node and asks it. */
final class ClockworkEngine implements Engine {
  private static final Duration FORMED = Duration.ofSeconds(30);

  private static final Duration CLEARED = Duration.ofSeconds(10);

  private final Clockwork clockwork;
  private final boolean listens;
  private final SplittableRandom random = new SplittableRandom(1);

  ClockworkEngine(Clockwork clockwork, boolean listens) {
    this.clockwork = clockwork;
    this.listens = listens;
  }

  Clockwork clockwork() {
    return clockwork;
  }

  @Override
  public long wallMs() {
    return clockwork.millis();
  }

  @Override
  public long nanos() {
    return clockwork.nanos();
  }

  /** The same in each run: a store of a clockwork's has one life. */
  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public ActorSystem<Void> system(String name, Config config) {
    return clockwork.system(Behaviors.empty(), name, config);
  }

  @Override
  public Cluster cluster(ActorSystem<?> system) {
    return clockwork.during(() -> Cluster.get(system));
  }

  /** From here on every run has the same time, however long the cluster took to form. */
  @Override
  public ClusterSharding sharding(ActorSystem<?> system) {
    clockwork.advanceTo(FORMED);
    return new Sharding(clockwork.during(() -> ClusterSharding.get(system)));
  }

  /** Starting a type of entities waits for sharding's own actors. */
  private final class Sharding extends ClusterSharding {
    private final ClusterSharding sharding;

    Sharding(ClusterSharding sharding) {
      this.sharding = sharding;
    }

    @Override
    public <M, E> ActorRef<E> init(Entity<M, E> entity) {
      return clockwork.during(() -> sharding.init(entity));
    }

    @Override
    public <M> EntityRef<M> entityRefFor(EntityTypeKey<M> type, String id) {
      return sharding.entityRefFor(type, id);
    }

    @Override
    public <M> EntityRef<M> entityRefFor(EntityTypeKey<M> type, String id, String dataCenter) {
      return sharding.entityRefFor(type, id, dataCenter);
    }

    @Override
    public ActorRef<ClusterShardingQuery> shardState() {
      return sharding.shardState();
    }

    @Override
    public ShardAllocationStrategy defaultShardAllocationStrategy(
        ClusterShardingSettings settings) {
      return sharding.defaultShardAllocationStrategy(settings);
    }
  }

  @Override
  public boolean await(BooleanSupplier done, Duration atMost) {
    return clockwork.await(done, atMost);
  }

  @Override
  public <T> T await(CompletionStage<T> stage, Duration atMost) throws TimeoutException {
    return clockwork.await(stage, atMost);
  }

  /** Rung by the node's driver after it has moved the house's clock. */
  @Override
  public Alarms alarms(LongSupplier houseMs) {
    return Alarms.byHand(houseMs);
  }

  @Override
  public ExecutorService newBlocking() {
    return clockwork.timer();
  }

  /** Dispatchers end their threads, those of the network's too, a while after their last actor. */
  @Override
  public void ended() {
    clockwork.advance(CLEARED);
  }

  @Override
  public Hands hands() {
    return new Hands(clockwork.timer(), listens);
  }
}

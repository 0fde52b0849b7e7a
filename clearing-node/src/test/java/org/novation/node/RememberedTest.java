package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.pekko.actor.ActorNotFound;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.novation.access.RevocationActor;
import org.novation.brake.BrakeActor;
import org.novation.market.Broadcast;
import org.novation.market.PriceBoard;

/**
 * What tells every node what is revoked and paused comes back although nobody asks for it: else
 * nodes that have not heard of the last change would never hear of it.
 */
final class RememberedTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.actor.provider = cluster
                  pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  pekko.cluster.seed-nodes = []
                  pekko.cluster.sharding.entity-restart-backoff = 100 ms
                  """)
              .withFallback(PersistenceTestKitPlugin.getInstance().config())
              .withFallback(PersistenceTestKitSnapshotPlugin.config())
              .withFallback(ConfigFactory.load())
              .resolve());

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void revocationsAndPausesAreToldAgainByThemselves() {
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    ClusterSharding sharding = ClusterSharding.get(kit.system());
    AccessDesk access = AccessDesk.start(kit.system(), sharding, System::currentTimeMillis);
    access.ready().toCompletableFuture().join(); // From now on this node asks no more.
    PriceBoard board = new PriceBoard(InstrumentConfig.in(Path.of("..", "config")).catalogue(), 0);
    BrakeDesk brakes =
        BrakeDesk.start(
            kit.system(),
            sharding,
            System::currentTimeMillis,
            kit.<Topic.Command<Broadcast>>createTestProbe().getRef(),
            board,
            () -> false);
    brakes.wake();
    assertComesBack(RevocationActor.TYPE, RevocationActor.ID);
    assertComesBack(BrakeActor.TYPE, BrakeActor.ID);
  }

  private void assertComesBack(String type, String id) {
    ActorRef first = there(type, id, null);
    first.tell(PoisonPill.getInstance(), ActorRef.noSender());
    assertThat(there(type, id, first)).isNotEqualTo(first);
  }

  /** The entity, once it is there and another one than before. */
  private ActorRef there(String type, String id, @Nullable ActorRef before) {
    long end = System.nanoTime() + PATIENCE;
    while (System.nanoTime() < end) {
      try {
        ActorRef found =
            kit.system()
                .classicSystem()
                .actorSelection("/system/sharding/" + type + "/*/" + id)
                .resolveOne(Duration.ofSeconds(1))
                .toCompletableFuture()
                .join();
        if (!found.equals(before)) return found;
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof ActorNotFound)) throw e;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    throw new AssertionError("there is no " + type);
  }
}

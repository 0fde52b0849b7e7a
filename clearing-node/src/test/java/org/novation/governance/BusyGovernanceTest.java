package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.JournalOperation;
import org.apache.pekko.persistence.testkit.ProcessingPolicy;
import org.apache.pekko.persistence.testkit.ProcessingResult;
import org.apache.pekko.persistence.testkit.ProcessingSuccess;
import org.apache.pekko.persistence.testkit.WriteEvents;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.ManualHouseTime;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Command;
import org.novation.governance.GovernanceActor.FindStake;
import org.novation.governance.GovernanceActor.Moved;
import org.novation.governance.GovernanceActor.StakeFound;
import org.novation.governance.GovernanceActor.TryAgain;

/** More ask than governance can keep while its journal is slow. */
final class BusyGovernanceTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ASKING = 6_000;
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          EventSourcedBehaviorTestKit.config()
              .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
              .withFallback(ConfigFactory.load())
              .resolve());

  /** Holds writes back until it is opened. */
  private static final class Gate implements ProcessingPolicy<JournalOperation> {
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents)) return ProcessingSuccess.getInstance();
      held.countDown();
      try {
        assertThat(open.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return ProcessingSuccess.getInstance();
    }
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void asksWhoCannotBeKeptToAskAgainAndGoesOn() throws Exception {
    Gate gate = new Gate();
    PersistenceTestKit.create(KIT.system()).withPolicy(gate);
    ActorRef<Command> house =
        KIT.spawn(
            GovernanceActor.create(
                new GovernanceActor.Surroundings(
                    new ManualHouseTime(House.NOW),
                    House::parameters,
                    _ -> {},
                    _ -> {},
                    _ -> CompletableFuture.completedFuture(new Moved.Done()))));
    assertThat(gate.held.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    TestProbe<Answer> probe = KIT.createTestProbe();
    for (int n = 0; n < ASKING; n++) house.tell(new FindStake("anna", probe.getRef()));
    for (int n = GovernanceActor.WAITING_MAX; n < ASKING; n++)
      assertThat(probe.receiveMessage(PATIENCE)).isEqualTo(new TryAgain());
    gate.open.countDown();
    for (int n = 0; n < GovernanceActor.WAITING_MAX; n++)
      assertThat(probe.receiveMessage(PATIENCE)).isInstanceOf(StakeFound.class);
    house.tell(new FindStake("anna", probe.getRef()));
    assertThat(probe.receiveMessage(PATIENCE)).as("and again").isInstanceOf(StakeFound.class);
  }
}

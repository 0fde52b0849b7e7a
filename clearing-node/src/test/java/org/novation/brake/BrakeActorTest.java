package org.novation.brake;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.brake.BrakeActor.Answered;
import org.novation.risk.Brakes;
import org.novation.risk.Operation;

/** Every command, answer, event and snapshot goes through its serializer on the way. */
final class BrakeActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final Config CONFIG =
      EventSourcedBehaviorTestKit.config()
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.load())
          .resolve();
  private static final ActorTestKit KIT = ActorTestKit.create(CONFIG);

  private final AtomicLong clock = new AtomicLong(NOW);
  private final TestProbe<PauseBook> boards = KIT.createTestProbe(PauseBook.class);
  private final EventSourcedBehaviorTestKit<BrakeActor.Command, PauseEvent, PauseBook> house =
      EventSourcedBehaviorTestKit.create(
          KIT.system(), BrakeActor.create(clock::get, book -> boards.getRef().tell(book)));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void saysAPauseAtOnceAndAgainEverySecondAndAfterARestart() {
    assertThat(set("1", Brakes.OPEN_ENDED)).isNull();
    PauseBook paused = house.getState();
    assertThat(paused.pauses()).hasSize(1);
    await(paused);
    await(paused); // The heartbeat: boards may be new.
    assertThat(house.restart().state()).isEqualTo(paused);
    await(paused);
  }

  @Test
  void writesNothingForARefusalNorForARetry() {
    assertThat(set("1", NOW)).isEqualTo(new PauseRefusal.InThePast(NOW, NOW));
    set("2", NOW + 1);
    clock.set(NOW + 5);
    assertThat(set("2", NOW + 1)).as("a retry, although it is over").isNull();
    assertThat(set("2", NOW + 9)).isEqualTo(new PauseRefusal.DuplicateWithOtherContent("2"));
    assertThat(house.getState().events()).isEqualTo(1);
  }

  @Test
  void comesBackFromASnapshot() {
    for (int n = 0; n < 120; n++) set("id-" + n, NOW + 1 + n);
    PauseBook live = house.getState();
    assertThat(house.restart().state()).isEqualTo(live);
  }

  private @Nullable PauseRefusal set(String id, long untilMs) {
    PauseCommand command =
        new PauseCommand.Set(id, Operation.TRADING, "BTC-PERP", untilMs, "why", "op");
    return house
        .<Answered>runCommand(replyTo -> new BrakeActor.Ask(command, replyTo))
        .reply()
        .refusal();
  }

  private void await(PauseBook wanted) {
    boards.fishForMessage(
        Duration.ofSeconds(10),
        each ->
            each.equals(wanted) ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore());
  }
}

package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.clearing.CorrectionActor.Answered;
import org.novation.clearing.CorrectionActor.CarryOut;
import org.novation.clearing.CorrectionCase.Stage;

/** Every command, answer, event and snapshot goes through its serializer on the way. */
final class CorrectionActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final Config CONFIG =
      EventSourcedBehaviorTestKit.config()
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.load())
          .resolve();
  private static final ActorTestKit KIT = ActorTestKit.create(CONFIG);

  private final TestProbe<PartyMessage> account = KIT.createTestProbe(PartyMessage.class);
  private final EventSourcedBehaviorTestKit<
          CorrectionActor.Command, CorrectionEvent, CorrectionBook>
      house =
          EventSourcedBehaviorTestKit.create(
              KIT.system(),
              CorrectionActor.create(
                  () -> NOW, 1_000, (name, message) -> account.getRef().tell(message)));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void tellsTheAccountUntilItHasBookedItWhateverCrashes() {
    ask(new CorrectionCommand.Propose(bust()));
    account.expectNoMessage(Duration.ofMillis(100));
    String hash = Objects.requireNonNull(house.getState().find("c")).correction().hash();
    Answered approved = ask(new CorrectionCommand.Approve("c", hash, "ben"));
    assertThat(Objects.requireNonNull(approved.of()).stage()).isEqualTo(Stage.APPROVED);
    CorrectionOrder order = bust().order(NOW);
    CarryOut told = account.expectMessageClass(CarryOut.class);
    assertThat(told.order()).isEqualTo(order);
    assertThat(account.expectMessageClass(CarryOut.class).order()).as("again").isEqualTo(order);
    house.restart();
    assertThat(account.expectMessageClass(CarryOut.class).order())
        .as("after a restart")
        .isEqualTo(order);
    house.runCommand(new CorrectionActor.CarriedOut("c", order.key()));
    assertThat(Objects.requireNonNull(house.getState().find("c")).stage()).isEqualTo(Stage.BOOKED);
    CorrectionOrder fee = bust().feeOrder("s");
    assertThat(account.expectMessageClass(CarryOut.class).order()).isEqualTo(fee);
    house.restart();
    assertThat(account.expectMessageClass(CarryOut.class).order())
        .as("the fee, after a restart")
        .isEqualTo(fee);
    for (int time = 0; time < 2; time++) {
      house.runCommand(new CorrectionActor.CarriedOut("c", order.key()));
      house.runCommand(new CorrectionActor.CarriedOut("c", fee.key()));
    }
    assertThat(house.getState().events()).isEqualTo(4);
    account.expectNoMessage(Duration.ofSeconds(3));
  }

  private Answered ask(CorrectionCommand command) {
    return house.<Answered>runCommand(replyTo -> new CorrectionActor.Ask(command, replyTo)).reply();
  }

  private static Correction bust() {
    return new Correction(
        "c",
        Correction.Kind.BUST,
        "venue",
        "t",
        "BTC-PERP",
        100,
        5,
        "b",
        "s",
        NOW,
        NOW,
        7,
        0,
        0,
        "why",
        "ana",
        NOW,
        0,
        30);
  }
}

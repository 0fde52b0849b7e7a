package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.clearing.GiveUpActor.Answered;
import org.novation.clearing.GiveUpCase.Stage;

/** Every command, answer, event and snapshot goes through its serializer on the way. */
final class GiveUpActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);
  private static final Config CONFIG =
      EventSourcedBehaviorTestKit.config()
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.load())
          .resolve();
  private static final ActorTestKit KIT = ActorTestKit.create(CONFIG);
  private static final GiveUp GIVE_UP =
      new GiveUp("venue", "t", "BTC-PERP", 100, 5, "from", "to", NOW);

  /** What was submitted, and how it is answered. */
  private record Attempt(Trade trade, CompletableFuture<Outcome> outcome) {}

  private final AtomicInteger left = new AtomicInteger(); // Asks to leave memory.
  private final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();
  private final TestProbe<Answered> caller = KIT.createTestProbe(Answered.class);
  private final EventSourcedBehaviorTestKit<GiveUpActor.Command, GiveUpEvent, GiveUpBook> office =
      EventSourcedBehaviorTestKit.create(
          KIT.system(),
          GiveUpActor.create(
              "to",
              () -> NOW,
              1_000,
              trade -> {
                Attempt attempt = new Attempt(trade, new CompletableFuture<>());
                attempts.add(attempt);
                return attempt.outcome();
              },
              _ -> left.incrementAndGet()));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void clearsWhatIsAcceptedUntilThereIsAnOutcomeWhateverCrashes() {
    ask(new GiveUpCommand.Propose(GIVE_UP));
    assertThat(caller.receiveMessage().of())
        .isEqualTo(new GiveUpCase(GIVE_UP, Stage.PROPOSED, 0, ""));
    ask(new GiveUpCommand.Accept(GIVE_UP.key()));
    Trade trade = next().trade();
    assertThat(trade).isEqualTo(GIVE_UP.trade(NOW));
    office.restart(); // Its outcome will not be heard.
    Attempt second = next();
    assertThat(second.trade()).as("the same trade, so that it counts once").isEqualTo(trade);
    second.outcome().complete(new Outcome.Unavailable("busy"));
    Attempt third = next();
    assertThat(third.trade()).isEqualTo(trade);
    ask(new GiveUpCommand.Accept(GIVE_UP.key()));
    third.outcome().complete(new Outcome.Novated(NOW));
    eventually(() -> stage() == Stage.DONE);
    ask(new GiveUpCommand.Accept(GIVE_UP.key()));
    assertThat(caller.receiveMessage().of()).as("who waits is told").isNotNull();
    assertThat(attempts).isEmpty();
  }

  @Test
  void saysWhyAnAccountCouldNotTakeItAndTriesAnotherTradeWhenAskedAgain() {
    ask(new GiveUpCommand.Permit("from", true));
    assertThat(caller.receiveMessage()).isEqualTo(new Answered(null, null));
    ask(new GiveUpCommand.Propose(GIVE_UP));
    Rejection why = new Rejection.InsufficientMargin("to", 2, 1);
    Attempt first = next();
    first.outcome().complete(new Outcome.Refused(why));
    assertThat(caller.receiveMessage())
        .isEqualTo(new Answered(null, new GiveUpRefusal.NotCleared(why)));
    assertThat(stage()).isEqualTo(Stage.REFUSED);
    ask(new GiveUpCommand.Accept(GIVE_UP.key()));
    Attempt second = next();
    assertThat(second.trade()).isNotEqualTo(first.trade());
    second.outcome().complete(new Outcome.Novated(NOW));
    assertThat(caller.receiveMessage().of())
        .isEqualTo(new GiveUpCase(GIVE_UP, Stage.DONE, NOW + 1, ""));
  }

  @Test
  void leavesMemoryOnceNothingIsLeftToDo() {
    ask(new GiveUpCommand.Propose(GIVE_UP));
    office.runCommand(GiveUpActor.Internal.IDLE);
    eventually(() -> left.get() == 1);
    ask(new GiveUpCommand.Accept(GIVE_UP.key()));
    office.runCommand(GiveUpActor.Internal.IDLE);
    assertThat(left).as("there is something to clear").hasValue(1);
    next().outcome().complete(new Outcome.Novated(NOW));
    eventually(() -> stage() == Stage.DONE);
    office.runCommand(GiveUpActor.Internal.IDLE);
    eventually(() -> left.get() == 2);
  }

  private void ask(GiveUpCommand command) {
    office.runCommand(new GiveUpActor.Ask(command, caller.getRef()));
  }

  private Stage stage() {
    GiveUpCase of = office.getState().find(GIVE_UP.key());
    if (of == null) throw new AssertionError("there is none");
    return of.stage();
  }

  private Attempt next() {
    eventually(() -> !attempts.isEmpty());
    return attempts.remove();
  }

  private static void eventually(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}

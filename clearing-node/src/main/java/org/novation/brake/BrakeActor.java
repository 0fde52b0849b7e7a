package org.novation.brake;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * The shell around the pauses of the house: one entity of the cluster. Answers when a change is
 * written, says it to every node at once, and again every second: boards may be new.
 */
public final class BrakeActor
    extends EventSourcedBehavior<BrakeActor.Command, PauseEvent, PauseBook> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "brake";

  /** The only entity. */
  public static final String ID = "house";

  private static final Duration HEARTBEAT = Duration.ofSeconds(1);
  private static final int SNAPSHOT_EVERY = 100;

  /** What it understands. */
  public sealed interface Command extends BrakeMessage {}

  /** To set or to lift a pause. */
  public record Ask(PauseCommand command, ActorRef<Answered> replyTo) implements Command {}

  /** The answer to {@link Ask}; null: it is done. */
  public record Answered(@Nullable PauseRefusal refusal) implements BrakeMessage {}

  /** To be there, and say what is paused. No answer. */
  public record Wake() implements Command {}

  private enum Internal implements Command {
    HEARTBEAT
  }

  private final TimerScheduler<Command> timers;
  private final LongSupplier houseMs;
  private final Consumer<PauseBook> publish;

  private BrakeActor(
      TimerScheduler<Command> timers, LongSupplier houseMs, Consumer<PauseBook> publish) {
    super(
        PersistenceId.of(TYPE, ID),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.timers = timers;
    this.houseMs = houseMs;
    this.publish = publish;
  }

  /**
   * The pauses of the house.
   *
   * @param houseMs the house's time
   * @param publish carries them to the price board of every node; does not wait
   */
  public static Behavior<Command> create(LongSupplier houseMs, Consumer<PauseBook> publish) {
    return Behaviors.withTimers(timers -> new BrakeActor(timers, houseMs, publish));
  }

  @Override
  public PauseBook emptyState() {
    return PauseBook.EMPTY;
  }

  @Override
  public EventHandler<PauseBook, PauseEvent> eventHandler() {
    return PauseBook::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<PauseBook> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (book, signal) -> onRecovered(book))
        .build();
  }

  private void onRecovered(PauseBook book) {
    publish.accept(book);
    timers.startTimerWithFixedDelay(Internal.HEARTBEAT, Internal.HEARTBEAT, HEARTBEAT);
  }

  @Override
  public CommandHandler<Command, PauseEvent, PauseBook> commandHandler() {
    return this::on;
  }

  private Effect<PauseEvent, PauseBook> on(PauseBook book, Command command) {
    return switch (command) {
      case Ask(var asked, var replyTo) -> onAsk(book.decide(asked, houseMs.getAsLong()), replyTo);
      case Wake _, Internal _ -> Effect().none().thenRun(publish::accept);
    };
  }

  private Effect<PauseEvent, PauseBook> onAsk(
      PauseBook.Decision decision, ActorRef<Answered> replyTo) {
    PauseEvent event = decision.event();
    if (event == null)
      return Effect().none().thenRun(_ -> replyTo.tell(new Answered(decision.refusal())));
    return Effect()
        .persist(event)
        .thenRun(
            book -> {
              publish.accept(book);
              replyTo.tell(new Answered(null));
            });
  }
}

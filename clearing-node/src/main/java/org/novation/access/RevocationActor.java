package org.novation.access;

import java.time.Duration;
import java.util.function.LongConsumer;
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
 * The shell around what the house took back: one entity of the cluster. Answers when a change is
 * written. At once, and again every second, it says how many changes there were; whoever knows of
 * fewer asks for the book.
 */
public final class RevocationActor
    extends EventSourcedBehavior<RevocationActor.Command, RevocationEvent, RevocationBook> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "access";

  /** The only entity. */
  public static final String ID = "house";

  private static final Duration HEARTBEAT = Duration.ofSeconds(1);
  private static final int SNAPSHOT_EVERY = 100;

  /** What it understands. */
  public sealed interface Command extends RevocationMessage {}

  /** To take something back. */
  public record Ask(RevocationCommand command, ActorRef<Answered> replyTo) implements Command {}

  /** The answer to {@link Ask}; null: it is done. */
  public record Answered(@Nullable RevocationRefusal refusal) implements RevocationMessage {}

  /** To tell everything. */
  public record Read(ActorRef<Told> replyTo) implements Command {}

  /** The answer to {@link Read}. */
  public record Told(RevocationBook book) implements RevocationMessage {}

  /** What every node hears: so many changes there were. */
  public record Said(long events) implements RevocationMessage {}

  private enum Internal implements Command {
    HEARTBEAT
  }

  private final TimerScheduler<Command> timers;
  private final LongSupplier clockMs;
  private final LongConsumer say;

  private RevocationActor(TimerScheduler<Command> timers, LongSupplier clockMs, LongConsumer say) {
    super(
        PersistenceId.of(TYPE, ID),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.timers = timers;
    this.clockMs = clockMs;
    this.say = say;
  }

  /**
   * What the house took back.
   *
   * @param clockMs wall time, as tokens go by it
   * @param say carries the number of changes to every node; does not wait
   */
  public static Behavior<Command> create(LongSupplier clockMs, LongConsumer say) {
    return Behaviors.withTimers(timers -> new RevocationActor(timers, clockMs, say));
  }

  @Override
  public RevocationBook emptyState() {
    return RevocationBook.EMPTY;
  }

  @Override
  public EventHandler<RevocationBook, RevocationEvent> eventHandler() {
    return RevocationBook::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<RevocationBook> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (book, signal) -> onRecovered(book))
        .build();
  }

  private void onRecovered(RevocationBook book) {
    say.accept(book.events());
    timers.startTimerWithFixedDelay(Internal.HEARTBEAT, Internal.HEARTBEAT, HEARTBEAT);
  }

  @Override
  public CommandHandler<Command, RevocationEvent, RevocationBook> commandHandler() {
    return this::on;
  }

  private Effect<RevocationEvent, RevocationBook> on(RevocationBook book, Command command) {
    return switch (command) {
      case Ask(var asked, var replyTo) -> onAsk(book.decide(asked, clockMs.getAsLong()), replyTo);
      case Read(var replyTo) -> Effect().none().thenRun(now -> replyTo.tell(new Told(now)));
      case Internal _ -> Effect().none().thenRun(now -> say.accept(now.events()));
    };
  }

  private Effect<RevocationEvent, RevocationBook> onAsk(
      RevocationBook.Decision decision, ActorRef<Answered> replyTo) {
    RevocationEvent event = decision.event();
    if (event == null)
      return Effect().none().thenRun(_ -> replyTo.tell(new Answered(decision.refusal())));
    return Effect()
        .persist(event)
        .thenRun(
            now -> {
              say.accept(now.events());
              replyTo.tell(new Answered(null));
            });
  }
}

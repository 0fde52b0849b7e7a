package org.novation.trail;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * The one writer of the trail: one entity of the cluster. Answers when a record is written.
 *
 * <p>A record that cannot follow (the journal was written to by somebody else) stops it, and with
 * it whatever must be recorded before it is done.
 */
public final class TrailActor
    extends EventSourcedBehavior<TrailActor.Command, TrailRecord, TrailHead> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "trail";

  /** The only entity. */
  public static final String ID = "house";

  /** Its place in the journal. */
  public static final PersistenceId PERSISTENCE_ID = PersistenceId.of(TYPE, ID);

  private static final int SNAPSHOT_EVERY = 1_000;

  /** What it understands. */
  public sealed interface Command extends TrailMessage {}

  /** To record something. */
  public record Append(TrailEntry entry, ActorRef<Ends> replyTo) implements Command {}

  /** To say where the trail ends. */
  public record Read(ActorRef<Ends> replyTo) implements Command {}

  /** The answer: of {@link Append}, with the new record as the newest. */
  public record Ends(TrailHead head) implements TrailMessage {}

  private final LongSupplier clockMs;

  private TrailActor(LongSupplier clockMs) {
    super(
        PERSISTENCE_ID,
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.clockMs = clockMs;
  }

  /**
   * The trail of the house.
   *
   * @param clockMs wall time
   */
  public static Behavior<Command> create(LongSupplier clockMs) {
    return new TrailActor(clockMs);
  }

  @Override
  public TrailHead emptyState() {
    return TrailHead.START;
  }

  @Override
  public EventHandler<TrailHead, TrailRecord> eventHandler() {
    return (head, record) -> {
      String flaw = head.flaw(record);
      if (flaw != null)
        throw new IllegalStateException("trail record " + record.number() + ' ' + flaw);
      return head.after(record);
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public CommandHandler<Command, TrailRecord, TrailHead> commandHandler() {
    return (head, command) ->
        switch (command) {
          case Append(var entry, var replyTo) ->
              Effect()
                  .persist(head.next(entry, clockMs.getAsLong()))
                  .thenRun(now -> replyTo.tell(new Ends(now)));
          case Read(var replyTo) -> Effect().none().thenRun(now -> replyTo.tell(new Ends(now)));
        };
  }
}

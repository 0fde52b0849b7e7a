package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;
import org.novation.access.RevocationActor;
import org.novation.access.RevocationBook;
import org.novation.access.RevocationCommand;
import org.novation.access.RevocationMessage;
import org.novation.access.RevocationRefusal;
import org.novation.access.Revocations;
import org.novation.api.AccessPort;

/** What the house took back, and what of it this node has heard. */
final class AccessDesk implements AccessPort {
  private static final EntityTypeKey<RevocationActor.Command> KEY =
      EntityTypeKey.create(RevocationActor.Command.class, RevocationActor.TYPE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Asked again when there is no answer. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final EntityRef<RevocationActor.Command> house;
  private final CompletableFuture<Revocations> ready = new CompletableFuture<>();
  private volatile Revocations heard = Revocations.NONE;
  private final List<ActorRef<?>> parts;

  private AccessDesk(ActorSystem<?> system, ClusterSharding sharding, LongSupplier clockMs) {
    ActorRef<Topic.Command<RevocationActor.Said>> topic =
        system.systemActorOf(
            Topic.create(RevocationActor.Said.class, "revocations"),
            "revocations-topic",
            Props.empty());
    var _ =
        sharding.init(
            Entity.of(
                    KEY,
                    _ ->
                        RevocationActor.create(
                            clockMs,
                            events -> topic.tell(Topic.publish(new RevocationActor.Said(events)))))
                // Its node may end after an answer and before the others have heard: it comes back
                // by itself and says so.
                .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    this.house = sharding.entityRefFor(KEY, RevocationActor.ID);
    ActorRef<RevocationMessage> listener =
        system.systemActorOf(
            Listener.create(house, this::take), "revocations-listener", Props.empty());
    topic.tell(Topic.subscribe(listener.narrow()));
    this.parts = List.of(topic, listener);
  }

  /** Starts the entity, if no node has it, and this node's ear. */
  static AccessDesk start(ActorSystem<?> system, ClusterSharding sharding, LongSupplier clockMs) {
    return new AccessDesk(system, sharding, clockMs);
  }

  private void take(RevocationBook book) {
    if (book.events() < heard.book().events()) return;
    heard = new Revocations(book);
    ready.complete(heard);
  }

  /** Done once this node knows what is taken back; before, it must not serve. */
  CompletionStage<Revocations> ready() {
    return ready;
  }

  /** What this node cannot do without: who hears of no revocation lets everybody in. */
  List<ActorRef<?>> parts() {
    return parts;
  }

  @Override
  public CompletionStage<Optional<RevocationRefusal>> ask(RevocationCommand command) {
    CompletionStage<RevocationActor.Answered> answered =
        house.ask(replyTo -> new RevocationActor.Ask(command, replyTo), PATIENCE);
    return InPlace.of(answered).thenApply(answer -> Optional.ofNullable(answer.refusal()));
  }

  @Override
  public Revocations revocations() {
    return heard;
  }

  /** Asks for the book at its start until it is told, and whenever there is something new. */
  private static final class Listener {
    private enum Timer implements RevocationMessage {
      RETRY
    }

    private final Consumer<RevocationBook> told;
    private @Nullable RevocationBook newest;

    private Listener(Consumer<RevocationBook> told) {
      this.told = told;
    }

    static Behavior<RevocationMessage> create(
        EntityRef<RevocationActor.Command> house, Consumer<RevocationBook> told) {
      return Behaviors.setup(
          context ->
              Behaviors.withTimers(
                  timers -> {
                    Listener listener = new Listener(told);
                    Runnable ask =
                        () -> house.tell(new RevocationActor.Read(context.getSelf().narrow()));
                    timers.startTimerWithFixedDelay(Timer.RETRY, RETRY);
                    ask.run();
                    return Behaviors.receiveMessage(message -> listener.on(message, ask));
                  }));
    }

    private Behavior<RevocationMessage> on(RevocationMessage message, Runnable ask) {
      RevocationBook known = newest;
      switch (message) {
        case RevocationActor.Said(var events) when known == null || known.events() < events ->
            ask.run();
        case RevocationActor.Told(var book) -> {
          newest = book;
          told.accept(book);
        }
        case Timer _ when known == null -> ask.run();
        default -> {}
      }
      return Behaviors.same();
    }
  }
}

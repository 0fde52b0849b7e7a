package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.api.BrakePort;
import org.novation.brake.BrakeActor;
import org.novation.brake.Pause;
import org.novation.brake.PauseCommand;
import org.novation.brake.PauseRefusal;
import org.novation.brake.Pauses;
import org.novation.market.Broadcast;
import org.novation.market.PausesSaid;
import org.novation.market.PriceBoard;

/** The pauses of the house, and what this node's board has heard of them. */
final class BrakeDesk implements BrakePort {
  private static final EntityTypeKey<BrakeActor.Command> KEY =
      EntityTypeKey.create(BrakeActor.Command.class, BrakeActor.TYPE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EntityRef<BrakeActor.Command> house;
  private final PriceBoard board;
  private final LongSupplier houseMs;
  private final BooleanSupplier killed;

  private BrakeDesk(
      EntityRef<BrakeActor.Command> house,
      PriceBoard board,
      LongSupplier houseMs,
      BooleanSupplier killed) {
    this.house = house;
    this.board = board;
    this.houseMs = houseMs;
    this.killed = killed;
  }

  /** Starts the entity, which says what is paused to all boards by their topic. */
  static BrakeDesk start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      LongSupplier houseMs,
      ActorRef<Topic.Command<Broadcast>> topic,
      PriceBoard board,
      BooleanSupplier killed) {
    var _ =
        sharding.init(
            Entity.of(
                    KEY,
                    _ ->
                        BrakeActor.create(
                            houseMs,
                            book ->
                                topic.tell(
                                    Topic.publish(
                                        new PausesSaid(book.events(), new Pauses(book.pauses()))))))
                // Its node may end after an answer and before the others have heard: it comes back
                // by itself and says so.
                .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    return new BrakeDesk(sharding.entityRefFor(KEY, BrakeActor.ID), board, houseMs, killed);
  }

  /** Has the entity be there and say what is paused. */
  void wake() {
    house.tell(new BrakeActor.Wake());
  }

  @Override
  public CompletionStage<Optional<PauseRefusal>> ask(PauseCommand command) {
    CompletionStage<BrakeActor.Answered> answered =
        house.ask(replyTo -> new BrakeActor.Ask(command, replyTo), PATIENCE);
    return InPlace.of(answered).thenApply(answer -> Optional.ofNullable(answer.refusal()));
  }

  @Override
  public boolean killed() {
    return killed.getAsBoolean();
  }

  @Override
  public List<Pause> pauses() {
    Pauses heard = board.pauses();
    long nowMs = houseMs.getAsLong();
    return heard == null ? List.of() : heard.all().stream().filter(p -> p.isOn(nowMs)).toList();
  }
}

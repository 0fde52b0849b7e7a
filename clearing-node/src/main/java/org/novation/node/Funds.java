package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
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
import org.novation.clearing.HouseTime;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundReading;
import org.novation.insurance.FundTerms;
import org.novation.insurance.InsuranceFundActor;
import org.novation.insurance.InsuranceFundActor.Answer;
import org.novation.insurance.InsuranceFundActor.Figures;

/** The insurance fund of the cluster, on whichever node it lives, and this node's board of it. */
final class Funds {
  /** The one risk pool. */
  static final String POOL = "main";

  private static final EntityTypeKey<InsuranceFundActor.Command> KEY =
      EntityTypeKey.create(InsuranceFundActor.Command.class, InsuranceFundActor.TYPE);

  /** Longer than the journal's circuit breaker waits for a write. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  private final ClusterSharding sharding;
  private final FundBoard board;
  private final FundJournal journal;
  private final List<ActorRef<?>> parts;

  private Funds(
      ClusterSharding sharding, FundBoard board, FundJournal journal, List<ActorRef<?>> parts) {
    this.sharding = sharding;
    this.board = board;
    this.journal = journal;
    this.parts = parts;
  }

  /** Starts the fund, if no node has it, and this node's board. */
  static Funds start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      Supplier<FundTerms> terms,
      HouseTime time,
      LongSupplier nanos) {
    ActorRef<Topic.Command<FundReading>> topic =
        system.systemActorOf(
            Topic.create(FundReading.class, "funds"), "funds-topic", Props.empty());
    FundBoard board = new FundBoard(nanos);
    FundJournal journal = new FundJournal(system);
    ActorRef<FundReading> listener =
        system.systemActorOf(listener(board), "fund-board", Props.empty());
    topic.tell(Topic.subscribe(listener));
    sharding.init(
        Entity.of(
                KEY,
                entity ->
                    InsuranceFundActor.create(
                        entity.getEntityId(),
                        terms,
                        time,
                        id -> journal.says(entity.getEntityId(), id),
                        reading -> topic.tell(Topic.publish(reading))))
            // Comes back by itself after a restart or a handover: its gate goes by time.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    Funds funds = new Funds(sharding, board, journal, List.of(topic, listener));
    // The first word may come before the subscription.
    var _ =
        funds
            .read()
            .thenAccept(
                answer -> {
                  if (answer instanceof Figures(var reading)) listener.tell(reading);
                });
    return funds;
  }

  private static Behavior<FundReading> listener(FundBoard board) {
    return Behaviors.receiveMessage(
        reading -> {
          board.take(reading);
          return Behaviors.same();
        });
  }

  /** Its answer, once that is written; {@code TryAgain} when there is none in time. */
  CompletionStage<Answer> ask(FundCommand command) {
    return InPlace.of(
            main()
                .<Answer>ask(replyTo -> new InsuranceFundActor.Decide(command, replyTo), PATIENCE))
        .exceptionally(_ -> new InsuranceFundActor.TryAgain("the fund did not answer in time"));
  }

  /** The fund as it is, asked itself. */
  CompletionStage<Answer> read() {
    return InPlace.of(main().<Answer>ask(InsuranceFundActor.Read::new, PATIENCE))
        .exceptionally(_ -> new InsuranceFundActor.TryAgain("the fund did not answer in time"));
  }

  FundBoard board() {
    return board;
  }

  FundJournal journal() {
    return journal;
  }

  /** What this node cannot do without: a board that nobody writes would be fresh for ever. */
  List<ActorRef<?>> parts() {
    return parts;
  }

  private EntityRef<InsuranceFundActor.Command> main() {
    return sharding.entityRefFor(KEY, POOL);
  }
}

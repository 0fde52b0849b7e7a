package org.novation.node;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.api.CorrectionPort;
import org.novation.clearing.CorrectionActor;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCommand;
import org.novation.clearing.PartyMessage;

/** Corrections of the cluster, on whichever node they live. */
final class CorrectionOffice implements CorrectionPort {
  private static final EntityTypeKey<CorrectionActor.Command> KEY =
      EntityTypeKey.create(CorrectionActor.Command.class, CorrectionActor.TYPE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EntityRef<CorrectionActor.Command> house;

  private CorrectionOffice(EntityRef<CorrectionActor.Command> house) {
    this.house = house;
  }

  /**
   * Starts the entity, if no node has it, and has it go on with what is approved.
   *
   * @param window how long after its novation a trade may be corrected
   */
  static CorrectionOffice start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      LongSupplier houseMs,
      Duration window,
      BiConsumer<String, PartyMessage> accounts) {
    var _ =
        sharding.init(
            Entity.of(KEY, _ -> CorrectionActor.create(houseMs, window.toMillis(), accounts))
                // What is approved goes on without anybody's asking.
                .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    CorrectionOffice office = new CorrectionOffice(sharding.entityRefFor(KEY, CorrectionActor.ID));
    var _ = office.read();
    return office;
  }

  @Override
  public CompletionStage<CorrectionActor.Answered> ask(CorrectionCommand command) {
    CompletionStage<CorrectionActor.Answered> answered =
        house.ask(replyTo -> new CorrectionActor.Ask(command, replyTo), PATIENCE);
    return InPlace.of(answered);
  }

  /** What corrects a trade of an account, or may yet: the answer's correction is null or it. */
  CompletionStage<CorrectionActor.Answered> of(String venue, String tradeId, String account) {
    CompletionStage<CorrectionActor.Answered> answered =
        house.ask(
            replyTo -> new CorrectionActor.FindOf(venue, tradeId, account, replyTo), PATIENCE);
    return InPlace.of(answered);
  }

  @Override
  public CompletionStage<CorrectionBook> read() {
    CompletionStage<CorrectionActor.Told> told = house.ask(CorrectionActor.Read::new, PATIENCE);
    return InPlace.of(told).thenApply(CorrectionActor.Told::book);
  }
}

package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.api.ClearingPort;
import org.novation.api.GiveUpPort;
import org.novation.clearing.CorrectionCase;
import org.novation.clearing.GiveUp;
import org.novation.clearing.GiveUpActor;
import org.novation.clearing.GiveUpBook;
import org.novation.clearing.GiveUpCommand;
import org.novation.clearing.GiveUpRefusal;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;

/** Give-ups of the cluster, each account's on whichever node they live. */
final class GiveUpOffice implements GiveUpPort {
  private static final EntityTypeKey<GiveUpActor.Command> KEY =
      EntityTypeKey.create(GiveUpActor.Command.class, GiveUpActor.TYPE);

  /** Longer than an attempt to clear a trade. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  private final ClusterSharding sharding;
  private final CorrectionOffice corrections;

  private GiveUpOffice(ClusterSharding sharding, CorrectionOffice corrections) {
    this.sharding = sharding;
    this.corrections = corrections;
  }

  /**
   * Has the cluster keep give-ups, and go on with what is accepted wherever a node is lost.
   *
   * @param window how long after its novation a leg may be given up
   */
  static GiveUpOffice start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      LongSupplier houseMs,
      Duration window,
      ClearingPort clearing,
      CorrectionOffice corrections) {
    var _ =
        sharding.init(
            Entity.of(
                    KEY,
                    entity -> {
                      ActorRef<ClusterSharding.ShardCommand> shard = entity.getShard();
                      return GiveUpActor.create(
                          entity.getEntityId(),
                          houseMs,
                          window.toMillis(),
                          trade -> clear(clearing, trade),
                          book -> shard.tell(new ClusterSharding.Passivate<>(book)));
                    })
                .withStopMessage(new GiveUpActor.Stop())
                .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    return new GiveUpOffice(sharding, corrections);
  }

  /**
   * Clears a trade, unless its leg was given up by another: an account remembers its trades for
   * less time than there is to give one up, so its journal is asked first. One that is too old to
   * be begun, of which no attempt can still be on its way, is looked for in the journal: the answer
   * {@code NotBegun} says that it is on neither account.
   */
  static CompletionStage<Outcome> clear(ClearingPort clearing, Trade trade) {
    return clearing
        .find(trade.venue(), trade.tradeId(), GiveUp.giver(trade.tradeId()))
        .thenCompose(
            before ->
                before.isEmpty() || before.get().trade().equals(trade)
                    ? submit(clearing, trade)
                    : CompletableFuture.completedFuture(
                        new Outcome.Refused(
                            new Rejection.DuplicateWithOtherContent(trade.tradeId()))));
  }

  private static CompletionStage<Outcome> submit(ClearingPort clearing, Trade trade) {
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    clearing.submit(List.of(trade), (_, answer) -> outcome.complete(answer));
    return outcome.thenCompose(
        answer ->
            answer instanceof Outcome.NotBegun(Rejection.TooOld _)
                ? clearing
                    .find(trade.venue(), trade.tradeId(), trade.last())
                    .thenApply(
                        found ->
                            found.filter(booked -> booked.trade().equals(trade)).isPresent()
                                ? new Outcome.Novated(trade.executedAtMs())
                                : answer)
                : CompletableFuture.completedFuture(answer));
  }

  /** What is put right, or may yet be, does not change hands meanwhile. */
  @Override
  public CompletionStage<GiveUpActor.Answered> ask(String toAccount, GiveUpCommand command) {
    return switch (command) {
      case GiveUpCommand.Propose(var giveUp) ->
          unlessCorrected(giveUp.venue(), giveUp.tradeId(), giveUp.from(), toAccount, command);
      case GiveUpCommand.Accept(var key) -> {
        String[] parts = key.split("/", 4); // Its prefix first.
        yield unlessCorrected(parts[1], parts[2], parts[3], toAccount, command);
      }
      case GiveUpCommand.Cancel _, GiveUpCommand.Permit _, GiveUpCommand.Note _ ->
          tell(toAccount, command);
    };
  }

  private CompletionStage<GiveUpActor.Answered> unlessCorrected(
      String venue, String tradeId, String from, String toAccount, GiveUpCommand command) {
    return corrections
        .of(venue, tradeId, from)
        .thenCompose(
            answered -> {
              CorrectionCase by = answered.of();
              return by == null
                  ? tell(toAccount, command)
                  : CompletableFuture.completedFuture(
                      new GiveUpActor.Answered(
                          null, new GiveUpRefusal.Corrected(tradeId, by.correction().id())));
            });
  }

  private CompletionStage<GiveUpActor.Answered> tell(String toAccount, GiveUpCommand command) {
    CompletionStage<GiveUpActor.Answered> answered =
        of(toAccount).ask(replyTo -> new GiveUpActor.Ask(command, replyTo), PATIENCE);
    return InPlace.of(answered);
  }

  @Override
  public CompletionStage<GiveUpBook> read(String toAccount) {
    CompletionStage<GiveUpActor.Told> told = of(toAccount).ask(GiveUpActor.Read::new, PATIENCE);
    return InPlace.of(told).thenApply(GiveUpActor.Told::book);
  }

  private EntityRef<GiveUpActor.Command> of(String account) {
    return sharding.entityRefFor(KEY, account);
  }
}

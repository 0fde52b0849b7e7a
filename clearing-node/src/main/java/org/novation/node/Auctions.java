package org.novation.node;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.insurance.FundCommand;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionActor.AuctionRead;
import org.novation.liquidation.auction.Marks;

/**
 * Where auctions are reached, on whichever node they live, and this node's board of them.
 *
 * @param parts what this node cannot do without: a board that nobody writes would be fresh for ever
 */
record Auctions(
    ClusterSharding sharding,
    ActorRef<ShardingEnvelope<AuctionActor.Command>> region,
    AuctionBoard board,
    List<ActorRef<?>> parts) {
  private static final EntityTypeKey<AuctionActor.Command> KEY =
      EntityTypeKey.create(AuctionActor.Command.class, AuctionActor.TYPE);

  /**
   * Starts this node's part of them.
   *
   * @param marks at which slices are sold
   * @param accounts sends to an account, wherever it is
   * @param fund asks the insurance fund; does not wait
   */
  static Auctions start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      Supplier<LiquidationPolicy> policy,
      HouseTime time,
      Marks marks,
      BiConsumer<String, PartyMessage> accounts,
      Function<FundCommand, CompletionStage<InsuranceFundActor.Answer>> fund) {
    ActorRef<Topic.Command<AuctionRead>> topic =
        system.systemActorOf(
            Topic.create(AuctionRead.class, "auctions"), "auctions-topic", Props.empty());
    ActorRef<ShardingEnvelope<AuctionActor.Command>> region =
        sharding.init(
            Entity.of(
                    KEY,
                    entity -> {
                      ActorRef<ClusterSharding.ShardCommand> shard = entity.getShard();
                      return AuctionActor.create(
                          entity.getEntityId(),
                          time,
                          policy,
                          marks,
                          accounts,
                          fund,
                          reading -> topic.tell(Topic.publish(new AuctionRead(reading))),
                          auction -> shard.tell(new ClusterSharding.Passivate<>(auction)));
                    })
                .withStopMessage(new AuctionActor.Stop())
                // After a restart or a handover an auction that owes anybody anything comes back
                // by itself: its seller may have left, and the fund asks nobody.
                .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    AuctionBoard board = new AuctionBoard();
    ActorRef<PartyMessage> writer =
        system.systemActorOf(board.writer(), "auction-board", Props.empty());
    topic.tell(Topic.subscribe(writer.narrow()));
    return new Auctions(sharding, region, board, List.of(topic, writer));
  }

  void send(String auctionId, AuctionActor.Command command) {
    region.tell(new ShardingEnvelope<>(auctionId, command));
  }

  EntityRef<AuctionActor.Command> ref(String auctionId) {
    return sharding.entityRefFor(KEY, auctionId);
  }
}

package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
import org.novation.api.AdlPort.PositionRank;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.AdlHouse;
import org.novation.deleveraging.AdlSettings;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Ranking.Standing;

/**
 * Deleveraging in the cluster: the coordinator, on whichever node it lives, and what each node does
 * for it.
 */
final class Deleveraging {
  /** The one risk pool. */
  static final String POOL = "main";

  private static final EntityTypeKey<AdlCoordinatorActor.Command> KEY =
      EntityTypeKey.create(AdlCoordinatorActor.Command.class, AdlCoordinatorActor.TYPE);

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Longer than a node waits for its accounts. */
  private static final Duration NODES_PATIENCE = Duration.ofSeconds(20);

  private final ActorSystem<?> system;
  private final ClusterSharding sharding;
  private final Accounts accounts;
  private final AdlHouse house;
  private final WaveBoard board;
  private final List<ActorRef<?>> parts;

  private Deleveraging(
      ActorSystem<?> system,
      ClusterSharding sharding,
      Accounts accounts,
      AdlHouse house,
      WaveBoard board,
      List<ActorRef<?>> parts) {
    this.system = system;
    this.sharding = sharding;
    this.accounts = accounts;
    this.house = house;
    this.board = board;
    this.parts = parts;
  }

  /**
   * Starts the coordinator, if no node has it, and this node's part of it.
   *
   * @param scatter over this node's accounts
   * @param parameterVersion in force
   */
  static Deleveraging start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      Accounts accounts,
      Scatter scatter,
      Supplier<AdlSettings> settings,
      HouseTime time,
      LongSupplier parameterVersion,
      LongSupplier nanos) {
    ActorRef<Topic.Command<AdlHouse.WaveTold>> topic =
        system.systemActorOf(
            Topic.create(AdlHouse.WaveTold.class, "adl-waves"), "adl-topic", Props.empty());
    WaveBoard board = new WaveBoard();
    ActorRef<AdlHouse.WaveTold> listener =
        system.systemActorOf(listener(board), "adl-board", Props.empty());
    topic.tell(Topic.subscribe(listener));
    ActorRef<CandidatesActor.Message> candidates =
        system.systemActorOf(
            CandidatesActor.create(scatter, nanos), "adl-candidates", Props.empty());
    AdlHouse house = new Surroundings(system, accounts, topic, time, parameterVersion);
    sharding.init(
        Entity.of(
                KEY,
                entity ->
                    AdlCoordinatorActor.create(
                        entity.getEntityId(), HouseAccount.DEFAULT, settings, house))
            // Comes back by itself after a restart or a handover: a wave must be carried out.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    Deleveraging deleveraging =
        new Deleveraging(
            system, sharding, accounts, house, board, List.of(topic, listener, candidates));
    deleveraging.look(); // What was taken over right before an end may not have been told.
    return deleveraging;
  }

  private static Behavior<AdlHouse.WaveTold> listener(WaveBoard board) {
    return Behaviors.receiveMessage(
        told -> {
          board.take(told.wave());
          return Behaviors.same();
        });
  }

  private record Surroundings(
      ActorSystem<?> system,
      Accounts accounts,
      ActorRef<Topic.Command<AdlHouse.WaveTold>> topic,
      HouseTime time,
      LongSupplier parameters)
      implements AdlHouse {
    @Override
    public long parameterVersion() {
      return parameters.getAsLong();
    }

    @Override
    public void send(String account, PartyMessage message) {
      accounts.send(account, message);
    }

    @Override
    public CompletionStage<Gathered> candidates(
        List<Exposure> exposures, long lookBackMs, int candidatesMax) {
      return EveryNode.ask(
              system,
              CandidatesActor.KEY,
              CandidatesActor.Part.class,
              (tag, replyTo) ->
                  new CandidatesActor.Gather(tag, exposures, lookBackMs, candidatesMax, replyTo),
              NODES_PATIENCE)
          .thenApply(Surroundings::gathered);
    }

    private static Gathered gathered(List<CandidatesActor.Part> parts) {
      List<Candidate> candidates = new ArrayList<>();
      Set<Integer> nodes = new HashSet<>();
      long asked = 0;
      long answered = 0;
      for (CandidatesActor.Part part : parts) {
        candidates.addAll(part.candidates());
        if (!nodes.add(part.tag())) continue;
        asked += part.asked();
        answered += part.answered();
      }
      return new Gathered(candidates, asked, answered, nodes.size());
    }

    @Override
    public void announce(WaveTold told) {
      topic.tell(Topic.publish(told));
    }
  }

  // ---- what others ask of it

  /** Has the coordinator look at the default account, soon. */
  void look() {
    coordinator().tell(new AdlCoordinatorActor.Look());
  }

  /** How things stand, by the coordinator itself. */
  CompletionStage<AdlCoordinatorActor.Reading> read() {
    return InPlace.of(coordinator().ask(AdlCoordinatorActor.Read::new, PATIENCE));
  }

  /** Of each position of an account, among all of the cluster on the same side. */
  CompletionStage<List<PositionRank>> ranks(String account) {
    return InPlace.of(
            accounts
                .ref(account)
                .<AdlCoordinatorActor.CandidatesRead>ask(
                    AdlCoordinatorActor.ReadToRank::new, PATIENCE))
        .thenCompose(read -> ranks(read.candidates()));
  }

  private CompletionStage<List<PositionRank>> ranks(List<Candidate> positions) {
    if (positions.isEmpty()) return CompletableFuture.completedFuture(List.of());
    return EveryNode.ask(
            system,
            CandidatesActor.KEY,
            CandidatesActor.Stood.class,
            (tag, replyTo) -> new CandidatesActor.Stand(tag, positions, replyTo),
            NODES_PATIENCE)
        .thenApply(nodes -> ranks(positions, nodes));
  }

  private static List<PositionRank> ranks(
      List<Candidate> positions, List<CandidatesActor.Stood> nodes) {
    List<PositionRank> ranks = new ArrayList<>();
    for (int n = 0; n < positions.size(); n++) {
      Standing sum = new Standing(0, 1); // The books count the others.
      for (CandidatesActor.Stood node : nodes) sum = sum.plus(node.standings().get(n));
      ranks.add(new PositionRank(positions.get(n), sum));
    }
    return ranks;
  }

  /** What the coordinator finds around it on this node. */
  AdlHouse house() {
    return house;
  }

  /** What this node heard of waves. */
  WaveBoard board() {
    return board;
  }

  /** What this node cannot do without. */
  List<ActorRef<?>> parts() {
    return parts;
  }

  private EntityRef<AdlCoordinatorActor.Command> coordinator() {
    return sharding.entityRefFor(KEY, POOL);
  }
}

package org.novation.node;

import java.util.List;
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
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.Parameter;

/**
 * Governance of the cluster, on whichever node it lives, and this node's board of the parameters in
 * force. A version goes to every node by a topic, and again every few seconds.
 */
final class Governances {
  private static final EntityTypeKey<GovernanceActor.Command> KEY =
      EntityTypeKey.create(GovernanceActor.Command.class, GovernanceActor.TYPE);

  private final @Nullable EntityRef<GovernanceActor.Command> house; // Null: there is none.
  private final Parameters parameters;
  private final List<ActorRef<?>> parts;

  private Governances(
      @Nullable EntityRef<GovernanceActor.Command> house,
      Parameters parameters,
      List<ActorRef<?>> parts) {
    this.house = house;
    this.parameters = parameters;
    this.parts = parts;
  }

  /**
   * Starts governance, if no node has it, and this node's board. A house without rules to vote by
   * runs by its configuration: nothing is voted, and the board stays empty.
   */
  static Governances start(
      ActorSystem<?> system, ClusterSharding sharding, NodeSettings settings, HouseTime time) {
    GovernanceSettings rules = settings.governance();
    if (rules == null) return new Governances(null, new Parameters(), List.of());
    Supplier<List<Parameter>> configured = () -> rules.parameters(settings, time.nowMs());
    ActorRef<Topic.Command<Parameters.Part>> topic =
        system.systemActorOf(
            Topic.create(Parameters.Part.class, "parameters"), "parameters-topic", Props.empty());
    Parameters parameters = new Parameters();
    ActorRef<Parameters.Part> listener =
        system.systemActorOf(listener(parameters), "parameters-board", Props.empty());
    topic.tell(Topic.subscribe(listener));
    sharding.init(
        Entity.of(
                KEY,
                _ ->
                    GovernanceActor.create(
                        time, configured, published -> publish(topic, published)))
            // Comes back by itself after a restart or a handover: votes end by time.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    EntityRef<GovernanceActor.Command> house = sharding.entityRefFor(KEY, GovernanceActor.ID);
    house.tell(new GovernanceActor.Wake());
    return new Governances(house, parameters, List.of(topic, listener));
  }

  private static void publish(ActorRef<Topic.Command<Parameters.Part>> topic, Published published) {
    for (Parameters.Part part : Parameters.parts(published)) topic.tell(Topic.publish(part));
  }

  private static Behavior<Parameters.Part> listener(Parameters parameters) {
    return Behaviors.receiveMessage(
        part -> {
          parameters.take(part);
          return Behaviors.same();
        });
  }

  /** Whether this house is voted in at all. */
  boolean isThere() {
    return house != null;
  }

  /** What is in force, as this node has heard. */
  Parameters parameters() {
    return parameters;
  }

  /** Whether it has heard what is in force, where something can be. */
  boolean ready() {
    return house == null || parameters.heard();
  }

  /** What this node cannot do without: a board that nobody writes would stand for ever. */
  List<ActorRef<?>> parts() {
    return parts;
  }
}

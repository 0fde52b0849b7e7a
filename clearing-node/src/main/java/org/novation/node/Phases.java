package org.novation.node;

import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.novation.clearing.PartyMessage;

/**
 * Where accounts stand between health and the end of their liquidation, on whichever node they
 * live.
 *
 * @param teller hears of this node's accounts, see {@link PhasesActor}
 * @param parts what this node cannot do without
 */
record Phases(PhaseBoard board, ActorRef<PartyMessage> teller, List<ActorRef<?>> parts) {
  static Phases start(ActorSystem<?> system) {
    ActorRef<Topic.Command<PhasesActor.Told>> topic =
        system.systemActorOf(
            Topic.create(PhasesActor.Told.class, "phases"), "phases-topic", Props.empty());
    PhaseBoard board = new PhaseBoard();
    ActorRef<PartyMessage> teller =
        system.systemActorOf(PhasesActor.create(board, topic), "phases", Props.empty());
    return new Phases(board, teller, List.of(topic, teller));
  }
}

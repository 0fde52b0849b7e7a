package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.novation.clearing.PartyMessage;

/** Asks the actor of one kind on every node of the cluster, and puts their answers together. */
final class EveryNode {
  private static final Duration FINDING = Duration.ofSeconds(3);

  private EveryNode() {}

  /** A part of one node's answer. */
  interface Part extends PartyMessage {
    /** As in the question: which node's answer it is. */
    int tag();

    /** From 0. */
    int part();

    /** How many make up the answer. */
    int parts();
  }

  /**
   * Asks all of them. Fails when there is none, or when one has not answered in time: half an
   * answer is none.
   *
   * @param question with a tag, and where the parts of its answer go
   */
  static <M, P extends Part> CompletionStage<List<P>> ask(
      ActorSystem<?> system,
      ServiceKey<M> key,
      Class<P> type,
      BiFunction<Integer, ActorRef<PartyMessage>, M> question,
      Duration patience) {
    CompletionStage<Receptionist.Listing> found =
        AskPattern.ask(
            system.receptionist(),
            replyTo -> Receptionist.find(key, replyTo),
            FINDING,
            system.scheduler());
    return InPlace.of(found)
        .thenCompose(
            listing ->
                ask(
                    system,
                    List.copyOf(listing.getServiceInstances(key)),
                    type,
                    question,
                    patience));
  }

  private static <M, P extends Part> CompletionStage<List<P>> ask(
      ActorSystem<?> system,
      List<ActorRef<M>> nodes,
      Class<P> type,
      BiFunction<Integer, ActorRef<PartyMessage>, M> question,
      Duration patience) {
    if (nodes.isEmpty())
      return CompletableFuture.failedFuture(new IllegalStateException("no node is ready"));
    CompletableFuture<List<P>> done = new CompletableFuture<>();
    system.systemActorOf(
        Behaviors.<PartyMessage>setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      timers.startSingleTimer(Timer.ENOUGH, patience);
                      for (int node = 0; node < nodes.size(); node++)
                        nodes.get(node).tell(question.apply(node, context.getSelf()));
                      return new Answers<>(nodes.size(), type, done).behavior();
                    })),
        "every-node-" + UUID.randomUUID(),
        Props.empty());
    return done;
  }

  private enum Timer implements PartyMessage {
    ENOUGH
  }

  private static final class Answers<P extends Part> {
    private final int nodes;
    private final Class<P> type;
    private final CompletableFuture<List<P>> done;
    private final Map<Integer, Set<Integer>> heard = new HashMap<>();
    private final List<P> parts = new ArrayList<>();
    private int complete;

    Answers(int nodes, Class<P> type, CompletableFuture<List<P>> done) {
      this.nodes = nodes;
      this.type = type;
      this.done = done;
    }

    Behavior<PartyMessage> behavior() {
      return Behaviors.receiveMessage(this::on);
    }

    private Behavior<PartyMessage> on(PartyMessage message) {
      if (type.isInstance(message)) {
        take(type.cast(message));
        if (complete < nodes) return Behaviors.same();
        done.complete(List.copyOf(parts));
      } else {
        done.completeExceptionally(
            new TimeoutException(complete + " of " + nodes + " nodes answered in time"));
      }
      return Behaviors.stopped();
    }

    private void take(P part) {
      Set<Integer> ofNode = heard.computeIfAbsent(part.tag(), _ -> new HashSet<>());
      if (!ofNode.add(part.part())) return;
      parts.add(part);
      if (ofNode.size() == part.parts()) complete++;
    }
  }
}

package org.novation.node;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.ReadStress;
import org.novation.account.AccountActor.StressRead;
import org.novation.clearing.PartyMessage;
import org.novation.insurance.CoverTwo;
import org.novation.risk.StressMoves;

/**
 * Answers for the accounts of one node: what the two of them that would lose most beyond their own
 * money would lose under each stress move. Every node has one; whoever asks asks all of them. Who
 * asks while accounts are being asked waits for the next answer, which is everybody's.
 */
final class StressActor extends AbstractBehavior<StressActor.Message> {
  static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "stress");

  private static final int WAITING_MAX = 1_000;

  /** What it understands. */
  sealed interface Message extends PartyMessage {}

  /**
   * Ask this node's accounts.
   *
   * @param tag that the answer is to carry
   */
  record Reckon(int tag, ActorRef<PartyMessage> replyTo) implements Message {}

  /**
   * The answer to {@link Reckon}.
   *
   * @param asked accounts of this node
   * @param reckoned of these, the ones that answered and know their prices
   */
  record Reckoned(int tag, CoverTwo losses, long asked, long reckoned) implements EveryNode.Part {
    @Override
    public int part() {
      return 0;
    }

    @Override
    public int parts() {
      return 1;
    }
  }

  private record Gathered(Scatter.@Nullable Answers<StressRead> answers) implements Message {}

  private final Scatter scatter;
  private final List<Reckon> waiting = new ArrayList<>();
  private boolean asking;

  private StressActor(ActorContext<Message> context, Scatter scatter) {
    super(context);
    this.scatter = scatter;
  }

  /** One that every node finds by {@link #KEY}. */
  static Behavior<Message> create(Scatter scatter) {
    return Behaviors.setup(
        context -> {
          context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
          return new StressActor(context, scatter);
        });
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Reckon reckon -> {
        if (waiting.size() < WAITING_MAX)
          waiting.add(reckon); // Others hear nothing, and ask again.
        ask();
      }
      case Gathered(var answers) -> {
        asking = false;
        if (answers != null) answer(answers);
        waiting.clear();
      }
    }
    return this;
  }

  private void ask() {
    if (asking) return;
    asking = true;
    getContext()
        .pipeToSelf(
            scatter.ask(StressRead.class, StressRead::account, ReadStress::new),
            (answers, failure) -> new Gathered(answers));
  }

  private void answer(Scatter.Answers<StressRead> answers) {
    CoverTwo losses = CoverTwo.none(StressMoves.PPM.size());
    long reckoned = 0;
    for (StressRead each : answers.answers()) {
      if (each.lossMicros().isEmpty()) continue;
      losses =
          losses.with(
              each.account(), each.lossMicros().stream().mapToLong(Long::longValue).toArray());
      reckoned++;
    }
    for (Reckon each : waiting)
      each.replyTo().tell(new Reckoned(each.tag(), losses, answers.asked(), reckoned));
  }
}

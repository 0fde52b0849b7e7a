package org.novation.node;

import java.util.Collection;
import java.util.function.Consumer;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Watches the parts of a node that nothing starts again: one that fails is a defect of ours, and a
 * node without it would go on answering from what it knew then.
 */
final class VitalsActor {
  /**
   * Why a node ended by itself. Named in {@code application.conf}, so that the process says so.
   *
   * @param part that was lost
   */
  record PartLost(String part) implements CoordinatedShutdown.Reason {}

  private VitalsActor() {}

  /**
   * A watch over some actors, whether they still live or not.
   *
   * @param lost told the name of each that ends; does not wait
   */
  static Behavior<Void> create(Collection<? extends ActorRef<?>> parts, Consumer<PartLost> lost) {
    return Behaviors.setup(
        context -> {
          for (ActorRef<?> part : parts) context.watch(part);
          return Behaviors.receive(Void.class)
              .onSignal(
                  Terminated.class,
                  ended -> {
                    lost.accept(new PartLost(ended.getRef().path().name()));
                    return Behaviors.same();
                  })
              .build();
        });
  }
}

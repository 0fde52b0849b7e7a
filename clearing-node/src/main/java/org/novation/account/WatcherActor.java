package org.novation.account;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.novation.clearing.PartyMessage;

/**
 * Listens to one account on behalf of somebody who is no actor. It asks to watch again and again,
 * for an account that has restarted or moved has forgotten who watched it.
 */
public final class WatcherActor {
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private WatcherActor() {}

  private record Again() implements AccountActor.Reply {}

  /** Ends the watcher. */
  public record Stop() implements AccountActor.Reply {}

  /**
   * A watcher.
   *
   * @param account sends to the account
   * @param listener told every answer, in this actor's thread: must not wait
   */
  public static Behavior<AccountActor.Reply> create(
      Consumer<PartyMessage> account, Consumer<AccountActor.Reply> listener) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  ActorRef<AccountActor.Reply> self = context.getSelf();
                  account.accept(new AccountActor.Watch(self));
                  timers.startTimerWithFixedDelay(new Again(), AGAIN);
                  return Behaviors.receiveMessage(
                      message ->
                          switch (message) {
                            case Stop() -> Behaviors.stopped();
                            case Again() -> {
                              account.accept(new AccountActor.Watch(self));
                              yield Behaviors.same();
                            }
                            default -> {
                              listener.accept(message);
                              yield Behaviors.same();
                            }
                          });
                }));
  }
}

package org.novation.insurance;

import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The shell around the fund of one risk pool, sharded by the pool's name. */
public final class InsuranceFundActor {
  /** The entity type of funds, and the first part of their persistence ids. */
  public static final String TYPE = "fund";

  private InsuranceFundActor() {}

  /** What a fund understands. */
  public sealed interface Command extends FundMessage {}

  /** Decide this, and answer once it is written. May be repeated. */
  public record Decide(FundCommand command, ActorRef<Answer> replyTo) implements Command {}

  /** The answer to {@link Decide}. */
  public sealed interface Answer extends FundMessage {}

  /**
   * Done, now or before.
   *
   * @param draw as it is now, where the command was about one
   */
  public record Done(@Nullable Draw draw) implements Answer {}

  /** Refused: nothing has changed. */
  public record Refused(FundRefusal why) implements Answer {}

  /** Unknown, or too busy: to be asked again with the same id. */
  public record TryAgain(String why) implements Answer {}
}

package org.novation.deleveraging;

import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.novation.clearing.PartyMessage;

/** The shell around the waves of one risk pool, sharded by the pool's name. */
public final class AdlCoordinatorActor {
  /** The entity type of coordinators, and the first part of their persistence ids. */
  public static final String TYPE = "adl";

  private AdlCoordinatorActor() {}

  /** What a coordinator understands. */
  public sealed interface Command extends PartyMessage {}

  /** The pool's default account has taken something over: look at it soon. */
  public record Look() implements Command {}

  /** The answer to {@link ReadCandidates}; empty when the account has no position. */
  public record CandidatesRead(String account, List<Candidate> candidates) implements PartyMessage {
    public CandidatesRead {
      candidates = List.copyOf(candidates);
    }
  }

  /**
   * The answer to {@link ReadDefault}.
   *
   * @param version of the default account
   * @param equityMicros at the marks of the exposures; negative when money is missing
   * @param priced whether every price that this rests on allows liquidation
   * @param exposures what it has to close, and the losses that it took over: an instrument may have
   *     only one of both
   */
  public record DefaultRead(
      long version, long equityMicros, boolean priced, List<Exposure> exposures)
      implements Command {
    public DefaultRead {
      exposures = List.copyOf(exposures);
    }
  }

  /**
   * The account did the step, now or before.
   *
   * @param micros really taken or paid; 0 for a closing
   * @param version of the account afterwards
   */
  public record StepDone(String stepId, long micros, long version) implements Command {}

  /** The account is not at the version that the closing was chosen on, and never will be again. */
  public record StepChanged(String stepId, long version) implements Command {}

  // ---- to accounts

  /** What a coordinator says to accounts. */
  public sealed interface ToAccount extends PartyMessage {}

  /**
   * Tell of every open position.
   *
   * @param neededLots by instrument's symbol, how many lots the wave must close
   */
  public record ReadCandidates(
      Map<String, Long> neededLots, long lookBackMs, ActorRef<CandidatesRead> replyTo)
      implements ToAccount {
    public ReadCandidates {
      neededLots = Map.copyOf(neededLots);
    }
  }

  /** To the default account: tell what is to be resolved. */
  public record ReadDefault(ActorRef<Command> replyTo) implements ToAccount {}

  /**
   * Do this once. Sent until answered.
   *
   * @param wave running number of the pool's wave: grows, and one is over before the next begins,
   *     so that an account remembers the steps of the newest alone
   * @param defaulter the account that the closings close against
   * @param executedAtMs of a closing as a trade
   */
  public record DoStep(
      long wave, WaveStep step, String defaulter, long executedAtMs, ActorRef<Command> replyTo)
      implements ToAccount {}
}

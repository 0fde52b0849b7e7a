package org.novation.api;

import com.google.rpc.Code;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.novation.api.error.Problem;
import org.novation.governance.Draft;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Summary;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.Impact;
import org.novation.governance.ParameterSet;
import org.novation.governance.Proposal;

/** What the edge asks of governance. No method waits; a failed stage means that it is unknown. */
public interface GovernancePort {
  /** Whether anything is voted in this house at all. */
  boolean isThere();

  /** Has a command decided; may be repeated. */
  CompletionStage<Answer> ask(GovernanceCommand.Asked command);

  /**
   * One proposal; ended long ago it is unknown.
   *
   * @param voter whose weight and vote to tell
   */
  CompletionStage<Answer> find(String proposalId, String voter);

  /** What is voted, newest first, and what waits for the council. */
  CompletionStage<Answer> list();

  /** What an account has staked. */
  CompletionStage<Answer> stake(String account);

  /**
   * What changes would do to the accounts there are, without disturbing them.
   *
   * @param asked accounts with a position, of which those in the impact have answered
   * @param fundAvailableMicros what the insurance fund could pay, as last heard
   * @param asOfMs house time
   */
  record Preview(Impact impact, long asked, long fundAvailableMicros, long asOfMs) {}

  /** Asks every account of the cluster what was proposed; or gives what is some seconds old. */
  CompletionStage<Preview> preview(Proposal proposal);

  /** The same of what nobody has proposed; of only a few at a time. */
  CompletionStage<Preview> preview(Draft draft);

  /** What a preview fails with while too many are asked for. */
  static Problem.Found tooManyPreviews() {
    return new Problem.Found(
        Problem.of(
            Code.RESOURCE_EXHAUSTED,
            "TOO_MANY_PREVIEWS",
            "too many previews are asked for: ask again in some seconds"));
  }

  /** What is in force, as this node has heard. */
  ParameterSet inForce();

  /** The house's time. */
  long nowMs();

  /**
   * Calls {@code changed} with every proposal that this node hears has changed, until closed; it
   * must not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Consumer<Summary> changed);
}

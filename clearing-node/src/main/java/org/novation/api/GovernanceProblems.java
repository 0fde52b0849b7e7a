package org.novation.api;

import com.google.rpc.Code;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.novation.api.error.Problem;
import org.novation.governance.Refusal;
import org.novation.money.Decimals;

/**
 * The one translation of what governance refuses. The reason is the refusal's name and the numbers
 * are its components, both as the contract writes names.
 */
final class GovernanceProblems {
  private static final int MICROS = 6;

  private GovernanceProblems() {}

  static Problem problem(Refusal why) {
    return Problem.of(code(why), reason(why.getClass()), sentence(why), numbers(why));
  }

  /** The reason of a kind of refusal. */
  static String reason(Class<? extends Refusal> kind) {
    return snake(kind.getSimpleName()).toUpperCase(Locale.ROOT);
  }

  private static String tokens(long micros) {
    return Decimals.format(micros, MICROS);
  }

  private static String[] numbers(Refusal why) {
    List<String> numbers = new ArrayList<>();
    for (RecordComponent component : why.getClass().getRecordComponents()) {
      numbers.add(snake(component.getName()));
      try {
        numbers.add(Fields.brief(String.valueOf(component.getAccessor().invoke(why))));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("a refusal is a public record", e);
      }
    }
    return numbers.toArray(new String[0]);
  }

  private static String snake(String name) {
    return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  private static Code code(Refusal why) {
    return switch (why) {
      case Refusal.UnknownParameter _,
          Refusal.UnknownFigure _,
          Refusal.MissingFigure _,
          Refusal.UnreadableFigure _,
          Refusal.OutOfBounds _,
          Refusal.FixedFigure _,
          Refusal.LimitTakenAway _,
          Refusal.MaintenanceNotBelowInitial _,
          Refusal.TooManyBrackets _,
          Refusal.BreaksRule _,
          Refusal.NothingChanges _,
          Refusal.ChangesNotCountable _,
          Refusal.StandsAlone _,
          Refusal.SettlementAsset _,
          Refusal.NoOracles _,
          Refusal.OraclesBelowQuorum _,
          Refusal.AmountNotPositive _,
          Refusal.DelegatedToSelf _,
          Refusal.TextNotUsable _ ->
          Code.INVALID_ARGUMENT;
      case Refusal.TooOld _, Refusal.InTheFuture _ -> Code.OUT_OF_RANGE;
      case Refusal.DuplicateWithOtherContent _ -> Code.ALREADY_EXISTS;
      case Refusal.UnknownProposal _, Refusal.UnknownAct _ -> Code.NOT_FOUND;
      case Refusal.NotTheProposer _,
          Refusal.NotOnCouncil _,
          Refusal.BadSignature _,
          Refusal.CouncilExpired _ ->
          Code.PERMISSION_DENIED;
      case Refusal.HouseFull _,
          Refusal.TooManyTokens _,
          Refusal.TooManyStakers _,
          Refusal.TooManyLeaving _,
          Refusal.TooManyProposals _ ->
          Code.RESOURCE_EXHAUSTED;
      case Refusal.VersionMoved _,
          Refusal.NotSetUp _,
          Refusal.SetUpAlready _,
          Refusal.SetUpLacks _,
          Refusal.StakeTooSmall _,
          Refusal.StakeNotTaken _,
          Refusal.StakeUnderWay _,
          Refusal.InsufficientStake _,
          Refusal.DepositTooSmall _,
          Refusal.WrongStage _,
          Refusal.VoteClosed _,
          Refusal.NoWeight _,
          Refusal.OtherContent _,
          Refusal.TimelockHolds _,
          Refusal.NotTighter _,
          Refusal.HaltTooLong _,
          Refusal.TighteningUnderWay _,
          Refusal.BeyondCouncil _,
          Refusal.KillSwitchThrown _ ->
          Code.FAILED_PRECONDITION;
    };
  }

  private static String sentence(Refusal why) {
    return switch (why) {
      case Refusal.UnknownParameter(var path) -> "there is no parameter " + Fields.brief(path);
      case Refusal.UnknownFigure(var path, var figure) ->
          Fields.brief(path) + " has no figure " + Fields.brief(figure) + ", or it is named twice";
      case Refusal.MissingFigure(var path, var figure) ->
          path + " is new: name all its figures, also " + figure;
      case Refusal.UnreadableFigure(var path, var figure, var text) ->
          "%s of %s cannot be %s".formatted(figure, path, Fields.brief(text));
      case Refusal.OutOfBounds of ->
          "%s of %s must be from %d to %d whatever is voted, not %d"
              .formatted(of.figure(), of.path(), of.least(), of.most(), of.value());
      case Refusal.FixedFigure(var path, var figure, _) ->
          "%s of %s can never be voted: list another one".formatted(figure, path);
      case Refusal.LimitTakenAway(var path, var figure, _) ->
          "%s of %s can be moved, not taken away".formatted(figure, path);
      case Refusal.MaintenanceNotBelowInitial of ->
          "maintenance margin of %s must be below initial margin in every bracket"
              .formatted(of.path());
      case Refusal.TooManyBrackets of ->
          "old and new brackets of %s together are more than %d".formatted(of.path(), of.most());
      case Refusal.BreaksRule(var path, var rule) -> path + ": " + rule;
      case Refusal.NothingChanges(var path) -> path + " is like that already";
      case Refusal.VersionMoved of ->
          "%s was changed by version %d since version %d was read: look again"
              .formatted(Fields.brief(of.path()), of.now(), of.seen());
      case Refusal.ChangesNotCountable of ->
          "name 1 to %d parameters, each once".formatted(of.most());
      case Refusal.StandsAlone(var path) ->
          path + " is changed by itself: propose everything else apart from it";
      case Refusal.SettlementAsset(var path) ->
          path + " is what profit and loss are settled in, and does not change";
      case Refusal.NoOracles(var path, var symbol) ->
          "%s needs an index of %s, and that needs oracles first".formatted(path, symbol);
      case Refusal.OraclesBelowQuorum of ->
          "%d oracles of %s are fewer than the %d that make an index"
              .formatted(of.oracles(), of.symbol(), of.quorum());
      case Refusal.HouseFull(_, var most) -> "the house can have no more than " + most;
      case Refusal.NotSetUp _ -> "the house is not set up yet";
      case Refusal.SetUpAlready _ -> "the house is set up already";
      case Refusal.SetUpLacks(var topic) -> "a house needs " + topic + " from the start";
      case Refusal.DuplicateWithOtherContent(var id) ->
          "the id " + id + " is known with other content";
      case Refusal.TooOld _ -> "issued so long ago that its id may be forgotten: take a new one";
      case Refusal.InTheFuture _ -> "issued later than the house's clock can be wrong";
      case Refusal.AmountNotPositive _ -> "must be above zero";
      case Refusal.StakeTooSmall of -> "a stake is at least %s".formatted(tokens(of.least()));
      case Refusal.StakeNotTaken(_, var reason) -> "the account does not give them: " + reason;
      case Refusal.StakeUnderWay(var voter) ->
          voter + " is being asked for tokens already: wait for that";
      case Refusal.InsufficientStake of ->
          "only %s of the stake stand behind no open proposal".formatted(tokens(of.freeMicros()));
      case Refusal.TooManyTokens _ -> "more than the token can count";
      case Refusal.TooManyStakers _ -> "as many hold stakes as the house can keep";
      case Refusal.TooManyLeaving(var voter, var most) ->
          "%d stakes of %s are on their way out, which is the most that may be"
              .formatted(most, voter);
      case Refusal.DelegatedToSelf _ -> "give it to another account, or to nobody to take it back";
      case Refusal.UnknownProposal(var id) -> "there is no proposal " + id;
      case Refusal.TooManyProposals _ -> "as many proposals are open as the house can keep";
      case Refusal.TextNotUsable of ->
          "a title or text has 1 to %d letters, not %d".formatted(of.most(), of.letters());
      case Refusal.DepositTooSmall of ->
          "whoever stands behind a draft does with at least %s".formatted(tokens(of.least()));
      case Refusal.WrongStage(_, var stage) -> "the proposal is at another stage: " + stage;
      case Refusal.VoteClosed _ -> "the vote is over";
      case Refusal.NoWeight(_, var voter) ->
          voter + " had no stake when the proposal was made, or gave its vote away";
      case Refusal.OtherContent _ -> "what was read is not what there is: read it again";
      case Refusal.TimelockHolds _ -> "it cannot be executed yet";
      case Refusal.NotTheProposer _ -> "only who proposed it may do this";
      case Refusal.NotOnCouncil(var member) -> member + " is not on the council";
      case Refusal.BadSignature(var member) ->
          "this is not the signature of " + member + " for this command";
      case Refusal.CouncilExpired _ -> "the council's powers have ended; a vote can renew them";
      case Refusal.NotTighter of ->
          "a council only tightens: %s of %s from %s to %s needs a vote"
              .formatted(
                  of.figure(), of.path(), Fields.brief(of.before()), Fields.brief(of.after()));
      case Refusal.HaltTooLong _ ->
          "a council's halt ends within a week; a longer one needs a vote";
      case Refusal.TighteningUnderWay of ->
          "%s of %s tightens already; another change would only delay it"
              .formatted(of.figure(), of.path());
      case Refusal.BeyondCouncil _ ->
          "what decides on the council or the kill switch is not the council's to stop";
      case Refusal.UnknownAct(var id) -> "no act " + id + " waits for approval";
      case Refusal.KillSwitchThrown _ ->
          "the kill switch is thrown: nothing but a vote to lift it passes";
    };
  }
}

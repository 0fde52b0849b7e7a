package org.novation.governance;

/** Why a command was refused: an ordinary answer, with its numbers. Its code is its name. */
public sealed interface Refusal {
  // ---- what is asked for

  /** No parameter has such a path. */
  record UnknownParameter(String path) implements Refusal {}

  /** The parameter has no such figure, or it is named twice. */
  record UnknownFigure(String path, String figure) implements Refusal {}

  /** A new parameter names all its figures. */
  record MissingFigure(String path, String figure) implements Refusal {}

  /** The text is not what such a figure is. */
  record UnreadableFigure(String path, String figure, String text) implements Refusal {}

  /** The figure breaks its hard bound, which no vote can pass. Of names: how many there are. */
  record OutOfBounds(String path, String figure, long value, long least, long most)
      implements Refusal {}

  /** What a parameter is cannot be voted; another one can be listed. */
  record FixedFigure(String path, String figure, String text) implements Refusal {}

  /** A limit that there is can be moved, not taken away. */
  record LimitTakenAway(String path, String figure, long before) implements Refusal {}

  /** Maintenance margin must be below initial margin in every bracket. */
  record MaintenanceNotBelowInitial(
      String path, long bracketMicros, long maintenancePpm, long initialPpm) implements Refusal {}

  /** Old and new brackets together, through which the ladders move, are too many. */
  record TooManyBrackets(String path, long brackets, long most) implements Refusal {}

  /** The figures break a bound between them; says which. */
  record BreaksRule(String path, String rule) implements Refusal {}

  /** Everything is like that already. */
  record NothingChanges(String path) implements Refusal {}

  /** The parameter is not the one that was seen. */
  record VersionMoved(String path, long seen, long now) implements Refusal {}

  /** A change names no parameter, one twice, or too many. */
  record ChangesNotCountable(long changes, long most) implements Refusal {}

  /** What decides on the council, or on the kill switch, is bundled with nothing. */
  record StandsAlone(String path) implements Refusal {}

  /** What profit and loss are settled in does not change. */
  record SettlementAsset(String path) implements Refusal {}

  /** What is listed needs an index, and that needs oracles first. */
  record NoOracles(String path, String symbol) implements Refusal {}

  /** Fewer oracles than make an index. */
  record OraclesBelowQuorum(String symbol, long oracles, long quorum) implements Refusal {}

  /** The house has as many of them as it can. */
  record HouseFull(String path, long most) implements Refusal {}

  /** The house was not set up yet. */
  record NotSetUp() implements Refusal {}

  /** The house is set up, at this version. */
  record SetUpAlready(long version) implements Refusal {}

  /** A house needs this parameter from the start. */
  record SetUpLacks(String topic) implements Refusal {}

  // ---- commands

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements Refusal {}

  /** So old that an id may have been forgotten: nothing may count twice. */
  record TooOld(long issuedAtMs, long forgottenThroughMs) implements Refusal {}

  /** Issued later than the house's clock can be wrong. */
  record InTheFuture(long issuedAtMs, long latestMs) implements Refusal {}

  // ---- stakes

  /** Nothing, or less. */
  record AmountNotPositive(long micros) implements Refusal {}

  /** A stake, or what is left of it, would be too small to count. */
  record StakeTooSmall(long micros, long least) implements Refusal {}

  /** More than is staked and does not stand behind a draft. */
  record InsufficientStake(long askedMicros, long freeMicros) implements Refusal {}

  /** More than the token can count. */
  record TooManyTokens(long micros) implements Refusal {}

  /** The account does not give the tokens; says why. */
  record StakeNotTaken(String voter, String why) implements Refusal {}

  /** The account is being asked for tokens already, under another id. */
  record StakeUnderWay(String voter) implements Refusal {}

  /** As many hold stakes, or have stakes leaving, as the house can keep. */
  record TooManyStakers(long most) implements Refusal {}

  /** The voter has as many stakes on their way out as one may have. */
  record TooManyLeaving(String voter, long most) implements Refusal {}

  /** A vote is given to somebody else, or to nobody. */
  record DelegatedToSelf(String voter) implements Refusal {}

  // ---- proposals

  record UnknownProposal(String proposalId) implements Refusal {}

  /** As many proposals are open as the house can keep. */
  record TooManyProposals(long open, long most) implements Refusal {}

  /** No title, or a text that is too long. */
  record TextNotUsable(long letters, long most) implements Refusal {}

  /** A deposit this small carries no draft. */
  record DepositTooSmall(long micros, long least) implements Refusal {}

  /** The proposal is not where this can be done. */
  record WrongStage(String proposalId, String stage) implements Refusal {}

  /** The vote is over. */
  record VoteClosed(String proposalId, long endedAtMs) implements Refusal {}

  /** Nothing was staked for this voter when the proposal was made. */
  record NoWeight(String proposalId, String voter) implements Refusal {}

  /** The text or the changes are not those that were read. */
  record OtherContent(String proposalId, String sha256) implements Refusal {}

  /** Its time has not come. */
  record TimelockHolds(String proposalId, long untilMs) implements Refusal {}

  /** Only who proposed it may do this. */
  record NotTheProposer(String proposalId) implements Refusal {}

  // ---- the council

  /** There is no council, or nobody of that name is on it. */
  record NotOnCouncil(String member) implements Refusal {}

  /** This is not the member's signature of the command. */
  record BadSignature(String member) implements Refusal {}

  /** Its powers have ended; a vote can renew them. */
  record CouncilExpired(long expiredAtMs) implements Refusal {}

  /** A council only tightens; this needs a vote. */
  record NotTighter(String path, String figure, String before, String after) implements Refusal {}

  /** A council's halt ends soon; a longer one needs a vote. */
  record HaltTooLong(String path, String figure, long untilMs, long latestMs) implements Refusal {}

  /** It tightens already, at the pace that it may; another change would only delay it. */
  record TighteningUnderWay(String path, String figure, long untilMs) implements Refusal {}

  /** What decides on the council itself, or on the kill switch, is not the council's to stop. */
  record BeyondCouncil(String proposalId) implements Refusal {}

  record UnknownAct(String actId) implements Refusal {}

  /** The kill switch is thrown: nothing but a vote to lift it passes. */
  record KillSwitchThrown() implements Refusal {}
}

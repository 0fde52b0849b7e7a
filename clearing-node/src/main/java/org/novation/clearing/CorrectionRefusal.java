package org.novation.clearing;

/** Why a correction is not proposed or approved: nothing has changed. */
public sealed interface CorrectionRefusal {
  /** The trade is the house's own: it is undone by nobody. */
  record HouseTrade(String tradeId) implements CorrectionRefusal {}

  /** The other price is the trade's own. */
  record NothingToCorrect(String tradeId) implements CorrectionRefusal {}

  /** The trade was novated before the time for corrections. */
  record TooOld(long novatedAtMs, long oldestMs) implements CorrectionRefusal {}

  /** There is one of this trade, or was. */
  record AlreadyCorrected(String tradeId, String byId, CorrectionCase.Stage stage)
      implements CorrectionRefusal {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements CorrectionRefusal {}

  /** There is no such correction. */
  record Unknown(String id) implements CorrectionRefusal {}

  /** Whoever proposed it cannot approve it. */
  record FourEyes(String id, String proposer) implements CorrectionRefusal {}

  /** What was approved is not what was proposed. */
  record OtherHash(String id, String approved, String proposed) implements CorrectionRefusal {}

  /** It is decided already. */
  record Decided(String id, CorrectionCase.Stage stage, String decidedBy)
      implements CorrectionRefusal {}

  /** So many are remembered that one more cannot be. */
  record TooMany(int max) implements CorrectionRefusal {}
}

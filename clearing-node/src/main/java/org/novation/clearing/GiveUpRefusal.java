package org.novation.clearing;

/** Why nothing is done about a give-up: nothing has changed. */
public sealed interface GiveUpRefusal {
  /** The trade was novated before the time for give-ups. */
  record TooOld(long novatedAtMs, long oldestMs) implements GiveUpRefusal {}

  /** There is none of this trade and account. */
  record Unknown(String tradeId, String from) implements GiveUpRefusal {}

  /** It is decided already. */
  record Decided(String tradeId, GiveUpCase.Stage stage) implements GiveUpRefusal {}

  /** So many wait, or are permitted, that one more cannot be. */
  record TooMany(int max) implements GiveUpRefusal {}

  /** The trade is put right, or may yet be: what is given up stays as it is. */
  record Corrected(String tradeId, String by) implements GiveUpRefusal {}

  /** An account could not take its side of the trade. */
  record NotCleared(Rejection why) implements GiveUpRefusal {}
}

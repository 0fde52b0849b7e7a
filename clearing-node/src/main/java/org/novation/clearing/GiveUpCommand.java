package org.novation.clearing;

/** What members ask about give-ups to one account, and what clearing says. Each may be repeated. */
public sealed interface GiveUpCommand {
  /** To give a leg up. */
  record Propose(GiveUp giveUp) implements GiveUpCommand {}

  /** To take it over. */
  record Accept(String key) implements GiveUpCommand {}

  /** Not to: of either side. */
  record Cancel(String key) implements GiveUpCommand {}

  /** To accept all of an account without asking, or not any more. */
  record Permit(String from, boolean permitted) implements GiveUpCommand {}

  /**
   * What came of an attempt.
   *
   * @param refusal empty when the trade was novated
   */
  record Note(String key, long acceptedAtMs, String refusal) implements GiveUpCommand {}
}

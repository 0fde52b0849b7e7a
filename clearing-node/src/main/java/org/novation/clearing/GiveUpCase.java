package org.novation.clearing;

/**
 * A give-up and what became of it.
 *
 * @param acceptedAtMs the last time; 0 while it was not
 * @param refusal of the last attempt; empty when there was none
 */
public record GiveUpCase(GiveUp giveUp, Stage stage, long acceptedAtMs, String refusal) {
  /** How far it is. */
  public enum Stage {
    /** Waits for the owner of the receiving account. */
    PROPOSED,
    /** Is being cleared, until there is an outcome. */
    ACCEPTED,
    /** On both accounts. */
    DONE,
    /** An account could not take its side; may be accepted again. */
    REFUSED,
    /** Declined or cancelled. */
    CANCELLED
  }

  boolean open() {
    return stage == Stage.PROPOSED || stage == Stage.ACCEPTED;
  }
}

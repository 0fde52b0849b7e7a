package org.novation.clearing;

/** What operators ask about corrections, and what accounts answer. Each may be repeated. */
public sealed interface CorrectionCommand {
  /** To put a trade right; the time is the house's. */
  record Propose(Correction correction) implements CorrectionCommand {}

  /**
   * To have it done.
   *
   * @param hash of what the approver has read
   */
  record Approve(String id, String hash, String operator) implements CorrectionCommand {}

  /** To leave the trade as it is. */
  record Reject(String id, String operator) implements CorrectionCommand {}

  /**
   * The account of an order has written it.
   *
   * @param key of the order
   */
  record NoteCarriedOut(String id, String key) implements CorrectionCommand {}
}

package org.novation.clearing;

/**
 * A correction and what became of it.
 *
 * @param decidedBy who approved or rejected it; empty while nobody has
 * @param decidedAtMs 0 likewise
 */
public record CorrectionCase(
    Correction correction, Stage stage, String decidedBy, long decidedAtMs) {
  /** How far it is. */
  public enum Stage {
    /** Waits for another operator. */
    PROPOSED,
    /** Will be done, whatever crashes. */
    APPROVED,
    /** On the books of one side, and on its way to the other. */
    BOOKED,
    /** Will not be done. */
    REJECTED
  }
}

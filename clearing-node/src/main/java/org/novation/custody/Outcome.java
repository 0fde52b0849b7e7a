package org.novation.custody;

/** How a withdrawal ended. */
public enum Outcome {
  /** It has left the house, for ever. */
  SETTLED,
  /** The account did not have it to give. */
  REFUSED,
  /** Its owner called it off. */
  CANCELLED,
  /** It was not approved, or could not be settled, in time. */
  EXPIRED,
  /** So many custodians objected that it returned. */
  DISPUTED
}

package org.novation.risk;

/** What may forbid an action; of several that do, a refusal names the first of this list. */
public enum Brake {
  /** An operator has paused the operation. */
  PAUSE,
  /** The house knows of an account that owes more than it has, and that nothing has covered yet. */
  INSOLVENT_ACCOUNT,
  /** Prices were missing for long, not long ago. */
  OUTAGE,
  /** The index has moved too far in too short a time: reductions only. */
  HALT,
  /** Fewer fresh feeds than the quorum, or none yet: reductions only, and none without a mark. */
  NO_FRESH_PRICE,
  /** Feeds disagree. */
  DIVERGED_PRICES,
  /** The price is too far from the mark. */
  PRICE_BAND,
  /** The kill switch is thrown: reductions only, until a vote lifts it. */
  KILL_SWITCH,
  /**
   * This node does not know, or cannot read, the parameters in force: reductions only until it can.
   */
  PARAMETERS,
  /** The contract is retired: reductions only. */
  RETIRED
}

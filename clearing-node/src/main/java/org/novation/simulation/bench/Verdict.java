package org.novation.simulation.bench;

/** What became of a trade. */
public enum Verdict {
  /** Committed and flushed. */
  NOVATED,
  /** Refused for good. */
  REFUSED,
  /** The outcome is unknown. */
  UNKNOWN
}

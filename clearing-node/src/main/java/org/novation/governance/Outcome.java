package org.novation.governance;

/** What a closed vote amounts to. Stored by name: never rename one. */
public enum Outcome {
  /** Enough were in favour, of all and of those who took a side. */
  SUCCEEDED,
  /** Of those who took a side, too few were in favour. */
  DEFEATED,
  /** Those in favour prevailed over those against, but were too few of all. */
  SHORT_OF_QUORUM
}

package org.novation.deleveraging;

/** What is reported to a wave. Everything may be repeated, late and in any order. */
public sealed interface WaveCommand {
  /** The wave is to begin with this receipt. */
  record Begin(Receipt receipt) implements WaveCommand {}

  /**
   * A step was done.
   *
   * @param micros what was really taken or paid; 0 for a closing
   * @param version of the account afterwards
   */
  record Done(String stepId, long micros, long version) implements WaveCommand {}

  /** A closing was refused: the account is no longer at the version that it was chosen on. */
  record Changed(String stepId, long version) implements WaveCommand {}
}

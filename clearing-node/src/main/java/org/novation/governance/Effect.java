package org.novation.governance;

/** What a change of a figure does. */
public enum Effect {
  NONE,
  TIGHTENS,
  LOOSENS,
  /** Some of each, or neither can be said. */
  UNCLEAR
}

package org.novation.governance;

/** Which change of a figure makes the house safer, and so whether the council may make it. */
public enum Tightens {
  /** More is tighter; less needs a vote. */
  BY_RISING,
  /** Less is tighter; more needs a vote. */
  BY_FALLING,
  /** It favours one side or the other, or gives power: any change needs a vote. */
  BY_VOTE_ONLY,
  /** What the parameter is: whoever wants another one lists another one. */
  FIXED
}

package org.novation.governance;

/** How somebody votes. Stored by name: never rename one. */
public enum Choice {
  IN_FAVOUR,
  AGAINST,
  ABSTAIN
}

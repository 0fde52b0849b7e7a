package org.novation.access;

/** Why something is not taken back. */
public sealed interface RevocationRefusal {
  /** There is no room: take back all tokens of a caller instead, or replace the signing key. */
  record TooMany(int max) implements RevocationRefusal {}

  /** It would lock a caller out for a time to come: whoever issues tokens is to do that. */
  record InTheFuture(long notBeforeMs, long nowMs) implements RevocationRefusal {}
}

package org.novation.access;

/** What was taken back. History is append-only. */
public sealed interface RevocationEvent {
  long atMs();

  /** One token. */
  record TokenRevoked(long atMs, String tokenId, String reason, String operator)
      implements RevocationEvent {}

  /** Whatever a caller was issued before a moment. */
  record PrincipalRevoked(long atMs, String name, long notBeforeMs, String reason, String operator)
      implements RevocationEvent {}
}

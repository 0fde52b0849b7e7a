package org.novation.clearing;

/** What was decided about corrections. History is append-only. */
public sealed interface CorrectionEvent {
  long atMs();

  /** Somebody asked for one, before corrections gave fees back. Read only. */
  record CorrectionProposedV1(long atMs, CorrectionV1 correction) implements CorrectionEvent {}

  /** Somebody asked for one. */
  record CorrectionProposed(long atMs, Correction correction) implements CorrectionEvent {}

  /** Somebody else agreed to it: it will be done. */
  record CorrectionApproved(long atMs, String id, String hash, String operator)
      implements CorrectionEvent {}

  /** It will not be done. */
  record CorrectionRejected(long atMs, String id, String operator) implements CorrectionEvent {}

  /** Its account has written it. */
  record CorrectionBooked(long atMs, String id) implements CorrectionEvent {}

  /** The fee of this account has been given back, or charged, as it says. */
  record FeeSettled(long atMs, String id, String account) implements CorrectionEvent {}
}

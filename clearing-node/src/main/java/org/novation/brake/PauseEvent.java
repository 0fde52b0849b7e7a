package org.novation.brake;

/** What operators did. History is append-only: add a record, never change one. */
public sealed interface PauseEvent {
  /** What was asked. */
  PauseCommand command();

  long atMs();

  /** An operation is paused. */
  record PauseSet(long atMs, PauseCommand.Set command) implements PauseEvent {}

  /** A pause was lifted before its time. */
  record PauseCleared(long atMs, PauseCommand.Clear command) implements PauseEvent {}
}

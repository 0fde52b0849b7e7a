package org.novation.clearing;

/** What was decided about give-ups to one account. History is append-only. */
public sealed interface GiveUpEvent {
  /** 1 for the first event of an account's give-ups, then one more each. */
  long number();

  long atMs();

  /** Somebody wants to give a leg up. */
  record GiveUpProposed(long number, long atMs, GiveUp giveUp) implements GiveUpEvent {}

  /** It is to be cleared. */
  record GiveUpAccepted(long number, long atMs, String key, boolean permitted)
      implements GiveUpEvent {}

  /** It is on both accounts, or on its way to the second. */
  record GiveUpDone(long number, long atMs, String key) implements GiveUpEvent {}

  /** One of the accounts could not take its side: neither has it. */
  record GiveUpRefused(long number, long atMs, String key, String refusal) implements GiveUpEvent {}

  /** One side will not have it. */
  record GiveUpCancelled(long number, long atMs, String key) implements GiveUpEvent {}

  /** What an account gives up is accepted without asking, or not any more. */
  record GiveUpsPermitted(long number, long atMs, String from, boolean permitted)
      implements GiveUpEvent {}
}

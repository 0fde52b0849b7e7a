package org.novation.governance;

/** Where a proposal stands. */
public sealed interface Stage {
  /** It waits for stakes to stand behind it. */
  record Draft(long untilMs) implements Stage {}

  /** It is voted, by the rules of when that began. */
  record Voting(long endsAtMs, long quorumPpm, long thresholdPpm, long timelockMs, long executionMs)
      implements Stage {}

  /** It has succeeded, and can be executed between these times. */
  record Timelocked(long fromMs, long untilMs) implements Stage {}

  /** It is in force. */
  record Executed(long atMs, long version) implements Stage {}

  /** Too few of those who took a side were in favour. */
  record Defeated(long atMs) implements Stage {}

  /** Too few of all were in favour. */
  record ShortOfQuorum(long atMs) implements Stage {}

  /** Nobody stood behind it, or nobody executed it, in time. */
  record Expired(long atMs) implements Stage {}

  /** What it changes has changed: it must be voted again, on what there is now. */
  record Outdated(long atMs) implements Stage {}

  /** The council has stopped it. */
  record Cancelled(long atMs, String reason) implements Stage {}

  /** Who proposed it took it back. */
  record Withdrawn(long atMs) implements Stage {}

  /** Whether something can still become of it. */
  default boolean open() {
    return switch (this) {
      case Draft _, Voting _, Timelocked _ -> true;
      case Executed _,
          Defeated _,
          ShortOfQuorum _,
          Expired _,
          Outdated _,
          Cancelled _,
          Withdrawn _ ->
          false;
    };
  }
}

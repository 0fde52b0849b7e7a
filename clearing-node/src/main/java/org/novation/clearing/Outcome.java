package org.novation.clearing;

/** The answer to one trade. */
public sealed interface Outcome {
  /** On the books of the last account, on its way to the first: for ever. */
  record Novated(long novatedAtMs) implements Outcome {}

  /** No attempt begun so far can still get through. */
  record Refused(Rejection why) implements Outcome {}

  /**
   * Not begun, because of its own content ({@code TooOld}, {@code InTheFuture}): says nothing about
   * earlier attempts.
   */
  record NotBegun(Rejection why) implements Outcome {}

  /** Unknown: to be retried with the same id. */
  record Unavailable(String why) implements Outcome {}
}

package org.novation.api;

import org.novation.clearing.Rejection;

/** What came of a request to the trade. */
public sealed interface Answer<T> {
  /** It was done, now or when it was asked for the first time. */
  record Done<T>(T value) implements Answer<T> {}

  /** It was refused and has changed nothing. */
  record Refused<T>(Rejection why) implements Answer<T> {}

  /**
   * Unknown: to be retried with the same id. A stage that completes exceptionally means the same.
   */
  record Unavailable<T>(String why) implements Answer<T> {}
}

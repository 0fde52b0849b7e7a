package org.novation.clearing;

/**
 * The house's time, and its alarms: the wall's in a running node, a virtual one in a replay, where
 * an hour may pass between two messages. Everything whose hour decides about money goes by it.
 */
public interface HouseTime {
  /** Milliseconds since 1970. */
  long nowMs();

  /**
   * Has something woken once, at that time or soon after; at once when it has passed.
   *
   * @param key who is woken: alarms of the same millisecond go off in its order
   * @param wake called from any thread; must do no more than send a message
   */
  Alarm at(long dueMs, String key, Runnable wake);

  /** An alarm that was set. */
  @FunctionalInterface
  interface Alarm {
    /** It does not go off any more, unless it is just going off. */
    void cancel();
  }
}

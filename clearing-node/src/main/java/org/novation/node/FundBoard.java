package org.novation.node;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.insurance.FundReading;

/**
 * What this node last heard of the fund. Written by one thread, read and listened to by any: who
 * wants to know how the fund is does not have to ask it.
 */
final class FundBoard {
  private static final int LISTENERS_MAX = 10_000;

  private final AtomicReference<@Nullable FundReading> newest = new AtomicReference<>();
  private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Null before the first word. */
  @Nullable FundReading newest() {
    return newest.get();
  }

  /** Takes a reading, unless a later one is here: a fund that moved may still be heard. */
  void take(FundReading reading) {
    FundReading before = newest.get();
    if (before != null && before.number() > reading.number()) return;
    newest.set(reading);
    if (before == null || before.number() < reading.number()) listeners.forEach(Runnable::run);
  }

  /**
   * Calls {@code changed} after each event of the fund that is heard of, until closed; it must not
   * wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Runnable changed) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Runnable own = () -> changed.run(); // Its own identity, should one be passed twice.
    listeners.add(own);
    return () -> listeners.remove(own);
  }
}

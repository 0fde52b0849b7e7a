package org.novation.node;

import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundReading;
import org.novation.insurance.InsuranceFundActor;

/**
 * What this node last heard of the fund. Written by one thread, read and listened to by any: who
 * wants to know how the fund is does not have to ask it.
 */
final class FundBoard {
  /**
   * Three words of a fund that says something every {@link InsuranceFundActor#HEARTBEAT} were lost:
   * it may have paid out what it had meanwhile.
   */
  private static final Duration SILENCE_MAX = InsuranceFundActor.HEARTBEAT.multipliedBy(3);

  private static final int LISTENERS_MAX = 10_000;

  private record Heard(FundReading reading, @Nullable ClosedGate gate, long atNanos) {}

  private final LongSupplier nanos;
  private final AtomicReference<@Nullable Heard> newest = new AtomicReference<>();
  private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param nanos the engine's clock, by which it is known how long ago something was heard
   */
  FundBoard(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Null before the first word. */
  @Nullable FundReading newest() {
    Heard heard = newest.get();
    return heard == null ? null : heard.reading;
  }

  /**
   * Why the gate of deleveraging is closed. Null while it is open, and where that is not known:
   * before the first word, and when the fund was not heard of for three of its heartbeats. Time
   * alone opens no gate, so what was heard stays true until the fund moves.
   */
  @Nullable ClosedGate closedGate() {
    Heard heard = newest.get();
    if (heard == null || nanos.getAsLong() - heard.atNanos > SILENCE_MAX.toNanos()) return null;
    return heard.gate;
  }

  /** Takes a reading, unless a later one is here: a fund that moved may still be heard. */
  void take(FundReading reading) {
    FundReading before = newest();
    if (before != null && before.number() > reading.number()) return;
    newest.set(new Heard(reading, reading.closedGate(), nanos.getAsLong()));
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

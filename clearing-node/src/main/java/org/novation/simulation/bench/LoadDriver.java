package org.novation.simulation.bench;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Sends a load to a sink and measures the answers.
 *
 * <p>Closed loop, {@link #saturate}: so many trades are always in flight; says how much the sink
 * does at most. Open loop, {@link #atRate}: each trade has a moment at which it is due, whether or
 * not the sink keeps up, and its latency counts from that moment: a sink that stalls is charged for
 * every trade that would have come meanwhile, so nothing needs to be corrected for coordinated
 * omission afterwards.
 */
public final class LoadDriver {
  private static final long MICROS_MAX = 600_000_000;
  private static final int DIGITS = 3;
  private static final long PAUSE_NANOS = 200_000;
  private static final long PATIENCE_SECONDS = 60;

  private final TradeLoad load;
  private final TradeSink sink;
  private final LongSupplier nanos;
  private final LongConsumer pause;

  /** Sends {@code load} to {@code sink}; belongs to one thread. */
  public LoadDriver(TradeLoad load, TradeSink sink) {
    this(load, sink, System::nanoTime, LockSupport::parkNanos);
  }

  LoadDriver(TradeLoad load, TradeSink sink, LongSupplier nanos, LongConsumer pause) {
    this.load = load;
    this.sink = sink;
    this.nanos = nanos;
    this.pause = pause;
  }

  /** Keeps {@code inFlight} trades unanswered for a while. Counts what is answered within it. */
  public Measured saturate(int inFlight, Duration duration) throws InterruptedException {
    Tally tally = new Tally(inFlight);
    long begin = nanos.getAsLong();
    tally.until = begin + duration.toNanos();
    while (nanos.getAsLong() < tally.until) {
      tally.take();
      long sent = nanos.getAsLong();
      sink.submit(load.next(), verdict -> tally.answered(verdict, sent));
    }
    tally.drain();
    return tally.measured(duration.toNanos() / 1e9, 0);
  }

  /**
   * Sends {@code perSecond} trades a second, evenly; waits for the last answer.
   *
   * @param inFlightMax when so many are unanswered sending waits, and that wait counts as latency
   */
  public Measured atRate(double perSecond, int inFlightMax, Duration duration)
      throws InterruptedException {
    Tally tally = new Tally(inFlightMax);
    long begin = nanos.getAsLong();
    tally.until = Long.MAX_VALUE;
    long trades = Math.max(1, Math.round(perSecond * duration.toNanos() / 1e9));
    for (long n = 0; n < trades; n++) {
      long due = begin + Math.round(n * 1e9 / perSecond);
      while (nanos.getAsLong() < due) pause.accept(PAUSE_NANOS);
      tally.take();
      sink.submit(load.next(), verdict -> tally.answered(verdict, due));
    }
    tally.drain();
    return tally.measured((nanos.getAsLong() - begin) / 1e9, perSecond);
  }

  /** Answers of one run, counted from whatever thread they come in. */
  private final class Tally {
    final int inFlight;
    final Semaphore open;
    final ConcurrentHistogram micros = new ConcurrentHistogram(1, MICROS_MAX, DIGITS);
    final LongAdder novated = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder unknown = new LongAdder();
    long until;

    Tally(int inFlight) {
      this.inFlight = inFlight;
      this.open = new Semaphore(inFlight);
    }

    void answered(Verdict verdict, long since) {
      long now = nanos.getAsLong();
      if (now <= until) {
        micros.recordValue(Math.clamp((now - since) / 1_000, 1, MICROS_MAX));
        switch (verdict) {
          case NOVATED -> novated.increment();
          case REFUSED -> refused.increment();
          case UNKNOWN -> unknown.increment();
        }
      }
      open.release();
    }

    /** Waits for room for one more; a sink that answers nothing any more ends the run. */
    void take() throws InterruptedException {
      await(1);
    }

    void drain() throws InterruptedException {
      await(inFlight);
    }

    private void await(int answers) throws InterruptedException {
      if (!open.tryAcquire(answers, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "trades were not answered within " + PATIENCE_SECONDS + " seconds");
      }
    }

    Measured measured(double seconds, double offeredPerSecond) {
      return new Measured(
          novated.sum(),
          refused.sum(),
          unknown.sum(),
          seconds,
          inFlight,
          offeredPerSecond,
          Latency.of(micros));
    }
  }
}

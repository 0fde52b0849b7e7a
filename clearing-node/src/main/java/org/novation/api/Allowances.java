package org.novation.api;

import com.google.rpc.Code;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.Limits.Kind;
import org.novation.api.error.Problem;

/**
 * How much of the node each caller may use: one hasty caller must not starve the others. Callers
 * are remembered up to a number; of more, the one that was silent for longest begins anew.
 */
final class Allowances {
  private final Rates rates;
  private final LongSupplier clockNanos;
  private final Map<String, Allowance> callers = new Remembered();

  /**
   * @param clockNanos as {@link System#nanoTime}
   */
  Allowances(Rates rates, LongSupplier clockNanos) {
    this.rates = rates;
    this.clockNanos = clockNanos;
  }

  Allowance of(String caller) {
    synchronized (callers) {
      return callers.computeIfAbsent(caller, _ -> new Allowance(rates, clockNanos));
    }
  }

  /** One caller's. */
  static final class Allowance {
    private final Rates rates;
    private final LongSupplier clockNanos;
    private final Map<Kind, Bucket> buckets = new EnumMap<>(Kind.class);
    private final AtomicInteger streams = new AtomicInteger();

    private Allowance(Rates rates, LongSupplier clockNanos) {
      this.rates = rates;
      this.clockNanos = clockNanos;
      for (Kind kind : Kind.values()) {
        Rates.Rate rate = rates.of(kind);
        buckets.put(kind, new Bucket(rate.perSecond(), rate.burst(), clockNanos.getAsLong()));
      }
    }

    /** Null when there was one left of the kind, and it is taken. */
    @Nullable Problem take(Kind kind) {
      Bucket bucket = buckets.get(kind);
      long waitNanos = bucket == null ? 0 : bucket.take(clockNanos.getAsLong());
      return waitNanos == 0 ? null : tooFast(kind, waitNanos);
    }

    /** Null when one more stream may be open; it must be given back by {@link #closed}. */
    @Nullable Problem open() {
      Problem tooFast = take(Kind.STREAM);
      if (tooFast != null) return tooFast;
      if (streams.incrementAndGet() <= rates.streamsOpen()) return null;
      streams.decrementAndGet();
      return Problem.of(
          Code.RESOURCE_EXHAUSTED,
          "TOO_MANY_STREAMS",
          "close a stream before you open another",
          "max",
          Integer.toString(rates.streamsOpen()));
    }

    void closed() {
      streams.decrementAndGet();
    }

    private Problem tooFast(Kind kind, long waitNanos) {
      long waitMs = Math.ceilDiv(waitNanos, TimeUnit.MILLISECONDS.toNanos(1));
      return Problem.of(
          Code.RESOURCE_EXHAUSTED,
          "RATE_LIMITED",
          "too many at once: try again in " + waitMs + " ms",
          "kind",
          kind.name().toLowerCase(Locale.ROOT),
          "per_second",
          Integer.toString(rates.of(kind).perSecond()),
          "burst",
          Integer.toString(rates.of(kind).burst()),
          "retry_after_ms",
          Long.toString(waitMs));
    }
  }

  private static final class Remembered extends LinkedHashMap<String, Allowance> {
    private static final long serialVersionUID = 1;

    Remembered() {
      super(64, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Allowance> eldest) {
      return size() > Limits.CALLERS;
    }
  }
}

package org.novation.simulation.bench;

import org.HdrHistogram.AbstractHistogram;

/** Percentiles of latency, in microseconds. */
public record Latency(long p50Micros, long p99Micros, long p999Micros, long maxMicros) {
  static Latency of(AbstractHistogram histogram) {
    return new Latency(
        histogram.getValueAtPercentile(50),
        histogram.getValueAtPercentile(99),
        histogram.getValueAtPercentile(99.9),
        histogram.getMaxValue());
  }
}

package org.novation.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * The course of a run in at most {@link #SAMPLES_MAX} samples, however long it is: when there are
 * too many, every second one goes, and from then on twice as many are left out.
 */
final class Timeline {
  static final int SAMPLES_MAX = 2_000;

  /** How the first market stood at a moment. */
  record Sample(long timeMs, double price, double openInterest) {}

  private List<Sample> samples = new ArrayList<>();
  private long seen;
  private long every = 1;

  void add(long timeMs, double price, double openInterest) {
    if (seen++ % every != 0) return;
    if (samples.size() == SAMPLES_MAX) {
      List<Sample> half = new ArrayList<>(SAMPLES_MAX);
      for (int n = 0; n < SAMPLES_MAX; n += 2) half.add(samples.get(n));
      samples = half;
      every *= 2;
    }
    samples.add(new Sample(timeMs, price, openInterest));
  }

  List<Sample> samples() {
    return List.copyOf(samples);
  }
}

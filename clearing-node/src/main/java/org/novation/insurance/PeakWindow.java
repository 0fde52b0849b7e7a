package org.novation.insurance;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.novation.insurance.FundSnapshot.Peak;

/**
 * The highest level within a window of up to a day, in slots of five minutes: a peak counts until
 * its slot has left the window, so the answer may be up to five minutes old and is never too low.
 * Keeps no more than one entry per slot, each lower than the one before.
 */
final class PeakWindow {
  static final long SLOT_MS = 300_000;

  private final Deque<Peak> peaks = new ArrayDeque<>();

  /** When the next slot begins: no peak leaves the window before. */
  static long nextSlotMs(long nowMs) {
    return (Math.floorDiv(nowMs, SLOT_MS) + 1) * SLOT_MS;
  }

  PeakWindow(Collection<Peak> peaks) {
    this.peaks.addAll(peaks);
  }

  /** The level moved at this time: {@code before} held until now. Time never runs backwards. */
  void move(long atMs, long before, long after) {
    long slot = Math.floorDiv(atMs, SLOT_MS);
    note(slot, before);
    note(slot, after);
    long oldest = slot - FundPolicy.DAY_MS / SLOT_MS;
    while (peaks.getFirst().slot() < oldest) peaks.removeFirst();
  }

  private void note(long slot, long micros) {
    while (!peaks.isEmpty() && peaks.getLast().micros() <= micros) peaks.removeLast();
    // The lower of two levels in one slot can never become the peak.
    if (peaks.isEmpty() || peaks.getLast().slot() != slot) peaks.addLast(new Peak(slot, micros));
  }

  /** The highest level of the window that ends now, given the level now. */
  long peakMicros(long nowMs, long windowMs, long level) {
    long oldest = Math.floorDiv(nowMs - windowMs, SLOT_MS);
    for (Peak peak : peaks) {
      if (peak.slot() >= oldest) return Math.max(peak.micros(), level);
    }
    return level;
  }

  List<Peak> entries() {
    return new ArrayList<>(peaks);
  }
}

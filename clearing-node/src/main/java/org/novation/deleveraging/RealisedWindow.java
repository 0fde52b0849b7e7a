package org.novation.deleveraging;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * What one account realised in one instrument within the last day, less what was taken of it, by
 * the hour: at most 25 sums. An hour counts until it lies wholly outside the look-back, so up to an
 * hour more than it counts. Owned by one thread at a time.
 */
public final class RealisedWindow {
  /** Longest look-back. */
  public static final long LOOK_BACK_MAX_MS = 86_400_000;

  private static final long HOUR_MS = 3_600_000;

  /** What was realised in one hour since 1970, less what was taken of it; may be negative. */
  public record Hour(long hour, long micros) {}

  private final Deque<Hour> hours = new ArrayDeque<>();

  /** With what a snapshot says. */
  public RealisedWindow(Collection<Hour> hours) {
    this.hours.addAll(hours);
  }

  /** Books what a fill realised. A time before the newest counts as the newest. */
  public void add(long atMs, long micros) {
    long hour = Math.floorDiv(atMs, HOUR_MS);
    Hour last = hours.peekLast();
    if (last != null && last.hour >= hour) {
      hours.removeLast();
      hours.addLast(new Hour(last.hour, Math.addExact(last.micros, micros)));
    } else {
      hours.addLast(new Hour(hour, micros));
    }
    long oldest = hours.getLast().hour - LOOK_BACK_MAX_MS / HOUR_MS;
    while (hours.getFirst().hour < oldest) hours.removeFirst();
  }

  /**
   * Lessens the oldest profit within the look-back by what was taken of it, so that both leave the
   * window together and what is won later counts in full. An hour's profit that a later hour lost
   * again is not there to take: it would leave with a charge that it never bore, and what the
   * charge was taken of would count once more. What exceeds all profit within the look-back is
   * booked now.
   *
   * @param micros at least 0
   */
  public void take(long nowMs, long lookBackMs, long micros) {
    List<Hour> all = hours();
    long oldest = Math.floorDiv(nowMs - lookBackMs, HOUR_MS);
    long[] kept = new long[all.size()]; // Won until here, less what was lost of it since.
    long sum = 0;
    for (int n = 0; n < kept.length; n++) {
      if (all.get(n).hour >= oldest) sum = Math.addExact(sum, all.get(n).micros);
      kept[n] = sum;
    }
    for (int n = kept.length - 2; n >= 0; n--) kept[n] = Math.min(kept[n], kept[n + 1]);
    hours.clear();
    long taken = 0;
    for (int n = 0; n < kept.length; n++) {
      Hour of = all.get(n);
      long here = Math.clamp(kept[n], taken, micros) - taken;
      hours.addLast(new Hour(of.hour, Math.subtractExact(of.micros, here)));
      taken += here;
    }
    if (taken < micros) add(nowMs, taken - micros);
  }

  /** What was realised within the look-back; negative when that was a loss. */
  public long within(long nowMs, long lookBackMs) {
    long oldest = Math.floorDiv(nowMs - lookBackMs, HOUR_MS);
    long sum = 0;
    for (Hour hour : hours) {
      if (hour.hour >= oldest) sum = Math.addExact(sum, hour.micros);
    }
    return sum;
  }

  /** For a snapshot, oldest first. */
  public List<Hour> hours() {
    return new ArrayList<>(hours);
  }
}

package org.novation.deleveraging;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * What one account realised in one instrument within the last day, by the hour: at most 25 sums. An
 * hour counts until it lies wholly outside the look-back, so up to an hour more than it counts.
 * Owned by one thread at a time.
 */
public final class RealisedWindow {
  /** Longest look-back. */
  public static final long LOOK_BACK_MAX_MS = 86_400_000;

  private static final long HOUR_MS = 3_600_000;

  /** What was realised in one hour since 1970; may be negative. */
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

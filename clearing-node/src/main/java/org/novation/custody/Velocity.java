package org.novation.custody;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One sliding window per name, for at most so many names: names whose window has run empty make
 * room. Who finds none has to wait, for a name that was forgotten could go over its cap.
 */
public final class Velocity {
  private final long lengthMs;
  private final int most;
  private final Map<String, SlidingWindow> windows = new LinkedHashMap<>();

  Velocity(long lengthMs, int most) {
    this.lengthMs = lengthMs;
    this.most = most;
  }

  /** What a snapshot holds of one window. */
  public record Named(String name, List<SlidingWindow.Slot> slots) {
    public Named {
      slots = List.copyOf(slots);
    }
  }

  List<Named> windows() {
    List<Named> all = new ArrayList<>(windows.size());
    windows.forEach((name, window) -> all.add(new Named(name, window.slots())));
    return all;
  }

  void restore(List<Named> from) {
    for (Named named : from) window(named.name()).restore(named.slots());
  }

  long used(String name, long nowMs) {
    SlidingWindow window = windows.get(name);
    return window == null ? 0 : window.used(nowMs);
  }

  long fitsFromMs(String name, long nowMs, long cap, long amount) {
    SlidingWindow window = windows.get(name);
    if (window != null) return window.fitsFromMs(nowMs, cap, amount);
    return amount <= cap ? nowMs : 0;
  }

  boolean hasRoomFor(String name, long nowMs) {
    return windows.size() < most
        || windows.containsKey(name)
        || windows.values().stream().anyMatch(window -> window.isEmpty(nowMs));
  }

  void add(String name, long atMs, long amount) {
    if (windows.size() >= most && !windows.containsKey(name))
      windows.values().removeIf(window -> window.isEmpty(atMs));
    window(name).add(atMs, amount);
  }

  void takeBack(String name, long passedAtMs, long amount) {
    SlidingWindow window = windows.get(name);
    if (window != null) window.takeBack(passedAtMs, amount);
  }

  private SlidingWindow window(String name) {
    return windows.computeIfAbsent(name, _ -> new SlidingWindow(lengthMs));
  }
}

package org.novation.custody;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How much passed within the last so and so long, in slots: exact to one slot, and never too
 * little, for a slot counts until all of it is out of the window. Holds at most {@link #SLOTS} + 1
 * figures.
 */
public final class SlidingWindow {
  /** Into how many slots a window is cut. */
  static final int SLOTS = 60;

  private final long lengthMs;
  private final long slotMs;
  private final NavigableMap<Long, Long> slots = new TreeMap<>(); // Its number to its sum.

  /**
   * @param lengthMs a multiple of {@link #SLOTS}
   */
  SlidingWindow(long lengthMs) {
    this.lengthMs = lengthMs;
    this.slotMs = lengthMs / SLOTS;
  }

  /** What a snapshot holds of one slot. */
  public record Slot(long slot, long amount) {}

  List<Slot> slots() {
    List<Slot> all = new ArrayList<>(slots.size());
    slots.forEach((slot, amount) -> all.add(new Slot(slot, amount)));
    return all;
  }

  void restore(List<Slot> from) {
    for (Slot slot : from) slots.put(slot.slot(), slot.amount());
  }

  /** What passed in the window that ends now. */
  long used(long nowMs) {
    long sum = 0;
    for (long amount : slots.tailMap(firstSlot(nowMs)).values()) sum = Math.addExact(sum, amount);
    return sum;
  }

  boolean isEmpty(long nowMs) {
    return slots.tailMap(firstSlot(nowMs)).isEmpty();
  }

  /** So much passes. Drops what is out of the window. */
  void add(long atMs, long amount) {
    slots.headMap(firstSlot(atMs)).clear();
    slots.merge(Math.floorDiv(atMs, slotMs), amount, Math::addExact);
  }

  /** So much of what passed then did not, after all. */
  void takeBack(long passedAtMs, long amount) {
    slots.computeIfPresent(
        Math.floorDiv(passedAtMs, slotMs), (_, sum) -> sum == amount ? null : sum - amount);
  }

  /**
   * From when so much more fits under a cap, should nothing else pass; 0 when it never does by
   * itself.
   */
  long fitsFromMs(long nowMs, long cap, long amount) {
    long over = used(nowMs) + amount - cap;
    if (over <= 0) return nowMs;
    for (Map.Entry<Long, Long> slot : slots.tailMap(firstSlot(nowMs)).entrySet()) {
      over -= slot.getValue();
      if (over <= 0) return (slot.getKey() + 1) * slotMs + lengthMs;
    }
    return 0;
  }

  /** The oldest slot of which some is still in the window. */
  private long firstSlot(long nowMs) {
    return Math.floorDiv(nowMs - lengthMs, slotMs);
  }
}

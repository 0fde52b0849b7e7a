package org.novation.account;

import java.util.Arrays;
import org.novation.clearing.Fingerprint;

/**
 * Ids that an account remembers, with the hash of their content, their times and the number of the
 * event that booked them: 48 bytes each, in one open-addressing table. Nothing is dropped but by
 * {@link #forgetThrough}, which the journal records, so that replay remembers exactly what the live
 * account did.
 */
public final class RecentIds {
  private static final int STRIDE = 6;
  private static final int HIGH = 0;
  private static final int LOW = 1;
  private static final int CONTENT = 2;
  private static final int TIME = 3;
  private static final int BOOKED = 4;
  private static final int EVENT =
      5; // The event's number; 0 marks an empty slot: events are numbered from 1.
  private static final long[] NOTHING = {};

  private long[] table = NOTHING;
  private int size;
  private long forgottenThroughMs = Long.MIN_VALUE;

  public int size() {
    return size;
  }

  /** The newest time of an id that may have been forgotten. */
  public long forgottenThroughMs() {
    return forgottenThroughMs;
  }

  /**
   * The number of the event that booked this id, or 0; where two contents share the id, that of
   * this content.
   */
  public long event(Fingerprint id) {
    int slot = find(id, true);
    if (slot < 0) slot = find(id, false);
    return slot < 0 ? 0 : table[slot + EVENT];
  }

  /** Whether this id is remembered with this content. */
  public boolean sameContent(Fingerprint id) {
    return find(id, true) >= 0;
  }

  /** When an id was booked, as it was told to {@link #add}; 0 when it is not remembered. */
  public long bookedAtMs(Fingerprint id) {
    int slot = find(id, true);
    return slot < 0 ? 0 : table[slot + BOOKED];
  }

  /**
   * Remembers an id.
   *
   * @param timeMs by which it will be forgotten
   * @param bookedAtMs what a repeated call is told
   * @param event the number of the event that books it
   */
  public void add(Fingerprint id, long timeMs, long bookedAtMs, long event) {
    if (event <= 0) throw new IllegalArgumentException("events are numbered from 1");
    if ((size + 1) * STRIDE > table.length / 4 * 3) resize(Math.max(4, capacity() * 2));
    insert(id.high(), id.low(), id.content(), timeMs, bookedAtMs, event);
    size++;
  }

  /** Forgets every id of this time or before, for ever. */
  public void forgetThrough(long timeMs) {
    if (timeMs <= forgottenThroughMs) return;
    forgottenThroughMs = timeMs;
    long[] old = table;
    int kept = 0;
    for (int slot = 0; slot < old.length; slot += STRIDE) {
      if (old[slot + EVENT] != 0 && old[slot + TIME] > timeMs) kept++;
    }
    int capacity = 4;
    while (kept > capacity / 4 * 3) capacity *= 2;
    table = new long[capacity * STRIDE];
    size = kept;
    for (int slot = 0; slot < old.length; slot += STRIDE) {
      if (old[slot + EVENT] != 0 && old[slot + TIME] > timeMs) {
        insert(
            old[slot + HIGH],
            old[slot + LOW],
            old[slot + CONTENT],
            old[slot + TIME],
            old[slot + BOOKED],
            old[slot + EVENT]);
      }
    }
  }

  /** The time such that forgetting through it leaves at most {@code keep} ids. */
  public long timeToKeep(int keep) {
    if (size <= keep) return forgottenThroughMs;
    long[] times = new long[size];
    int n = 0;
    for (int slot = 0; slot < table.length; slot += STRIDE) {
      if (table[slot + EVENT] != 0) times[n++] = table[slot + TIME];
    }
    Arrays.sort(times);
    return times[size - keep - 1];
  }

  /**
   * Every remembered id as (high, low, content, time, booked, event), ordered by event, id and
   * content: for snapshots.
   */
  public long[][] entries() {
    long[][] entries = new long[size][];
    int n = 0;
    for (int slot = 0; slot < table.length; slot += STRIDE) {
      if (table[slot + EVENT] != 0) entries[n++] = Arrays.copyOfRange(table, slot, slot + STRIDE);
    }
    Arrays.sort(
        entries,
        (a, b) -> {
          int order = Long.compare(a[EVENT], b[EVENT]);
          if (order == 0) order = Long.compare(a[HIGH], b[HIGH]);
          if (order == 0) order = Long.compare(a[LOW], b[LOW]);
          return order != 0 ? order : Long.compare(a[CONTENT], b[CONTENT]);
        });
    return entries;
  }

  private int capacity() {
    return table.length / STRIDE;
  }

  private void resize(int capacity) {
    long[] old = table;
    table = new long[capacity * STRIDE];
    for (int slot = 0; slot < old.length; slot += STRIDE) {
      if (old[slot + EVENT] != 0) {
        insert(
            old[slot + HIGH],
            old[slot + LOW],
            old[slot + CONTENT],
            old[slot + TIME],
            old[slot + BOOKED],
            old[slot + EVENT]);
      }
    }
  }

  private void insert(long high, long low, long content, long timeMs, long bookedAtMs, long event) {
    int mask = capacity() - 1;
    int at = (int) low & mask;
    while (table[at * STRIDE + EVENT] != 0) at = (at + 1) & mask;
    int slot = at * STRIDE;
    table[slot + HIGH] = high;
    table[slot + LOW] = low;
    table[slot + CONTENT] = content;
    table[slot + TIME] = timeMs;
    table[slot + BOOKED] = bookedAtMs;
    table[slot + EVENT] = event;
  }

  private int find(Fingerprint id, boolean withContent) {
    if (size == 0) return -1;
    int mask = capacity() - 1;
    for (int at = (int) id.low() & mask; table[at * STRIDE + EVENT] != 0; at = (at + 1) & mask) {
      int slot = at * STRIDE;
      if (table[slot + HIGH] != id.high() || table[slot + LOW] != id.low()) continue;
      if (!withContent || table[slot + CONTENT] == id.content()) return slot;
    }
    return -1;
  }
}

package org.novation.account;

import java.util.Arrays;
import org.novation.clearing.Fingerprint;

/**
 * Ids that an account remembers, with the hash of their content, their times and the number of the
 * event that booked them: 48 bytes each. A few lie one after another, for most accounts never have
 * more; many in one open-addressing table. Nothing is dropped but by {@link #forgetThrough}, which
 * the journal records, so that replay remembers exactly what the live account did.
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
  private static final int FEW = 8; // So many lie one after another; tables are larger.
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
    if (size < FEW || (size + 1) * STRIDE > table.length / 4 * 3) {
      long[] old = table;
      table = tableFor(size + 1);
      insertAll(old, Long.MIN_VALUE);
    }
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
    table = tableFor(kept);
    size = kept;
    insertAll(old, timeMs);
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

  /** Room for so many: exactly that for a few, else with a quarter to a half to spare. */
  private static long[] tableFor(int ids) {
    if (ids <= FEW) return ids == 0 ? NOTHING : new long[ids * STRIDE];
    int capacity = 2 * FEW;
    while (ids > capacity / 4 * 3) capacity *= 2;
    return new long[capacity * STRIDE];
  }

  private boolean few() {
    return capacity() <= FEW;
  }

  /** Takes over the ids of another table that are newer than a time. */
  private void insertAll(long[] old, long afterMs) {
    for (int slot = 0; slot < old.length; slot += STRIDE) {
      if (old[slot + EVENT] != 0 && (old[slot + TIME] > afterMs || afterMs == Long.MIN_VALUE)) {
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
    int at = few() ? 0 : (int) low & capacity() - 1;
    while (table[at * STRIDE + EVENT] != 0) at = next(at);
    int slot = at * STRIDE;
    table[slot + HIGH] = high;
    table[slot + LOW] = low;
    table[slot + CONTENT] = content;
    table[slot + TIME] = timeMs;
    table[slot + BOOKED] = bookedAtMs;
    table[slot + EVENT] = event;
  }

  private int next(int at) {
    return at + 1 == capacity() ? 0 : at + 1;
  }

  private int find(Fingerprint id, boolean withContent) {
    if (few()) {
      for (int slot = 0; slot < table.length; slot += STRIDE) {
        if (matches(slot, id, withContent)) return slot;
      }
      return -1;
    }
    int at = (int) id.low() & capacity() - 1;
    for (; table[at * STRIDE + EVENT] != 0; at = next(at)) {
      if (matches(at * STRIDE, id, withContent)) return at * STRIDE;
    }
    return -1;
  }

  private boolean matches(int slot, Fingerprint id, boolean withContent) {
    return table[slot + HIGH] == id.high()
        && table[slot + LOW] == id.low()
        && (!withContent || table[slot + CONTENT] == id.content());
  }
}

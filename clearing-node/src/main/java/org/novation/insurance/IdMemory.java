package org.novation.insurance;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered by id, in the order in which it came. Entries are dropped by {@link
 * #forgetThrough} alone, which an event records, so that a replay remembers what the live fund did.
 * What is still open stays, however old.
 */
final class IdMemory<E extends IdMemory.Entry> {
  interface Entry {
    String id();

    long issuedAtMs();

    /** Whether it may be forgotten. */
    boolean forgettable();
  }

  private final Map<String, E> entries = new LinkedHashMap<>();
  private long forgottenThroughMs = Long.MIN_VALUE;
  private long forgottenAtEvent;

  /** Puts back what a snapshot says, settled entries from before the watermark too. */
  void restore(Collection<E> remembered, long forgottenThrough, long atEvent) {
    remembered.forEach(this::put);
    forgottenThroughMs = forgottenThrough;
    forgottenAtEvent = atEvent;
  }

  int size() {
    return entries.size();
  }

  @Nullable E find(String id) {
    return entries.get(id);
  }

  Collection<E> all() {
    return Collections.unmodifiableCollection(entries.values());
  }

  /** An unknown id that was issued until then may have been known once. */
  long forgottenThroughMs() {
    return forgottenThroughMs;
  }

  /** Whether the journal must say what became of an id that is unknown here. */
  boolean mustLookUp(long issuedAtMs, @Nullable JournalSays says) {
    if (forgottenThroughMs == Long.MIN_VALUE || issuedAtMs > forgottenThroughMs) return false;
    // What was read before the last forgetting may miss what has come and gone since.
    return says == null || says.through() < forgottenAtEvent;
  }

  void put(E entry) {
    entries.put(entry.id(), entry);
  }

  void forgetThrough(long timeMs, long atEvent) {
    if (timeMs == Long.MIN_VALUE) return;
    forgottenAtEvent = atEvent;
    forgottenThroughMs = Math.max(forgottenThroughMs, timeMs);
    entries.values().removeIf(entry -> entry.forgettable() && entry.issuedAtMs() <= timeMs);
  }

  /**
   * Through when to forget so that a full memory has a quarter of its room again; Long.MIN_VALUE
   * while it is not full. A quarter at once makes the search cheap per entry.
   */
  long sweep(int most) {
    if (entries.size() < most) return Long.MIN_VALUE;
    List<Long> times = new ArrayList<>(entries.size());
    for (E entry : entries.values()) {
      if (entry.forgettable()) times.add(entry.issuedAtMs());
    }
    if (times.isEmpty()) return Long.MIN_VALUE;
    Collections.sort(times);
    int surplus = entries.size() - most * 3 / 4;
    return times.get(Math.min(surplus, times.size()) - 1);
  }
}

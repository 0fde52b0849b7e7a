package org.novation.liquidation;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Account ids to small integers and back: an open-addressing table that costs some twelve bytes an
 * account besides the id itself. Slots of accounts that left are used again.
 */
final class AccountSlots {
  static final int NONE = -1;
  private static final int CAPACITY_FIRST = 64;

  private @Nullable String[] ids = new @Nullable String[CAPACITY_FIRST];
  private int[] table = emptyTable(2 * CAPACITY_FIRST);
  private int[] free = {};
  private int freed;
  private int used;

  /** Slots are below this. */
  int capacity() {
    return ids.length;
  }

  /** Slots that were ever handed out lie below this. */
  int used() {
    return used;
  }

  int size() {
    return used - freed;
  }

  String id(int slot) {
    String id = ids[slot];
    if (id == null) throw new IllegalStateException("nobody has slot " + slot);
    return id;
  }

  boolean taken(int slot) {
    return ids[slot] != null;
  }

  int find(String id) {
    for (int at = home(id); table[at] != NONE; at = at + 1 & table.length - 1) {
      if (id.equals(ids[table[at]])) return table[at];
    }
    return NONE;
  }

  int findOrAdd(String id) {
    int found = find(id);
    if (found != NONE) return found;
    int slot = freed > 0 ? free[--freed] : newSlot();
    ids[slot] = id;
    insert(id, slot);
    return slot;
  }

  void remove(int slot) {
    int hole = home(id(slot));
    while (table[hole] != slot) hole = hole + 1 & table.length - 1;
    // Closing the gap: whoever probed past the hole moves into it, so that no tombstones remain.
    int at = hole;
    while (true) {
      at = at + 1 & table.length - 1;
      if (table[at] == NONE) break;
      int home = home(id(table[at]));
      if ((at - home & table.length - 1) >= (at - hole & table.length - 1)) {
        table[hole] = table[at];
        hole = at;
      }
    }
    table[hole] = NONE;
    ids[slot] = null;
    if (freed == free.length) free = Arrays.copyOf(free, Math.max(CAPACITY_FIRST, 2 * freed));
    free[freed++] = slot;
  }

  private int newSlot() {
    if (used == ids.length) {
      ids = Arrays.copyOf(ids, used + (used >> 1));
      if (2 * ids.length > table.length) rehash();
    }
    return used++;
  }

  private void rehash() {
    table = emptyTable(2 * table.length);
    for (int slot = 0; slot < used; slot++) {
      if (taken(slot)) insert(id(slot), slot);
    }
  }

  private void insert(String id, int slot) {
    int at = home(id);
    while (table[at] != NONE) at = at + 1 & table.length - 1;
    table[at] = slot;
  }

  private int home(String id) {
    int hash = id.hashCode() * 0x9E3779B9;
    return (hash ^ hash >>> 15) & table.length - 1;
  }

  private static int[] emptyTable(int length) {
    int[] table = new int[length];
    Arrays.fill(table, NONE);
    return table;
  }
}

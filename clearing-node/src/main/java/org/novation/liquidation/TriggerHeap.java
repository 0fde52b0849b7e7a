package org.novation.liquidation;

import java.util.Arrays;

/**
 * Triggers of one variable and direction, nearest first: a 4-ary heap of keys and entries beside
 * each other, which tells every entry where it is, so that any of them can be moved or removed in
 * O(log n).
 */
final class TriggerHeap {
  private static final int ARITY = 4;
  private static final int CAPACITY_FIRST = 16;

  private final Entries entries;
  private long[] keys = {};
  private int[] items = {};
  private int size;

  TriggerHeap(Entries entries) {
    this.entries = entries;
  }

  int size() {
    return size;
  }

  /** The smallest key; {@link Long#MAX_VALUE} when empty, which nothing exceeds. */
  long topKey() {
    return size == 0 ? Long.MAX_VALUE : keys[0];
  }

  /** The entry with the smallest key. */
  int top() {
    return items[0];
  }

  int entryAt(int position) {
    return items[position];
  }

  void add(long key, int entry) {
    if (size == keys.length) grow();
    rise(size++, key, entry);
  }

  void remove(int entry) {
    int hole = entries.position(entry);
    long key = keys[--size];
    int last = items[size];
    if (hole < size) settle(hole, key, last);
  }

  void change(int entry, long key) {
    settle(entries.position(entry), key, entry);
  }

  private void settle(int hole, long key, int entry) {
    if (hole > 0 && key < keys[(hole - 1) / ARITY]) rise(hole, key, entry);
    else sink(hole, key, entry);
  }

  private void rise(int from, long key, int entry) {
    int hole = from;
    while (hole > 0) {
      int parent = (hole - 1) / ARITY;
      if (keys[parent] <= key) break;
      put(hole, keys[parent], items[parent]);
      hole = parent;
    }
    put(hole, key, entry);
  }

  private void sink(int from, long key, int entry) {
    int hole = from;
    for (int child = ARITY * hole + 1; child < size; child = ARITY * hole + 1) {
      int smallest = child;
      int end = Math.min(child + ARITY, size);
      for (int other = child + 1; other < end; other++) {
        if (keys[other] < keys[smallest]) smallest = other;
      }
      if (keys[smallest] >= key) break;
      put(hole, keys[smallest], items[smallest]);
      hole = smallest;
    }
    put(hole, key, entry);
  }

  private void put(int position, long key, int entry) {
    keys[position] = key;
    items[position] = entry;
    entries.moved(entry, position);
  }

  private void grow() {
    int capacity = Math.max(CAPACITY_FIRST, size + (size >> 2));
    keys = Arrays.copyOf(keys, capacity);
    items = Arrays.copyOf(items, capacity);
  }
}

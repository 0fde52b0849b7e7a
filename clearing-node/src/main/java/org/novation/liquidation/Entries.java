package org.novation.liquidation;

import java.util.Arrays;

/**
 * The triggers of all accounts, as columns: whose it is, which heap it lies in and where there, and
 * the account's next one. Freed entries are used again.
 */
final class Entries {
  static final int NONE = -1;
  private static final int CAPACITY_FIRST = 64;

  private int[] account = {};
  private short[] heap = {};
  private int[] position = {};
  private int[] next = {};
  private int used;
  private int free = NONE;

  int take(int ofAccount, int inHeap, int before) {
    int entry = free;
    if (entry == NONE) {
      if (used == account.length) grow();
      entry = used++;
    } else {
      free = next[entry];
    }
    account[entry] = ofAccount;
    heap[entry] = (short) inHeap;
    next[entry] = before;
    return entry;
  }

  void release(int entry) {
    next[entry] = free;
    free = entry;
  }

  int account(int entry) {
    return account[entry];
  }

  int heap(int entry) {
    return heap[entry];
  }

  int position(int entry) {
    return position[entry];
  }

  int next(int entry) {
    return next[entry];
  }

  void moved(int entry, int to) {
    position[entry] = to;
  }

  private void grow() {
    int capacity = Math.max(CAPACITY_FIRST, used + (used >> 2));
    account = Arrays.copyOf(account, capacity);
    heap = Arrays.copyOf(heap, capacity);
    position = Arrays.copyOf(position, capacity);
    next = Arrays.copyOf(next, capacity);
  }
}

package org.novation.liquidation;

/** First in, first out; grows as needed. Belongs to one thread. */
final class IntQueue {
  private int[] ring = new int[64];
  private int first;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  void add(int value) {
    if (size == ring.length) grow();
    ring[first + size & ring.length - 1] = value;
    size++;
  }

  /** The first; there must be one. */
  int remove() {
    if (size == 0) throw new IllegalStateException("nothing waits");
    int value = ring[first];
    first = first + 1 & ring.length - 1;
    size--;
    return value;
  }

  private void grow() {
    int[] larger = new int[2 * ring.length];
    for (int n = 0; n < size; n++) larger[n] = ring[first + n & ring.length - 1];
    ring = larger;
    first = 0;
  }
}

package org.novation.risk;

import java.util.Arrays;

/**
 * Trades that may still come onto the books of an account, summed per instrument and side. Margin
 * reckons with the worst case: all buys on, or all sells on, and what they lose against the mark;
 * nothing that they might gain. Of coins that are held it reckons with what they cost beyond what
 * they count for.
 */
public final class Holds {
  private static final int STRIDE = 4;
  private static final int[] NONE = {};
  private static final long[] NOTHING = {};

  private int[] instruments = NONE;
  // Per instrument: lots bought, their cost, lots sold, their proceeds; all at least 0.
  private long[] sums = NOTHING;
  private int open;
  private long coinsCostMicros;

  /** Whether nothing is held. */
  public boolean isEmpty() {
    return open == 0;
  }

  /** How many trades are held. */
  public int size() {
    return open;
  }

  /** Adds a trade: signed lots, signed notional. */
  public void add(int instrument, long lots, long notionalMicros) {
    change(instrument, lots, notionalMicros, 1);
    open++;
  }

  /** Takes a trade away again; it must have been added with the same figures. */
  public void remove(int instrument, long lots, long notionalMicros) {
    change(instrument, lots, notionalMicros, -1);
    close();
  }

  private void close() {
    if (--open > 0) return;
    instruments = NONE; // Most accounts hold nothing most of the time, and are very many.
    sums = NOTHING;
  }

  /**
   * Adds coins that may come onto the books.
   *
   * @param costMicros what is paid for them beyond what they count for, at least 0
   */
  public void addCoins(long costMicros) {
    coinsCostMicros = Math.addExact(coinsCostMicros, costMicros);
    open++;
  }

  /** Takes coins away again that were added with the same cost. */
  public void removeCoins(long costMicros) {
    coinsCostMicros -= costMicros;
    if (coinsCostMicros < 0) throw new IllegalStateException("a hold was released twice");
    close();
  }

  /** What held coins cost beyond what they count for. */
  public long coinsCostMicros() {
    return coinsCostMicros;
  }

  private void change(int instrument, long lots, long notionalMicros, int sign) {
    int slot = slotOf(instrument);
    if (slot < 0) {
      slot = instruments.length;
      instruments = Arrays.copyOf(instruments, slot + 1);
      sums = Arrays.copyOf(sums, (slot + 1) * STRIDE);
      instruments[slot] = instrument;
    }
    int at = slot * STRIDE + (lots > 0 ? 0 : 2);
    sums[at] = Math.addExact(sums[at], sign * Math.abs(lots));
    sums[at + 1] = Math.addExact(sums[at + 1], sign * Math.abs(notionalMicros));
    if (sums[at] < 0 || sums[at + 1] < 0)
      throw new IllegalStateException("a hold was released twice");
  }

  /** How many instruments were held for since nothing was. */
  public int instruments() {
    return instruments.length;
  }

  public int instrumentAt(int slot) {
    return instruments[slot];
  }

  /** Where an instrument is kept, or -1. */
  public int slotOf(int instrument) {
    for (int slot = 0; slot < instruments.length; slot++) {
      if (instruments[slot] == instrument) return slot;
    }
    return -1;
  }

  public long boughtLotsAt(int slot) {
    return sums[slot * STRIDE];
  }

  public long costMicrosAt(int slot) {
    return sums[slot * STRIDE + 1];
  }

  public long soldLotsAt(int slot) {
    return sums[slot * STRIDE + 2];
  }

  public long proceedsMicrosAt(int slot) {
    return sums[slot * STRIDE + 3];
  }
}

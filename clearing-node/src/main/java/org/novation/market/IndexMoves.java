package org.novation.market;

import java.util.Arrays;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * Whether an index moved too far in too short a time (risk rules, section 12): farther than the
 * parameter from any price at which it stood within the window before, to a sixtieth of the window.
 * An index stands at a price until its next one, as long as it is fresh: a jump counts from where
 * it jumped, and the answer does not depend on how often anybody looked. After a move it counts
 * anew from there. Belongs to one thread.
 */
public final class IndexMoves {
  private static final int SLOTS_PER_WINDOW = 60;
  private static final int SLOTS = SLOTS_PER_WINDOW + 1; // The oldest is in the window with a part.

  private Perpetual.Halt halt;
  private long slotMs;
  private final long[] slots = new long[SLOTS]; // Which slot of time it holds.
  private final long[] lowest = new long[SLOTS];
  private final long[] highest = new long[SLOTS];
  private long standing;
  private long standsUntilMs;

  public IndexMoves(Perpetual.Halt halt) {
    this.halt = halt;
    this.slotMs = Math.ceilDiv(halt.windowMs(), SLOTS_PER_WINDOW);
    forget();
  }

  /** Another move halts from now on; over another window it counts anew. */
  void halt(Perpetual.Halt other) {
    boolean anew = other.windowMs() != halt.windowMs();
    halt = other;
    slotMs = Math.ceilDiv(halt.windowMs(), SLOTS_PER_WINDOW);
    if (anew) forget();
  }

  /**
   * The index as it is now, fresh. Returns the price that it moved too far from, or 0.
   *
   * @param price above 0
   * @param freshUntilMs until when it stands if nothing is heard
   */
  public long observe(long price, long freshUntilMs, long nowMs) {
    if (standing > 0) note(standing, Math.min(nowMs, standsUntilMs));
    standsUntilMs = freshUntilMs;
    if (price == standing) return 0;
    standing = price;
    long from = movedFrom(price, nowMs);
    if (from != 0) forget();
    note(price, nowMs);
    return from;
  }

  private long movedFrom(long price, long nowMs) {
    long oldest = Math.floorDiv(nowMs - halt.windowMs(), slotMs);
    long low = price;
    long high = price;
    for (int n = 0; n < SLOTS; n++) {
      if (slots[n] < oldest) continue;
      low = Math.min(low, lowest[n]);
      high = Math.max(high, highest[n]);
    }
    if (isTooFar(high, price)) return high;
    return isTooFar(low, price) ? low : 0;
  }

  private boolean isTooFar(long from, long price) {
    return Fixed.compareProducts(Math.abs(price - from), Fixed.PPM, from, halt.movePpm()) > 0;
  }

  private void note(long price, long atMs) {
    long slot = Math.floorDiv(atMs, slotMs);
    int n = Math.floorMod(slot, SLOTS);
    if (slot < slots[n]) return; // The clock went back by more than the window.
    boolean first = slot > slots[n];
    slots[n] = slot;
    lowest[n] = first ? price : Math.min(lowest[n], price);
    highest[n] = first ? price : Math.max(highest[n], price);
  }

  private void forget() {
    Arrays.fill(slots, Long.MIN_VALUE);
  }
}

package org.novation.risk;

import java.util.Arrays;
import org.novation.money.Fixed;

/**
 * What margin is reckoned on: balances and positions of one account. Mutable and owned by one
 * thread at a time; {@link #copy()} is cheap and serves to try out a trade. Holds that a flat
 * position has no basis, and that cash = deposits + realised profit + funding.
 *
 * <p>A position is (lots, cost basis, funding index at last touch) with what it realised so far;
 * closing a part of it moves the same part of the basis into realised profit, the remainder stays.
 * Per instrument, Σ (basis − realised) over all accounts is zero, because both legs of a trade use
 * the same integer notional.
 */
public final class Portfolio {
  /** Sub-micro units of the funding index: it counts 1e-6 micros per lot. */
  public static final long FUNDING_SCALE = 1_000_000;

  private static final int STRIDE = 6;
  private static final int LOTS = 0;
  private static final int BASIS = 1;
  private static final int FUNDING_INDEX = 2;
  private static final int REALISED = 3;
  private static final int FUNDING = 4;
  private static final int RESIDUE = 5;
  private static final int[] NONE = {};
  private static final int[] CASH = {0}; // All that most accounts have, and never written to.
  private static final long[] NOTHING = {};

  private long leverageMax; // 0: not capped.
  private int[] assets;
  private long[] amounts;
  private int[] instruments;
  private long[] slots;

  /** An empty portfolio without a leverage cap. */
  public Portfolio() {
    this(0, NONE, NOTHING, NONE, NOTHING);
  }

  private Portfolio(
      long leverageMax, int[] assets, long[] amounts, int[] instruments, long[] slots) {
    this.leverageMax = leverageMax;
    this.assets = assets;
    this.amounts = amounts;
    this.instruments = instruments;
    this.slots = slots;
  }

  /** An independent copy. */
  public Portfolio copy() {
    return new Portfolio(leverageMax, assets, amounts.clone(), instruments, slots.clone());
  }

  /** The leverage that the account allows itself; 0 when it did not say. */
  public long leverageMax() {
    return leverageMax;
  }

  public void capLeverage(long leverageMax) {
    this.leverageMax = leverageMax;
  }

  // ---- balances

  /** How many assets the account has ever held. */
  public int balances() {
    return assets.length;
  }

  public int assetAt(int slot) {
    return assets[slot];
  }

  public long amountAt(int slot) {
    return amounts[slot];
  }

  /** The balance of an asset in its smallest unit. */
  public long amount(int asset) {
    for (int slot = 0; slot < assets.length; slot++) {
      if (assets[slot] == asset) return amounts[slot];
    }
    return 0;
  }

  /** Cash in the settlement asset, in micros. */
  public long cashMicros() {
    return amount(0);
  }

  /** Adds to a balance; a negative amount takes away. */
  public void credit(int asset, long amount) {
    int slot = 0;
    while (slot < assets.length && assets[slot] != asset) slot++;
    if (slot == assets.length) {
      amounts = Arrays.copyOf(amounts, slot + 1);
      if (slot == 0 && asset == 0) {
        assets = CASH;
      } else {
        assets = Arrays.copyOf(assets, slot + 1);
        assets[slot] = asset;
      }
    }
    amounts[slot] = Math.addExact(amounts[slot], amount);
  }

  // ---- positions

  /** How many instruments the account has ever touched; flat ones keep what they realised. */
  public int positions() {
    return instruments.length;
  }

  public int instrumentAt(int slot) {
    return instruments[slot];
  }

  public long lotsAt(int slot) {
    return slots[slot * STRIDE + LOTS];
  }

  public long basisMicrosAt(int slot) {
    return slots[slot * STRIDE + BASIS];
  }

  public long fundingIndexAt(int slot) {
    return slots[slot * STRIDE + FUNDING_INDEX];
  }

  public long realisedMicrosAt(int slot) {
    return slots[slot * STRIDE + REALISED];
  }

  /** Funding settled so far, negative when paid. */
  public long fundingMicrosAt(int slot) {
    return slots[slot * STRIDE + FUNDING];
  }

  /** What the rounding of funding left to the house so far, in 1e-6 micros. */
  public long fundingResidueAt(int slot) {
    return slots[slot * STRIDE + RESIDUE];
  }

  /** Where an instrument is kept, or -1 when the account never touched it. */
  public int slotOf(int instrument) {
    for (int slot = 0; slot < instruments.length; slot++) {
      if (instruments[slot] == instrument) return slot;
    }
    return -1;
  }

  /** Signed lots of an instrument. */
  public long lots(int instrument) {
    int slot = slotOf(instrument);
    return slot < 0 ? 0 : lotsAt(slot);
  }

  /** Whether there is no open position. */
  public boolean flat() {
    for (int slot = 0; slot < instruments.length; slot++) {
      if (lotsAt(slot) != 0) return false;
    }
    return true;
  }

  /** Funding accrued and not yet settled, rounded down: −lots · (index − indexAtLastTouch). */
  public long accruedFundingMicrosAt(int slot, long fundingIndexNow) {
    long moved = Math.subtractExact(fundingIndexNow, fundingIndexAt(slot));
    return Fixed.mulDivFloor(Math.negateExact(lotsAt(slot)), moved, FUNDING_SCALE);
  }

  /**
   * What a trade would do. Changes nothing.
   *
   * @param lots signed, not 0
   * @param notionalMicros of the trade, signed as {@code lots} and divisible by it
   * @param fundingIndexNow the index that the position is settled to
   * @param fundingIndexTrade the index when the trade was novated: the new lots accrue funding from
   *     there, so that both legs of a trade hold the same lots at every index
   * @throws ArithmeticException when a figure does not fit
   */
  public Fill fill(
      int instrument,
      long lots,
      long notionalMicros,
      long fundingIndexNow,
      long fundingIndexTrade) {
    int slot = slotOf(instrument);
    long held = slot < 0 ? 0 : lotsAt(slot);
    long basis = slot < 0 ? 0 : basisMicrosAt(slot);
    long movedHeld = slot < 0 ? 0 : Math.subtractExact(fundingIndexNow, fundingIndexAt(slot));
    long movedTrade = Math.subtractExact(fundingIndexNow, fundingIndexTrade);
    long residue = Math.addExact(residue(-held, movedHeld), residue(-lots, movedTrade));
    long funding =
        Math.addExact(
            Fixed.mulDivFloor(-held, movedHeld, FUNDING_SCALE),
            Fixed.mulDivFloor(-lots, movedTrade, FUNDING_SCALE));
    long closed = closedLots(held, lots);
    long realised = 0;
    if (closed != 0) {
      long notionalClosed = notionalMicros / lots * (lots < 0 ? -closed : closed);
      realised = Math.subtractExact(-notionalClosed, basisMoved(basis, held, closed));
    }
    Math.addExact(held, lots);
    return new Fill(
        lots,
        notionalMicros,
        realised,
        Math.addExact(funding, residue / FUNDING_SCALE),
        residue % FUNDING_SCALE,
        fundingIndexNow);
  }

  /**
   * Books a fill; throws when it is not the one that {@link #fill} reckons from here, for then the
   * journal is wrong.
   */
  public void apply(int instrument, Fill fill) {
    int slot = slotOf(instrument);
    if (slot < 0) {
      slot = instruments.length;
      instruments = Arrays.copyOf(instruments, slot + 1);
      instruments[slot] = instrument;
      slots = Arrays.copyOf(slots, (slot + 1) * STRIDE);
    }
    int at = slot * STRIDE;
    long held = slots[at + LOTS];
    long closed = closedLots(held, fill.lots());
    long moved = basisMoved(slots[at + BASIS], held, closed);
    long notionalClosed =
        closed == 0
            ? 0
            : fill.notionalMicros() / fill.lots() * (fill.lots() < 0 ? -closed : closed);
    if (fill.realisedMicros() != -notionalClosed - moved) {
      throw new IllegalStateException(
          "a fill realises "
              + fill.realisedMicros()
              + " but the books say "
              + (-notionalClosed - moved));
    }
    slots[at + LOTS] = Math.addExact(held, fill.lots());
    slots[at + BASIS] =
        Math.addExact(slots[at + BASIS] - moved, fill.notionalMicros() - notionalClosed);
    slots[at + FUNDING_INDEX] = fill.fundingIndex();
    slots[at + REALISED] = Math.addExact(slots[at + REALISED], fill.realisedMicros());
    slots[at + FUNDING] = Math.addExact(slots[at + FUNDING], fill.fundingMicros());
    slots[at + RESIDUE] = Math.addExact(slots[at + RESIDUE], fill.fundingResidue());
    if (slots[at + LOTS] == 0 && slots[at + BASIS] != 0)
      throw new IllegalStateException("a flat position has a basis");
    credit(0, Math.addExact(fill.realisedMicros(), fill.fundingMicros()));
  }

  /** Puts back a position from a snapshot. */
  public void restore(
      int instrument,
      long lots,
      long basis,
      long fundingIndex,
      long realised,
      long funding,
      long residue) {
    if (slotOf(instrument) >= 0)
      throw new IllegalStateException("a position is in the snapshot twice");
    int slot = instruments.length;
    instruments = Arrays.copyOf(instruments, slot + 1);
    instruments[slot] = instrument;
    slots = Arrays.copyOf(slots, (slot + 1) * STRIDE);
    long[] values = {lots, basis, fundingIndex, realised, funding, residue};
    System.arraycopy(values, 0, slots, slot * STRIDE, STRIDE);
  }

  /** How much of what is held a trade closes, at least 0. */
  private static long closedLots(long held, long lots) {
    if ((held ^ lots) >= 0 || held == 0) return 0;
    return Math.min(Math.abs(held), Math.abs(lots));
  }

  /**
   * The closed part's share of the basis, rounded toward zero: the remainder stays with the
   * position.
   */
  private static long basisMoved(long basis, long held, long closed) {
    return closed == 0 ? 0 : Fixed.mulDivTruncate(basis, closed, Math.abs(held));
  }

  /** {@code a · b mod FUNDING_SCALE}, exact although the product may exceed a long. */
  private static long residue(long a, long b) {
    return Math.floorMod(
        Math.floorMod(a, FUNDING_SCALE) * Math.floorMod(b, FUNDING_SCALE), FUNDING_SCALE);
  }
}

package org.novation.market;

import org.novation.instrument.Asset;
import org.novation.money.Fixed;
import org.novation.risk.Haircut;

/**
 * The factor by which one asset's weight shrinks as the whole house holds more of it, with a
 * corridor that it may drift in, as ladders have. Belongs to one thread.
 */
public final class HouseFactor {
  private Asset asset;
  private long held;
  private long factorPpm = Fixed.PPM;
  private long floorPpm = Fixed.PPM;
  private long ceilingPpm = Fixed.PPM;
  private long epoch;

  public HouseFactor(Asset asset) {
    this.asset = asset;
  }

  /**
   * Takes what the house holds now, in the asset's smallest unit; below zero, where accounts were
   * changing while it was summed, counts as nothing.
   */
  public void scale(long deposits) {
    held = Math.max(0, deposits);
    factorPpm = Haircut.houseFactorPpm(asset, held);
    if (factorPpm < floorPpm || factorPpm > ceilingPpm) lay();
  }

  /** Goes by another cap from now on, in a new epoch: weights may be others too. */
  public void base(Asset other) {
    asset = other;
    factorPpm = Haircut.houseFactorPpm(asset, held);
    lay();
  }

  private void lay() {
    long reach = Fixed.ppmCeil(held, LadderBook.CORRIDOR_PPM);
    long most = held > Long.MAX_VALUE - reach ? Long.MAX_VALUE : held + reach;
    floorPpm = Haircut.houseFactorPpm(asset, most);
    ceilingPpm = Haircut.houseFactorPpm(asset, held - reach);
    epoch++;
  }

  public long factorPpm() {
    return factorPpm;
  }

  public long floorPpm() {
    return floorPpm;
  }

  public long ceilingPpm() {
    return ceilingPpm;
  }

  /** Grows when the corridor moves. */
  public long epoch() {
    return epoch;
  }
}

package org.novation.market;

import org.novation.instrument.Asset;
import org.novation.money.Fixed;
import org.novation.risk.Haircut;

/**
 * The factor by which one asset's weight shrinks as the whole house holds more of it, with a
 * corridor that it may drift in, as ladders have. Belongs to one thread.
 */
public final class HouseFactor {
  private final Asset asset;
  private long factorPpm = Fixed.PPM;
  private long floorPpm = Fixed.PPM;
  private long ceilingPpm = Fixed.PPM;
  private long epoch;

  public HouseFactor(Asset asset) {
    this.asset = asset;
  }

  /** Takes what the house holds now, in the asset's smallest unit. */
  public void scale(long deposits) {
    factorPpm = Haircut.houseFactorPpm(asset, deposits);
    if (factorPpm >= floorPpm && factorPpm <= ceilingPpm) return;
    long reach = Fixed.ppmCeil(deposits, LadderBook.CORRIDOR_PPM);
    floorPpm = Haircut.houseFactorPpm(asset, Math.addExact(deposits, reach));
    ceilingPpm = Haircut.houseFactorPpm(asset, deposits - reach);
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

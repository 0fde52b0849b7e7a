package org.novation.market;

import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;
import org.novation.risk.MarginLadders;

/**
 * The margin ladders of one instrument in force, from its base ladders, the volatility multipliers
 * and open interest (risk rules, section 4), inside a corridor that lets them drift. When they
 * leave it, it is laid anew around them and a new epoch begins. Belongs to one thread.
 */
public final class LadderBook {
  /**
   * Multipliers may move by this share, open interest by this share of the range it scales over.
   */
  static final long CORRIDOR_PPM = 50_000;

  private Perpetual perpetual;
  private MarginLadders ladders;
  private long initialPpm = Fixed.PPM;
  private long maintenancePpm = Fixed.PPM;
  private long scaledInterestMicros;
  private boolean laid;

  public LadderBook(Perpetual perpetual) {
    this.perpetual = perpetual;
    this.ladders = MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
  }

  /** Goes by other base ladders and scaling from the next {@link #scale} on, in a new epoch. */
  public void base(Perpetual other) {
    perpetual = other;
    laid = false;
  }

  /** What is in force. */
  public MarginLadders ladders() {
    return ladders;
  }

  /**
   * The ladders from now on; the same object when nothing that counts has changed.
   *
   * @param initialPpm multiplier of initial margin; at least maintenance's counts
   * @param maintenancePpm multiplier of maintenance margin
   * @param openInterestMicros notional held long, at the mark
   */
  public MarginLadders scale(long initialPpm, long maintenancePpm, long openInterestMicros) {
    // Between the caps, else as far as the corridor can reach: beyond that nothing depends on it.
    long reach = interestReach();
    Perpetual.Scaling scaling = perpetual.scaling();
    long interest =
        scaling.openInterestUpperMicros() == 0
            ? 0
            : Math.clamp(
                openInterestMicros,
                Math.max(0, scaling.openInterestLowerMicros() - reach),
                scaling.openInterestUpperMicros() + reach);
    long multiplier = Math.max(initialPpm, maintenancePpm);
    boolean same =
        laid
            && multiplier == this.initialPpm
            && maintenancePpm == this.maintenancePpm
            && interest == scaledInterestMicros;
    if (same) return ladders;
    this.initialPpm = multiplier;
    this.maintenancePpm = maintenancePpm;
    scaledInterestMicros = interest;
    Ladder initial = initial(multiplier, interest);
    Ladder maintenance = perpetual.maintenance().scaledBy(maintenancePpm);
    boolean inside =
        laid
            && ladders.initialCeiling().covers(initial)
            && initial.covers(ladders.initialFloor())
            && ladders.maintenanceCeiling().covers(maintenance)
            && maintenance.covers(ladders.maintenanceFloor());
    ladders = inside ? drifted(initial, maintenance) : laidAround(initial, maintenance);
    laid = true;
    return ladders;
  }

  private MarginLadders drifted(Ladder initial, Ladder maintenance) {
    return new MarginLadders(
        initial,
        maintenance,
        ladders.initialCeiling(),
        ladders.maintenanceCeiling(),
        ladders.initialFloor(),
        ladders.maintenanceFloor(),
        ladders.epoch());
  }

  private MarginLadders laidAround(Ladder initial, Ladder maintenance) {
    long reach = interestReach();
    return new MarginLadders(
        initial,
        maintenance,
        initial(more(initialPpm), Math.addExact(scaledInterestMicros, reach)),
        perpetual.maintenance().scaledBy(more(maintenancePpm)),
        initial(less(initialPpm), Math.max(0, scaledInterestMicros - reach)),
        perpetual.maintenance().scaledBy(less(maintenancePpm)),
        ladders.epoch() + 1);
  }

  private Ladder initial(long multiplierPpm, long interestMicros) {
    Perpetual.Scaling scaling = perpetual.scaling();
    return perpetual
        .initial()
        .scaledBy(multiplierPpm)
        .scaledByOpenInterest(
            interestMicros, scaling.openInterestLowerMicros(), scaling.openInterestUpperMicros());
  }

  private long interestReach() {
    Perpetual.Scaling scaling = perpetual.scaling();
    long range = scaling.openInterestUpperMicros() - scaling.openInterestLowerMicros();
    return scaling.openInterestUpperMicros() == 0 ? 0 : Fixed.ppmFloor(range, CORRIDOR_PPM);
  }

  /** A multiplier leaves neither 1 nor its maximum, so neither does the corridor. */
  private long more(long ppm) {
    long most = Math.max(ppm, perpetual.scaling().multiplierMaxPpm());
    return Math.min(most, ppm + Fixed.ppmCeil(ppm, CORRIDOR_PPM));
  }

  private static long less(long ppm) {
    return Math.max(Math.min(ppm, Fixed.PPM), ppm - Fixed.ppmCeil(ppm, CORRIDOR_PPM));
  }
}

package org.novation.insurance;

import org.jspecify.annotations.Nullable;

/**
 * A fund as it was after one event: what everybody may know of it. Amounts in micros.
 *
 * @param number of the last event
 * @param atMs house time of the reading; the peak and what caps have left are of that moment
 * @param houseMicros the house's tranche, which pays first
 * @param balanceMicros the fund behind it
 * @param reservedMicros held for draws that are not settled
 * @param contributedMicros everything that ever came in
 * @param paidMicros everything that was ever paid out
 * @param peakMicros the highest that was available within the policy's window
 * @param gateOpen whether what nobody bought may be deleveraged although its owner is solvent
 * @param dayUsedMicros granted in this day (UTC), to be held against the policy's cap
 */
public record FundReading(
    String pool,
    long number,
    long atMs,
    long houseMicros,
    long balanceMicros,
    long reservedMicros,
    long contributedMicros,
    long paidMicros,
    long peakMicros,
    boolean gateOpen,
    long dayUsedMicros,
    FundPolicy policy)
    implements FundMessage {
  /** The fund of a pool now. */
  public static FundReading of(String pool, Fund fund, FundPolicy policy, long nowMs) {
    return new FundReading(
        pool,
        fund.events(),
        nowMs,
        fund.houseMicros(),
        fund.balanceMicros(),
        fund.reservedMicros(),
        fund.contributedMicros(),
        fund.paidMicros(),
        fund.peakMicros(policy, nowMs),
        fund.gateOpen(),
        fund.dayUsedMicros(nowMs),
        policy);
  }

  /** What it holds, by its parts. */
  public FundParts parts() {
    return new FundParts(houseMicros, balanceMicros, reservedMicros);
  }

  /** What a draw could get, but for the caps. */
  public long availableMicros() {
    return houseMicros + balanceMicros;
  }

  /** Why the gate of deleveraging is closed; null while it is open. */
  public @Nullable ClosedGate closedGate() {
    return gateOpen ? null : new ClosedGate(number, availableMicros(), peakMicros);
  }
}

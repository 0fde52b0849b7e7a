package org.novation.risk;

import org.novation.money.Fixed;

/**
 * What an account has and what it must have, in micros.
 *
 * @param equityMicros cash + other collateral at haircut + unrealised profit + accrued funding
 * @param initialEquityMicros equity without the unrealised profit beyond each instrument's cap:
 *     what counts toward initial margin
 * @param initialMarginMicros initial requirement, after scaling and the account's own leverage cap
 * @param maintenanceMarginMicros maintenance requirement
 */
public record Health(
    long equityMicros,
    long initialEquityMicros,
    long initialMarginMicros,
    long maintenanceMarginMicros) {
  /** The early warning comes this far above initial margin. */
  public static final long EARLY_WARNING_PPM = 1_100_000;

  /** What could still be used: negative when the account is short of initial margin. */
  public long freeMicros() {
    return Math.subtractExact(initialEquityMicros, initialMarginMicros);
  }

  /** Where the account stands. Each threshold is strict: equal to the requirement is enough. */
  public MarginState state() {
    if (equityMicros < maintenanceMarginMicros) return MarginState.LIQUIDATION;
    if (initialEquityMicros < initialMarginMicros) return MarginState.MARGIN_CALL;
    if (initialEquityMicros < earlyWarningMicros(initialMarginMicros))
      return MarginState.EARLY_WARNING;
    return MarginState.HEALTHY;
  }

  /** 110 % of the initial margin, rounded up. */
  public static long earlyWarningMicros(long initialMarginMicros) {
    return Fixed.ppmCeil(initialMarginMicros, EARLY_WARNING_PPM);
  }
}

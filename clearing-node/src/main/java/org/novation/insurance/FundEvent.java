package org.novation.insurance;

/**
 * What happened to one fund, with every figure that follows from it. History is append-only: add a
 * record, never change a released one. {@code forgottenThroughMs}: settled ids issued until then
 * are forgotten by this event; Long.MIN_VALUE when none.
 */
public sealed interface FundEvent {
  /** 1 for the first event of a fund, then one more each. */
  long number();

  /** House time of the decision; never runs backwards. */
  long atMs();

  /** The parameters that it was decided by; 0 of events from before they said so. */
  long parameterVersion();

  /** Money arrived: in the house's tranche when it is the house's, else in the balance. */
  record Contributed(
      long number,
      long atMs,
      String id,
      Cause cause,
      String account,
      long amountMicros,
      long issuedAtMs,
      long forgottenThroughMs,
      long parameterVersion)
      implements FundEvent {}

  /**
   * A draw was judged. Its money, which may be nothing, is held for it.
   *
   * @param houseMicros the part from the house's tranche
   * @param balanceMicros the part from the balance; the grant is both
   * @param boundBy what kept it from being granted in full
   * @param liquidationId of the draw
   * @param blockStartMs start of the block of time that it counts in
   * @param dayStartMs start of the day that it counts in
   * @param ofLiquidation in whose cap it counts; empty where the draw is all of its liquidation, or
   *     is from before that was said
   * @param eventCapMicros the most that this liquidation could get in all; 0 where that is not said
   */
  record DrawReserved(
      long number,
      long atMs,
      String liquidationId,
      String account,
      long requestedMicros,
      long issuedAtMs,
      long houseMicros,
      long balanceMicros,
      Cap boundBy,
      long blockStartMs,
      long dayStartMs,
      long forgottenThroughMs,
      long parameterVersion,
      String ofLiquidation,
      long eventCapMicros)
      implements FundEvent {
    /** In whose cap it counts. */
    public String liquidation() {
      return ofLiquidation.isEmpty() ? liquidationId : ofLiquidation;
    }
  }

  /** The account has so much; the rest returned, to the balance first. */
  record DrawSettled(
      long number,
      long atMs,
      String liquidationId,
      String account,
      long paidMicros,
      long returnedHouseMicros,
      long returnedBalanceMicros,
      long parameterVersion)
      implements FundEvent {}

  /** The gate of auto-deleveraging opened or closed. */
  record GateChanged(
      long number,
      long atMs,
      boolean open,
      long availableMicros,
      long peakMicros,
      long parameterVersion)
      implements FundEvent {}
}

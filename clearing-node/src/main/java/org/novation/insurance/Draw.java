package org.novation.insurance;

/**
 * One draw: what was asked, what was granted and why not more, and what became of it.
 *
 * @param liquidationId of the draw, see {@link FundCommand.ReserveDraw}
 * @param ofLiquidation the liquidation in whose cap it counts
 * @param houseMicros granted from the house's tranche
 * @param balanceMicros granted from the balance
 * @param boundBy what kept it from being granted in full
 * @param settled whether the fund was told what was paid; a draw of nothing is settled at once
 * @param paidMicros what was paid of it, to the account or to who took its positions; 0 until
 *     settled
 */
public record Draw(
    String liquidationId,
    String ofLiquidation,
    String account,
    long requestedMicros,
    long issuedAtMs,
    long houseMicros,
    long balanceMicros,
    Cap boundBy,
    long blockStartMs,
    long dayStartMs,
    boolean settled,
    long paidMicros)
    implements IdMemory.Entry {
  /** As it was reserved. */
  static Draw of(FundEvent.DrawReserved event) {
    return new Draw(
        event.liquidationId(),
        event.liquidation(),
        event.account(),
        event.requestedMicros(),
        event.issuedAtMs(),
        event.houseMicros(),
        event.balanceMicros(),
        event.boundBy(),
        event.blockStartMs(),
        event.dayStartMs(),
        event.houseMicros() + event.balanceMicros() == 0,
        0);
  }

  /** What may be paid. */
  public long grantedMicros() {
    return houseMicros + balanceMicros;
  }

  /** What it counts for in the caps: the grant, until it is known what was paid of it. */
  long countsMicros() {
    return settled ? paidMicros : grantedMicros();
  }

  @Override
  public String id() {
    return liquidationId;
  }

  @Override
  public boolean forgettable() {
    return settled;
  }

  Draw settledWith(long paid) {
    return new Draw(
        liquidationId,
        ofLiquidation,
        account,
        requestedMicros,
        issuedAtMs,
        houseMicros,
        balanceMicros,
        boundBy,
        blockStartMs,
        dayStartMs,
        true,
        paid);
  }
}

package org.novation.insurance;

import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;

/**
 * What a fund held after one event, so that its history can be told backwards from any event on
 * without what came before. Amounts in micros.
 */
public record FundParts(long houseMicros, long balanceMicros, long reservedMicros) {
  /** Before the first event. */
  public static final FundParts NOTHING = new FundParts(0, 0, 0);

  /**
   * @throws IllegalArgumentException when a part is negative: no fund ever held that
   */
  public FundParts {
    if (houseMicros < 0 || balanceMicros < 0 || reservedMicros < 0) {
      throw new IllegalArgumentException(
          "no fund holds " + houseMicros + " + " + balanceMicros + " + " + reservedMicros);
    }
  }

  /**
   * What it held before that event, having held this after it.
   *
   * @throws IllegalArgumentException when no fund can have come to this by that event
   */
  public FundParts before(FundEvent event) {
    return switch (event) {
      case Contributed in when in.cause() == Cause.HOUSE ->
          new FundParts(houseMicros - in.amountMicros(), balanceMicros, reservedMicros);
      case Contributed in ->
          new FundParts(houseMicros, balanceMicros - in.amountMicros(), reservedMicros);
      case DrawReserved out ->
          new FundParts(
              houseMicros + out.houseMicros(),
              balanceMicros + out.balanceMicros(),
              reservedMicros - out.houseMicros() - out.balanceMicros());
      case DrawSettled end ->
          new FundParts(
              houseMicros - end.returnedHouseMicros(),
              balanceMicros - end.returnedBalanceMicros(),
              reservedMicros
                  + end.paidMicros()
                  + end.returnedHouseMicros()
                  + end.returnedBalanceMicros());
      case GateChanged _ -> this;
    };
  }
}

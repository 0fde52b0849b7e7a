package org.novation.risk;

import java.util.OptionalLong;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;

/**
 * The prices at which an account ends with nothing (risk rules, section 9.4). Its equity is split
 * over its positions by maintenance margin; closing each where its share is used up leaves exactly
 * zero. All roundings leave the account with more, never with less: at these prices the insurance
 * fund is not needed. Source: dYdX v4, which splits and rounds the same way.
 *
 * <p>Collateral counts in equity at its haircut, and accrued funding counts as if settled.
 */
public final class BankruptcyPrice {
  private BankruptcyPrice() {}

  /**
   * The share of an account's equity that one position may use up, rounded down; negative when
   * equity is. The shares of all positions never exceed equity together.
   *
   * @param maintenanceMicros of the position
   * @param maintenanceTotalMicros of all positions, above 0
   */
  public static long shareMicros(
      long equityMicros, long maintenanceMicros, long maintenanceTotalMicros) {
    return Fixed.mulDivFloor(equityMicros, maintenanceMicros, maintenanceTotalMicros);
  }

  /**
   * The price in ticks at which closing a position uses up its share: of a long rounded up (it must
   * sell at least so well), of a short rounded down. Empty when no positive price does: a long that
   * its share covers down to nothing, or a short beyond rescue.
   *
   * @param lots signed, not 0
   */
  public static OptionalLong ticks(
      Perpetual perpetual, long lots, long markTicks, long shareMicros) {
    long closing = closingNotionalMicros(perpetual, lots, markTicks, shareMicros, lots);
    long perTick = perpetual.notionalMicros(1, lots);
    long ticks = lots > 0 ? Math.ceilDiv(closing, perTick) : Math.floorDiv(closing, perTick);
    return ticks > 0 ? OptionalLong.of(ticks) : OptionalLong.empty();
  }

  /**
   * What closing a part of a position must bring so that the part uses up no more than its share:
   * at least so much is received for a long, at most so much is paid for a short (then the figure
   * is negative). Rounded up to the micro, which favours the account in both cases.
   *
   * @param lots signed lots of the whole position
   * @param closedLots the part, signed as {@code lots} and not larger
   */
  public static long closingNotionalMicros(
      Perpetual perpetual, long lots, long markTicks, long shareMicros, long closedLots) {
    if (Math.abs(closedLots) > Math.abs(lots) || (closedLots ^ lots) < 0) {
      throw new IllegalArgumentException("only what is held can be closed");
    }
    long share = Fixed.mulDivFloor(shareMicros, Math.abs(closedLots), Math.abs(lots));
    return Math.subtractExact(perpetual.notionalMicros(markTicks, closedLots), share);
  }
}

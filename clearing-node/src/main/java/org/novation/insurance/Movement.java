package org.novation.insurance;

/**
 * One line of the fund's public history.
 *
 * @param number of the event
 * @param id of the contribution or the liquidation
 * @param account whose money it was or became; may be empty
 * @param amountMicros added to what is available, negative when taken
 * @param houseMicros the house's tranche afterwards
 * @param balanceMicros the balance afterwards
 * @param reservedMicros held for open draws afterwards
 */
public record Movement(
    long number,
    long atMs,
    Kind kind,
    String id,
    String account,
    long amountMicros,
    long houseMicros,
    long balanceMicros,
    long reservedMicros) {
  /** Why the money moved. */
  public enum Kind {
    /** A contribution from fees. */
    FEE,
    /** A contribution from a liquidation's surplus. */
    SURPLUS,
    /** A contribution to the house's tranche. */
    HOUSE,
    /** Held for a draw. */
    RESERVED,
    /** A draw was settled; the amount is what returned. */
    SETTLED
  }

  static Kind of(Cause cause) {
    return switch (cause) {
      case FEE -> Kind.FEE;
      case SURPLUS -> Kind.SURPLUS;
      case HOUSE -> Kind.HOUSE;
    };
  }
}

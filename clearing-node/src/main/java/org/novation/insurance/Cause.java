package org.novation.insurance;

/** Where a contribution comes from. */
public enum Cause {
  /** A share of fees. */
  FEE,
  /** What a liquidation brought beyond the bankruptcy price. */
  SURPLUS,
  /** The house's own money, for its tranche in front of the fund. */
  HOUSE
}

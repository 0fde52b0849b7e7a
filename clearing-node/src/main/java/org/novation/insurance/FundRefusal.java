package org.novation.insurance;

/** Why a fund refused a command, with its numbers. Nothing has changed. */
public sealed interface FundRefusal {
  /** An amount must be above zero; what was paid must not be below. */
  record AmountNotPositive(long amountMicros) implements FundRefusal {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements FundRefusal {}

  /** Issued later than the house's clock allows. */
  record InTheFuture(long issuedAtMs, long newestMs) implements FundRefusal {}

  /** No draw of this id was ever reserved, of which something could have been paid. */
  record UnknownDraw(String liquidationId) implements FundRefusal {}

  /** More than was granted cannot have been paid. */
  record BeyondGrant(long paidMicros, long grantedMicros) implements FundRefusal {}

  /**
   * So many draws are open, or so many accounts drew in this block: try again later. Of a debt
   * also: another draw of its liquidation is open.
   */
  record Busy(int limit) implements FundRefusal {}

  /** The sums would not fit. */
  record TooLarge(long amountMicros) implements FundRefusal {}
}

package org.novation.account;

import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Charge;

/**
 * What an account owes others to hear, because of something that it has booked: sent until it is
 * known to have arrived. Numbered in the account's outbox, like the legs of trades.
 */
public sealed interface Dispatch {
  /** Contracts and cash for another account. */
  record Deliver(Transfer transfer) implements Dispatch {}

  /** Collateral for another account. */
  record Remit(Remittance remittance) implements Dispatch {}

  /** A settlement, for the auction. */
  record Notify(String auctionId, String bidId, String bidder, Allocation allocation, Charge charge)
      implements Dispatch {}

  /** Money for the fund. */
  record Contribute(String contributionId, long micros, long issuedAtMs) implements Dispatch {}

  /** What was used of a draw, for the fund. */
  record SettleDraw(String drawId, long paidMicros) implements Dispatch {}
}

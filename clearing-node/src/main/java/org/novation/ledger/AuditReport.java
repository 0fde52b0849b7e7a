package org.novation.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the auditor found.
 *
 * @param accounts that have a journal
 * @param events of accounts, all read
 * @param marketEvents of markets, all read
 * @param snapshots of accounts, all compared with the replay
 * @param trades on two accounts, or on their way to the second
 * @param undelivered of these, the ones whose second leg is still in an outbox
 * @param instruments one line for each that was ever traded
 * @param assets one line for each that was ever deposited
 * @param funds one line for each insurance fund
 * @param auctions all of them together; null when there was none
 * @param waves one line for each pool that was ever deleveraged
 * @param stakes all of them together; null when nothing is voted
 * @param trail where it ends, as far as it was read
 * @param sums of the invariants; null when the audit ended at a violation before all was read
 * @param violation the first; null when everything holds
 */
public record AuditReport(
    long accounts,
    long events,
    long marketEvents,
    long snapshots,
    long trades,
    long undelivered,
    long deposits,
    List<InstrumentLine> instruments,
    List<AssetLine> assets,
    List<FundLine> funds,
    @Nullable AuctionLine auctions,
    List<WaveLine> waves,
    @Nullable StakesLine stakes,
    TrailLine trail,
    @Nullable Sums sums,
    @Nullable Violation violation) {
  public AuditReport {
    instruments = List.copyOf(instruments);
    assets = List.copyOf(assets);
    funds = List.copyOf(funds);
    waves = List.copyOf(waves);
  }

  /**
   * One instrument over all accounts. Money in micros.
   *
   * @param holders accounts with an open position
   * @param openLots of all long positions
   */
  public record InstrumentLine(
      String instrument,
      long trades,
      long holders,
      String openLots,
      String realisedMicros,
      String fundingMicros) {}

  /** One asset over all accounts, in its smallest unit. */
  public record AssetLine(String asset, String deposited, String held) {}

  /**
   * All auctions; money in micros.
   *
   * @param bidsSettled parts that changed hands
   * @param sellerMicros paid to takers by the accounts that were sold
   * @param fundMicros paid to takers by the insurance fund
   * @param feeMicros paid to the insurance fund by the accounts that were sold
   */
  public record AuctionLine(
      long auctions,
      long open,
      long nobodyBought,
      long bidsSettled,
      String sellerMicros,
      String fundMicros,
      String feeMicros) {}

  /**
   * One insurance fund; money in micros. House, balance and reserved are what was contributed less
   * what was paid.
   *
   * @param openDraws reserved and not settled
   */
  public record FundLine(
      String pool,
      long events,
      long openDraws,
      String contributedMicros,
      String paidMicros,
      String houseMicros,
      String balanceMicros,
      String reservedMicros) {}

  /**
   * The waves of deleveraging of one pool; money in micros. Taken is paid and held.
   *
   * @param heldMicros taken in the wave under way and not yet paid
   * @param uncoveredMicros what the last wave that is over recorded as covered by nobody: what one
   *     before it did not cover, it was begun with
   * @param fundMicros what the insurance fund had paid of the debts that waves were to resolve the
   *     rest of, by their receipts
   */
  public record WaveLine(
      String pool,
      long waves,
      long events,
      String takenMicros,
      String paidMicros,
      String heldMicros,
      String uncoveredMicros,
      String fundMicros) {}

  /**
   * What governance holds of its voters' tokens; in micros. Staked, leaving and on the way back are
   * all that accounts gave and have not got back.
   *
   * @param version of the parameters in force
   * @param token of which stakes are; empty before the first
   * @param returningMicros released, and not on the accounts' books yet as far as governance knows
   * @param heldMicros what accounts gave the house's account of stakes, less what it gave back
   */
  public record StakesLine(
      long version,
      long events,
      String token,
      long voters,
      String stakedMicros,
      String leavingMicros,
      String returningMicros,
      String heldMicros) {}

  /**
   * The trail of what was done with power: how many records, and the newest one's hash. Kept
   * elsewhere, both are the anchor of a later audit.
   */
  public record TrailLine(long records, String hash) {}

  /**
   * What must be zero, as plain decimals of the settlement asset unless named; over all accounts,
   * instruments added up without their signs.
   *
   * @param positions lots
   * @param cash what deposits, realised profit and funding do not explain
   * @param coins smallest units of the other assets that deposits do not explain
   * @param costBasis basis less realised profit
   * @param funding settled, rounded away and accrued
   */
  public record Sums(
      String positions, String cash, String coins, String costBasis, String funding) {
    /** Whether all of them are zero. */
    public boolean zero() {
      return positions.equals("0")
          && cash.equals("0")
          && coins.equals("0")
          && costBasis.equals("0")
          && funding.equals("0");
    }
  }

  /**
   * What does not hold, and where it shows.
   *
   * @param account whose journal shows it; of a market, a fund or waves {@code market|BTC}, {@code
   *     fund|main}, {@code adl|main}; empty when no single one does, and the sums alone do not
   *     balance
   * @param sequenceNumber of the event that shows it; 0 when no single one does
   */
  public record Violation(String account, long sequenceNumber, String what) {
    @Override
    public String toString() {
      return account.isEmpty() ? what : place() + ": " + what;
    }

    String place() {
      return (account.contains("|") ? account : "account " + account)
          + ", sequence number "
          + sequenceNumber;
    }
  }

  /** Whether every invariant holds. */
  public boolean holds() {
    return violation == null;
  }
}
